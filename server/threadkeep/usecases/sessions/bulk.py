"""Changing every session of a filter, and putting away what nobody has used for long."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Literal

from threadkeep.domain.errors import InvalidValue, NotInTrash, SessionBusy, SessionNotFound
from threadkeep.domain.events import Event, SessionChanged
from threadkeep.domain.labels import clean_tags
from threadkeep.domain.sessions import Session
from threadkeep.domain.text import one_line
from threadkeep.domain.views import SessionView
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.usecases.order import IdempotencyKey, record, replay
from threadkeep.usecases.repositories.repositories import RepositoryChoice
from threadkeep.usecases.sessions.trash import Trash
from threadkeep.usecases.steps import IsOver
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Value, evolve

AT_ONCE = 100
"""Sessions changed in one transaction at most: fewer where they take long."""

SAMPLE = 20
TRASH_DAYS = 30
"""What is in the trash can be taken out for at least so long."""

ALL_MEANT = (
    "asks for nothing, so every session would be changed: say which ones, e.g. by repository, task or tags, "
    "or give allSessions: true if you mean all of them"
)

Outcome = Literal["changed", "same", "kept"]


class BulkChange(Value):
    """What to do with each session; None and empty: nothing."""

    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    is_favourite: bool | None = None
    archived: bool | None = None
    trashed: bool | None = None

    def check(self) -> None:
        """Raises InvalidValue for one that does nothing, and for tags that no session can be given."""
        if self == BulkChange():
            raise InvalidValue("change", "must have at least one member")
        clean_tags(self.add_tags, field="change.addTags")
        # a tag of an older version may be longer than those of now: it can go all the same
        if not all(tag.strip() for tag in self.remove_tags):
            raise InvalidValue("change.removeTags", "a tag must not be blank")

    def marks(self, session: Session, *, at: str) -> dict[str, Any]:
        """The session's own fields that become different, the trash aside. Raises InvalidValue for one tag too many."""
        fields: dict[str, Any] = {}
        if self.add_tags or self.remove_tags:
            removed = set(map(one_line, self.remove_tags))
            wanted = (tag for tag in (*session.tags, *self.add_tags) if one_line(tag) not in removed)
            fields["tags"] = clean_tags(wanted, kept=session.tags)
        if self.is_favourite is not None:
            fields["is_favourite"] = self.is_favourite
        if self.archived is not None and self.archived != (session.archived_at is not None):
            fields["archived_at"] = at if self.archived else None
        return {name: value for name, value in fields.items() if getattr(session, name) != value}


class Swept(Value):
    """What became of the sessions of a filter, or would."""

    count: int
    """Sessions that became different."""
    kept: int
    """Sessions that could not, or must not."""
    sample: tuple[SessionView, ...]
    purged: int = 0


