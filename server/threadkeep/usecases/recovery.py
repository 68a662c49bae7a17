"""What a dead process left: its running answers become interrupted, with the text that came."""

from typing import Literal

import attrs

from threadkeep.domain.messages import Failure, Message, Usage
from threadkeep.domain.secrets import without_secrets
from threadkeep.domain.sessions import Activity, Session, last_message
from threadkeep.domain.turns import Turn
from threadkeep.ports.store import Changes, Store
from threadkeep.usecases import timeline
from threadkeep.usecases.beside import beside
from threadkeep.usecases.beside import without_secrets as metadata_without_secrets

Ending = Literal["completed", "cancelled", "interrupted", "failed"]

_MESSAGE_STATUS: dict[Ending, Literal["complete", "cancelled", "interrupted", "failed"]] = {
    "completed": "complete",
    "cancelled": "cancelled",
    "interrupted": "interrupted",
    "failed": "failed",
}
_ACTIVITY: dict[Ending, Activity] = {
    "completed": "idle",
    "cancelled": "idle",
    "interrupted": "interrupted",
    "failed": "failed",
}


def ended(
    turn: Turn,
    message: Message,
    *,
    status: Ending,
    at: str,
    usage: Usage | None,
    error: Failure | None = None,
    stop_reason: str | None = None,
) -> tuple[Turn, Message]:
    """The turn and its message in their final state, as they are stored. The usage is the turn's own."""
    if turn.redacts:
        metadata = metadata_without_secrets(message.metadata)
        message = attrs.evolve(message, parts=without_secrets(message.parts), metadata=metadata)
    total = message.usage + usage if message.usage and usage else usage or message.usage
    turn = attrs.evolve(turn, status=status, ended_at=at, usage=usage, holder=None)
    message = attrs.evolve(message, status=_MESSAGE_STATUS[status], completed_at=at, usage=total)
    return (
        attrs.evolve(turn, error=error, stop_reason=stop_reason),
        attrs.evolve(message, error=error, stop_reason=stop_reason),
    )


def put_ended(
    changes: Changes, session: Session, turn: Turn, message: Message, *, status: Ending, origin: str
) -> tuple[Session, Message]:
    """Stores the end of a turn. Returns the session after it and the message, with a person's marks on it."""
    stored = changes.message(message.id)
    if stored is not None:
        message = attrs.evolve(
            message,
            is_favourite=stored.is_favourite,
            note=stored.note,
            metadata={**stored.metadata, **beside(message)},
        )
    after = timeline.put_turn(
        changes,
        session,
        turn,
        message,
        origin=origin,
        at=turn.ended_at or turn.started_at,
        activity=_ACTIVITY[status],
        running_turn_id=None,
        last_message=last_message(message) if message.content else session.last_message,
        usage=session.usage + turn.usage if turn.usage else session.usage,
    )
    return after, message


def settle(store: Store, changes: Changes, session: Session, *, at: str) -> Session:
    """The session, its running turn marked interrupted if the process that ran it is dead."""
    turn = changes.turn(session.running_turn_id) if session.running_turn_id else None
    if turn is None or (turn.holder is not None and store.is_alive(turn.holder)):
        return session
    return take_over(changes, session, turn, origin=store.owner, at=at)


def take_over(changes: Changes, session: Session, turn: Turn, *, origin: str, at: str) -> Session:
    """The session, its running turn interrupted with the text that is stored; whoever ran it finds its epoch over."""
    message = changes.message(turn.message_id)
    turn = attrs.evolve(turn, epoch=turn.epoch + 1)
    if message is None:
        # Nothing can be read of the answer: the session must not wait for it for ever.
        changes.put_turn(attrs.evolve(turn, status="interrupted", ended_at=at, holder=None))
        return timeline.put_noted(
            changes, session, origin=origin, at=at, activity="interrupted", running_turn_id=None
        )
    turn, message = ended(turn, message, status="interrupted", at=at, usage=turn.usage)
    return put_ended(changes, session, turn, message, status="interrupted", origin=origin)[0]


def recover(store: Store, *, at: str) -> list[Turn]:
    """Marks every turn of a dead process interrupted, and returns them as they are then. Blocking."""
    with store.reading() as records:
        orphans = [
            turn
            for turn in records.running_turns()
            if turn.status != "queued" and (turn.holder is None or not store.is_alive(turn.holder))
        ]
    recovered = []
    for turn in orphans:
        with store.writing() as changes:
            session = changes.session(turn.session_id)
            if session is None or session.running_turn_id != turn.id:
                continue
            settle(store, changes, session, at=at)
            ended_turn = changes.turn(turn.id)
            if ended_turn is not None and ended_turn.is_final:
                recovered.append(ended_turn)
    return recovered
