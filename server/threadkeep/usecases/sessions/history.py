"""Reading what was said, a page at a time, and what happened since. Blocking: run in the executor."""

from collections.abc import Sequence
from typing import Final

from threadkeep.domain.errors import BlobNotFound, InvalidValue, MessageNotFound
from threadkeep.domain.events import (
    ApprovalClosed,
    ApprovalRequested,
    Event,
    MessageAdded,
    SessionChanged,
    StoredEvent,
    TurnCompleted,
    TurnStarted,
)
from threadkeep.domain.messages import Message, Part
from threadkeep.domain.sessions import Session
from threadkeep.ports.history_records import Entry
from threadkeep.ports.store import Records, Store
from threadkeep.usecases import cursors, timeline
from threadkeep.usecases.repositories.repositories import Repositories
from threadkeep.values import Value, field

PAGE_BYTES: Final = 4 * 1024 * 1024
"""So much a page holds, about, but one message at least."""


class Page(Value):
    """Messages of the visible history, oldest first; `siblings` are (index, count) by message id."""

    messages: tuple[Entry, ...] = ()
    siblings: dict[str, tuple[int, int]] = field(factory=dict)
    before_cursor: str | None = None
    after_cursor: str | None = None


class PastEvent(Value):
    """A stored event with what it points at, as it is now."""

    stored: StoredEvent
    event: Event


class Gap(Value):
    """What happened in a session since a seq."""

    events: tuple[PastEvent, ...]
    seq: int
    running: Message | None = None
    reset: bool = False


class History(Value):
    """Reads messages and events of sessions in any state."""

    store: Store
    repositories: Repositories

    def page(
        self,
        session_id: str,
        *,
        limit: int,
        before: str | None = None,
        after: str | None = None,
        around: str | None = None,
    ) -> Page:
        """A page: the newest, older or newer ones from a cursor on, or those around a message by its id.

        Raises SessionNotFound, InvalidCursor, InvalidValue for more than one of the three, MessageNotFound.
        """
        given = {"before": before, "after": after, "around": around}
        places = [name for name, value in given.items() if value is not None]
        if len(places) > 1:
            raise InvalidValue(places[1], f"cannot be given together with {places[0]}")
        with self.store.reading() as records:
            session = timeline.found(records, session_id)
            if around is not None:
                return surrounding(records, session, around, limit=limit)
            if after is not None:
                return newer(records, session, limit=limit, after_seq=cursors.history_position(after))
            before_seq = None if before is None else cursors.history_position(before)
            return newest(records, session, limit=limit, before_seq=before_seq)

    def parts(self, message_id: str, *, first: int, limit: int) -> tuple[Sequence[Part], int | None]:
        """Parts of a message from an index on, as many as `PAGE_BYTES` hold but at least one, and the index to go on with.

        Raises MessageNotFound.
        """
        with self.store.reading() as records:
            message = records.message(message_id, with_journal=False)
            if message is None:
                raise MessageNotFound(message_id)
            found = records.parts(message, first=first, limit=limit + 1)
        fitting, left = 0, PAGE_BYTES
        for part in found[:limit]:
            left -= part.size
            if left < 0 and fitting:
                break
            fitting += 1
        return found[:fitting], first + fitting if fitting < len(found) else None

    def blob(self, session_id: str, sha256: str, *, offset: int, limit: int) -> tuple[bytes, int]:
        """A piece of a content that a message of the session holds, and the size of all of it.

        Raises SessionNotFound, BlobNotFound.
        """
        with self.store.reading() as records:
            timeline.found(records, session_id)
            found = records.blob(session_id, sha256, offset=offset, limit=limit)
        if found is None:
            raise BlobNotFound(sha256)
        return found

    def events(self, session_id: str, *, after_seq: int, limit: int) -> Gap:
        """The gap since `after_seq`, or `reset` where it is not kept any more. Raises SessionNotFound."""
        with self.store.reading() as records:
            session = timeline.found(records, session_id)
            running = _running(records, session)
            oldest = records.oldest_event_seq(session_id)
            is_lost = after_seq < session.seq and (oldest is None or after_seq < oldest - 1)
            if is_lost or after_seq > session.seq:
                return Gap(events=(), seq=session.seq, running=running, reset=True)
            stored = records.events(session_id, after_seq=after_seq, limit=limit)
            return Gap(
                events=tuple(self._past(records, session, event) for event in stored),
                seq=session.seq,
                running=running,
            )

    def _past(self, records: Records, session: Session, stored: StoredEvent) -> PastEvent:
        message = records.message(stored.message_id) if stored.message_id else None
        turn = records.turn(stored.turn_id) if stored.turn_id else None
        event: Event
        if stored.kind == "messageAdded" and message is not None:
            event = MessageAdded(message=message)
        elif stored.kind == "turnStarted" and turn is not None:
            event = TurnStarted(turn=turn)
        elif stored.kind == "turnCompleted" and turn is not None and message is not None:
            event = TurnCompleted(turn=turn, message=message)
        elif stored.kind == "partChanged" and (changed := timeline.part_changed(records, stored)) is not None:
            event = changed
        elif (approval := records.approval_of_event(stored)) is not None and stored.kind.startswith(
            "approval"
        ):
            event = (
                ApprovalRequested(approval=approval)
                if approval.is_open
                else ApprovalClosed(approval=approval)
            )
        else:
            event = SessionChanged(view=self.repositories.view(records, session))
        return PastEvent(stored=stored, event=event)


