"""Turns the protocol's values into lines for people; pure."""

import json
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from threadkeep.protocol.types.messages import Holder, Message
    from threadkeep.protocol.types.parts import AttachmentPart
    from threadkeep.protocol.types.sessions import Session

_CUT_OFF = {"interrupted", "cancelled", "failed"}
_STOPPED: Final = {
    "maxTokens": "cut off by the token limit",
    "contentFilter": "stopped by a content filter",
    "refusal": "the model refused to go on",
    "toolCalls": "the model asked for a tool that it was not offered",
}
_UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What commands a terminal (control characters but tab and line end), what makes it write text the
other way round (embeddings, overrides and isolates; letters of such scripts do without), and halves of
characters, which cannot be written."""


def clean(text: str) -> str:
    """`text` without the characters by which it could command a terminal, or mirror what is beside it."""
    return _UNSAFE.sub("�", text.replace("\r", ""))


def json_text(value: Any, *, in_ascii: bool = False) -> str:
    """`value` as indented JSON; what `clean` takes out is escaped, so that nothing is lost."""
    text = json.dumps(value, ensure_ascii=in_ascii, indent=2)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: str) -> str:
    """`text` cleaned, with every run of white space as one space."""
    return clean(" ".join(text.split()))


def moment(at: str, *, zone: tzinfo | None = None) -> str:
    """An RFC 3339 time to the minute, in `zone` or in the machine's; as it came if it is none."""
    try:
        return datetime.fromisoformat(at).astimezone(zone).strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return at


def size(count: int) -> str:
    """Bytes in the unit that reads best, e.g. `1.5 MB`."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{count} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"


def plural(count: int, noun: str) -> str:
    """`1 message`, `2 messages`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def setting_value(value: Any) -> str:
    """A setting as one writes it; `-` for none."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def model_of(session: "Session", *, default: str) -> str:
    """`provider:model` that answers in a session."""
    if session.model is None:
        return default
    prefix = f"{session.provider}:" if session.provider else ""
    return session.model if session.model.startswith(prefix) else prefix + session.model


def where(session: "Session", *, default_model: str) -> str:
    """Repository, task, workflow, title, agent and model on one line."""
    parts = [
        session.repository.name,
        session.task,
        session.workflow,
        session.title,
        session.agent,
        model_of(session, default=default_model),
    ]
    return " · ".join(one_line(part) for part in parts if part)


def speaker(message: "Message") -> str:
    """Who speaks, for people."""
    return "you" if message.role == "user" else message.agent or message.role


def event_line(message: "Message") -> str:
    """What a person did at this place of the history."""
    event = message.event
    if event is None:
        return one_line(message.content)
    words = {"modelChanged": "model changed", "agentSwitched": "agent switched"}.get(event.kind, event.kind)
    change = f": {event.from_ or 'default'} → {event.to or 'default'}" if event.from_ or event.to else ""
    return one_line(f"{words}{change}" + (f" ({event.reason})" if event.reason else ""))


def stopped(message: "Message") -> str | None:
    """Why a complete answer is less than it might be; None where it is whole."""
    return _STOPPED.get(message.stop_reason or "") if message.status == "complete" else None


def beside_lines(message: "Message") -> list[str]:
    """The sources that the model named, and what was left out of the request."""
    links, notices = (message.metadata.get(name) for name in ("links", "notices"))
    named = [each for each in links if isinstance(each, dict)] if isinstance(links, list) else []
    sources = [
        f"({number}) {one_line(' '.join(str(link[name]) for name in ('title', 'uri') if name in link))}"
        for number, link in enumerate(named, start=1)
    ]
    told = [f"({one_line(str(notice))})" for notice in notices] if isinstance(notices, list) else []
    return [*sources, *told]


def tail_lines(message: "Message", *, most: int = 8) -> list[str]:
    """A message of the restored history: its last lines, marked if they are not all."""
    if message.role == "event":
        return [f"— {event_line(message)}"]
    lines = clean(message.content).strip().split("\n")
    shown = lines if len(lines) <= most else ["…", *lines[-most:]]
    state = message.status if message.status in _CUT_OFF else stopped(message)
    mark = f" [{state}]" if state else ""
    shown[0] = f"{speaker(message)}: {shown[0]}"
    shown[-1] += mark
    return shown


def message_lines(message: "Message") -> list[str]:
    """A message in full, under a line that says who and when, and its number in the session."""
    from threadkeep.protocol.types.parts import AttachmentPart

    if message.role == "event":
        return [f"— {event_line(message)} · {moment(message.created_at)}", ""]
    parts = (
        speaker(message),
        moment(message.created_at),
        f"{message.provider}:{message.model}" if message.model else None,
        stopped(message) if message.status == "complete" else message.status,
        "favourite" if message.is_favourite else None,
        f"#{message.seq}",
    )
    title = " · ".join(part for part in parts if part)
    failure = [f"({one_line(message.error.message)})"] if message.error else []
    names = [_attachment_name(part) for part in message.parts if isinstance(part, AttachmentPart)]
    attached = [f"(attached: {one_line(', '.join(names))})"] if names else []
    note = [f"(note: {one_line(message.note)})"] if message.note else []
    below = [*attached, *beside_lines(message), *failure, *note, ""]
    return [f"── {one_line(title)}", *_said(message), *below]


def _said(message: "Message") -> list[str]:
    """The words of a message, with what was done between them."""
    from threadkeep.cli.parts import part_lines
    from threadkeep.protocol.types.parts import TextPart

    beside = [part_lines(part) for part in message.parts]
    if not any(beside):
        return [clean(message.content).rstrip("\n")]
    lines: list[str] = []
    for part, told in zip(message.parts, beside, strict=True):
        lines += [clean(part.text).strip("\n")] if isinstance(part, TextPart) and part.text.strip() else told
    return lines


def session_line(session: "Session") -> str:
    """Id and title."""
    return one_line(session.id) + "  " + one_line(session.title)


def first_words(text: str) -> str:
    """The beginning of `text`, enough to know it again."""
    return cut(one_line(text), 60)


def path_of(uri: str) -> str:
    """The path that a `file:` URI means; another URI as it came."""
    from urllib.request import url2pathname

    return one_line(url2pathname(uri.removeprefix("file://")) if uri.startswith("file://") else uri)


def session_lines(session: "Session") -> list[str]:
    """A session's own fields."""
    state: list[str] = [session.status]
    state += ["archived"] if session.archived_at else []
    state += ["in the trash"] if session.trashed_at else []
    fields = {
        "id": session.id,
        "repository": session.repository.name,
        "task": session.task,
        "workflow": session.workflow,
        "status": ", ".join(state),
        "agent": session.agent,
        "model": model_of(session, default=""),
        "messages": f"{session.message_count:,}",
        "created": moment(session.created_at),
        "last activity": moment(session.last_activity_at),
        "favourite": "yes" if session.is_favourite else None,
        "tags": ", ".join(session.tags),
        "links": ", ".join(_link(link.kind, link.value, link.url) for link in session.links),
        "note": session.note,
    }
    return [one_line(session.title), *field_lines(fields)]


