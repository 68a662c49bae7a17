"""What a model is sent, and what is left out of it."""

from collections.abc import Callable, Sequence

from threadkeep.domain.agents import Agent
from threadkeep.domain.messages import Message, Usage
from threadkeep.domain.sessions import Session
from threadkeep.ports.models import ModelMessage, ModelRequest, ReasoningText

CARRY_ON = (
    "Your last answer was cut off. Carry on exactly where it stopped, in the same language and format. "
    "Repeat nothing of it and say nothing about the interruption."
)
SUMMARISE = (
    "Summarise the conversation below for the assistant who will carry it on: the goals, the decisions and "
    "their reasons, names of files, functions and people, what is done and what is open. At most 400 words, "
    "in the conversation's language. Write the summary only."
)
SUMMARY_HEADING = "Summary of the earlier part of this conversation:"
TITLE = (
    "Give the conversation below a title of at most six words, in its own language, without quotes and "
    "without a full stop. Write the title only."
)

OFFLINE = "offline"
"""The provider that writes no text of its own."""

CHARACTERS_A_TOKEN = 4.0
"""What is assumed until a provider has reported what a conversation really took."""

Rendered = Callable[[Message], str]
"""What a model is sent of a message: its text, and its attachments as text."""


def is_sent(message: Message) -> bool:
    """Entries of the timeline, empty answers, and what a person took out of the queue stay in the store."""
    if message.role not in ("user", "assistant") or (
        message.role == "user" and message.status == "cancelled"
    ):
        return False
    return any(part.text.strip() for part in message.parts if part.type != "reasoning")


def model_request(
    session: Session,
    *,
    agent: Agent,
    model: str,
    history: Sequence[Message],
    rendered: Rendered,
    root: str | None,
    carries_on: bool,
) -> ModelRequest:
    """The request for the next answer, or for the rest of the last one."""
    messages = [
        ModelMessage(
            role="user" if message.role == "user" else "assistant",
            content=rendered(message),
            reasoning=tuple(
                ReasoningText(text=part.text, signature=part.signature)
                for part in message.parts
                if part.type == "reasoning" and part.signature is not None
            ),
        )
        for message in history
        if is_sent(message)
    ]
    if carries_on and messages and messages[-1].role == "assistant":
        messages.append(ModelMessage(role="user", content=CARRY_ON))
    summary = f"{SUMMARY_HEADING}\n{session.context_summary}" if session.context_summary else ""
    return ModelRequest(
        model=model,
        messages=tuple(messages),
        system="\n\n".join(text for text in (agent.prompt, summary) if text) or None,
        temperature=agent.temperature,
        session_id=session.id,
        repository_id=session.key.repository_id,
        root=root,
    )


def side_request(session: Session, *, model: str, instruction: str, text: str) -> ModelRequest:
    """A request beside the conversation: a title, a summary."""
    return ModelRequest(
        model=model,
        messages=(ModelMessage(role="user", content=text),),
        system=instruction,
        session_id=session.id,
        repository_id=session.key.repository_id,
    )


def transcript(messages: Sequence[Message], *, summary: str | None = None) -> str:
    """Messages as one text, an earlier summary first."""
    said = [f"{message.role}: {message.content}" for message in messages if is_sent(message)]
    return "\n\n".join([f"{SUMMARY_HEADING} {summary}", *said] if summary else said)


def shortened(text: str, *, most: int) -> str:
    """The beginning and the end of a text: the summary of who has no model to write one."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half].rstrip()}\n[…]\n{text[-half:].lstrip()}"


def characters_a_token(history: Sequence[Message]) -> float:
    """How many characters a token has in this conversation, as the newest reported usage tells."""
    said = 0
    told = CHARACTERS_A_TOKEN
    for message in history:
        usage: Usage | None = message.usage
        if message.role == "assistant" and usage and usage.input_tokens and said:
            told = min(6.0, max(1.0, said / usage.input_tokens))
        said += sum(len(part.text) for part in message.parts)
    return told
