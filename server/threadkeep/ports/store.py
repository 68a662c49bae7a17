"""The document store."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol

from threadkeep.domain.events import StoredEvent
from threadkeep.domain.messages import Message, WantedAttachment
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.domain.turns import Holder, Turn
from threadkeep.domain.usage import Sums, UsageQuery
from threadkeep.ports.history_records import HistoryRecords
from threadkeep.ports.part_records import PartChanges, PartRecords
from threadkeep.ports.pending_records import PendingChanges, PendingRecords, never
from threadkeep.ports.repository_records import RepositoryRecords
from threadkeep.ports.search_records import SearchRecords
from threadkeep.ports.session_counts import SessionCounts
from threadkeep.ports.session_filter import CursorKey, SessionFilter, SessionSort
from threadkeep.ports.vector_records import VectorChanges, VectorRecords
from threadkeep.values import Value, evolve

JournalKind = Literal["text", "reasoning", "part"]
"""What a running answer grows by: a text, or one part that is stored by itself."""


class UsageRecords(Protocol):
    """Sums over finished answers. Any method may raise StoreUnavailable or StoreCorrupt."""

    def usage(self, wanted: SessionFilter, asked: UsageQuery) -> Sums:
        """What the answers of the wanted sessions took.

        It takes as long as there are sessions, not messages: sums are kept while answers are stored. An
        answer that a fork copied counts once, where it was given; so a session is stored before its messages.
        """
        ...


class TranscriptRecords(Protocol):
    """Reads whole sessions. Any method may raise StoreUnavailable or StoreCorrupt."""

    def all_messages(self, session_id: str) -> Sequence[Message]:
        """The messages of a session on all its branches, by seq, with all that lies apart; a running answer with what is
        journaled."""
        ...

    def messages_that_may(self, session_id: str, hold: Callable[[str], bool]) -> Iterable[Message]:
        """Of those at least each whose texts `hold` something; it is asked with a message's whole document.

        To be taken once, inside the transaction and before anything is written.
        """
        ...

    def messages_of_time(self, session_id: str, created_at: str) -> Sequence[Message]:
        """The messages of a session on all its branches that were begun at that time; it looks at them all."""
        ...


class Draft(Value):
    """What stands in a prompt and is not sent; `window_id` None is the session's own."""

    session_id: str
    window_id: str | None
    text: str
    scroll: str | None
    at: str
    cursor: int | None = None
    """Where the next character goes: UTF-16 units from the begin of the text."""
    attachments: tuple[WantedAttachment, ...] = ()
    """To be read when it is sent."""

    @property
    def is_empty(self) -> bool:
        """Whether nobody would miss it."""
        return not self.text and not self.attachments

    @property
    def emptied(self) -> "Draft":
        """What removes it."""
        return evolve(self, text="", attachments=())


class Outcome(Value):
    """What an idempotency key stands for: the params it came with, and the result it got."""

    method: str
    key: str
    fingerprint: str
    result: Any
    """Plain JSON."""
    at: str


class Passage(Value):
    """A place in an earlier message where some of the words stand."""

    session_id: str
    session_title: str
    message_id: str
    role: str
    text: str
    """The whole content of the message."""
    at: str


class StorePlace(Value):
    """Where the store lies, seen from the person, and how long it lives."""

    runs_in: str | None = None
    """`codespaces`, `devContainer`, `container`, `wsl`, `ssh`; None for nothing that is known."""
    lifetime: str | None = None
    """`container`, `codespace`, `restart`; None for a disk, as far as that can be told."""
    told: str | None = None
    """For people: until when it lives, and what keeps it longer."""


class StoreFacts(Value):
    """What the store holds; `size` in bytes, all its files."""

    path: str
    schema_version: int
    engine: str
    sessions: int
    messages: int
    repositories: int
    size: int
    place: StorePlace = StorePlace()


