"""The requests of a conversation."""

import attrs

from threadkeep.protocol.types.common import JsonObject
from threadkeep.protocol.types.messages import Message, Turn


@attrs.frozen(kw_only=True)
class SendParams:
    """A user's message."""

    session_id: str
    """The session."""
    text: str
    """What the user wrote; not blank."""
    agent: str | None = None
    """For this turn only; absent: the session's."""
    model: str | None = None
    """`provider:model`, for this turn only; absent: the session's."""
    metadata: JsonObject = attrs.field(factory=dict)
    """Kept with the user's message."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result, and send nothing."""


@attrs.frozen(kw_only=True)
class SendResult:
    """Sent at once, when the user's message is stored and before any token."""

    turn_id: str
    """The turn that answers."""
    user_message: Message
    """The user's message as stored."""
    assistant_message_id: str
    """The message that the answer will be written to."""
    seq: int
    """The state after it."""


@attrs.frozen(kw_only=True)
class TurnParams:
    """Names a turn."""

    session_id: str
    """The session."""
    turn_id: str
    """The turn."""


@attrs.frozen(kw_only=True)
class WaitResult:
    """A turn that has ended, and its message."""

    turn: Turn
    """The turn in its final state."""
    message: Message
    """Always there, even if empty."""


@attrs.frozen(kw_only=True)
class CancelParams:
    """Which turn to stop."""

    session_id: str
    """The session."""
    turn_id: str | None = None
    """Absent: the one that runs."""


@attrs.frozen(kw_only=True)
class CancelResult:
    """Sent when the turn has ended and is stored."""

    turn: Turn | None = None
    """Absent if nothing ran; a finished turn is returned as it is."""


@attrs.frozen(kw_only=True)
class ContinueParams:
    """Carries on with an answer that was cut off."""

    session_id: str
    """The session."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


@attrs.frozen(kw_only=True)
class ContinueResult:
    """Sent at once, before any token."""

    turn_id: str
    """A new turn."""
    assistant_message_id: str
    """The same message as before; offsets go on."""
    seq: int
    """The state after it."""
