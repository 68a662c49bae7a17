"""What happened, in past tense: stored with a `seq`, or passed on at once."""

from typing import Literal

import attrs

from threadkeep.domain.hints import Hint
from threadkeep.domain.messages import Message
from threadkeep.domain.turns import Turn
from threadkeep.domain.views import RepositoryView, SessionView

EventKind = Literal["sessionChanged", "sessionRemoved", "messageAdded", "turnStarted", "turnCompleted"]


@attrs.frozen(kw_only=True)
class StoredEvent:
    """One stored event; it points at what changed and holds no text twice."""

    session_id: str
    seq: int
    at: str
    kind: EventKind
    message_id: str | None = None
    turn_id: str | None = None
    origin: str
    """The owner id of the process that wrote it, so that it does not hear itself."""


@attrs.frozen(kw_only=True)
class SessionChanged:
    view: SessionView


@attrs.frozen(kw_only=True)
class SessionRemoved:
    session_id: str


@attrs.frozen(kw_only=True)
class MessageAdded:
    message: Message


@attrs.frozen(kw_only=True)
class TurnStarted:
    turn: Turn


@attrs.frozen(kw_only=True)
class TextStreamed:
    """A running answer grew; offsets count UTF-16 code units of that text."""

    session_id: str
    turn_id: str
    message_id: str
    kind: Literal["text", "reasoning"]
    offset: int
    text: str
    saved_offset: int


@attrs.frozen(kw_only=True)
class TurnRetrying:
    """A provider failed before its first word and is asked again; `retry_after_ms` in milliseconds."""

    session_id: str
    turn_id: str
    attempt: int
    kind: str
    retry_after_ms: int


@attrs.frozen(kw_only=True)
class TurnCompleted:
    turn: Turn
    message: Message


@attrs.frozen(kw_only=True)
class TaskChanged:
    repository: RepositoryView
    task: str


@attrs.frozen(kw_only=True)
class RepositoryHinted:
    hint: Hint


@attrs.frozen(kw_only=True)
class StoreWarned:
    kind: str
    message: str


Event = (
    SessionChanged
    | SessionRemoved
    | MessageAdded
    | TurnStarted
    | TextStreamed
    | TurnRetrying
    | TurnCompleted
    | TaskChanged
    | RepositoryHinted
    | StoreWarned
)
