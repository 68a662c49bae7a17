"""Turns: one answer in the making, and the states it goes through."""

from collections.abc import Mapping
from typing import Any, Literal

from threadkeep.domain.messages import Failure, Part, Usage
from threadkeep.values import Value, field

TurnStatus = Literal["queued", "running", "stopping", "completed", "cancelled", "interrupted", "failed"]

FINAL: frozenset[TurnStatus] = frozenset({"completed", "cancelled", "interrupted", "failed"})


class Holder(Value):
    """The process that runs a turn: `owner` is what it locks, the rest is for display."""

    owner: str
    client: str | None = None
    pid: int
    host: str
    since: str


class Waiting(Value):
    """What a queued turn will begin with; gone from it once the message is in the history."""

    parts: tuple[Part, ...]
    agent: str | None = None
    model: str | None = None
    """`provider:model`; None for the session's."""
    metadata: Mapping[str, Any] = field(factory=dict)


class Turn(Value):
    """One answer. `started_at` and `ended_at` are RFC 3339 UTC."""

    id: str
    session_id: str
    status: TurnStatus
    stop_reason: str | None = None
    """As of its message, of which it may be a part."""
    user_message_id: str | None = None
    message_id: str
    agent: str
    model: str
    provider: str
    usage: Usage | None = None
    error: Failure | None = None
    started_at: str
    ended_at: str | None = None
    holder: Holder | None = None
    waiting: Waiting | None = None
    """For `queued`."""
    redacts: bool = False
    """Whether secrets are taken out of the answer when it ends, by whichever process ends it."""
    epoch: int = 0
    """Grows when another process than its holder ends it; 0 where an older program began it, which stores
    what it has without looking whether the turn is still its own."""

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    def is_held_as(self, begun: "Turn") -> bool:
        """Whether, as it is stored now, it still belongs to the process that began it so."""
        if self.is_final or self.holder is None or begun.holder is None:
            return False
        # not more than equal: an older program that asks for its end drops the number
        return self.holder.owner == begun.holder.owner and self.epoch <= begun.epoch