def field_lines(fields: dict[str, str | None]) -> list[str]:
    """Names and values, aligned; those without a value are left out."""
    given = {name: value for name, value in fields.items() if value}
    most = max(map(len, given), default=0)
    return [f"  {name.ljust(most)}  {one_line(value)}" for name, value in given.items()]


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None = None) -> list[str]:
    """Aligned columns under a head; with `width` the last column is cut to fit."""
    cells = [list(head), *([one_line(cell) for cell in row] for row in rows)]
    widths = [max(1, *(columns(row[index]) for row in cells)) for index in range(len(head))]
    lines = []
    for row in cells:
        padded = [cell + " " * (widths[index] - columns(cell)) for index, cell in enumerate(row)]
        line = "  ".join(padded).rstrip()
        lines.append(line if width is None else cut(line, width))
    return lines


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    return sum(_columns_of(character) for character in text)


def cut(text: str, width: int) -> str:
    """`text` cut to `width` columns, with a sign that it was."""
    if columns(text) <= width:
        return text
    kept, used = "", 0
    for character in text:
        used += _columns_of(character)
        if used > width - 1:
            break
        kept += character
    return kept + "…"


def holder_text(holder: "Holder") -> str:
    """Who runs a turn, e.g. `nvim, process 12 on box`."""
    return one_line(f"{holder.client or 'another window'}, process {holder.pid} on {holder.host}")


def _link(kind: str, value: str, url: str | None) -> str:
    return f"{kind}:{value}" + (f" ({url})" if url else "")


def _attachment_name(part: "AttachmentPart") -> str:
    from urllib.parse import unquote

    name = unquote(part.uri.rpartition("/")[2]) if part.uri else part.kind
    if part.range is None:
        return name
    # a line that a range ends at the beginning of is not part of it
    first, end = part.range.start.line + 1, part.range.end
    return f"{name}:{first}-{max(first, end.line + (end.character > 0))}"


def _columns_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
