"""Questions and answers of ordinary lengths, stored as the product stores them."""

import random
from collections.abc import Iterator
from itertools import islice
from typing import Final

from threadkeep.domain.messages import Message, Usage, text_part
from threadkeep.domain.sessions import Session
from threadkeep.domain.turns import Holder, Turn
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.values import evolve

QUESTION_LENGTH: Final = 100
ANSWER_LENGTH: Final = 500
"""Characters; a message has 300 in the mean."""

_SYLLABLES: Final = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "ru", "sa", "te", "vi", "wo", "zu")


def a_text(chance: random.Random, length: int) -> str:
    """Words of two to four syllables, so many characters."""
    words = ("".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(length))
    return " ".join(islice(words, length // 4))[:length].ljust(length, "s")


def a_question(session: Session, message_id: str, text: str, *, at: str | None = None) -> Message:
    """A user's message that comes next in the session."""
    at = at or session.last_activity_at
    return Message(
        id=message_id,
        session_id=session.id,
        seq=session.seq + 1,
        role="user",
        parts=(text_part(text),),
        parent_id=session.head_id,
        created_at=at,
        completed_at=at,
    )


def put_exchange(
    changes: Changes, session: Session, ids: Iterator[str], chance: random.Random, *, origin: str
) -> Session:
    """Stores a question and its answer, with the turn and the events, and gives the session after it."""
    question = a_question(session, next(ids), a_text(chance, QUESTION_LENGTH))
    session = timeline.put_message(changes, session, question, origin=origin)
    turn = _turn(question, next(ids), next(ids), origin=origin)
    begun = Message(
        id=turn.message_id,
        session_id=session.id,
        seq=session.seq + 1,
        role="assistant",
        status="streaming",
        turn_id=turn.id,
        parent_id=question.id,
        agent=turn.agent,
        model=turn.model,
        provider=turn.provider,
        created_at=turn.started_at,
    )
    session = timeline.put_turn(
        changes,
        session,
        turn,
        begun,
        origin=origin,
        at=turn.started_at,
        activity="running",
        running_turn_id=turn.id,
        head_id=begun.id,
        message_count=session.message_count + 1,
    )
    return _ended(changes, session, turn, begun, a_text(chance, ANSWER_LENGTH), origin=origin)


def _turn(question: Message, message_id: str, turn_id: str, *, origin: str) -> Turn:
    at = question.created_at
    return Turn(
        id=turn_id,
        session_id=question.session_id,
        status="running",
        user_message_id=question.id,
        message_id=message_id,
        agent="assistant",
        model="test",
        provider="work",
        started_at=at,
        holder=Holder(owner=origin, client="an editor", pid=1, host="computer", since=at),
    )


def _ended(
    changes: Changes, session: Session, turn: Turn, begun: Message, text: str, *, origin: str
) -> Session:
    at = turn.started_at
    usage = Usage(input_tokens=1200, output_tokens=120)
    answer = evolve(begun, status="complete", parts=(text_part(text),), usage=usage, completed_at=at)
    return timeline.put_turn(
        changes,
        session,
        evolve(turn, status="completed", usage=usage, ended_at=at, holder=None),
        answer,
        origin=origin,
        at=at,
        activity="idle",
        running_turn_id=None,
        usage=session.usage + usage,
    )
