"""Sums of what answers took, straight from the messages that are in memory."""

from collections.abc import Iterable

from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import Session
from threadkeep.domain.usage import (
    Amount,
    Sums,
    Tally,
    UsageQuery,
    amount_of,
    day_of,
    model_key,
    slot_of,
    sums,
)


def usage_of(sessions: Iterable[tuple[Session, Iterable[Message]]], asked: UsageQuery) -> Sums:
    """The sums over the answers of the sessions."""
    tallies: dict[str, Tally] = {}
    total = Tally()
    for session, messages in sessions:
        found: dict[str, Amount] = {}
        for message in messages:
            amount = amount_of(message, session)
            if amount is not None and slot_of(message.created_at) in asked.period:
                key = _key(session, message, asked)
                found[key] = found.get(key, Amount()) + amount
        for key, amount in found.items():
            tallies[key] = tallies.get(key, Tally()) + Tally(sessions=1, amount=amount)
        if found:
            total += Tally(sessions=1, amount=sum(found.values(), Amount()))
    return sums(tallies, total, asked)


def _key(session: Session, message: Message, asked: UsageQuery) -> str:
    match asked.by:
        case "session":
            return session.id
        case "task":
            return session.key.task
        case "repository":
            return session.key.repository_id
        case "agent":
            return message.agent or ""
        case "model":
            return model_key(message.provider, message.model)
        case "day":
            return day_of(slot_of(message.created_at), asked.offset_minutes)
