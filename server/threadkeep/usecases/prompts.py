"""What a model is sent for an answer."""

from collections.abc import Sequence

from threadkeep.domain.agents import Agent
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import Session
from threadkeep.ports.models import ModelMessage, ModelRequest

CARRY_ON = (
    "Your last answer was cut off. Carry on exactly where it stopped, in the same language and format. "
    "Repeat nothing of it and say nothing about the interruption."
)


def model_request(
    session: Session,
    *,
    agent: Agent,
    model: str,
    history: Sequence[Message],
    root: str | None,
    carries_on: bool,
) -> ModelRequest:
    """The request for the next answer, or for the rest of the last one.

    Entries of the timeline and empty answers are never sent; they stay in the store.
    """
    messages = [
        ModelMessage(role="user" if message.role == "user" else "assistant", content=message.content)
        for message in history
        if message.role in ("user", "assistant") and message.content.strip()
    ]
    if carries_on and messages and messages[-1].role == "assistant":
        messages.append(ModelMessage(role="user", content=CARRY_ON))
    return ModelRequest(
        model=model,
        messages=tuple(messages),
        system=agent.prompt or None,
        temperature=agent.temperature,
        session_id=session.id,
        repository_id=session.key.repository_id,
        root=root,
    )
