"""Messages that wait for their turn: kept in order, visible, and never lost without a trace."""

from collections.abc import Sequence
from typing import Literal

from threadkeep.domain.errors import TurnNotFound
from threadkeep.domain.events import Event, MessageAdded, TurnCompleted
from threadkeep.domain.messages import Failure, Message
from threadkeep.domain.sessions import Session
from threadkeep.domain.turns import Turn
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.values import evolve


def question_of(session: Session, turn: Turn, *, at: str) -> Message:
    """A queued turn's message as the next of the history."""
    assert turn.waiting is not None  # noqa: S101 - only queued turns come here
    return Message(
        id=turn.user_message_id or turn.id,
        session_id=session.id,
        seq=session.seq + 1,
        role="user",
        parts=turn.waiting.parts,
        parent_id=session.head_id,
        metadata=turn.waiting.metadata,
        created_at=at,
        completed_at=at,
    )


def drop(
    changes: Changes,
    session: Session,
    turns: Sequence[Turn],
    *,
    origin: str,
    at: str,
    error: Failure | None = None,
) -> tuple[Session, list[Event]]:
    """Takes turns out of the queue: each message and its empty answer join the history as cancelled.

    error: why they cannot be answered; then the messages were sent, and the answers failed.
    """
    events: list[Event] = []
    status: Literal["failed", "cancelled"] = "failed" if error else "cancelled"
    reason = "error" if error else "cancelled"
    for turn in turns:
        question = question_of(session, turn, at=at)
        question = question if error else evolve(question, status="cancelled")
        session = timeline.put_message(changes, session, question, origin=origin)
        answer = Message(
            id=turn.message_id,
            session_id=session.id,
            seq=session.seq + 1,
            role="assistant",
            status=status,
            stop_reason=reason,
            error=error,
            turn_id=turn.id,
            parent_id=question.id,
            agent=turn.agent,
            model=turn.model,
            provider=turn.provider,
            created_at=at,
            completed_at=at,
        )
        ended = evolve(turn, status=status, stop_reason=reason, error=error, ended_at=at, waiting=None)
        session = timeline.put_turn(
            changes,
            session,
            ended,
            answer,
            origin=origin,
            at=at,
            head_id=answer.id,
            message_count=session.message_count + 1,
        )
        events += [MessageAdded(message=question), TurnCompleted(turn=ended, message=answer)]
    return session, events


def selected(queued: Sequence[Turn], turn_ids: Sequence[str]) -> list[Turn]:
    """The queued turns of these ids. Raises TurnNotFound for one that does not wait."""
    waiting = {turn.id: turn for turn in queued}
    for turn_id in turn_ids:
        if turn_id not in waiting:
            raise TurnNotFound(turn_id)
    return [waiting[turn_id] for turn_id in dict.fromkeys(turn_ids)]
