"""The store in memory: everything the port promises, for as long as the process lives."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

import attrs

from threadkeep.adapters.store.json_text import holds_text
from threadkeep.adapters.store.memory_records import Contents, MemoryRecords
from threadkeep.adapters.store.memory_vectors import MemoryVectorChanges
from threadkeep.adapters.store.retention import EVENTS_KEPT, is_time_to_compact, oldest_outcome
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.domain.events import StoredEvent
from threadkeep.domain.messages import Message
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session
from threadkeep.domain.turns import Holder, Turn
from threadkeep.ports.pending_records import Pending, PendingKind, never
from threadkeep.ports.store import Changes, Draft, Outcome, Records, StoreFacts

FEED_KEPT = 2000
"""Events of all sessions together that a follower may lag behind."""

K = TypeVar("K")
V = TypeVar("V")


class MemoryStore:
    """A store that forgets everything with its process. Any thread may use it."""

    def __init__(self, *, owner: str = "memory") -> None:
        self._owner = owner
        self._contents = Contents()
        self._commits = 0
        self._lock = threading.Lock()
        self._writer: int | None = None
        self._is_closed = False

    @contextmanager
    def reading(self) -> Iterator[Records]:
        """A snapshot of what is committed; inside `writing()` too."""
        self._check_open()
        yield MemoryRecords(self._contents)

    @contextmanager
    def writing(self, *, durable: bool = True, erasing: bool = False) -> Iterator[Changes]:
        """A transaction; raises RuntimeError inside another one of the same thread."""
        del durable, erasing  # memory survives neither, and there are no files
        self._check_open()
        if self._writer == threading.get_ident():
            raise RuntimeError("A transaction is open in this thread: use it.")
        with self._lock:
            self._writer = threading.get_ident()
            try:
                changes = MemoryChanges(self._contents)
                yield changes
                self._contents = changes.contents
                self._commits += 1
            finally:
                self._writer = None

    def finish_erasing(self) -> None:
        """Memory keeps no traces."""

    @property
    def has_traces(self) -> bool:
        return False

    def tidy(self) -> None:
        """Memory leaves nothing lying."""

    def facts(self) -> StoreFacts:
        self._check_open()
        return StoreFacts(
            path=":memory:",
            schema_version=0,
            engine="memory",
            sessions=len(self._contents.sessions),
            messages=len(self._contents.messages),
            repositories=len(self._contents.repositories),
            size=0,
        )

    def is_alive(self, holder: Holder) -> bool:
        return holder.owner == self._owner

    @property
    def owner(self) -> str:
        return self._owner

    def mark(self) -> int:
        """Counts every write: all processes of a test share it."""
        return self._commits

    def is_at_rest(self) -> bool:
        """It is as cheap to look."""
        return False

    @property
    def poked(self) -> int | None:
        return None

    def heard(self) -> None:
        """There is nothing to hear."""

    def warnings(self) -> Sequence[tuple[str, str]]:
        return ()

    def close(self) -> None:
        self._is_closed = True

    def _check_open(self) -> None:
        if self._is_closed:
            raise StoreUnavailable("The store is closed.")


class MemoryChanges(MemoryVectorChanges, MemoryRecords):
    """A transaction: its contents are copied where they change, and become the store's at the end."""

    @property
    def contents(self) -> Contents:
        """What is stored if the transaction succeeds."""
        return self._contents

    def put_session(self, session: Session) -> None:
        self._change(
            sessions=_with(self._contents.sessions, session.id, session),
            makings=_without(self._contents.makings, session.id),
        )

    def put_message(self, message: Message) -> None:
        self._check_place(message)
        ids = self._contents.by_session.get(message.session_id, ())
        if message.id not in self._contents.messages:
            ids = (*ids, message.id)
        self._change(
            messages=_with(self._contents.messages, message.id, message),
            by_session=_with(self._contents.by_session, message.session_id, ids),
        )
        if message.status != "streaming":
            self._change(journals=_without(self._contents.journals, message.id))

    def put_turn(self, turn: Turn) -> None:
        self._change(turns=_with(self._contents.turns, turn.id, turn))

    def put_event(self, event: StoredEvent) -> None:
        kept = [other for other in self._contents.events.get(event.session_id, ()) if other.seq != event.seq]
        kept = sorted((*kept, event), key=lambda other: other.seq)
        if is_time_to_compact(event):
            kept = kept[-EVENTS_KEPT:]
        feed = (*self._contents.feed[-FEED_KEPT:], (self.newest_event() + 1, event))
        self._change(events=_with(self._contents.events, event.session_id, tuple(kept)), feed=feed)

    def forget_events(self, session_id: str, *, before_seq: int) -> None:
        events, feed = self._contents.events, self._contents.feed
        kept = tuple(event for event in events.get(session_id, ()) if event.seq >= before_seq)
        left = tuple(
            entry for entry in feed[:-1] if entry[1].session_id != session_id or entry[1].seq >= before_seq
        )
        self._change(events=_with(events, session_id, kept), feed=(*left, *feed[-1:]))

    def put_repository(self, repository: Repository) -> None:
        taken = set(repository.aliases)
        repositories = {
            other.id: attrs.evolve(
                other, aliases=tuple(alias for alias in other.aliases if alias not in taken)
            )
            for other in self._contents.repositories.values()
        }
        repositories[repository.id] = repository
        aliases = {alias: other.id for other in repositories.values() for alias in other.aliases}
        self._change(repositories=repositories, aliases=aliases)

    def remove_repository(self, repository_id: str) -> None:
        self._change(
            repositories=_without(self._contents.repositories, repository_id),
            aliases={alias: id_ for alias, id_ in self._contents.aliases.items() if id_ != repository_id},
            current={
                place: id_
                for place, id_ in self._contents.current.items()
                if place[0].repository_id != repository_id
            },
        )

    def put_draft(self, draft: Draft) -> None:
        place = (draft.session_id, draft.window_id)
        drafts = self._contents.drafts
        self._change(drafts=_without(drafts, place) if draft.is_empty else _with(drafts, place, draft))

    def put_outcome(self, outcome: Outcome) -> None:
        oldest = oldest_outcome(outcome.at)
        kept = {place: other for place, other in self._contents.outcomes.items() if other.at >= oldest}
        self._change(outcomes=_with(kept, (outcome.method, outcome.key), outcome))

    def begin_making(self, session: Session, *, owner: str) -> None:
        source = session.forked_from.session_id if session.forked_from else None
        making = Pending(kind="making", subject=session.id, owner=owner, source=source)
        self._change(makings=_with(self._contents.makings, session.id, making))

    def drop_making(self, session_id: str, *, owner: str) -> None:
        self.erase_session(session_id, owner=owner)

    def give_up_makings(self, source: str, *, owner: str) -> Sequence[str]:
        found = [making.subject for making in self._contents.makings.values() if making.source == source]
        for subject in found:
            self.erase_session(subject, owner=owner)
        return found

    def clear_away(self, session_id: str, *, is_over: Callable[[], bool] = never) -> bool:
        """Nothing is left here for later."""
        del session_id, is_over
        return True

    def put_pending(self, pending: Pending) -> None:
        self._change(others=_with(self._contents.others, (pending.kind, pending.subject), pending))

    def claim_pending(self, kind: PendingKind, subject: str, *, owner: str) -> None:
        pending = self._contents.others.get((kind, subject))
        if pending is not None:
            self.put_pending(attrs.evolve(pending, owner=owner))

    def remove_pending(self, kind: PendingKind, subject: str) -> None:
        self._change(others=_without(self._contents.others, (kind, subject)))

    def erase_session(self, session_id: str, *, owner: str = "", is_over: Callable[[], bool] = never) -> None:
        del owner, is_over  # all of it goes at once
        contents, of_it = self._contents, set(self._contents.by_session.get(session_id, ()))
        self._change(
            sessions=_without(contents.sessions, session_id),
            makings=_without(contents.makings, session_id),
            messages={id_: message for id_, message in contents.messages.items() if id_ not in of_it},
            by_session=_without(contents.by_session, session_id),
            journals={id_: journal for id_, journal in contents.journals.items() if id_ not in of_it},
            turns={id_: turn for id_, turn in contents.turns.items() if turn.session_id != session_id},
            events=_without(contents.events, session_id),
            feed=_without_session(contents.feed, session_id),
            drafts={place: draft for place, draft in contents.drafts.items() if place[0] != session_id},
            current={place: id_ for place, id_ in contents.current.items() if id_ != session_id},
        )

    def forget_outcomes(
        self, text: str, *, after: str = "", is_over: Callable[[], bool] = never
    ) -> str | None:
        del after, is_over
        kept = {
            place: outcome
            for place, outcome in self._contents.outcomes.items()
            if not holds_text(outcome.result, text)
        }
        self._change(outcomes=kept)
        return None

    def make_current(self, session: Session, *, window_id: str | None = None) -> None:
        self._change(current=_with(self._contents.current, (session.key, window_id), session.id))

    def append_journal(self, message_id: str, kind: Literal["text", "reasoning"], text: str) -> None:
        if text:
            entries = (*self._contents.journals.get(message_id, ()), (kind, text))
            self._change(journals=_with(self._contents.journals, message_id, entries))

    def _check_place(self, message: Message) -> None:
        before = self._contents.messages.get(message.id, message)
        for name in ("session_id", "seq", "parent_id"):
            if getattr(before, name) != getattr(message, name):
                raise ValueError(f"The {name} of message {message.id!r} cannot change")
        if message.parent_id is not None:
            parent = self._contents.messages.get(message.parent_id)
            if parent is None or parent.session_id != message.session_id:
                raise ValueError(f"The parent of message {message.id!r} is not stored in its session")

    def _change(self, **contents: Any) -> None:
        self._contents = attrs.evolve(self._contents, **contents)


def _with(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    return {**mapping, key: value}


def _without(mapping: Mapping[K, V], key: K) -> Mapping[K, V]:
    return {other: value for other, value in mapping.items() if other != key} if key in mapping else mapping


def _without_session(
    feed: tuple[tuple[int, StoredEvent], ...], session_id: str
) -> tuple[tuple[int, StoredEvent], ...]:
    """The newest entry keeps its place, as nobody's: whoever follows has seen it, and must see the next."""
    left = tuple(entry for entry in feed[:-1] if entry[1].session_id != session_id)
    if not feed:
        return left
    place, newest = feed[-1]
    if newest.session_id == session_id:
        newest = attrs.evolve(newest, session_id="", message_id=None, turn_id=None)
    return (*left, (place, newest))
