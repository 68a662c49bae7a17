"""Hearing what other processes do to the same store: their events, and the text of their answers."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence

from threadkeep.domain.approvals import Approval
from threadkeep.domain.events import (
    ApprovalClosed,
    ApprovalRequested,
    Event,
    MessageAdded,
    OutputStreamed,
    SessionChanged,
    SessionRemoved,
    StoredEvent,
    TextStreamed,
    TurnCompleted,
    TurnStarted,
)
from threadkeep.domain.messages import WORDS, Message, from_utf16, utf8_length, utf16_length
from threadkeep.domain.turns import Turn
from threadkeep.ports.history_records import Entry
from threadkeep.ports.store import Records
from threadkeep.usecases import timeline
from threadkeep.usecases.chat.journal import Kind
from threadkeep.usecases.chat.turn_end import recover
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Mutable, evolve, field

EVENTS_AT_ONCE = 64
LOOK_SECONDS = 0.02
"""A look ends then, and another one goes on: what is asked of this window comes in between."""
KINDS: tuple[Kind, ...] = ("text", "reasoning")


class Tail(Mutable):
    """An answer that another process writes, and how much of it this connection has, in UTF-16 code units."""

    turn_id: str
    session_id: str
    told: dict[Kind, int]
    outputs: dict[int, int] = field(factory=dict)
    """Bytes of what running calls put out, by the `n` of the call among the parts that are no words."""


class Following:
    """Passes on what others wrote. Everything here is blocking and runs in the executor, except `shown`.

    A connection that has been shown a message hears the rest of it from there on: no gap and no repeat.
    """

    def __init__(
        self,
        *,
        context: StoreContext,
        followed: Callable[[], Collection[str]],
        stop: Callable[[str], None],
        lose: Callable[[str, Turn | None, Message | None], bool],
        decided: Callable[[Approval], None] = lambda _: None,
    ) -> None:
        """followed: the sessions that the connection wants to hear, as of now. stop: asks a turn of this
        process to end, since another process wants it to. lose: tells of a turn that another process has ended,
        and says whether it ran in this one, which then announces that by itself. decided: tells a turn of this
        process that another one has decided what it asked for. Any thread may call them."""
        self._context = context
        self._store = context.store
        self._announce = context.announce
        self._followed = followed
        self._stop = stop
        self._lose = lose
        self._decided = decided
        self._mark: int | None = None
        self._place: int | None = None
        self._is_behind = False
        self._tails: dict[str, Tail] = {}
        self._shown: dict[str, Message] = {}
        self.is_guarding = False
        """Whether a turn of another process ran at the last `bury`, or may run since: that process may die."""
        self.on_shown: Callable[[], None] = lambda: None
        """Called when there is an answer to follow now."""

    @property
    def is_tailing(self) -> bool:
        """Whether an answer of another process is being followed now, or there was more than one look could tell."""
        return bool(self._tails or self._shown or self._is_behind)

    def shown(self, messages: Sequence[Entry]) -> None:
        """Notes what a reply has just told. Call it on the event loop, in the step that sends the reply."""
        for message in messages:
            if isinstance(message, Message) and message.status == "streaming":
                self._shown[message.id] = message
        if self._shown:
            self.on_shown()

    def look(self) -> None:
        """Announces what happened since the last look; at the first one only remembers where it stands."""
        mark = self._store.data_version()
        if self._place is None:
            with self._store.reading() as records:
                self._place = records.newest_event()
        elif mark == self._mark and not self.is_tailing:
            return
        self.is_guarding |= mark != self._mark
        until, self._is_behind = time.monotonic() + LOOK_SECONDS, False
        while True:
            before = self._place
            for event in self._found():
                self._announce(event)
            if self._place == before:
                break
            if time.monotonic() >= until:
                self._is_behind = True
                return
        self._mark = mark

    def reap_dead_owners(self) -> None:
        """Ends the turns of processes that have died."""
        with self._store.reading() as records:
            self.is_guarding = any(
                turn.status != "queued" and (turn.holder is None or turn.holder.owner != self._store.owner)
                for turn in records.running_turns()
            )
        if not self.is_guarding:
            return
        for turn in recover(self._store, at=self._context.clock.now()):
            self.announce_end(turn.id)

    def announce_end(self, turn_id: str) -> None:
        """Announces the end of another process's turn that this one has stored."""
        with self._store.reading() as records:
            turn = records.turn(turn_id)
            message = records.message(turn.message_id) if turn is not None else None
            session = records.session(turn.session_id) if turn is not None else None
            if turn is None or message is None or session is None:
                return
            view = self._context.repositories.view(records, session)
        for event in self._ended(turn, message):
            self._announce(event)
        self._announce(SessionChanged(view=view))

    def _found(self) -> list[Event]:
        found: list[Event] = []
        changed: dict[str, None] = {}
        with self._store.reading() as records:
            self._take_shown(records)
            # another store may lie at the path since, whose events count from a lower number
            self._place = min(self._place or 0, records.newest_event())
            for place, stored in records.events_since(self._place, limit=EVENTS_AT_ONCE):
                self._place = place
                if stored.origin != self._store.owner:
                    found += self._of(records, stored)
                    changed[stored.session_id] = None
            for message_id in list(self._tails):
                found += self._grown(records, message_id)
            for session_id in changed:
                session = records.session(session_id)
                if session is not None:
                    found.append(SessionChanged(view=self._context.repositories.view(records, session)))
        return found

    def _take_shown(self, records: Records) -> None:
        """Begins to follow what the connection was shown, from where it was shown."""
        while self._shown:
            _, message = self._shown.popitem()
            turn = records.turn(message.turn_id) if message.turn_id else None
            if turn is None or (turn.holder is not None and turn.holder.owner == self._store.owner):
                continue
            self._tails[message.id] = Tail(
                turn_id=turn.id,
                session_id=turn.session_id,
                told={"text": utf16_length(message.content), "reasoning": utf16_length(message.reasoning)},
                outputs=_put_out(message),
            )

    def _of(self, records: Records, stored: StoredEvent) -> Iterator[Event]:
        message = records.message(stored.message_id) if stored.message_id else None
        turn = records.turn(stored.turn_id) if stored.turn_id else None
        if stored.kind == "messageAdded" and message is not None:
            yield MessageAdded(message=message)
        elif stored.kind == "turnStarted" and turn is not None and message is not None:
            yield TurnStarted(turn=turn)
            if stored.session_id in self._followed() and message.id not in self._tails:
                self._tails[message.id] = _tail_from_the_start(records, turn, message)
        elif stored.kind in {"approvalRequested", "approvalClosed"}:
            yield from self._approval_changed(records, stored)
        elif stored.kind == "partChanged" and message is not None:
            yield from self._part_changed(records, stored, message)
        elif stored.kind == "turnCompleted" and turn is not None and message is not None:
            if not self._lose(turn.id, turn, message):
                yield from self._ended(turn, message)
        elif stored.kind == "sessionRemoved":
            yield SessionRemoved(session_id=stored.session_id)
        elif stored.kind == "sessionChanged":
            self._request_cancel(records, stored.session_id)

    def _approval_changed(self, records: Records, stored: StoredEvent) -> Iterator[Event]:
        approval = records.approval_of_event(stored)
        if approval is None:
            return
        if approval.is_open:
            yield ApprovalRequested(approval=approval)
        else:
            self._decided(approval)
            yield ApprovalClosed(approval=approval)

    def _part_changed(self, records: Records, stored: StoredEvent, message: Message) -> Iterator[Event]:
        event = timeline.part_changed(records, stored)
        if event is None:
            return
        tail = self._tails.get(message.id)
        if tail is not None:  # what was said before it comes before it
            yield from _rest(tail, message, before=event.index)
            tail.outputs |= _put_out(
                evolve(message, parts=(event.part,)), first=message.count_before(event.index)
            )
        yield event

    def _request_cancel(self, records: Records, session_id: str) -> None:
        """Stops a turn of this process that another one wants to end."""
        session = records.session(session_id)
        turn = records.turn(session.running_turn_id) if session and session.running_turn_id else None
        if turn is not None and turn.status == "stopping":
            self._stop(turn.id)

    def _grown(self, records: Records, message_id: str) -> Iterator[Event]:
        tail = self._tails[message_id]
        message = records.message(message_id)
        if message is None or tail.session_id not in self._followed():
            del self._tails[message_id]  # it was erased, or nobody wants to hear it any more
            return
        if message.status != "streaming":
            # Its end was not among the events of others: this process stored it, while it did something else.
            turn = records.turn(tail.turn_id)
            if turn is not None and turn.is_final:
                yield from self._ended(turn, message)
            self._tails.pop(message_id, None)
            return
        yield from _rest(tail, message)
        for n, call_id, offset, text in records.outputs(message, tail.outputs):
            length = offset + utf8_length(text)
            yield OutputStreamed(
                session_id=tail.session_id,
                turn_id=tail.turn_id,
                message_id=message.id,
                index=message.index_of(n) or 0,
                call_id=call_id,
                offset=offset,
                text=text,
                saved_offset=length,
            )
            tail.outputs[n] = length

    def _ended(self, turn: Turn, message: Message) -> Iterator[Event]:
        tail = self._tails.pop(message.id, None)
        if tail is not None:
            yield from _rest(tail, message)
        yield TurnCompleted(turn=turn, message=message)