class Records(
    HistoryRecords,
    RepositoryRecords,
    SessionCounts,
    SearchRecords,
    VectorRecords,
    TranscriptRecords,
    UsageRecords,
    PendingRecords,
    PartRecords,
    Protocol,
):
    """A consistent view of what is stored. Everything returned is a frozen value of the domain.

    Any method may raise StoreUnavailable or StoreCorrupt.
    """

    def session(self, session_id: str) -> Session | None: ...

    def sessions(
        self,
        wanted: SessionFilter,
        sort: SessionSort,
        *,
        limit: int,
        after: CursorKey | None = None,
        skip: int = 0,
    ) -> Sequence[Session]:
        """At most `limit` sessions in order, from the place on (or after `skip` of them)."""
        ...

    def session_ids(self, wanted: SessionFilter, sort: SessionSort) -> Sequence[str]:
        """The ids of all sessions of the filter, in order."""
        ...

    def current_session_id(self, key: SessionKey) -> str | None: ...

    def window_session_id(self, window_id: str, key: SessionKey) -> str | None: ...

    def latest_open_session(self, key: SessionKey) -> Session | None:
        """The session of the key that is neither ended nor archived nor trashed and was last active."""
        ...

    def message(self, message_id: str, *, with_journal: bool = True) -> Message | None:
        """The message; one that is being written comes with what is journaled so far, unless that is
        not wanted: what is put back must not hold it."""
        ...

    def path(self, session: Session, *, limit: int, before_seq: int | None = None) -> Sequence[Message]:
        """The newest `limit` messages of the visible history with a seq below `before_seq`, oldest first."""
        ...

    def path_after(self, session: Session, *, limit: int, after_seq: int) -> Sequence[Message]:
        """The oldest `limit` messages of the visible history with a seq above `after_seq`, oldest first."""
        ...

    def ends(self, session: Session) -> Sequence[Message]:
        """The messages of a session that none follows, one a branch, the newest first."""
        ...

    def newest_below(self, message: Message) -> Message:
        """The message with the highest seq among this one and all that follow it, on whichever branch."""
        ...

    def turn(self, turn_id: str) -> Turn | None: ...

    def running_turns(self) -> Sequence[Turn]:
        """All turns of all sessions that are not final, queued ones included, in the order in which they
        were first stored: a clock may jump back."""
        ...

    def events(self, session_id: str, *, after_seq: int, limit: int) -> Sequence[StoredEvent]:
        """Oldest first."""
        ...

    def newest_event(self) -> int:
        """The place of the newest event of the whole store; 0 where there is none."""
        ...

    def events_since(self, place: int, *, limit: int) -> Sequence[tuple[int, StoredEvent]]:
        """Events of all sessions with their places, in the order in which they were stored, behind a place."""
        ...

    def journal(self, message_id: str) -> Sequence[tuple[JournalKind, str]]:
        """What a message that is being written has grown by since it was stored, oldest first; of a part its `n`."""
        ...

    def oldest_event_seq(self, session_id: str) -> int | None:
        """The seq of the oldest event that is kept; None if none is."""
        ...

    def drafts(self, session_id: str) -> Sequence[Draft]:
        """The session's own draft and those of its windows."""
        ...

    def draft(self, session_id: str, window_id: str | None) -> Draft | None: ...

    def outcome(self, method: str, key: str) -> Outcome | None: ...

    def passages(self, query: str, *, repository_id: str, limit: int) -> Sequence[Passage]:
        """Messages of a repository's sessions that hold any of the query's words, best first."""
        ...


