"""What agents do beside speaking: tool calls with what came of them, plans, files, and what a vendor wants back."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from threadkeep.values import Value, evolve, field
from threadkeep.values.hints import SIGNED

ToolKind = Literal[
    "read", "edit", "delete", "move", "search", "execute", "think", "fetch", "switchMode", "other"
]
CallState = Literal[
    "pending", "waiting", "running", "completed", "failed", "rejected", "cancelled", "interrupted"
]
OutputType = Literal["text", "image", "audio", "resource", "resourceLink", "diff", "terminal"]

UNFINISHED: Final[frozenset[str]] = frozenset({"pending", "waiting", "running"})
"""States of a call of which more is to come."""

STARTED: Final[frozenset[str]] = frozenset({"running", "completed", "failed"})
"""States that a call reaches only by running."""

BLOB_BYTES: Final = 65_536
"""A text of a call that is longer lies apart, and the call holds its begin and its end."""
EDGE_CHARACTERS: Final = 2_048
"""How much of each end stays with the call."""


class Blob(Value):
    """Content that lies apart, named by what it is; the bytes of a text are its UTF-8."""

    sha256: str
    """In hexadecimal."""
    size: int
    """Bytes."""
    head: str = ""
    """How a text begins, at most `EDGE_CHARACTERS`; empty for what is no text."""
    tail: str = ""
    """How it ends."""
    data: str | None = None
    """The bytes themselves, in base64: in exports alone, and only of what is no text."""


class Location(Value):
    """A place that a call works on."""

    uri: str
    line: int | None = None
    """0-based."""


class OutputItem(Value):
    """One thing that came of a call; which members it has depends on its type."""

    type: OutputType
    text: str | None = None
    """Of a `text`, a `terminal`, and a `resource` that is text; None where it lies in `blob`."""
    blob: Blob | None = None
    """Its text where that is long; or the bytes of an `image`, an `audio` or a `resource`."""
    uri: str | None = None
    mime_type: str | None = None
    name: str | None = None
    old_text: str | None = None
    """Of a `diff`; neither this nor `old_blob`: the file is new."""
    old_blob: Blob | None = None
    new_text: str | None = None
    new_blob: Blob | None = None
    command: str | None = None
    cwd: str | None = None
    exit_code: int | None = field(default=None, metadata=SIGNED)
    """Below zero where a signal ended it, with some programs."""
    signal: str | None = None
    is_truncated: bool = False
    """More came than was kept."""

    @property
    def takes_output(self) -> bool:
        """Whether its text is what the call puts out while it runs."""
        return self.type in {"text", "terminal"} and self.text is None and self.blob is None


class ToolCall(Value):
    """A call and its result. Times are RFC 3339 UTC."""

    id: str
    name: str = ""
    """Of the tool, as the model knows it."""
    title: str = ""
    """For people, on one line."""
    kind: ToolKind = "other"
    state: CallState = "pending"
    input: Any = None
    """JSON as it came; None where it lies in `input_blob`, and where there is none."""
    input_blob: Blob | None = None
    output: tuple[OutputItem, ...] = ()
    locations: tuple[Location, ...] = ()
    parent_id: str | None = None
    """The call whose subagent made this one."""
    started_at: str | None = None
    ended_at: str | None = None
    error: str | None = None
    """For people: why it failed."""

    @property
    def is_open(self) -> bool:
        """Whether more of it is to come."""
        return self.state in UNFINISHED

    def cut_off(self, *, at: str) -> "ToolCall":
        """This call as it is read, interrupted; of what still grows only the end is kept."""
        output = tuple(
            evolve(item, text=item.blob.tail, blob=None, is_truncated=True)
            if item.blob is not None and not item.blob.sha256
            else item
            for item in self.output
        )
        return evolve(self, output=output).moved_to("interrupted", at=at)

    def with_more(self, text: str, *, size: int) -> "ToolCall":
        """This call, as it is read, with text at the end of what it has put out; size: of all of that, in bytes."""
        for at in reversed(range(len(self.output))):
            item = self.output[at]
            if item.type in {"text", "terminal"}:
                if item.blob is None:
                    item = evolve(item, text=(item.text or "") + text)
                else:
                    tail = (item.blob.tail + text)[-EDGE_CHARACTERS:]
                    item = evolve(item, blob=evolve(item.blob, size=size, tail=tail))
                return evolve(self, output=(*self.output[:at], item, *self.output[at + 1 :]))
        return self

    @property
    def size(self) -> int:
        """About how many bytes it takes on the wire."""
        size = 500 + len(str(self.input)) if self.input is not None else 500
        for item in self.output:
            texts = (item.text, item.old_text, item.new_text)
            size += 200 + sum(len(text) for text in texts if text)
            blobs = (item.blob, item.old_blob, item.new_blob)
            size += sum(len(blob.head) + len(blob.tail) + len(blob.data or "") for blob in blobs if blob)
        return size

    @property
    def output_size(self) -> int:
        """Bytes of UTF-8 of the newest text that it has put out."""
        for item in reversed(self.output):
            if item.type in {"text", "terminal"}:
                return item.blob.size if item.blob else len((item.text or "").encode("utf-8", "replace"))
        return 0

    def moved_to(self, state: CallState, *, at: str) -> "ToolCall":
        """This call in another state. One that has ended stays so: some agents go on telling."""
        if not self.is_open:
            return self
        started_at = self.started_at or (at if state in STARTED else None)
        return evolve(self, state=state, started_at=started_at, ended_at=None if state in UNFINISHED else at)


class PlanEntry(Value):
    """One step of what an agent means to do."""

    content: str
    priority: str = "medium"
    """`high`, `medium`, `low`, or the agent's own word."""
    status: str = "pending"
    """`pending`, `inProgress`, `completed`, or the agent's own word."""


class MediaFile(Value):
    """An image, a sound or another file that is no text, as a person or a model sent it."""

    mime_type: str
    size: int
    """Bytes."""
    sha256: str
    name: str | None = None
    data: str | None = None
    """As of a `Blob`."""


class ProviderBlock(Value):
    """What a vendor wants to see again untouched. Sent to that provider only."""

    provider: str
    data: Mapping[str, Any] = field(factory=dict)
