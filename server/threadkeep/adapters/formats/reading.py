"""What people read of a session, in whichever format: who spoke, when, and the facts about it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from threadkeep.domain.messages import Message, Part, Role, TimelineEvent
from threadkeep.domain.transfer import Transcript

SPEAKERS: Final[dict[Role, str]] = {
    "system": "System",
    "user": "User",
    "assistant": "Assistant",
    "tool": "Tool",
    "event": "Event",
}

_UNREADABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_EVENTS: Final = {
    "agentSwitched": "Agent changed",
    "modelChanged": "Model changed",
    "paused": "Paused",
    "resumed": "Resumed",
    "ended": "Ended",
    "cleared": "Cleared",
}
_UNFINISHED: Final = {
    "streaming": "The answer is still being written.",
    "interrupted": "The answer was interrupted.",
    "cancelled": "The answer was cancelled.",
    "failed": "The answer failed.",
}
_STOPPED: Final = {
    "maxTokens": "The answer was cut off by the token limit.",
    "contentFilter": "The answer was stopped by a content filter.",
    "refusal": "The model refused to go on.",
    "toolCalls": "The model asked for a tool that it was not offered.",
}


def readable(text: str) -> str:
    """The text with line ends as `\\n`, and U+FFFD for what no page can show: control characters, NUL, and
    halves of surrogate pairs."""
    return _UNREADABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """The text on one line."""
    return " ".join(readable(text).split())


def moment(at: str) -> str:
    """A time for people: `2026-01-31 12:00 UTC`."""
    return f"{at[:10]} {at[11:16]} UTC"


def speaker(message: Message) -> str:
    """Who spoke, with the agent and the model that answered."""
    name = SPEAKERS[message.role]
    if message.role != "assistant":
        return name
    by = [one_line(each) for each in (message.agent, message.model) if each]
    return f"{name} ({', '.join(by)})" if by else name


def remark(message: Message) -> str | None:
    """What a reader must know of an answer that is not complete, on one line."""
    told = _UNFINISHED.get(message.status) or _STOPPED.get(message.stop_reason or "")
    if told is None or message.error is None:
        return told
    return f"{told} {one_line(message.error.message)}"


def sources(message: Message) -> list[str]:
    """The sources that the model named, a line each: its title, if it has one, and its address."""
    links = message.metadata.get("links") if message.role == "assistant" else None
    found = [link for link in links if isinstance(link, Mapping)] if isinstance(links, Sequence) else []
    texts = [[str(link[name]) for name in ("title", "uri") if link.get(name)] for link in found]
    return [f"[{number}] {one_line(' '.join(text))}" for number, text in enumerate(texts, start=1)]


def what_happened(event: TimelineEvent) -> str:
    """An entry of the history on one line."""
    told = _EVENTS.get(event.kind, one_line(event.kind))
    if event.kind not in {"paused", "resumed", "ended"} and (event.from_ or event.to):
        told += f": {one_line(event.from_ or '-')} → {one_line(event.to or '-')}"
    return f"{told} ({one_line(event.reason)})" if event.reason else told


def place_of(part: Part) -> str:
    """Where an attachment is from, on one line."""
    kept = part.attachment
    if kept is None:
        return "attachment"
    place = one_line(kept.uri or kept.kind)
    if kept.range is None:
        return place
    return f"{place}, lines {kept.range.start_line + 1} to {kept.range.end_line + 1}"


def facts(transcript: Transcript) -> Iterator[tuple[str, str]]:
    """What is known of a session beside its title, each on one line."""
    session = transcript.session
    yield "Session", session.id
    yield "Repository", one_line(transcript.repository.name)
    yield "Task", one_line(session.key.task)
    if session.key.workflow:
        yield "Workflow", one_line(session.key.workflow)
    yield "Status", session.status
    yield "Agent", one_line(session.agent)
    if session.model:
        yield "Model", one_line(f"{session.provider}:{session.model}" if session.provider else session.model)
    yield "Created", moment(session.created_at)
    yield "Last activity", moment(session.last_activity_at)
    if session.tags:
        yield "Tags", one_line(", ".join(session.tags))
    if session.links:
        yield "Links", one_line(", ".join(f"{link.kind} {link.value}" for link in session.links))
    if session.note:
        yield "Note", one_line(session.note)
