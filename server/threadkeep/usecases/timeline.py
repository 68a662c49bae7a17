"""Journaled changes of a session: each takes the session's next seq and leaves an event beside it."""

from typing import Any

from threadkeep.domain.approvals import Approval
from threadkeep.domain.errors import SessionNotFound
from threadkeep.domain.events import EventKind, PartChanged, StoredEvent
from threadkeep.domain.messages import Message, Part, TimelineEvent
from threadkeep.domain.sessions import Activity, Session, SessionKey
from threadkeep.domain.turns import Turn
from threadkeep.ports.store import Changes, Records
from threadkeep.values import evolve


def found(records: Records, session_id: str) -> Session:
    """The session. Raises SessionNotFound."""
    session = records.session(session_id)
    if session is None:
        raise SessionNotFound(session_id)
    return session


def queued_turns(records: Records, session_id: str) -> list[Turn]:
    """The turns of a session that wait, the next one first."""
    return [
        turn for turn in records.running_turns() if turn.session_id == session_id and turn.status == "queued"
    ]


def put_changed(changes: Changes, session: Session, *, origin: str) -> Session:
    """Stores a session whose own fields changed, with the event that its seq stands for."""
    return _put(changes, session, kind="sessionChanged", origin=origin, at=session.updated_at)


def put_noted(changes: Changes, session: Session, *, origin: str, at: str, **fields: Any) -> Session:
    """Stores a session of which something changed that is no field of its own."""
    after = session.with_event(at=at, **fields)
    return _put(changes, after, kind="sessionChanged", origin=origin, at=at)


def put_moved(changes: Changes, session: Session, *, repository_id: str, origin: str, at: str) -> Session:
    """Stores a session under another repository; its place in lists by time stays."""
    key = evolve(session.key, repository_id=repository_id)
    return _put_under(changes, session, key, origin=origin, at=at)


def put_retasked(changes: Changes, session: Session, *, task: str, origin: str, at: str) -> Session:
    """Stores a session under another task; its place in lists by time stays."""
    return _put_under(changes, session, evolve(session.key, task=task), origin=origin, at=at)


def _put_under(changes: Changes, session: Session, key: SessionKey, *, origin: str, at: str) -> Session:
    after = evolve(
        session,
        key=key,
        revision=session.revision + 1,
        seq=session.seq + 1,
    )
    return _put(changes, after, kind="sessionChanged", origin=origin, at=at)


def put_message(changes: Changes, session: Session, message: Message, *, origin: str) -> Session:
    """Stores a message as the new head; its seq must be the session's next. Returns the session after it."""
    changes.put_message(message)
    after = session.with_message(message)
    at = message.created_at
    return _put(changes, after, kind="messageAdded", origin=origin, at=at, message_id=message.id)


def put_remarked(changes: Changes, session: Session, message: Message, *, origin: str, at: str) -> Session:
    """Stores a message of which something changed beside its words. Returns the session after it."""
    changes.put_message(message)
    after = session.with_remark(at=at)
    return _put(changes, after, kind="messageAdded", origin=origin, at=at, message_id=message.id)


def put_turn(
    changes: Changes, session: Session, turn: Turn, message: Message, *, origin: str, at: str, **fields: Any
) -> Session:
    """Stores a turn and its message as they begin or end, and the session with `fields` changed."""
    changes.put_message(message)
    changes.put_turn(turn)
    after = session.with_event(at=at, **fields)
    kind: EventKind = "turnCompleted" if turn.is_final else "turnStarted"
    return _put(changes, after, kind=kind, origin=origin, at=at, message_id=message.id, turn_id=turn.id)


def put_part(
    changes: Changes,
    session: Session,
    turn: Turn,
    message: Message,
    *,
    n: int,
    part: Part,
    is_new: bool,
    origin: str,
    at: str,
) -> tuple[Session, PartChanged | None]:
    """Stores a part of a running answer that is no words; see `Changes.put_part`. Returns the session after it, and
    what is to be announced. Secrets stay out of it where the turn says so, and out of all that a call has put out
    once it ends."""
    after = session.with_event(at=at)
    clean = None
    if turn.redacts:
        from threadkeep.domain.secrets import redacted, without_secrets

        (part,) = without_secrets((part,))
        clean = redacted
    changes.put_part(message, n, part, seq=after.seq, is_new=is_new, clean=clean)
    stored = StoredEvent(
        session_id=session.id,
        seq=after.seq,
        at=at,
        kind="partChanged",
        message_id=message.id,
        turn_id=turn.id,
        origin=origin,
    )
    changes.put_session(after)
    changes.put_event(stored)
    return after, part_changed(changes, stored)


def put_approval(
    changes: Changes,
    session: Session,
    approval: Approval,
    *,
    n: int | None = None,
    origin: str,
    at: str,
    activity: Activity,
) -> Session:
    """Stores an approval as it is asked for or closed, beside the n-th part that is no words, or (None)
    where it lies already. Returns the session after it."""
    after = session.with_event(at=at, activity=activity)
    changes.put_approval(approval, n=n, seq=after.seq)
    kind: EventKind = "approvalRequested" if approval.is_open else "approvalClosed"
    return _put(
        changes,
        after,
        kind=kind,
        origin=origin,
        at=at,
        message_id=approval.message_id,
        turn_id=approval.turn_id,
    )


def part_changed(records: Records, stored: StoredEvent) -> PartChanged | None:
    """What a stored event of a part tells; None where a later one tells more."""
    found = records.part_of_event(stored)
    if found is None or stored.message_id is None:
        return None
    return PartChanged(
        session_id=stored.session_id,
        turn_id=stored.turn_id,
        message_id=stored.message_id,
        index=found[0],
        seq=stored.seq,
        part=found[1],
    )


def timeline_entry(session: Session, *, id_: str, event: TimelineEvent) -> Message:
    """What a person did, as the next entry of the history."""
    return Message(
        id=id_,
        session_id=session.id,
        seq=session.seq + 1,
        role="event",
        parent_id=session.head_id,
        event=event,
        created_at=event.at,
        completed_at=event.at,
    )


def _put(
    changes: Changes,
    session: Session,
    *,
    kind: EventKind,
    origin: str,
    at: str,
    message_id: str | None = None,
    turn_id: str | None = None,
) -> Session:
    changes.put_session(session)
    changes.put_event(
        StoredEvent(
            session_id=session.id,
            seq=session.seq,
            at=at,
            kind=kind,
            message_id=message_id,
            turn_id=turn_id,
            origin=origin,
        )
    )
    return session