def newest(records: Records, session: Session, *, limit: int, before_seq: int | None = None) -> Page:
    """The newest messages below a seq (None: of all)."""
    found = records.entries(session, limit=limit + 1, before_seq=before_seq)
    messages = found[-_fitting(found[: -limit - 1 : -1]) :] if found else found
    return _page(
        records,
        messages,
        before=len(found) > len(messages),
        after=before_seq is not None and bool(messages),
    )


def newer(records: Records, session: Session, *, limit: int, after_seq: int) -> Page:
    """The oldest messages above a seq."""
    found = records.entries_after(session, limit=limit + 1, after_seq=after_seq)
    messages = found[: _fitting(found[:limit])]
    return _page(records, messages, before=bool(found), after=len(found) > len(messages))


def _fitting(messages: Sequence[Entry], *, share: int = 1) -> int:
    """How many of these, from the first on, are a page, or a half of one."""
    left = PAGE_BYTES // share
    for count, message in enumerate(messages):
        left -= message.size
        if left < 0 and count:
            return count
    return len(messages)


def surrounding(records: Records, session: Session, message_id: str, *, limit: int) -> Page:
    """As many messages before one as from it on, more of one side where the other ends. Raises MessageNotFound."""
    middle = records.message(message_id)
    if middle is None or middle.session_id != session.id:
        raise MessageNotFound(message_id)
    newer_ones = records.entries_after(session, limit=limit + 1, after_seq=middle.seq - 1)
    if not newer_ones or newer_ones[0].id != message_id:
        told = f"Message {message_id!r} is on another branch: chat/selectBranch shows it."
        raise MessageNotFound(message_id, told=told)
    older = records.entries(session, limit=limit + 1, before_seq=middle.seq)
    before = min(len(older), max(limit // 2, limit - len(newer_ones)))
    after = min(len(newer_ones), limit - before)
    before = _fitting(older[::-1][:before], share=2)
    after = _fitting(newer_ones[:after], share=2)
    return _page(
        records,
        [*older[len(older) - before :], *newer_ones[:after]],
        before=before < len(older),
        after=after < len(newer_ones),
    )


def _page(records: Records, messages: Sequence[Entry], *, before: bool, after: bool) -> Page:
    return Page(
        messages=tuple(messages),
        siblings=records.siblings(messages),
        before_cursor=cursors.history_cursor(messages[0].seq) if before and messages else None,
        after_cursor=cursors.history_cursor(messages[-1].seq) if after and messages else None,
    )


def _running(records: Records, session: Session) -> Message | None:
    turn = records.turn(session.running_turn_id) if session.running_turn_id else None
    return records.message(turn.message_id) if turn else None
