"""Requests that mark or erase single messages."""

from typing import Literal

from threadkeep.protocol.request import Request
from threadkeep.protocol.types.common import JsonObject
from threadkeep.protocol.types.messages import Message
from threadkeep.protocol.types.parts import Part
from threadkeep.values import Value, field
from threadkeep.values.hints import UNSET, Unset


class MessageResult(Value):
    """A message as it is after the request."""

    message: Message
    """The message."""


class UpdateMessageParams(Request[MessageResult]):
    """A patch: absent keeps, `null` clears, a value sets."""

    message_id: str
    """The message."""
    is_favourite: bool | Unset = UNSET
    """Marks it, or not."""
    note: str | None | Unset = UNSET
    """A person's note, of at most `maxNote` characters."""
    metadata: JsonObject | None | Unset = UNSET
    """Replaced whole; nulls inside are data."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


class EraseMessageParams(Request[MessageResult]):
    """Names a message whose text shall be gone for good."""

    message_id: str
    """The message."""


class PartsResult(Value):
    """Some parts of a message."""

    parts: tuple[Part, ...]
    """In order, from `from_` on; fewer than asked where they are long."""
    next: int | None = None
    """The index to go on with; absent at the end."""


class PartsParams(Request[PartsResult]):
    """Names parts of a message."""

    message_id: str
    """The message."""
    from_: int = field(default=0, alias="from_")
    """The index of the first; an `omitted` part counts as many as it stands for."""
    limit: int = 100
    """How many at most; clamped to `maxPage`."""


class BlobResult(Value):
    """A piece of a content."""

    data: str
    """As `encoding` has it."""
    size: int
    """Bytes of the whole content."""
    next: int | None = None
    """The offset to go on with; absent at the end."""


class BlobParams(Request[BlobResult]):
    """Names a piece of a content that lies apart."""

    session_id: str
    """A session that holds it."""
    sha256: str
    """Its digest, in hexadecimal."""
    offset: int = 0
    """Bytes before the piece."""
    limit: int = 262144
    """Bytes at most; clamped to 1 MiB."""
    encoding: Literal["base64", "utf-8"] = "base64"
    """How the bytes become a string; `utf-8` cuts between characters."""
