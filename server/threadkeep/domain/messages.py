"""Messages: a tree per session, of which the path to the head is visible."""

from collections.abc import Mapping
from typing import Any, Literal

from threadkeep.domain.tool_calls import MediaFile, PlanEntry, ProviderBlock, ToolCall
from threadkeep.values import Value, evolve, field

Role = Literal["system", "user", "assistant", "tool", "event"]
MessageStatus = Literal["complete", "streaming", "interrupted", "cancelled", "failed"]
AttachmentKind = Literal["file", "range", "selection", "text", "diff"]
Staleness = Literal["changed", "missing"]
PartType = Literal[
    "text",
    "reasoning",
    "attachment",
    "toolCall",
    "plan",
    "image",
    "audio",
    "file",
    "compaction",
    "providerBlock",
    "omitted",
]

WORDS: frozenset[str] = frozenset({"text", "reasoning", "attachment"})
"""Types of parts that are kept inside their message; each of the others is stored by itself, and may change."""

CUT_OFF: frozenset[str] = frozenset({"interrupted", "cancelled", "failed"})
"""Statuses of an answer that `chat/continue` carries on with."""

MAX_TOKENS = "maxTokens"
"""The stop reason of an answer that a limit of tokens cut off: it can be carried on with too."""

STOP_REASON_LENGTH = 100
"""Characters of a stop reason that are kept, where it is a provider's own word."""

PREVIEW_LENGTH = 200


class Usage(Value):
    """Tokens as a provider reported them: input includes cached, output includes reasoning."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cost: float | None = None
    """US dollars, None when unknown."""

    def __add__(self, other: "Usage") -> "Usage":
        costs = [usage.cost for usage in (self, other) if usage.cost is not None]
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
            cost=sum(costs) if costs else None,
        )


class Range(Value):
    """A place in a document: lines and UTF-16 characters from 0, the end exclusive, as in LSP."""

    start_line: int
    start_character: int
    end_line: int
    end_character: int


class WantedAttachment(Value):
    """What a client wants to send along.

    A `file` or `range` is read, a `selection` too unless its text is given; `text` and `diff` are as given.
    """

    kind: AttachmentKind
    uri: str | None = None
    range: Range | None = None
    text: str | None = None
    language_id: str | None = None


class Attachment(Value):
    """Where the text of an attachment was taken from, and what became of it there since."""

    kind: AttachmentKind
    uri: str | None = None
    range: Range | None = None
    language_id: str | None = None
    hash: str
    """SHA-256 of the snapshot's text, in hexadecimal."""
    stale: Staleness | None = None
    """None while the place still holds the same text."""
    is_stand_in: bool = False
    """The document was open, but what the editor showed is not known: this is its file as it was saved."""


class Part(Value):
    """A piece of a message; which members it has depends on its type.

    `text` is content, `reasoning` is what the model thought aloud, an `attachment` is a snapshot that a person sent
    along, `compaction` the summary that took the place of earlier turns; the others have a member of their own.
    `omitted` stands for parts that are there and were not read.
    """

    type: PartType
    text: str
    """Empty where it has another member of its own."""
    attachment: Attachment | None = None
    """For `attachment`: where the text is from."""
    signature: str | None = None
    """For `reasoning`: what its vendor wants to see again with it."""
    call: ToolCall | None = None
    """For `toolCall`."""
    plan: tuple[PlanEntry, ...] = ()
    """For `plan`."""
    media: MediaFile | None = None
    """For `image`, `audio` and `file`."""
    block: ProviderBlock | None = None
    """For `providerBlock`."""
    step: int | None = None
    """Which response of the model within the turn it belongs to, from 0; None where there is only one."""
    count: int = 0
    """For `omitted`: how many parts."""

    @property
    def is_open(self) -> bool:
        """Whether it is a call of which more is to come."""
        return self.call is not None and self.call.is_open

    @property
    def size(self) -> int:
        """About how many bytes it takes on the wire."""
        inside = len(self.media.data) if self.media and self.media.data else 0
        return len(self.text) + (self.call.size if self.call else inside)

    @property
    def length(self) -> int:
        """How many parts it stands for."""
        return self.count if self.type == "omitted" else 1


class Failure(Value):
    """A named error as it is kept with what failed."""

    kind: str
    message: str
    retryable: bool = False
    data: Mapping[str, Any] = field(factory=dict)


class TimelineEvent(Value):
    """What a person did at this place of the history."""

    kind: str
    at: str
    from_: str | None = None
    to: str | None = None
    reason: str | None = None


