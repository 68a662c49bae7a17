"""Turns: one answer in the making, and the states it goes through."""

from typing import Literal

import attrs

from threadkeep.domain.messages import Failure, Usage

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

    @property
    def is_final(self) -> bool:
        return self.status in FINAL
