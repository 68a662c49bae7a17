"""Taking in what was rescued from a store that was taken away: all that is missing here, or newer there."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from threadkeep.adapters.store.backups import as_unavailable, copy_store
from threadkeep.adapters.store.changes import SqliteChanges
from threadkeep.adapters.store.doctor.examination import RepairContext, session_ids
from threadkeep.adapters.store.doctor.merging import SessionMerge
from threadkeep.adapters.store.engine.json_text import json_value, place
from threadkeep.adapters.store.engine.short_json import id_text
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.migrations import Schema, stored_version
from threadkeep.adapters.store.opening import ASIDE
from threadkeep.adapters.store.records import SqliteRecords
from threadkeep.adapters.store.rescue import rescues
from threadkeep.adapters.store.search.fulltext import add_functions
from threadkeep.adapters.store.tables.documents import parsed
from threadkeep.adapters.store.tables.quarantine import Quarantine
from threadkeep.adapters.store.tables.schema import LAYOUTS
from threadkeep.adapters.store.tables.short_documents import session_of
from threadkeep.domain.errors import StoreError
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.ports.pending_records import Pending
from threadkeep.ports.store import Draft
from threadkeep.ports.upkeep import Problem
from threadkeep.values import Value, evolve

KIND: Final = "rescued"

_TURNS: Final = f"SELECT {session_of()}, id FROM turns ORDER BY doc_id"  # noqa: S608 - constants only
_OUTCOMES: Final = "SELECT place, at, doc FROM outcomes"
_PUT_OUTCOME: Final = "INSERT OR IGNORE INTO outcomes(place, at, doc) VALUES (?, ?, ?)"
_PUT_CURRENT: Final = (
    "INSERT OR IGNORE INTO current_sessions(place, session_id) "
    "SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?2)"
)


def find_rescued(folder: Path) -> Problem | None:
    """What waits to be taken in."""
    files = rescues(folder)
    if not files:
        return None
    names = ", ".join(str(file) for file in files)
    message = f"What was open when the store was taken away waits in {names}; a repair takes it in."
    return Problem(kind=KIND, message=message, count=len(files))


class TakingIn(Value):
    """Takes what was rescued into the store, a little at a time."""

    storage: SqliteStorage
    schema: Schema
    quarantine: Quarantine

    def run(self) -> Problem | None:
        """Takes in each file and sets it aside; what cannot be taken in stays where it is, and is told."""
        problem = find_rescued(self.storage.path.parent)
        if problem is None:
            return None
        told = [self._taken_in(file) for file in rescues(self.storage.path.parent)]
        return evolve(problem, message=f"{problem.message} Repair: {' '.join(told)}")

    def _taken_in(self, file: Path) -> str:
        try:
            with self._opened(file) as rescued:
                found = _Rescued(taking=self, rescued=rescued)
                found.take()
            aside = _set_aside(file)
        except StoreError as error:
            return f"{file.name} could not be taken in: {error.message}"
        broken = f", {len(found.broken)} could not be read ({found.broken[0]})" if found.broken else ""
        sessions = "1 session" if found.changed == 1 else f"{found.changed} sessions"
        return f"{sessions} came back or grew{broken}; {file.name} is kept in {aside}."

    @contextmanager
    def _opened(self, file: Path) -> Iterator[SqliteStorage]:
        """A rescue of an older version is brought to this one as a copy. Raises StoreError."""
        rescued = _storage(file)
        copy = file.with_name(f"{file.name}.{os.getpid()}.older")
        try:
            self.schema.check(rescued)
            if stored_version(rescued) < self.schema.version:
                copy_store(rescued.connection, copy)
                rescued.close()
                rescued = _storage(copy)
                list(self.schema.migrate(rescued, backup=lambda _: copy))
            rescued.rows("PRAGMA query_only = 1")
            yield rescued
        finally:
            rescued.close()
            with suppress(OSError):
                copy.unlink(missing_ok=True)

    def context(self) -> RepairContext:
        """For one transaction."""
        changes = SqliteChanges(self.storage)
        return RepairContext(
            storage=self.storage, changes=changes, quarantine=self.quarantine, at=self.quarantine.at
        )


class _Rescued:
    """One rescued store that is open."""

    def __init__(self, *, taking: TakingIn, rescued: SqliteStorage) -> None:
        self._taking = taking
        self._storage = taking.storage
        self._rescued = rescued
        self._records = SqliteRecords(rescued)
        self._repositories: dict[str, str] = {}
        """The id that each repository has in the store, by the one that it has there."""
        self._turns: dict[str, list[str]] = defaultdict(list)
        """The ids of the turns of each session; there is no index by session."""
        self.changed = 0
        self._known: set[str] = set()
        """Sessions of which the store has an earlier state."""
        self.broken: list[str] = []
        """What of it could not be read."""

    def take(self) -> None:
        with self._storage.transaction():
            context = self._taking.context()
            for repository in self._records.repositories():
                self._repositories[repository.id] = _known(context, repository)
        try:
            for session_id, turn_id in self._rescued.stream(_TURNS):
                self._turns[id_text(session_id)].append(id_text(turn_id))
        except StoreError as error:  # the sessions are worth more
            self.broken.append(str(error))
        for session_id in session_ids(self._rescued):
            try:
                self._take_session(session_id)
            except (
                StoreError,
                ValueError,
            ) as error:  # a file that was written over is damaged here and there
                self.broken.append(str(error))
        with self._storage.transaction():
            self._take_places()
            self._take_pending()

    def _take_session(self, session_id: str) -> None:
        session = self._records.session(session_id)
        if session is None:
            return
        repository_id = self._repositories.get(session.key.repository_id, session.key.repository_id)
        session = evolve(session, key=evolve(session.key, repository_id=repository_id))
        with self._storage.transaction():
            merge = SessionMerge(
                self._taking.context(), self._rescued, session, self._turns.get(session_id, ())
            )
            lineage = merge.lineage()
            merge.begin(lineage)
        if lineage in {"removed", "ahead"}:
            return
        if lineage in {"behind", "same"}:
            self._known.add(session_id)
        for messages in merge.parts():
            with self._storage.transaction():
                merge.take(messages, lineage)
        with self._storage.transaction():
            merge.end(lineage)
        self.changed += merge.has_changed

    def _take_places(self) -> None:
        """Drafts, what is current where, and what requests that were sent twice got."""
        for where, doc in self._rescued.rows("SELECT place, doc FROM drafts"):
            row = self._storage.row("SELECT doc FROM drafts WHERE place = ?", (where,))
            draft = parsed(doc, Draft)
            is_newer = row is None or parsed(row[0], Draft).at < draft.at
            if is_newer and self._taking.context().changes.session(draft.session_id) is not None:
                self._storage.rows("REPLACE INTO drafts(place, doc) VALUES (?, ?)", (where, doc))
        self._forget_drafts()
        for where, session_id in self._rescued.rows("SELECT place, session_id FROM current_sessions"):
            repository_id, *others = json_value(where)
            known = place(self._repositories.get(repository_id, repository_id), *others)
            self._storage.rows(_PUT_CURRENT, (known, session_id))
        for row in self._rescued.rows(_OUTCOMES):
            self._storage.rows(_PUT_OUTCOME, row)

    def _take_pending(self) -> None:
        """What was under way is brought to its end by who looks next; without it an erase would stay half done.

        A session that was being made, or taken away, is in no list: nothing of it came along.
        """
        changes = self._taking.context().changes
        for pending in self._records.pending():
            if pending.kind == "emptying":
                self._take_emptying(changes, pending)
            elif pending.kind == "merging":
                self._take_merging(changes, pending)

    def _take_emptying(self, changes: SqliteChanges, pending: Pending) -> None:
        message = changes.message(pending.subject)
        if message is None:
            return
        # what was said of it since its words are gone stays
        source = message.session_id if message.erased_at else None
        changes.put_pending(evolve(pending, source=source))

    def _take_merging(self, changes: SqliteChanges, pending: Pending) -> None:
        """The names go first, as they do where a merge begins: the emptied repository leaves with all of its own."""
        theirs = self._records.repository(pending.source or "")
        ours = changes.repository(self._repositories.get(pending.source or "", ""))
        other = self._repositories.get(pending.subject, pending.subject)
        if theirs is None or ours is None or other == ours.id:
            return
        aliases = tuple(dict.fromkeys((*ours.aliases, *theirs.aliases)))
        changes.put_repository(evolve(ours, aliases=aliases))
        changes.put_pending(evolve(pending, subject=other, source=ours.id))

    def _forget_drafts(self) -> None:
        """Those that were sent or emptied in the later state; what they said is kept beside."""
        there = {where for (where,) in self._rescued.rows("SELECT place FROM drafts")}
        until = datetime.fromtimestamp(self._rescued.path.stat().st_mtime, UTC).isoformat()
        for where, doc in self._storage.rows("SELECT place, doc FROM drafts"):
            draft = parsed(doc, Draft)
            if where not in there and draft.session_id in self._known and draft.at < until:
                self._taking.quarantine.keep("drafts", where, doc)
                self._storage.rows("DELETE FROM drafts WHERE place = ?", (where,))


def _known(context: RepairContext, repository: Repository) -> str:
    """The id of the same repository in the store, where it is made if it is missing."""
    changes = context.changes
    ours = changes.repository(repository.id)
    for alias in (Alias(kind="id", value=repository.id), *repository.aliases):
        ours = ours or changes.repository_by_alias(alias)
    if ours is None:
        changes.put_repository(repository)
        return repository.id
    return ours.id


def _storage(file: Path) -> SqliteStorage:
    storage = SqliteStorage(file, layouts=LAYOUTS)
    add_functions(storage.connection)
    return storage


def _set_aside(file: Path) -> Path:
    folder = file.parent / ASIDE
    with as_unavailable(folder):
        folder.mkdir(mode=0o700, exist_ok=True)
        target, number = folder / file.name, 1
        while target.exists():
            number += 1
            target = folder / f"{file.stem}-{number}.db"
        file.rename(target)
    return target
