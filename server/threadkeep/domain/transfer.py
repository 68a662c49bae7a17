"""Sessions on their way out of a store, into one, or from another tool."""

import hashlib
from collections.abc import Callable
from typing import Any, Literal

from threadkeep.domain.messages import Message, Part, Role, Usage
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session
from threadkeep.values import Value, field


class Words(Value):
    """What a message says, as far as its source tells it. Two that are equal say the same."""

    role: Role
    texts: tuple[tuple[str, str], ...]
    """(kind, text) of each part that says anything."""
    minute: str | None = None
    """When it was said, where the source tells that and nothing that is surer."""

    def goes_on(self, other: "Words") -> bool:
        """Whether it says all that the other one does, which was cut off, and maybe more."""
        if (self.role, self.minute) != (other.role, other.minute) or len(self.texts) < len(other.texts):
            return False
        *whole, last = other.texts or (("text", ""),)
        if list(self.texts[: len(whole)]) != whole:
            return False
        kind, text = self.texts[len(whole)] if len(self.texts) > len(whole) else ("text", "")
        return kind == last[0] and text.startswith(last[1])


WordsOf = Callable[[Message], Words]
SourceKind = Literal["ours", "reading", "history"]
"""`ours`: an export that holds everything. `reading`: one for reading, with less of a message and without its
id. `history`: another tool, whose ids may be those of places, and where all else that ours has is unknown."""


def words_of(message: Message) -> Words:
    """The words as they are stored, and what stands for parts that are no words."""
    texts = ((part.type, _said(part)) for part in message.parts)
    return Words(role=message.role, texts=tuple((kind, text) for kind, text in texts if text))


def _said(part: Part) -> str:
    """The text of a part, or what differs where another such part says something else.

    That of a call which was cut off is how that of the same call begins which was not: what ended goes on from it.
    """
    if part.call is not None:
        call = part.call
        return f"{call.id}\n{'' if call.is_open or call.state == 'interrupted' else _digest(call)}"
    if part.plan:
        return _digest(part.plan)
    return part.media.sha256 if part.media is not None else part.text


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "surrogatepass")).hexdigest()


class MessageTexts(Value):
    """What messages say as a source can tell it: those that are here, and its own. The ids may be the same."""

    here: WordsOf = words_of
    there: WordsOf = words_of


class Transcript(Value):
    """A session with all its messages, those of every branch, in the order of their seq."""

    session: Session
    repository: Repository
    messages: tuple[Message, ...]
    source_kind: SourceKind = "ours"
    """Who tells it."""

    @property
    def visible(self) -> tuple[Message, ...]:
        """The path to the session's head, oldest first: what a reader is shown."""
        by_id = {message.id: message for message in self.messages}
        path: list[Message] = []
        message = by_id.pop(self.session.head_id or "", None)
        while message is not None:
            path.append(message)
            message = by_id.pop(message.parent_id or "", None)
        return tuple(reversed(path))


class ForeignMessage(Value):
    """A message of another tool's history. Times are RFC 3339 UTC with milliseconds."""

    origin_id: str
    """Its id there, unique in its session; made from its place where the tool gives none."""
    parent_origin_id: str | None = None
    """The message it follows; None for the first. Tools without branches: the one before."""
    role: Role
    parts: tuple[Part, ...]
    at: str | None = None
    """None where the tool does not tell: the session's."""
    model: str | None = None
    provider: str | None = None
    usage: Usage | None = None
    metadata: dict[str, Any] = field(factory=dict)
    """What has no place of its own, such as a tool call's name; small."""


class ForeignSession(Value):
    """A session of another tool's history."""

    origin: str
    """The tool, as in `from` of `session/import`."""
    origin_id: str
    """Its id there: importing it again finds it."""
    own_id: str | None = None
    """Its id here, where the source is an export of ours that tells it."""
    title: str | None = None
    created_at: str
    updated_at: str
    folder: str | None = None
    """The absolute path in which it was held, if the tool tells; it need not be there any more."""
    branch: str | None = None
    """The branch that was checked out, if the tool tells."""
    remote: str | None = None
    """The URL of the repository's origin, if the tool tells."""
    head_origin_id: str | None = None
    """The newest message of the visible branch; None: the last one."""
    messages: tuple[ForeignMessage, ...]
    metadata: dict[str, Any] = field(factory=dict)


class TransferProblem(Value):
    """Something that could not be read, and why; the rest goes on."""

    message: str
    line: int | None = None
    """1-based, where the source has lines."""
    file: str | None = None
    """Its name within the folder that was given."""