class Bulk(Value):
    """Changes many sessions, a short transaction for some of them at a time."""

    context: StoreContext
    trash: Trash

    async def update(
        self,
        wanted: SessionFilter,
        change: BulkChange,
        *,
        repository: RepositoryChoice | None = None,
        all_sessions: bool = False,
        dry_run: bool = True,
        once: IdempotencyKey | None = None,
    ) -> Swept:
        """Changes all sessions of the filter, those with a running turn aside where it goes to the trash.

        Whoever breaks off in the middle can ask again: what is changed stays so. Raises InvalidValue, also
        for a filter that asks for nothing without all_sessions; RepositoryNotFound, IdempotencyConflict.
        """
        change.check()
        if not (all_sessions or wanted.is_narrow or repository is not None):
            raise InvalidValue("filter", ALL_MEANT)
        await self.context.executor(lambda: self._replay(once))
        ids = await self.context.side_executor(lambda: self._ids(wanted, repository))
        swept = await self._sweep(ids, lambda changes, id_: self._change(changes, id_, change), dry_run)
        await self.context.executor(lambda: self._keep(once, swept))
        return swept

    async def clean_up(
        self,
        older_than: timedelta,
        wanted: SessionFilter,
        *,
        repository: RepositoryChoice | None = None,
        dry_run: bool = True,
        purge_trash: bool = False,
    ) -> Swept:
        """Puts sessions of the filter into the trash in which nothing happened for so long, the oldest first.

        Favourites, tagged and private sessions and those with a running turn stay; where only what is
        in the trash is wanted, nothing goes there. purge_trash: erases those of the filter that have been
        in the trash for `TRASH_DAYS`, archived ones too. Raises RepositoryNotFound.
        """
        limit = _before(self.context.clock.now(), older_than)
        old = evolve(wanted, active_before=_earlier(wanted.active_before, limit), trashed="exclude")
        ids: Sequence[str] = ()
        if wanted.trashed != "only":
            ids = await self.context.side_executor(lambda: self._ids(old, repository, oldest_first=True))
        swept = await self._sweep(ids, lambda changes, id_: self._put_away(changes, id_, limit), dry_run)
        if not purge_trash:
            return swept
        due = await self.context.side_executor(lambda: self._due(wanted, repository))
        if dry_run:
            return evolve(swept, purged=len(due))
        purged = 0
        for session_id in due:
            with suppress(SessionNotFound, NotInTrash):  # taken out meanwhile, or erased by another window
                await self.trash.purge(session_id)
                purged += 1
        if purged:
            await self.trash.long.finish_erasing()
        return evolve(swept, purged=purged)

    async def _sweep(
        self,
        ids: Sequence[str],
        change: Callable[[Changes, str], tuple[Outcome, SessionView | None, list[Event]]],
        dry_run: bool,
    ) -> Swept:
        left = list(reversed(ids))
        count = kept = 0
        sample: list[SessionView] = []

        def step(is_over: IsOver) -> bool | None:
            nonlocal count, kept
            for outcome, view in self._some(left[: -AT_ONCE - 1 : -1], change, dry_run, is_over):
                left.pop()
                count += outcome == "changed"
                kept += outcome == "kept"
                if outcome == "changed" and view is not None and len(sample) < SAMPLE:
                    sample.append(view)
            return None if left else True

        if left:
            await self.trash.long.steps.run(step)
        return Swept(count=count, kept=kept, sample=tuple(sample))

    def _some(
        self,
        ids: Sequence[str],
        change: Callable[[Changes, str], tuple[Outcome, SessionView | None, list[Event]]],
        dry_run: bool,
        is_over: IsOver,
    ) -> list[tuple[Outcome, SessionView | None]]:
        """What became of the first of them, as many as the time allows."""
        results: list[tuple[Outcome, SessionView | None]] = []
        events: list[Event] = []
        try:
            with self.context.store.writing() as changes:
                for session_id in ids:
                    if results and is_over():
                        break
                    before = changes.session(session_id)
                    outcome, view, told = change(changes, session_id)
                    if dry_run and before is not None:
                        view = self.context.repositories.view(changes, before)
                    results.append((outcome, view))
                    events += told
                if dry_run:
                    raise _Undone
        except _Undone:
            return results
        for event in events:
            self.context.announce(event)
        return results

    def _change(
        self, changes: Changes, session_id: str, change: BulkChange
    ) -> tuple[Outcome, SessionView | None, list[Event]]:
        events: list[Event] = []
        try:
            session = timeline.found(changes, session_id)
            fields = change.marks(session, at=self.context.clock.now())
            if change.trashed is not None:
                _, events = self.trash.trashed(changes, session_id, trashed=change.trashed)
                session = timeline.found(changes, session_id)
        except SessionNotFound:
            return "same", None, []  # erased meanwhile
        except (SessionBusy, InvalidValue):  # a turn runs, or it would have too many tags
            return "kept", None, []
        if fields:
            session = session.changed(at=self.context.clock.now(), **fields)
            timeline.put_changed(changes, session, origin=self.context.store.owner)
        view = self.context.repositories.view(changes, session)
        if fields:
            events = [*events, SessionChanged(view=view)]
        return ("changed" if events else "same"), view, events

    def _put_away(
        self, changes: Changes, session_id: str, limit: str
    ) -> tuple[Outcome, SessionView | None, list[Event]]:
        session = changes.session(session_id)
        if session is None or session.last_activity_at >= limit or session.trashed_at is not None:
            return "same", None, []  # used meanwhile
        if session.is_favourite or session.tags or session.is_private:
            return "kept", None, []
        return self._change(changes, session_id, BulkChange(trashed=True))

    def _ids(
        self, wanted: SessionFilter, repository: RepositoryChoice | None, *, oldest_first: bool = False
    ) -> list[str]:
        sort = SessionSort(by="updatedAt", order="ascending" if oldest_first else "descending")
        with self.context.store.reading() as records:
            if repository is not None:
                known = self.context.repositories.lookup(records, repository)
                if known is None:
                    return []
                wanted = evolve(wanted, repository_id=known.id)
            return list(records.session_ids(wanted, sort))

    def _due(self, wanted: SessionFilter, repository: RepositoryChoice | None) -> list[str]:
        limit = _before(self.context.clock.now(), timedelta(days=TRASH_DAYS))
        # whoever clears up the trash does not think of which sessions were archived before
        archived = wanted.archived if wanted.archived == "only" else "include"
        ids = self._ids(evolve(wanted, trashed="only", archived=archived), repository)
        with self.context.store.reading() as records:
            found = (records.session(session_id) for session_id in ids)
            return [session.id for session in found if session and (session.trashed_at or limit) < limit]

    def _replay(self, once: IdempotencyKey | None) -> None:
        with self.context.store.reading() as records:
            replay(records, once)

    def _keep(self, once: IdempotencyKey | None, swept: Swept) -> None:
        if once is not None:
            with self.context.store.writing() as changes:
                record(changes, once, swept, at=self.context.clock.now())


class _Undone(Exception):
    """Rolls a transaction back that was only a rehearsal."""


def _before(now: str, age: timedelta) -> str:
    try:
        moment = datetime.fromisoformat(now) - age
    except OverflowError:  # nothing is so old
        return "0001-01-01T00:00:00.000Z"
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _earlier(first: str | None, second: str) -> str:
    return min(first, second) if first is not None else second
