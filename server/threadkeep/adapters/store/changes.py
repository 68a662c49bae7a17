"""Writing the store: every change of the port, inside one transaction."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from tinydb.table import Document

from threadkeep.adapters.store import removing
from threadkeep.adapters.store.engine.json_text import forms_of, holds_text, json_text, place
from threadkeep.adapters.store.engine.layouts import is_plain_text
from threadkeep.adapters.store.engine.query_compiler import of_id
from threadkeep.adapters.store.engine.short_json import short_id
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.engine.table import Replacement, SqliteTable
from threadkeep.adapters.store.records import SqliteRecords, current_place
from threadkeep.adapters.store.search import fulltext, labels
from threadkeep.adapters.store.search.records import SqliteVectorChanges
from threadkeep.adapters.store.tables import (
    approval_rows,
    blobs,
    documents,
    event_rows,
    message_tree,
    part_rows,
    pending,
    usage_rows,
    uses,
)
from threadkeep.adapters.store.tables.documents import parsed, value_of, with_unknown_keys
from threadkeep.domain.approvals import Approval
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.domain.events import StoredEvent
from threadkeep.domain.messages import Message, Part
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.sessions import Session
from threadkeep.domain.turns import Turn
from threadkeep.ports.pending_records import Pending, PendingKind, never
from threadkeep.ports.store import Draft, Outcome
from threadkeep.values import evolve

EVENTS_KEPT: Final = 1_000
"""Of a session, the newest."""
EVENTS_BETWEEN: Final = 64
"""So many come before older ones are dropped: most writes do without it."""
OUTCOMES_KEPT: Final = timedelta(days=7)

OUTCOMES_AT_ONCE: Final = 200
"""That are looked through in one go."""
_OUTCOMES: Final = """
SELECT place, CASE WHEN EXISTS (SELECT 1 FROM json_each(?) WHERE instr(doc, value)) THEN doc END
FROM outcomes WHERE place > ? ORDER BY place LIMIT ?
"""

_JOURNAL: Final = (
    "INSERT INTO journal(message_id, kind, text) SELECT ?1, ?2, ?3 "
    "WHERE EXISTS (SELECT 1 FROM messages WHERE id IN (?1, ?4))"
)


class SqliteChanges(SqliteVectorChanges, SqliteRecords):
    """Changes through the one connection that writes.

    keeps_unknown: a newer version has written here too; what it added to a document stays there.
    """

    def __init__(self, storage: SqliteStorage, *, keeps_unknown: bool = False) -> None:
        super().__init__(storage)
        self._keeps_unknown = keeps_unknown

    def put_session(self, session: Session) -> None:
        document = self._completed(self._sessions, documents.session_document(session), Session)
        replacement, mixed = Replacement(document), list[int]()
        if not self._sessions.update(replacement, of_id(session.id)):
            row = self._take_row(session.id, mixed)
            self._sessions.insert(document if row is None else Document(document, row))
        elif not replacement.was_read:
            return
        labels.put_labels(self._storage, session)
        for row in mixed:
            from threadkeep.adapters.store.tables.usage_counting import count_anew  # rare

            count_anew(self._storage, row)

    def put_message(self, message: Message) -> None:
        stored = self._messages.find(message.id)
        is_plain = not message.has_more_than_words
        document = documents.message_document(message if is_plain else message.outline)
        if stored is None:
            place_ = message_tree.place_in_tree(self._storage, message)
            doc_id = self._messages.add(document, place_)
            if not is_plain:
                part_rows.put_rows(self._storage, doc_id, message)
            fulltext.index_new(self._storage, doc_id, message)
            usage_rows.count_answer(self._storage, message, before=None)
            return
        before = value_of(stored, Message)
        _check_same_place(before, message)
        self._put(self._messages, document, Message)
        if not is_plain or before.has_more_than_words:
            part_rows.put_rows(self._storage, stored.doc_id, message)
        fulltext.index_again(self._storage, stored.doc_id, message, before=before)
        usage_rows.count_answer(self._storage, message, before=before)
        if message.status != "streaming":
            self._storage.rows("DELETE FROM journal WHERE message_id = ?", (message.id,))

    def put_turn(self, turn: Turn) -> None:
        self._put(self._turns, documents.turn_document(turn), Turn)

    def put_event(self, event: StoredEvent) -> None:
        event_rows.put_event(self._storage, event)
        if event.seq % EVENTS_BETWEEN == 0:
            event_rows.keep_newest(self._storage, event.session_id, EVENTS_KEPT)

    def forget_events(self, session_id: str, *, before_seq: int) -> None:
        event_rows.forget_earlier(self._storage, session_id, before_seq=before_seq)

    def put_repository(self, repository: Repository) -> None:
        for alias in repository.aliases:
            other = self.repository_by_alias(alias)
            if other is not None and other.id != repository.id:
                self._put_repository(_without_alias(other, alias))
        self._put_repository(repository)

    def remove_repository(self, repository_id: str) -> None:
        self._repositories.remove(of_id(repository_id))
        self._storage.rows("DELETE FROM aliases WHERE repository_id = ?", (repository_id,))
        uses.forget_current(self._storage, repository_id)

    def put_draft(self, draft: Draft) -> None:
        where = place(draft.session_id, draft.window_id)
        if draft.is_empty:
            self._storage.rows("DELETE FROM drafts WHERE place = ?", (where,))
        else:
            document = json_text(documents.draft_document(draft))
            self._storage.rows("REPLACE INTO drafts(place, doc) VALUES (?, ?)", (where, document))

    def put_outcome(self, outcome: Outcome) -> None:
        self._storage.rows("DELETE FROM outcomes WHERE at < ?", (_oldest_outcome(outcome.at),))
        self._storage.rows(
            "REPLACE INTO outcomes(place, at, doc) VALUES (?, ?, ?)",
            (
                place(outcome.method, outcome.key),
                outcome.at,
                json_text(documents.outcome_document(outcome)),
            ),
        )

    def begin_making(self, session: Session, *, owner: str) -> None:
        pending.begin_making(self._storage, session, owner)

    def drop_making(self, session_id: str, *, owner: str) -> None:
        pending.drop_making(self._storage, session_id, owner)

    def give_up_makings(self, source: str, *, owner: str) -> Sequence[str]:
        return pending.give_up_makings(self._storage, source, owner)

    def erase_session(self, session_id: str, *, owner: str = "", is_over: Callable[[], bool] = never) -> None:
        removing.erase_session(self._storage, session_id, owner=owner, is_over=is_over)

    def clear_away(self, session_id: str, *, is_over: Callable[[], bool] = never) -> bool:
        return removing.clear_away(self._storage, session_id, is_over=is_over)

    def put_pending(self, pending_: Pending) -> None:
        pending.put(self._storage, pending_)

    def claim_pending(self, kind: PendingKind, subject: str, *, owner: str) -> None:
        pending.claim(self._storage, kind, subject, owner)

    def remove_pending(self, kind: PendingKind, subject: str) -> None:
        pending.remove(self._storage, kind, subject)

    def forget_outcomes(
        self, text: str, *, after: str = "", is_over: Callable[[], bool] = never
    ) -> str | None:
        forms = json_text(sorted(form for form in forms_of(text) if is_plain_text(form)))
        while rows := self._storage.rows(_OUTCOMES, (forms, after, OUTCOMES_AT_ONCE)):
            for where, document in rows:
                if document is not None and holds_text(parsed(document, Outcome).result, text):
                    self._storage.rows("DELETE FROM outcomes WHERE place = ?", (where,))
            after = rows[-1][0]
            if is_over():
                return after
        return None

    def make_current(self, session: Session, *, window_id: str | None = None) -> None:
        self._storage.rows(
            "REPLACE INTO current_sessions(place, session_id) VALUES (?, ?)",
            (current_place(session.key, window_id), session.id),
        )

    def put_part(
        self,
        message: Message,
        n: int,
        part: Part,
        *,
        seq: int,
        is_new: bool,
        clean: Callable[[str], str] | None = None,
    ) -> Part:
        part_rows.check_tables(self._storage)
        row = self._row_of(message)
        if is_new:
            values = (message.id, "part", json_text(str(n)), short_id(message.id))
            self._storage.rows(_JOURNAL, values)
        return part_rows.put_row(self._storage, row, n, part, seq=seq, clean=clean)

    def put_approval(self, approval: Approval, *, n: int | None = None, seq: int | None = None) -> None:
        approval_rows.put_approval(self._storage, approval, n=n, seq=seq)

    def append_output(self, message: Message, n: int, text: str) -> int:
        return blobs.append(self._storage, self._row_of(message), n, text)

    def put_blob(self, session_id: str, data: bytes) -> str:
        del session_id  # its content is the same in every session
        part_rows.check_tables(self._storage)
        return blobs.put(self._storage, data)

    def _row_of(self, message: Message) -> int:
        row = part_rows.row_of(self._storage, message.id)
        if row is None:
            raise _unknown(message.id)
        return row

    def append_journal(self, message_id: str, kind: Literal["text", "reasoning"], text: str) -> None:
        if text:
            self._storage.rows(_JOURNAL, (message_id, kind, json_text(text), short_id(message_id)))
            if not self._storage.connection.changes():
                raise _unknown(message_id)

    def _put(self, table: SqliteTable, document: dict[str, Any], kind: type) -> None:
        document = self._completed(table, document, kind)
        if not table.update(Replacement(document), of_id(document["id"])):
            table.insert(document)

    def _completed(self, table: SqliteTable, document: dict[str, Any], kind: type) -> dict[str, Any]:
        """The document with what a newer version has added to the one that is stored."""
        if not self._keeps_unknown:
            return document
        stored = table.get(of_id(document["id"]))
        return with_unknown_keys(document, stored, kind) if isinstance(stored, Document) else document

    def _take_row(self, session_id: str, mixed: list[int]) -> int | None:
        row, shared = pending.take_row(self._storage, session_id)
        mixed += [row, shared] if row is not None and shared is not None else []
        return row

    def _put_repository(self, repository: Repository) -> None:
        self._put(self._repositories, documents.repository_document(repository), Repository)
        self._storage.rows("DELETE FROM aliases WHERE repository_id = ?", (repository.id,))
        for alias in repository.aliases:
            self._storage.rows(
                "INSERT INTO aliases(place, repository_id) VALUES (?, ?)",
                (place(alias.kind, alias.value), repository.id),
            )


def _unknown(message_id: str) -> StoreUnavailable:
    return StoreUnavailable(f"The store does not hold the message {message_id} that this is to be a part of.")


def _oldest_outcome(at: str) -> str:
    """The time, RFC 3339 UTC with milliseconds, before which outcomes are forgotten at the time `at`."""
    oldest = datetime.fromisoformat(at).astimezone(UTC) - OUTCOMES_KEPT
    return oldest.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _without_alias(repository: Repository, alias: Alias) -> Repository:
    return evolve(repository, aliases=tuple(other for other in repository.aliases if other != alias))


def _check_same_place(before: Message, message: Message) -> None:
    """Raises ValueError if the message moved in the tree, where others may hang on it."""
    for name in ("session_id", "seq", "parent_id"):
        if getattr(before, name) != getattr(message, name):
            raise ValueError(f"The {name} of message {message.id!r} cannot change")
