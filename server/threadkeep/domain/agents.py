"""Agents: who answers in a session. An agent is data."""

from typing import Literal

import attrs

AgentSource = Literal["builtin", "settings"]


@attrs.frozen(kw_only=True)
class Agent:
    """A name, and what a model is told and given under it."""

    name: str
    description: str
    prompt: str
    """The system prompt; empty for none."""
    model: str | None = None
    """`provider:model`; None for the session's or the default one."""
    temperature: float | None = None
    source: AgentSource = "builtin"


ASSISTANT = Agent(
    name="assistant",
    description="Answers questions about anything, code first.",
    prompt=(
        "You are a programming assistant inside a code editor. Answer briefly and exactly, in Markdown, "
        "with code in fenced blocks that name their language. Say so when you do not know."
    ),
)

BUILTIN: tuple[Agent, ...] = (ASSISTANT,)
