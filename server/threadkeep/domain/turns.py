"""Turns: one answer in the making, and the states it goes through."""

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from threadkeep.domain.messages import Failure, Part, Usage

TurnStatus = Literal["queued", "running", "stopping", "completed", "cancelled", "interrupted", "failed"]

FINAL: frozenset[TurnStatus] = frozenset({"completed", "cancelled", "interrupted", "failed"})


@attrs.frozen(kw_only=True)
class Holder:
    """The process that runs a turn: `owner` is what it locks, the rest is for display."""

    owner: str
    client: str | None = None
    pid: int
    host: str
    since: str


@attrs.frozen(kw_only=True)
class Waiting:
    """What a queued turn will begin with; gone from it once the message is in the history."""

    parts: tuple[Part, ...]
    agent: str | None = None
    model: str | None = None
    """`provider:model`; None for the session's."""
    metadata: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Turn:
    """One answer. `started_at` and `ended_at` are RFC 3339 UTC."""

    id: str
    session_id: str
    status: TurnStatus
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

    @property
    def is_final(self) -> bool:
        return self.status in FINAL
