"""What a message consists of, on the wire: words, and what an agent does beside speaking."""

from typing import Any, Literal

from threadkeep.protocol.types.common import JsonObject
from threadkeep.values import Value


class TextPart(Value):
    """Text that is part of the message's content."""

    type: Literal["text"] = "text"
    """The tag."""
    text: str
    """Markdown, unless the model chose otherwise."""


class ReasoningPart(Value):
    """What a model thought aloud; not part of `content`."""

    type: Literal["reasoning"] = "reasoning"
    """The tag."""
    text: str
    """The reasoning."""


class Position(Value):
    """A place in a document, as in LSP."""

    line: int
    """0-based."""
    character: int
    """0-based, in UTF-16 code units."""


class Range(Value):
    """A part of a document, as in LSP."""

    start: Position
    """Where it begins."""
    end: Position
    """Where it ends, exclusive."""


class Attachment(Value):
    """What a client sends along with a message."""

    type: Literal["file", "range", "selection", "text", "diff"]
    """`file` and `range` are read by the server, from an open buffer or else from disk; a `selection` may be."""
    uri: str | None = None
    """A `file:` URI; needed for `file` and `range`."""
    range: Range | None = None
    """Needed for `range`."""
    text: str | None = None
    """Needed for `text` and `diff`."""
    language_id: str | None = None
    """As in LSP."""


class AttachmentPart(Value):
    """A snapshot that was sent along; not part of `content`."""

    type: Literal["attachment"] = "attachment"
    """The tag."""
    kind: Literal["file", "range", "selection", "text", "diff"]
    """The attachment's type."""
    uri: str | None = None
    """Where it was taken from."""
    range: Range | None = None
    """Which part of it."""
    text: str
    """What stood there then."""
    language_id: str | None = None
    """As in LSP."""
    hash: str
    """SHA-256 of `text`, in hexadecimal."""
    stale: Literal["changed", "missing"] | None = None
    """Set once the place holds something else, or is gone."""
    is_stand_in: bool | None = None
    """True where the document was open but its changes could not be followed: this is the file as it was saved."""


class Blob(Value):
    """Content that lies apart; `blob/get` brings it."""

    sha256: str
    """In hexadecimal; empty while it still grows."""
    size: int
    """Bytes; of a text, of its UTF-8."""
    head: str = ""
    """How a text begins."""
    tail: str = ""
    """How it ends."""


class CallLocation(Value):
    """A place that a tool call works on."""

    uri: str
    """A `file:` URI, or whatever the agent names."""
    line: int | None = None
    """0-based."""


class OutputItem(Value):
    """One thing that came of a tool call; which members it has depends on its type."""

    type: Literal["text", "image", "audio", "resource", "resourceLink", "diff", "terminal"]
    """What it is."""
    text: str | None = None
    """Of a `text`, a `terminal`, and a `resource` that is text."""
    blob: Blob | None = None
    """In the place of `text` where that is long; and the bytes of an `image`, an `audio` or a `resource`."""
    uri: str | None = None
    """Of a `resource`, a `resourceLink` and a `diff`."""
    mime_type: str | None = None
    """Of an `image`, an `audio`, a `resource` and a `resourceLink`."""
    name: str | None = None
    """For people."""
    old_text: str | None = None
    """Of a `diff`; neither this nor `oldBlob`: the file is new."""
    old_blob: Blob | None = None
    """In the place of `oldText` where that is long."""
    new_text: str | None = None
    """Of a `diff`."""
    new_blob: Blob | None = None
    """In the place of `newText` where that is long."""
    command: str | None = None
    """Of a `terminal`: what ran."""
    cwd: str | None = None
    """Of a `terminal`: where it ran."""
    exit_code: int | None = None
    """Of a `terminal` whose command has ended."""
    signal: str | None = None
    """Of a `terminal` whose command was killed."""
    is_truncated: bool | None = None
    """True where more came than was kept."""


class ToolCallPart(Value):
    """A tool call and its result, in one part that changes as the call goes on."""

    type: Literal["toolCall"] = "toolCall"
    """The tag."""
    tool_call_id: str
    """Unique in its message."""
    name: str
    """Of the tool, as the model knows it; may be empty."""
    title: str
    """For people; may be empty."""
    kind: Literal[
        "read", "edit", "delete", "move", "search", "execute", "think", "fetch", "switchMode", "other"
    ]
    """What it is for."""
    state: Literal[
        "pending", "waiting", "running", "completed", "failed", "rejected", "cancelled", "interrupted"
    ]
    """`pending`, `waiting` (for an approval) and `running` are not final."""
    input: Any = None
    """JSON, as the agent gave it."""
    input_blob: Blob | None = None
    """In the place of `input` where its JSON is long."""
    output: tuple[OutputItem, ...] = ()
    """What came of it so far. The text of the last `text` or `terminal` item grows by `chat/delta`."""
    locations: tuple[CallLocation, ...] = ()
    """Where it works."""
    parent_tool_call_id: str | None = None
    """The call whose subagent made this one."""
    step: int | None = None
    """Which response of the model within the turn it belongs to, from 0."""
    started_at: str | None = None
    """RFC 3339 UTC."""
    ended_at: str | None = None
    """RFC 3339 UTC."""
    error: str | None = None
    """For people: why it failed."""


class PlanEntry(Value):
    """One step of what an agent means to do."""

    content: str
    """For people."""
    priority: Literal["high", "medium", "low"]
    """How much it matters."""
    status: Literal["pending", "inProgress", "completed"]
    """How far it is."""


class PlanPart(Value):
    """What an agent means to do; one a message, replaced whole."""

    type: Literal["plan"] = "plan"
    """The tag."""
    entries: tuple[PlanEntry, ...] = ()
    """In order."""


class Media(Value):
    """What is no text, as a person or a model sent it."""

    name: str | None = None
    """For people."""
    mime_type: str
    """Such as `image/png`."""
    size: int
    """Bytes."""
    sha256: str
    """In hexadecimal; `blob/get` brings the bytes."""


class ImagePart(Media):
    """An image that a person or a model sent."""

    type: Literal["image"] = "image"
    """The tag."""


class AudioPart(Media):
    """A sound that a person or a model sent."""

    type: Literal["audio"] = "audio"
    """The tag."""


class FilePart(Media):
    """Another file that is no text."""

    type: Literal["file"] = "file"
    """The tag."""


class CompactionPart(Value):
    """The summary that took the place of earlier turns; not part of `content`."""

    type: Literal["compaction"] = "compaction"
    """The tag."""
    text: str
    """The summary."""


class ProviderBlockPart(Value):
    """What a vendor wants back untouched, and what nobody here understands; nothing to show."""

    type: Literal["providerBlock"] = "providerBlock"
    """The tag."""
    provider: str
    """Whose it is."""
    data: JsonObject
    """As it came."""


class OmittedPart(Value):
    """Stands for parts that are there and are not sent with this message; `message/parts` brings them."""

    type: Literal["omitted"] = "omitted"
    """The tag."""
    count: int
    """How many: the next part's index counts them."""


Part = (
    TextPart
    | ReasoningPart
    | AttachmentPart
    | ToolCallPart
    | PlanPart
    | ImagePart
    | AudioPart
    | FilePart
    | CompactionPart
    | ProviderBlockPart
    | OmittedPart
)
