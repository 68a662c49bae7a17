"""The requests of a conversation."""

from typing import Literal

from threadkeep.protocol.request import Request
from threadkeep.protocol.types.common import JsonObject
from threadkeep.protocol.types.lifecycle import SessionIdParams, SessionResult
from threadkeep.protocol.types.messages import Message, Turn
from threadkeep.protocol.types.parts import Attachment
from threadkeep.values import Value, field

WhenBusy = Literal["reject", "queue", "interrupt"]


class SendResult(Value):
    """Sent at once, when the user's message is stored and before any token."""

    turn_id: str
    """The turn that answers."""
    user_message: Message
    """The user's message as stored."""
    assistant_message_id: str
    """The message that the answer will be written to."""
    is_queued: bool = False
    """Whether it waits for its turn; both messages join the history when that begins."""
    seq: int
    """The state after it."""


class SendParams(Request[SendResult]):
    """A user's message."""

    session_id: str
    """The session."""
    text: str
    """What the user wrote; not blank."""
    attachments: tuple[Attachment, ...] = ()
    """Kept as snapshots and sent to the model with the text."""
    agent: str | None = None
    """For this turn only; absent: the session's."""
    model: str | None = None
    """`provider:model`, for this turn only; absent: the session's."""
    metadata: JsonObject = field(factory=dict)
    """Kept with the user's message."""
    when_busy: WhenBusy = "reject"
    """While another turn runs: refuse with `sessionBusy`, wait for it, or stop it."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result, and send nothing."""


class WaitResult(Value):
    """A turn that has ended, and its message."""

    turn: Turn
    """The turn in its final state."""
    message: Message
    """Always there, even if empty."""


class WaitParams(Request[WaitResult]):
    """Which turn's end to wait for."""

    session_id: str
    """The session."""
    turn_id: str
    """The turn."""


class CancelResult(Value):
    """Sent when the turn has ended and is stored."""

    turn: Turn | None = None
    """Absent if nothing ran; a finished turn is returned as it is."""


class CancelParams(Request[CancelResult]):
    """Which turn to stop."""

    session_id: str
    """The session."""
    turn_id: str | None = None
    """Absent: the one that runs."""


class TakeOverParams(Request[CancelResult]):
    """Which turn to stop."""

    session_id: str
    """The session."""
    turn_id: str | None = None
    """Absent: the one that runs."""


class ContinueResult(Value):
    """Sent at once, before any token."""

    turn_id: str
    """A new turn."""
    assistant_message_id: str
    """The same message as before; offsets go on."""
    seq: int
    """The state after it."""


class ContinueParams(Request[ContinueResult]):
    """Carries on with an answer that was cut off."""

    session_id: str
    """The session."""
    message_id: str | None = None
    """The answer that is meant: `nothingToContinue` unless it is the newest message. Absent: whichever is."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


class RetryResult(Value):
    """Sent at once, before any token. The old answer stays, as a sibling."""

    turn_id: str
    """The turn."""
    assistant_message_id: str
    """The new answer."""
    seq: int
    """The state after it."""


class RetryParams(Request[RetryResult]):
    """Asks for another answer to the same question."""

    session_id: str
    """The session."""
    message_id: str | None = None
    """The answer to set beside; absent: the newest."""
    model: str | None = None
    """`provider:model`, for this turn only; absent: the session's."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


class EditParams(Request[SendResult]):
    """Asks a question again, in other words; the old one stays, as a sibling."""

    session_id: str
    """The session."""
    message_id: str
    """The user's message to set beside."""
    text: str
    """The new words; not blank."""
    attachments: tuple[Attachment, ...] | None = None
    """Absent: those of the old message."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


class QueuedMessage(Value):
    """A message that waits for its turn."""

    turn_id: str
    """The turn that will answer it."""
    user_message_id: str
    """The id that it will have in the history."""
    text: str
    """What the user wrote."""
    at: str
    """When it was sent."""


class QueueResult(Value):
    """What waits now, the next one first."""

    queued: tuple[QueuedMessage, ...]
    """The queue."""


class QueueParams(Request[QueueResult]):
    """Looks at what waits for its turn, and takes things out of it."""

    session_id: str
    """The session."""
    clear: tuple[str, ...] = ()
    """Turns to take out; their messages stay in the history as cancelled."""


class MessageParams(Value):
    """Names a message of a session."""

    session_id: str
    """The session."""
    message_id: str
    """The message."""


class RewindParams(MessageParams, Request[SessionResult]):
    """The message that the visible history is to end with."""

    __slots__ = ()


class SelectBranchParams(MessageParams, Request[SessionResult]):
    """A message of the branch that is to be shown."""

    __slots__ = ()


class Branch(Value):
    """One way through the tree of messages, named by its end."""

    message_id: str
    """Its newest message: give it to `chat/selectBranch`."""
    preview: str
    """The newest words on it, at most 200 characters on one line."""
    at: str
    """When its newest message was created."""
    is_current: bool
    """Whether it is the visible history."""


class BranchesResult(Value):
    """All branches of a session, the newest first."""

    branches: tuple[Branch, ...]
    """The branches."""


class ListBranchesParams(SessionIdParams, Request[BranchesResult]):
    """Whose branches."""

    __slots__ = ()
