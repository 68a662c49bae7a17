"""Tokens and costs, summed up over answers."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from threadkeep.domain.messages import Message, Usage
from threadkeep.domain.sessions import Session
from threadkeep.values import Value, fields

UsageGroup = Literal["session", "task", "repository", "agent", "model", "day"]

SLOT_MINUTES = 15
"""Answers are counted by quarters of an hour: the days of every time zone begin with one."""
MAX_OFFSET_MINUTES = 14 * 60
"""No time zone lies farther from Greenwich."""
MOST_TOKENS = 10**12
"""Of one answer; what tells more is wrong, and must not spoil the sums."""
MOST_DOLLARS = 10**6
NANO = 10**9

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_DAY = 24 * 60 // SLOT_MINUTES
"""The first slot that is told: no offset leads from it to a time before 1970."""


class Amount(Value):
    """What answers took, in whole numbers: what is added can be taken away again, and nothing is left."""

    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    priced: int = 0
    """Answers whose price is known."""
    nanodollars: int = 0
    """Their price."""

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(**{name: getattr(self, name) + getattr(other, name) for name in AMOUNTS})

    def __neg__(self) -> "Amount":
        return Amount(**{name: -getattr(self, name) for name in AMOUNTS})

    @property
    def usage(self) -> Usage:
        """The same for people."""
        return Usage(
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cached_tokens=self.cached_tokens,
            reasoning_tokens=self.reasoning_tokens,
            cost=self.nanodollars / NANO if self.priced else None,
        )


AMOUNTS: tuple[str, ...] = tuple(field.name for field in fields(Amount))


class Tally(Value):
    """What the answers of some sessions took."""

    sessions: int = 0
    """Sessions with any of them."""
    amount: Amount = Amount()

    def __add__(self, other: "Tally") -> "Tally":
        """Both together; no session may be in both."""
        return Tally(sessions=self.sessions + other.sessions, amount=self.amount + other.amount)

    @property
    def tokens(self) -> int:
        """Those sent and those received."""
        return self.amount.input_tokens + self.amount.output_tokens


class Period(Value):
    """A time, in slots since 1970; None: without beginning, without end."""

    first: int | None = None
    end: int | None = None
    """Exclusive."""

    def __contains__(self, slot: int) -> bool:
        return (self.first is None or slot >= self.first) and (self.end is None or slot < self.end)


class UsageQuery(Value):
    """By what to sum up, and which answers."""

    by: UsageGroup
    """The session's or the repository's id, the task, the agent, `provider:model`, or the day."""
    period: Period = Period()
    """When the answers were begun."""
    offset_minutes: int = 0
    """How far east of Greenwich days are told."""
    limit: int | None = None
    """At most so many rows; None: all."""


class Sums(Value):
    """Tallies by a key, in order, and that of everything."""

    rows: tuple[tuple[str, Tally], ...] = ()
    total: Tally = Tally()
    count: int = 0
    """Rows that there are, those included that were cut off."""


def amount_of(message: Message, session: Session | None) -> Amount | None:
    """What a message adds; None for one that is no answer, or not yet.

    Neither does a copy that a fork made of an answer: that was paid once.
    """
    if message.role != "assistant" or message.status == "streaming":
        return None
    if session is not None and session.forked_from is not None and is_copy(message, session.created_at):
        return None
    used = message.usage or Usage()
    cost = None if used.cost is None else min(max(used.cost, 0.0), MOST_DOLLARS)
    return Amount(
        answers=1,
        input_tokens=_bounded(used.input_tokens),
        output_tokens=_bounded(used.output_tokens),
        cached_tokens=_bounded(used.cached_tokens),
        reasoning_tokens=_bounded(used.reasoning_tokens),
        priced=int(cost is not None),
        nanodollars=0 if cost is None else round(cost * NANO),
    )


def is_copy(message: Message, forked_at: str) -> bool:
    """Whether a message of a session that was forked at that time came with it."""
    return message.turn_id is None and message.created_at <= forked_at


def slot_of(at: str) -> int:
    """The quarter of an hour of an RFC 3339 time; the first one that is told, if it is none."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return _SECOND_DAY
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(_SECOND_DAY, (moment - _EPOCH) // timedelta(minutes=SLOT_MINUTES))


def period(after: str | None, before: str | None) -> Period:
    """Every slot that any part of the time between lies in."""
    first = slot_of(after) if after is not None else None
    if before is None:
        return Period(first=first)
    end = slot_of(before)
    return Period(first=first, end=end if _begins_slot(before) else end + 1)


def day_of(slot: int, offset_minutes: int) -> str:
    """The day, YYYY-MM-DD, that it is then so far east of Greenwich."""
    return (_EPOCH + timedelta(minutes=slot * SLOT_MINUTES + offset_minutes)).date().isoformat()


def model_key(provider: str | None, model: str | None) -> str:
    """`provider:model`, as it is asked for; the model where no provider is told, empty where neither is."""
    return ":".join(part for part in (provider, model) if part)


def sums(tallies: Mapping[str, Tally], total: Tally, asked: UsageQuery, *, count: int | None = None) -> Sums:
    """The rows in their order, the most tokens first; of days the newest, in the order of time.

    count: of the rows, where not all are given.
    """
    if asked.by == "day":
        kept = sorted(tallies.items())[-asked.limit if asked.limit else None :]
    else:
        kept = sorted(tallies.items(), key=lambda row: (-row[1].tokens, row[0]))[: asked.limit]
    return Sums(rows=tuple(kept), total=total, count=len(tallies) if count is None else count)


def together(parts: Iterable[Sums], asked: UsageQuery) -> Sums:
    """The sums over stores that have no session in common; each part holds all its rows."""
    tallies: dict[str, Tally] = {}
    total = Tally()
    for part in parts:
        total += part.total
        for key, tally in part.rows:
            tallies[key] = tallies.get(key, Tally()) + tally
    return sums(tallies, total, asked)


def _bounded(tokens: int) -> int:
    return min(max(tokens, 0), MOST_TOKENS)


def _begins_slot(at: str) -> bool:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return True
    return moment.minute % SLOT_MINUTES == 0 and moment.second == moment.microsecond == 0
