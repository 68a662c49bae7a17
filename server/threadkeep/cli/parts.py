"""Parts of an answer that are no words, as lines for a terminal: calls, plans, files."""

from datetime import datetime
from typing import Final

from threadkeep.cli.formats import clean, one_line
from threadkeep.protocol.types.parts import (
    AudioPart,
    CompactionPart,
    FilePart,
    ImagePart,
    OmittedPart,
    Part,
    PlanPart,
    ProviderBlockPart,
    ToolCallPart,
)

OPEN: Final = frozenset({"pending", "waiting", "running"})
"""States of a call of which more is to come."""
OUTPUT_LINES: Final = 5
"""Of the end of an output, that are shown."""
OUTPUT_CHARACTERS: Final = 4_000

_SIGNS: Final = {"completed": "✓", "failed": "✗", "rejected": "✗", "waiting": "?"}
_STEPS: Final = {"completed": "[x]", "inProgress": "[>]"}
_FILES: Final = {ImagePart: "image", AudioPart: "sound", FilePart: "file"}


def part_lines(part: Part) -> list[str]:
    """The lines of a part; none for words."""
    match part:
        case ToolCallPart():
            return [call_line(part)]
        case PlanPart():
            return [f"{_STEPS.get(entry.status, '[ ]')} {one_line(entry.content)}" for entry in part.entries]
        case ImagePart() | AudioPart() | FilePart():
            return [
                f"({_FILES[type(part)]}: {_name(part.name)}{one_line(part.mime_type)}, {_size(part.size)})"
            ]
    told = _told(part)
    return [f"({told})"] if told else []


def _told(part: Part) -> str | None:
    match part:
        case CompactionPart():
            return "what was said before was summed up"
        case ProviderBlockPart():
            return f"{one_line(part.provider)} added something that only it can read"
        case OmittedPart():
            return f"{part.count:,} earlier steps are not shown"
    return None


def call_line(call: ToolCallPart) -> str:
    """What a call does and how it goes, on one line."""
    sign = _SIGNS.get(call.state, "▸" if call.state in OPEN else "■")
    title = one_line(call.title) or one_line(call.name) or call.kind
    told: list[str] = [] if call.state in {"pending", "running"} else [call.state]
    took = _seconds(call.started_at, call.ended_at)
    told += [f"{took:.1f} s"] if took is not None else []
    error = f": {one_line(call.error)}" if call.error else ""
    return f"{sign} {title}" + (f" ({', '.join(told)})" if told else "") + error


def last_lines(output: str) -> list[str]:
    """The end of what a call has put out."""
    lines = clean(output[-OUTPUT_CHARACTERS:]).rstrip("\n").split("\n")
    left = len(lines) > OUTPUT_LINES or len(output) > OUTPUT_CHARACTERS
    return [f"    {line}" for line in (["…"] if left else []) + lines[-OUTPUT_LINES:]] if output else []


def _name(name: str | None) -> str:
    return f"{one_line(name)}, " if name else ""


def _size(size: int) -> str:
    return f"{size / 1000:,.1f} kB" if size >= 1000 else f"{size} bytes"


def _seconds(started_at: str | None, ended_at: str | None) -> float | None:
    try:
        begun = datetime.fromisoformat(started_at or "")
        return (datetime.fromisoformat(ended_at or "") - begun).total_seconds()
    except (ValueError, TypeError):  # one is missing, or no time
        return None
