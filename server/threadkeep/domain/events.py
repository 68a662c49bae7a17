"""What happened, in past tense: stored with a `seq`, or passed on at once."""

from typing import Literal

from threadkeep.domain.approvals import Approval
from threadkeep.domain.hints import Hint
from threadkeep.domain.messages import Message, Part
from threadkeep.domain.turns import Turn
from threadkeep.domain.views import RepositoryView, SessionView
from threadkeep.values import Value

EventKind = Literal[
    "sessionChanged",
    "sessionRemoved",
    "messageAdded",
    "turnStarted",
    "turnCompleted",
    "partChanged",
    "approvalRequested",
    "approvalClosed",
]


class StoredEvent(Value):
    """One stored event; it points at what changed and holds no text twice."""

    session_id: str
    seq: int
    at: str
    kind: EventKind
    message_id: str | None = None
    turn_id: str | None = None
    origin: str
    """The owner id of the process that wrote it, so that it does not hear itself."""


class SessionChanged(Value):
    view: SessionView


class SessionRemoved(Value):
    session_id: str


class MessageAdded(Value):
    message: Message


class TurnStarted(Value):
    turn: Turn


class TextStreamed(Value):
    """A running answer grew; offsets count UTF-16 code units of that text."""

    session_id: str
    turn_id: str
    message_id: str
    kind: Literal["text", "reasoning"]
    index: int
    """Of the part that grows, among all of the message."""
    offset: int
    text: str
    saved_offset: int


class PartChanged(Value):
    """A part of a running answer that is no words is there, or is another; `index` counts all parts."""

    session_id: str
    turn_id: str | None
    message_id: str
    index: int
    seq: int
    part: Part


class OutputStreamed(Value):
    """A running call put something out; offsets count bytes of UTF-8."""

    session_id: str
    turn_id: str
    message_id: str
    index: int
    call_id: str
    offset: int
    text: str
    saved_offset: int


class ApprovalRequested(Value):
    approval: Approval


class ApprovalClosed(Value):
    """It was decided, or withdrawn."""

    approval: Approval


class TurnRetrying(Value):
    """A provider failed before its first word and is asked again; `retry_after_ms` in milliseconds."""

    session_id: str
    turn_id: str
    attempt: int
    kind: str
    retry_after_ms: int


class TurnCompleted(Value):
    turn: Turn
    message: Message


class TaskChanged(Value):
    repository: RepositoryView
    task: str


class RepositoryHinted(Value):
    hint: Hint


class StoreWarned(Value):
    kind: str
    message: str


Event = (
    SessionChanged
    | SessionRemoved
    | MessageAdded
    | TurnStarted
    | TextStreamed
    | PartChanged
    | OutputStreamed
    | ApprovalRequested
    | ApprovalClosed
    | TurnRetrying
    | TurnCompleted
    | TaskChanged
    | RepositoryHinted
    | StoreWarned
)
