"""Journaled changes of a session: every one is an event with the session's next seq."""

from typing import Any

from threadkeep.domain.errors import SessionNotFound
from threadkeep.domain.events import StoredEvent
from threadkeep.domain.messages import Message, TimelineEvent
from threadkeep.domain.sessions import Session
from threadkeep.domain.turns import Turn
from threadkeep.ports.store import Changes, Records


def found(records: Records, session_id: str) -> Session:
    """The session. Raises SessionNotFound."""
    session = records.session(session_id)
    if session is None:
        raise SessionNotFound(session_id)
    return session


def put_changed(changes: Changes, session: Session, *, origin: str) -> Session:
    """Stores a session whose own fields changed, with the event that its seq stands for."""
    changes.put_session(session)
    changes.put_event(
        StoredEvent(
            session_id=session.id,
            seq=session.seq,
            at=session.updated_at,
            kind="sessionChanged",
            origin=origin,
        )
    )
    return session


def put_noted(changes: Changes, session: Session, *, origin: str, at: str, **fields: Any) -> Session:
    """Stores a session of which something changed that is no field of its own."""
    after = session.with_event(at=at, **fields)
    changes.put_session(after)
    changes.put_event(
        StoredEvent(session_id=session.id, seq=after.seq, at=at, kind="sessionChanged", origin=origin)
    )
    return after


def put_message(changes: Changes, session: Session, message: Message, *, origin: str) -> Session:
    """Stores a message as the new head; its seq must be the session's next. Returns the session after it."""
    after = session.with_message(message)
    changes.put_message(message)
    changes.put_session(after)
    changes.put_event(
        StoredEvent(
            session_id=session.id,
            seq=message.seq,
            at=message.created_at,
            kind="messageAdded",
            message_id=message.id,
            origin=origin,
        )
    )
    return after


def put_remarked(changes: Changes, session: Session, message: Message, *, origin: str, at: str) -> Session:
    """Stores a message of which something changed beside its words. Returns the session after it."""
    after = session.with_event(at=at)
    changes.put_message(message)
    changes.put_session(after)
    changes.put_event(
        StoredEvent(
            session_id=session.id,
            seq=after.seq,
            at=at,
            kind="messageAdded",
            message_id=message.id,
            origin=origin,
        )
    )
    return after


def put_turn(
    changes: Changes, session: Session, turn: Turn, message: Message, *, origin: str, at: str, **fields: Any
) -> Session:
    """Stores a turn and its message as they begin or end, and the session with `fields` changed."""
    after = session.with_event(at=at, **fields)
    changes.put_message(message)
    changes.put_turn(turn)
    changes.put_session(after)
    changes.put_event(
        StoredEvent(
            session_id=session.id,
            seq=after.seq,
            at=at,
            kind="turnCompleted" if turn.is_final else "turnStarted",
            message_id=message.id,
            turn_id=turn.id,
            origin=origin,
        )
    )
    return after


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
