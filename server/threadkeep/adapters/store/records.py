"""Reading the store: every read of the port, on one connection."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final, TypeVar, cast

from tinydb.queries import QueryInstance, where
from tinydb.table import Document

from threadkeep.adapters.store.engine.json_text import json_value, place, places_of
from threadkeep.adapters.store.engine.layouts import is_plain_text, plain_text
from threadkeep.adapters.store.engine.query_compiler import all_equal, of_id
from threadkeep.adapters.store.engine.short_json import Cell
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.engine.table import Order, SqliteTinyDB, StoredDocument
from threadkeep.adapters.store.search import passages
from threadkeep.adapters.store.search.records import SqliteSearch
from threadkeep.adapters.store.tables import (
    approval_rows,
    blobs,
    event_rows,
    message_tree,
    part_rows,
    pending,
    uses,
)
from threadkeep.adapters.store.tables.documents import parsed, remembered, stored_message, value_of
from threadkeep.adapters.store.tables.schema import MESSAGES, REPOSITORIES, SESSIONS, TURNS, session_number
from threadkeep.adapters.store.tables.session_lists import SessionLists
from threadkeep.adapters.store.tables.short_documents import SHORT
from threadkeep.adapters.store.tables.usage_sums import usage_sums
from threadkeep.domain.approvals import Approval
from threadkeep.domain.events import StoredEvent
from threadkeep.domain.messages import Message, Part
from threadkeep.domain.repositories import Alias, Repository, begun_with
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.domain.turns import Turn
from threadkeep.domain.usage import Sums, UsageQuery
from threadkeep.ports.history_records import Entry, StoredMessage
from threadkeep.ports.pending_records import Pending, PendingKind
from threadkeep.ports.repository_records import Current, Use
from threadkeep.ports.session_counts import CountedBy
from threadkeep.ports.session_filter import CursorKey, SessionFilter, SessionSort
from threadkeep.ports.store import Draft, JournalKind, Outcome, Passage

T = TypeVar("T")

_JOURNAL: Final = "SELECT kind, text FROM journal WHERE message_id = ? ORDER BY id"
_HAS_ROW: Final = "SELECT 1 FROM sessions WHERE id = ?"
_IS_RUNNING: Final = cast("QueryInstance", where("is_running") == True)  # noqa: E712  # a query, not a truth value


class SqliteRecords(SqliteSearch):
    """What one connection sees."""

    def __init__(self, storage: SqliteStorage) -> None:
        self._storage = storage
        database = SqliteTinyDB(storage)
        self._sessions = database.table(SESSIONS.name)
        self._messages = database.table(MESSAGES.name)
        self._turns = database.table(TURNS.name)
        self._repositories = database.table(REPOSITORIES.name)
        self._lists = SessionLists(storage, self._sessions)

    def session(self, session_id: str) -> Session | None:
        return _value(self._sessions.get(of_id(session_id)), Session)

    def sessions(
        self,
        wanted: SessionFilter,
        sort: SessionSort,
        *,
        limit: int,
        after: CursorKey | None = None,
        skip: int = 0,
    ) -> Sequence[Session]:
        return self._lists.page(wanted, sort, limit=limit, after=_held(after), skip=skip)

    def count_sessions(self, wanted: SessionFilter) -> int:
        return self._lists.count(wanted)

    def count_sessions_by(self, wanted: SessionFilter, by: CountedBy) -> Mapping[str, int]:
        return self._lists.count_by(wanted, by)

    def session_ids(self, wanted: SessionFilter, sort: SessionSort) -> Sequence[str]:
        return self._lists.ids(wanted, sort)

    def usage(self, wanted: SessionFilter, asked: UsageQuery) -> Sums:
        return usage_sums(self._storage, self._sessions, wanted, asked)

    def current_session_id(self, key: SessionKey) -> str | None:
        return self._current(key, None)

    def window_session_id(self, window_id: str, key: SessionKey) -> str | None:
        return self._current(key, window_id)

    def latest_open_session(self, key: SessionKey) -> Session | None:
        query = all_equal(
            {
                ("key", "repository_id"): key.repository_id,
                ("key", "task"): key.task,
                ("key", "workflow"): key.workflow,
                ("is_open",): True,
            }
        )
        order = Order(by="last_activity_at", then="id", direction="DESC")
        found = self._sessions.page(query, order, limit=1)
        return value_of(found[0], Session) if found else None

    def message(self, message_id: str, *, with_journal: bool = True) -> Message | None:
        cell = self._messages.cell(message_id)
        message = None if cell is None else remembered(cell, Message)
        if message is not None and self._is_hidden(message.session_id):
            return None
        return self._with_journal(message) if message and with_journal else message

    def whole(self, message: Message) -> Message:
        return part_rows.with_rows(self._storage, message.outline, most=None)

    def parts(self, message: Message, *, first: int, limit: int) -> Sequence[Part]:
        stored = self.message(message.id, with_journal=False)
        if stored is None:
            return []
        return part_rows.parts_from(self._storage, self._journaled(stored), first, limit)

    def open_parts(self, message: Message) -> Sequence[tuple[int, Part]]:
        return part_rows.open_rows(self._storage, message.id)

    def outputs(self, message: Message, heard: Mapping[int, int]) -> Sequence[tuple[int, str, int, str]]:
        return part_rows.outputs(self._storage, message.id, heard)

    def part_of_event(self, event: StoredEvent) -> tuple[int, Part] | None:
        message = self.message(event.message_id, with_journal=False) if event.message_id else None
        found = part_rows.part_of_seq(self._storage, message.id, event.seq) if message else None
        if message is None or found is None:
            return None
        index = self._journaled(message).index_of(found[0])
        return None if index is None else (index, found[1])

    def approval(self, session_id: str, approval_id: str) -> Approval | None:
        found = approval_rows.approval(self._storage, approval_id)
        return found if found is not None and found.session_id == session_id else None

    def approvals(self, session_id: str, *, is_open: bool = True) -> Sequence[Approval]:
        return approval_rows.approvals(self._storage, session_id, is_open=is_open)

    def approval_of_event(self, event: StoredEvent) -> Approval | None:
        return approval_rows.approval_of_seq(self._storage, event.session_id, event.seq)

    def blob(self, session_id: str, sha256: str, *, offset: int, limit: int) -> tuple[bytes, int] | None:
        if not self._storage.has_table("blobs"):
            return None
        found = blobs.find(self._storage, sha256)
        if found is None or not blobs.is_used_in(self._storage, found[0], session_number(session_id)):
            return None
        return blobs.read(self._storage, found[0], offset, limit), found[1]

    def path(self, session: Session, *, limit: int, before_seq: int | None = None) -> Sequence[Message]:
        if session.head_id is None:
            return []
        documents = message_tree.path_documents(
            self._storage, session.id, session.head_id, limit=limit, before_seq=before_seq
        )
        return self._messages_of(documents)

    def path_after(self, session: Session, *, limit: int, after_seq: int) -> Sequence[Message]:
        if session.head_id is None:
            return []
        documents = message_tree.path_documents_after(
            self._storage, session.id, session.head_id, limit=limit, after_seq=after_seq
        )
        return self._messages_of(documents)

    def entries(self, session: Session, *, limit: int, before_seq: int | None = None) -> Sequence[Entry]:
        if session.head_id is None:
            return []
        documents = message_tree.path_documents(
            self._storage, session.id, session.head_id, limit=limit, before_seq=before_seq
        )
        return self._entries_of(documents)

    def entries_after(self, session: Session, *, limit: int, after_seq: int) -> Sequence[Entry]:
        if session.head_id is None:
            return []
        documents = message_tree.path_documents_after(
            self._storage, session.id, session.head_id, limit=limit, after_seq=after_seq
        )
        return self._entries_of(documents)

    def siblings(self, messages: Sequence[Entry]) -> dict[str, tuple[int, int]]:
        wanted = {message.id for message in messages if message.is_counted}
        found = {}
        for family in message_tree.families(self._storage, messages):
            answers = [message_id for message_id, role in family if role == "assistant"]
            others = [message_id for message_id, role in family if role not in {"assistant", "event"}]
            for alike in (answers, others):
                if len(alike) > 1:
                    found.update({id_: (at, len(alike)) for at, id_ in enumerate(alike) if id_ in wanted})
        return found

    def ends(self, session: Session) -> Sequence[Message]:
        return self._messages_of(message_tree.end_documents(self._storage, session.id))

    def all_messages(self, session_id: str) -> Sequence[Message]:
        # by who exports, forks or mends, once: none of them is worth being remembered
        found = (parsed(each, Message) for each in message_tree.all_documents(self._storage, session_id))
        journaled = (self._journaled(message) for message in found)
        return [
            part_rows.with_contents(self._storage, each) if each.has_more_than_words else each
            for each in journaled
        ]

    def messages_that_may(self, session_id: str, hold: Callable[[str], bool]) -> Iterator[Message]:
        documents = message_tree.all_documents(self._storage, session_id)
        texts = map(SHORT.text, documents)
        wanted = (each for each in texts if hold(each) or '"streaming"' in each or '"omitted"' in each)
        return (self._with_journal(parsed(document, Message), most=None) for document in wanted)

    def messages_of_time(self, session_id: str, created_at: str) -> Sequence[Message]:
        documents = message_tree.documents_of_time(self._storage, session_id, created_at)
        return [self._with_journal(parsed(document, Message)) for document in documents]

    def newest_below(self, message: Message) -> Message:
        document = message_tree.newest_document_below(self._storage, message.session_id, message.id)
        return message if document is None else self._with_journal(parsed(document, Message))

    def turn(self, turn_id: str) -> Turn | None:
        turn = _value(self._turns.get(of_id(turn_id)), Turn)
        return None if turn and self._is_hidden(turn.session_id) else turn

    def running_turns(self) -> Sequence[Turn]:
        # in the order in which they were stored: a clock may jump back
        found = sorted(self._turns.search(_IS_RUNNING), key=lambda document: document.doc_id)
        return [value_of(document, Turn) for document in found]

    def events(self, session_id: str, *, after_seq: int, limit: int) -> Sequence[StoredEvent]:
        return event_rows.events_of(self._storage, session_id, after_seq=after_seq, limit=limit)

    def newest_event(self) -> int:
        return event_rows.newest_position(self._storage)

    def events_since(self, place: int, *, limit: int) -> Sequence[tuple[int, StoredEvent]]:
        return event_rows.events_since(self._storage, place, limit=limit)

    def journal(self, message_id: str) -> Sequence[tuple[JournalKind, str]]:
        return [(kind, json_value(text)) for kind, text in self._storage.rows(_JOURNAL, (message_id,))]

    def oldest_event_seq(self, session_id: str) -> int | None:
        return event_rows.oldest_seq(self._storage, session_id)

    def drafts(self, session_id: str) -> Sequence[Draft]:
        rows = self._storage.rows(
            "SELECT doc FROM drafts WHERE place >= ? AND place < ?", places_of(session_id)
        )
        return [parsed(doc, Draft) for (doc,) in rows]

    def draft(self, session_id: str, window_id: str | None) -> Draft | None:
        row = self._storage.row("SELECT doc FROM drafts WHERE place = ?", (place(session_id, window_id),))
        return parsed(row[0], Draft) if row else None

    def repository(self, repository_id: str) -> Repository | None:
        return _value(self._repositories.get(of_id(repository_id)), Repository)

    def repositories_of(self, repository_ids: Collection[str]) -> Mapping[str, Repository]:
        texts = self._repositories.texts_by_key(repository_ids)
        return {id_: remembered(text, Repository) for id_, text in texts.items()}

    def repository_by_alias(self, alias: Alias) -> Repository | None:
        row = self._storage.row(
            "SELECT repository_id FROM aliases WHERE place = ?", (place(alias.kind, alias.value),)
        )
        return self.repository(row[0]) if row else None

    def repositories(self) -> Sequence[Repository]:
        rows = self._storage.rows("SELECT doc FROM repositories")
        return sorted((remembered(doc, Repository) for (doc,) in rows), key=lambda repository: repository.id)

    def repositories_begun_with(self, commit: str) -> Sequence[Repository]:
        rows = self._storage.rows("SELECT doc FROM repositories WHERE instr(doc, ?) > 0", (commit,))
        found = (remembered(doc, Repository) for (doc,) in rows)
        return begun_with(found, commit)

    def repository_uses(self) -> Mapping[str, Use]:
        return uses.repository_uses(self._storage)

    def task_uses(self, repository_id: str) -> Mapping[str, Use]:
        return uses.task_uses(self._storage, repository_id)

    def current_sessions(self, repository_id: str) -> Sequence[Current]:
        return uses.current_sessions(self._storage, repository_id)

    def pending(self) -> Sequence[Pending]:
        return pending.all_pending(self._storage)

    def is_pending(self, kind: PendingKind, subject: str) -> bool:
        return pending.is_pending(self._storage, kind, subject)

    def outcome(self, method: str, key: str) -> Outcome | None:
        row = self._storage.row("SELECT doc FROM outcomes WHERE place = ?", (place(method, key),))
        return parsed(row[0], Outcome) if row else None

    def passages(self, query: str, *, repository_id: str, limit: int) -> Sequence[Passage]:
        if not is_plain_text(repository_id):
            return []
        return passages.passages(self._storage, query, repository_id=repository_id, limit=limit)

    def _is_hidden(self, session_id: str) -> bool:
        """Whether the session is being made or erased: only one that has no row may be."""
        has_row = is_plain_text(session_id) and self._storage.row(_HAS_ROW, (session_id,)) is not None
        return not has_row and pending.is_hidden(self._storage, session_id)

    def _current(self, key: SessionKey, window_id: str | None) -> str | None:
        row = self._storage.row(
            "SELECT session_id FROM current_sessions WHERE place = ?", (current_place(key, window_id),)
        )
        return row[0] if row else None

    def _messages_of(self, documents: Sequence[Cell]) -> list[Message]:
        return [self._with_journal(remembered(document, Message)) for document in documents]

    def _entries_of(self, documents: Sequence[Cell]) -> list[Entry]:
        """Those of a page, oldest first; its newest messages have their newest parts."""
        entries: list[Entry] = []
        left = part_rows.PAGE_BYTES
        for document in reversed(documents):
            entry = stored_message(document)
            if not isinstance(entry, StoredMessage):
                entry = self._journaled(entry)
                if left > 0 and entry.has_more_than_words:
                    entry = part_rows.with_rows(self._storage, entry, most=left)
                    left -= sum(part.size for part in entry.kept.values())
            entries.append(entry)
        return entries[::-1]

    def _with_journal(self, message: Message, *, most: int | None = part_rows.SHOWN_BYTES) -> Message:
        message = self._journaled(message)
        if not message.has_more_than_words:
            return message
        return part_rows.with_rows(self._storage, message, most=most)

    def _journaled(self, message: Message) -> Message:
        if message.status != "streaming":
            return message
        for kind, pieces in groupby(self.journal(message.id), key=itemgetter(0)):
            texts = [text for _, text in pieces]
            message = (
                message.with_omitted(len(texts)) if kind == "part" else message.grown(kind, "".join(texts))
            )
        return message


def current_place(key: SessionKey, window_id: str | None) -> str:
    """Where it is kept which session is current."""
    return place(key.repository_id, key.task, key.workflow, window_id)


def _held(place: CursorKey | None) -> tuple[str | int, str] | None:
    """The place as the columns hold it."""
    if place is None:
        return None
    value = plain_text(place.value) if isinstance(place.value, str) else place.value
    return value, plain_text(place.id)


def _value(document: Document | list[Document] | None, kind: type[T]) -> T | None:
    return remembered(document.text, kind) if isinstance(document, StoredDocument) else None
