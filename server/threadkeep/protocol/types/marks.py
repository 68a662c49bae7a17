"""Requests that mark or erase single messages."""

from threadkeep.protocol.request import Request
from threadkeep.protocol.types.common import JsonObject
from threadkeep.protocol.types.messages import Message
from threadkeep.values import Value
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
