"""What people read of parts that are no words: calls with what came of them, plans, images; the same in whichever format."""

import base64
import difflib
from collections.abc import Iterator
from typing import Final

from threadkeep.adapters.formats.reading import one_line, readable
from threadkeep.domain.messages import Message, Part
from threadkeep.domain.tool_calls import Blob, OutputItem, PlanEntry, ToolCall
from threadkeep.values import Value

LINES: Final = 20
"""Of the end of an output."""
DIFF_LINES: Final = 400
LINE_CHARACTERS: Final = 2_000
"""Of one line: nobody reads more, and a page has to hold it."""
COMPARED_CHARACTERS: Final = 200_000
"""Longer texts are not compared: it takes the square of their length."""

_STATES: Final = {
    "pending": "not begun",
    "waiting": "waiting for approval",
    "rejected": "not approved",
}
_NAMES: Final = {
    "image": "Image",
    "audio": "Sound",
    "file": "File",
    "resource": "File",
    "resourceLink": "File",
}
_PICTURES: Final = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}
"""What may be shown, and how it begins: nothing else is handed to what shows it."""


class Picture(Value):
    """An image that can be shown as one."""

    mime_type: str
    data: bytes


class Block(Value):
    """Something that came of a call."""

    label: str
    """On one line."""
    text: str = ""
    is_diff: bool = False
    picture: Picture | None = None


def in_order(message: Message) -> Iterator[Part]:
    """Its parts, with texts that nothing stands between as one."""
    waiting: list[str] = []
    for part in message.parts:
        if part.type == "text":
            waiting.append(part.text)
            continue
        if waiting:
            yield Part(type="text", text="".join(waiting))
            waiting.clear()
        yield part
    if waiting:
        yield Part(type="text", text="".join(waiting))


def title_of(call: ToolCall) -> str:
    """What it does and how it went, on one line."""
    title = one_line(call.title) or one_line(call.name) or call.kind
    return f"{title} ({_STATES.get(call.state, call.state)})"


def blocks_of(call: ToolCall) -> Iterator[Block]:
    """What came of it, and why it failed."""
    for item in call.output:
        if item.type == "diff":
            yield Block(label=one_line(item.uri or "Diff"), text=_diff(item), is_diff=True)
        elif item.type in {"text", "terminal"} or (item.type == "resource" and _text_of(item)):
            yield Block(label=_label(item), text=_end(_text_of(item), is_cut=item.is_truncated))
        else:
            blob = item.blob or Blob(sha256="", size=0)
            name = one_line(item.name or item.uri or "")
            label = _file(item.type, name, item.mime_type, blob.size if item.blob else None)
            yield Block(label=label, picture=_picture(item.mime_type, blob.data))
    if call.error:
        yield Block(label=f"Error: {one_line(call.error)}")


def file_of(part: Part) -> Block:
    """An image, a sound or a file that stands by itself."""
    media = part.media
    if media is None:
        return Block(label=_NAMES.get(part.type, part.type))
    label = _file(part.type, one_line(media.name or ""), media.mime_type, media.size)
    return Block(label=label, picture=_picture(media.mime_type, media.data))


def entry_of(entry: PlanEntry) -> tuple[bool, str]:
    """Whether a step of a plan is done, and what it says, on one line."""
    status = "in progress" if entry.status == "inProgress" else one_line(entry.status)
    told = "" if entry.status in {"pending", "completed"} else f" ({status})"
    return entry.status == "completed", one_line(entry.content) + told


def size_of(size: int) -> str:
    """Bytes for people."""
    for unit, least in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= least:
            return f"{size / least:.1f} {unit}"
    return f"{size} bytes"


def _label(item: OutputItem) -> str:
    label = f"$ {one_line(item.command)}" if item.command else one_line(item.uri or "") or "Output"
    if item.exit_code is not None:
        label += f" (exit code {item.exit_code})"
    return f"{label} (ended by {one_line(item.signal)})" if item.signal else label


def _file(kind: str, name: str, mime_type: str | None, size: int | None) -> str:
    told = [each for each in (name, one_line(mime_type or ""), "" if size is None else size_of(size)) if each]
    return f"{_NAMES.get(kind, kind)}: {', '.join(told)}"


def _text_of(item: OutputItem) -> str:
    """The text, or as much of it as stayed with the call."""
    return item.text if item.text is not None else _ends(item.blob)


def _ends(blob: Blob | None) -> str:
    return "" if blob is None else f"{blob.head}\n…\n{blob.tail}" if blob.head or blob.tail else ""


def _end(text: str, *, is_cut: bool) -> str:
    lines = readable(text[-LINES * LINE_CHARACTERS :]).rstrip("\n").split("\n")
    left = len(lines) > LINES or len(text) > LINES * LINE_CHARACTERS or is_cut
    return "\n".join((["…"] if left else []) + [_short(line) for line in lines[-LINES:]])


def _short(line: str) -> str:
    return line if len(line) <= LINE_CHARACTERS else f"{line[:LINE_CHARACTERS]}…"


def _diff(item: OutputItem) -> str:
    is_new = item.old_text is None and item.old_blob is None
    old = "" if is_new else item.old_text if item.old_text is not None else _ends(item.old_blob)
    new = item.new_text if item.new_text is not None else _ends(item.new_blob)
    if len(old) + len(new) > COMPARED_CHARACTERS and not is_new:
        return f"(from {len(old):,} to {len(new):,} characters)"
    before, after = ([] if not text else readable(text).rstrip("\n").split("\n") for text in (old, new))
    if is_new:
        lines = [f"+{line}" for line in after]
    else:
        lines = [line.rstrip("\n") for line in difflib.unified_diff(before, after, lineterm="", n=3)][2:]
    left = len(lines) - DIFF_LINES
    shown = [_short(line) for line in lines[:DIFF_LINES]]
    return "\n".join([*shown, f"… {left:,} more lines"] if left > 0 else shown)


def _picture(mime_type: str | None, data: str | None) -> Picture | None:
    begin = _PICTURES.get(mime_type or "")
    if begin is None or data is None:
        return None
    try:
        found = base64.b64decode(data, validate=True)
    except ValueError:
        return None
    return Picture(mime_type=mime_type or "", data=found) if found.startswith(begin) else None
