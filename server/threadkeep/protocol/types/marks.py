"""Requests that mark or erase single messages."""

import attrs

from threadkeep.protocol.types.common import UNSET, JsonObject, Unset
from threadkeep.protocol.types.messages import Message
from threadkeep.protocol.value import Request, Value


@attrs.frozen(kw_only=True, eq=False, repr=False)
class MessageResult(Value):
    """A message as it is after the request."""

    message: Message
    """The message."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
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


@attrs.frozen(kw_only=True, eq=False, repr=False)
class EraseMessageParams(Request[MessageResult]):
    """Names a message whose text shall be gone for good."""

    message_id: str
    """The message."""
