"""Agents on the wire: who answers in a session."""

from typing import Literal

from threadkeep.protocol.request import Request
from threadkeep.protocol.types.repositories import RepositoryRef
from threadkeep.protocol.types.sessions import Session
from threadkeep.values import Value, field


class Agent(Value):
    """Somebody to ask, or a file that should describe one and does not."""

    name: str
    """What `agent` names elsewhere; those of a repository are `repo:NAME`."""
    description: str = ""
    """For people."""
    source: Literal["builtin", "settings", "user", "repository"]
    """Where it is described."""
    model: str | None = None
    """`provider:model`, if it brings its own."""
    problems: tuple[str, ...] = ()
    """Why it cannot be used, with the line; empty if it can."""


class ListAgentsResult(Value):
    """All agents, those that can be used first."""

    agents: tuple[Agent, ...]
    """The agents."""
    default: str
    """The agent of a session that names none."""


class ListAgentsParams(Request[ListAgentsResult]):
    """Which agents to list."""

    repository: RepositoryRef | None = None
    """Absent: the open folder's."""


class AgentSwitch(Value):
    """One change of the agent."""

    from_: str = field(alias="from_")
    """Who answered before."""
    to: str
    """Who answers since."""
    reason: str | None = None
    """The words given with it."""
    at: str
    """When, RFC 3339 UTC."""


class SwitchAgentResult(Value):
    """The session with its agent."""

    session: Session
    """The session."""
    switch: AgentSwitch | None = None
    """Absent if it was the agent already."""


class SwitchAgentParams(Request[SwitchAgentResult]):
    """Who answers in a session from now on."""

    session_id: str
    """The session."""
    agent: str
    """An agent's name."""
    reason: str | None = None
    """Kept with the entry in the history."""
    expected_revision: int | None = None
    """`revisionConflict` unless the session is at this revision."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""