def _rest(tail: Tail, message: Message, *, before: int | None = None) -> Iterator[Event]:
    """What the connection has not heard of a message yet; before: of its parts before that index."""
    ends: dict[Kind, int] = {"text": 0, "reasoning": 0}
    index = 0
    for part in message.parts:
        if before is not None and index >= before:
            return
        kind = part.type
        if kind == "text" or kind == "reasoning":  # noqa: PLR1714 - mypy narrows it so
            start, heard = ends[kind], tail.told[kind]
            ends[kind] = end = start + utf16_length(part.text)
            if end > heard:
                yield TextStreamed(
                    session_id=tail.session_id,
                    turn_id=tail.turn_id,
                    message_id=message.id,
                    kind=kind,
                    index=index,
                    offset=max(start, heard),
                    text=from_utf16(part.text, max(0, heard - start)),
                    saved_offset=end,
                )
                tail.told[kind] = end
        index += part.length


def _put_out(message: Message, *, first: int = 0) -> dict[int, int]:
    """Bytes of what the running calls of a message have put out, as it was shown; first: the `n` of its first part
    that is no words."""
    found, n = {}, first
    for part in message.parts:
        if part.call is not None and part.is_open:
            found[n] = part.call.output_size
        n += part.length if part.type not in WORDS else 0
    return found


def _tail_from_the_start(records: Records, turn: Turn, message: Message) -> Tail:
    """Where a turn began to write: behind what the message held when it was stored as running."""
    if message.created_at == turn.started_at:
        return Tail(turn_id=turn.id, session_id=turn.session_id, told={"text": 0, "reasoning": 0})
    grown = {
        kind: sum(utf16_length(text) for k, text in records.journal(message.id) if k == kind)
        for kind in KINDS
    }
    return Tail(
        turn_id=turn.id,
        session_id=turn.session_id,
        told={
            "text": utf16_length(message.content) - grown["text"],
            "reasoning": utf16_length(message.reasoning) - grown["reasoning"],
        },
    )