class Changes(Records, VectorChanges, PendingChanges, PartChanges, Protocol):
    """A transaction: it reads what it wrote; all of it is stored, or nothing."""

    def put_session(self, session: Session) -> None: ...

    def put_message(self, message: Message) -> None:
        """Stores the whole message. One that is not `streaming` loses its journal, which it must contain."""
        ...

    def put_turn(self, turn: Turn) -> None: ...

    def put_event(self, event: StoredEvent) -> None: ...

    def forget_events(self, session_id: str, *, before_seq: int) -> None:
        """Drops a session's events with a lower seq: whoever has seen the session before reads it anew."""
        ...

    def put_repository(self, repository: Repository) -> None:
        """An alias belongs to one repository: it moves to the one that was put last."""
        ...

    def remove_repository(self, repository_id: str) -> None:
        """Forgets a repository, its aliases and what is current there; it must have no session."""
        ...

    def put_draft(self, draft: Draft) -> None:
        """An empty one is removed."""
        ...

    def put_outcome(self, outcome: Outcome) -> None:
        """Also forgets outcomes older than 7 days."""
        ...

    def make_current(self, session: Session, *, window_id: str | None = None) -> None:
        """For the window if one is given, else for the session's key."""
        ...

    def forget_outcomes(
        self, text: str, *, after: str = "", is_over: Callable[[], bool] = never
    ) -> str | None:
        """Drops every outcome whose result holds the text.

        is_over: when it says so, this gives the place from which to go on; else None.
        """
        ...

    def append_journal(self, message_id: str, kind: Literal["text", "reasoning"], text: str) -> None:
        """Adds to what a streaming message will be found to hold after a crash."""
        ...


class Owed(Protocol):
    """Ends of answers that the store has refused: they are stored before the next write of this process, and
    whoever reads is told of them until then. Any thread may call it."""

    def owe(self, turn_id: str, pay: Callable[[], object]) -> None:
        """pay: stores the end of the turn, once however often it is called; raises StoreError."""
        ...

    def report(self, turn: Turn, message: Message) -> None:
        """From now on those who read find the turn and its message so, and the session as failed."""
        ...

    def forget(self, turn_id: str) -> None:
        """It was stored, or is given up."""
        ...

    def pay(self) -> None:
        """Stores what is owed, unless that goes on already. Raises what storing raises."""
        ...


class Store(Protocol):
    """Where everything is kept, shared by all processes of a user. Any thread may use it."""

    def reading(self) -> AbstractContextManager[Records]:
        """A consistent snapshot of what is committed. What is in memory only may have to be waited for as long as
        somebody writes it, and is not read inside of `writing` by the same thread."""
        ...

    def writing(self, *, durable: bool = True, erasing: bool = False) -> AbstractContextManager[Changes]:
        """A transaction, alone among all processes: committed at the end, rolled back on an exception.

        durable: survives a power cut, not only a crash. erasing: of what is overwritten or deleted no trace
        is left once `finish_erasing` was called. Raises StoreUnavailable (no space, no permission, locked
        for too long) or StoreCorrupt; nothing is stored then.
        """
        ...

    def finish_erasing(self) -> None:
        """Leaves no trace of what was erased in any table, index, free page or log of the store's files.

        It may take long, in short steps between which others write. What cannot be done now is told by
        `warnings`, and done at the next call, closing or opening.
        """
        ...

    @property
    def has_traces(self) -> bool:
        """Whether something was erased of which traces may be left."""
        ...

    def run_maintenance(self) -> None:
        """Does a part of what writing has left for a quiet moment, in some milliseconds; call it now and then."""
        ...

    def facts(self) -> StoreFacts: ...

    def is_alive(self, holder: Holder) -> bool:
        """Whether the process that holds a turn still lives, judged by the lock that it keeps."""
        ...

    @property
    def owner(self) -> str:
        """The id under which this process holds its turns."""
        ...

    def data_version(self) -> int:
        """Differs from an earlier one if another process has written since. Cheap."""
        ...

    def is_at_rest(self) -> bool:
        """Whether certainly nobody has written since the last `data_version`, and there is nothing to tidy. So cheap that
        the event loop may ask; False where that cannot be told so."""
        ...

    @property
    def wakeup_fd(self) -> int | None:
        """A descriptor that becomes readable when another process has written; None where there is none."""
        ...

    def drain(self) -> None:
        """Makes `wakeup_fd` quiet until the next time. Any thread may call it."""
        ...

    def warnings(self) -> Sequence[tuple[str, str]]:
        """(kind, message) of what a person should know about opening this store; empties the list."""
        ...

    def close(self) -> None: ...