class Message(Value):
    """One entry of a session's history. `created_at` and `completed_at` are RFC 3339 UTC."""

    id: str
    session_id: str
    seq: int
    role: Role
    parts: tuple[Part, ...] = ()
    status: MessageStatus = "complete"
    stop_reason: str | None = None
    """Of an answer: `endTurn`, `maxTokens`, `contentFilter`, `refusal`, `toolCalls`, `cancelled`, `error`,
    or the provider's own word. None for an interrupted one, and where nobody told."""
    turn_id: str | None = None
    parent_id: str | None = None
    agent: str | None = None
    model: str | None = None
    provider: str | None = None
    usage: Usage | None = None
    is_favourite: bool = False
    note: str | None = None
    metadata: Mapping[str, Any] = field(factory=dict)
    event: TimelineEvent | None = None
    error: Failure | None = None
    erased_at: str | None = None
    """When a person took out what it said, which must not come back."""
    created_at: str
    completed_at: str | None = None

    @property
    def content(self) -> str:
        """The text parts, joined."""
        return self._joined("text")

    @property
    def reasoning(self) -> str:
        """The reasoning parts, joined."""
        return self._joined("reasoning")

    @property
    def size(self) -> int:
        """About how many bytes it takes on the wire; its content is there twice."""
        return sum(part.size * (2 if part.type == "text" else 1) for part in self.parts)

    @property
    def has_more_than_words(self) -> bool:
        """Whether it has parts that are stored by themselves."""
        return any(part.type not in WORDS for part in self.parts)

    @property
    def is_counted(self) -> bool:
        """Whether it counts in a session's `message_count` and is ever sent to a model."""
        return self.role != "event"

    @property
    def can_be_continued(self) -> bool:
        """Whether it is an answer that was cut off, by whatever it was."""
        is_cut = self.status in CUT_OFF or (self.status == "complete" and self.stop_reason == MAX_TOKENS)
        return self.role == "assistant" and is_cut

    @property
    def preview(self) -> str:
        """The content on one line, at most `PREVIEW_LENGTH` characters."""
        line = " ".join(self.content[: PREVIEW_LENGTH * 2].split())
        return line if len(line) <= PREVIEW_LENGTH else line[: PREVIEW_LENGTH - 1] + "…"

    def grown(self, kind: Literal["text", "reasoning"], text: str) -> "Message":
        """This message with text added at the end, joined to a last part of the same kind that is not signed."""
        if not text:
            return self
        if self.parts and self.parts[-1].type == kind and self.parts[-1].signature is None:
            last = evolve(self.parts[-1], text=self.parts[-1].text + text)
            return evolve(self, parts=(*self.parts[:-1], last))
        return evolve(self, parts=(*self.parts, Part(type=kind, text=text)))

    def filled(self, kept: Mapping[int, Part]) -> "Message":
        """This message with those of its parts that are no words, by how many such come before, instead of `omitted`."""
        parts: list[Part] = []
        n = 0
        for part in self.parts:
            if part.type != "omitted":
                parts.append(part)
                n += part.type not in WORDS
                continue
            for each in range(n, n + part.count):
                if each in kept:
                    parts.append(kept[each])
                elif parts and parts[-1].type == "omitted":
                    parts[-1] = evolve(parts[-1], count=parts[-1].count + 1)
                else:
                    parts.append(Part(type="omitted", text="", count=1))
            n += part.count
        return evolve(self, parts=tuple(parts))

    @property
    def outline(self) -> "Message":
        """Its words, with `omitted` in the place of each run of parts that are stored by themselves."""
        parts: list[Part] = []
        for part in self.parts:
            if part.type in WORDS:
                parts.append(part)
            elif parts and parts[-1].type == "omitted":
                parts[-1] = evolve(parts[-1], count=parts[-1].count + part.length)
            else:
                parts.append(Part(type="omitted", text="", count=part.length))
        return evolve(self, parts=tuple(parts))

    @property
    def kept(self) -> dict[int, Part]:
        """Its parts that are no words and were read, by how many such come before."""
        found, n = {}, 0
        for part in self.parts:
            if part.type in WORDS:
                continue
            if part.type != "omitted":
                found[n] = part
            n += part.length
        return found

    def count_before(self, index: int) -> int:
        """How many parts that are no words stand before an index."""
        count = at = 0
        for part in self.parts:
            if at >= index:
                break
            if part.type not in WORDS:
                count += min(part.length, index - at)
            at += part.length
        return count

    def index_of(self, n: int) -> int | None:
        """The index of the part before which n stand that are no words; None where there is none."""
        index = count = 0
        for part in self.parts:
            if part.type not in WORDS:
                if count + part.length > n:
                    return index + n - count
                count += part.length
            index += part.length
        return None

    def with_omitted(self, count: int) -> "Message":
        """This message with further parts at its end that are kept elsewhere."""
        return evolve(self, parts=(*self.parts, Part(type="omitted", text="", count=count)))

    def begun_again(self, turn_id: str) -> "Message":
        """This answer, which was cut off, as a new turn goes on with it."""
        going_on = evolve(self, status="streaming", turn_id=turn_id)
        return evolve(going_on, stop_reason=None, error=None, completed_at=None)

    def signed(self, signature: str) -> "Message":
        """This message with the reasoning at its end signed, or with a signature that comes alone."""
        if self.parts and self.parts[-1].type == "reasoning" and self.parts[-1].signature is None:
            return evolve(self, parts=(*self.parts[:-1], evolve(self.parts[-1], signature=signature)))
        return evolve(self, parts=(*self.parts, Part(type="reasoning", text="", signature=signature)))

    def _joined(self, kind: str) -> str:
        texts = [part.text for part in self.parts if part.type == kind]
        return texts[0] if len(texts) == 1 else "".join(texts)


def text_part(text: str) -> Part:
    """A text part."""
    return Part(type="text", text=text)


def from_utf16(text: str, offset: int) -> str:
    """The text from an offset in UTF-16 code units on; one inside a character counts as before it."""
    if text.isascii():
        return text[offset:]
    units = text.encode("utf-16-le")[: offset * 2]
    return text[len(units.decode("utf-16-le", "ignore")) :]


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, the unit of every offset on the wire (as in LSP)."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def utf8_length(text: str) -> int:
    """Length in bytes of UTF-8, as texts of blobs are counted."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
