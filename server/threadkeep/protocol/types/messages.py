"""Messages and turns on the wire."""

from typing import Literal

from threadkeep.protocol.types.common import JsonObject, Usage
from threadkeep.protocol.types.parts import Part
from threadkeep.values import Value, field

Role = Literal["system", "user", "assistant", "tool", "event"]
MessageStatus = Literal["complete", "streaming", "interrupted", "cancelled", "failed"]
TurnStatus = Literal["queued", "running", "stopping", "completed", "cancelled", "interrupted", "failed"]


class Failure(Value):
    """Why a message or turn failed: the error object that a request would have got."""

    code: int
    """A code of the errors table."""
    kind: str
    """The error's name; this is the contract."""
    message: str
    """For people: what happened and what to do."""
    retryable: bool
    """Whether the same again may succeed."""
    provider: str | None = None
    """The provider that failed, if one did."""
    status: int | None = None
    """Its HTTP status, if there was one."""
    retry_after_ms: int | None = None
    """How long it asked to wait."""


class TimelineEvent(Value):
    """What a person did at this place of the history."""

    kind: str
    """`paused`, `resumed`, `ended`, `cleared`, `agentSwitched`, `modelChanged`; more may come."""
    from_: str | None = field(default=None, alias="from_")
    """What was in force before, where something was switched."""
    to: str | None = None
    """What is in force since."""
    reason: str | None = None
    """The words given with it."""
    at: str
    """When, RFC 3339 UTC."""


class Siblings(Value):
    """Where a message stands among the answers or questions at the same place."""

    index: int
    """0-based, oldest first."""
    count: int
    """At least 2; a message without siblings has no `siblings`."""


class Message(Value):
    """One entry of a session's history."""

    id: str
    """A uuid7."""
    session_id: str
    """The session it belongs to."""
    seq: int
    """The `seq` of the event that created it: rises along a session, with gaps."""
    turn_id: str | None = None
    """The turn that made it."""
    parent_id: str | None = None
    """The message it follows; absent for the first."""
    role: Role
    """Who speaks; `event` for what a person did."""
    content: str
    """The text parts, joined."""
    parts: tuple[Part, ...] = ()
    """All parts in order."""
    status: MessageStatus
    """`streaming` while its turn runs."""
    stop_reason: str | None = None
    """Why an answer ended: `endTurn`, `maxTokens` (`chat/continue` carries on), `contentFilter`, `refusal`,
    `toolCalls`, `cancelled`, `error`, or the provider's own word; absent where nobody told."""
    agent: str | None = None
    """The agent that answered."""
    model: str | None = None
    """The model that answered, without its provider."""
    provider: str | None = None
    """The provider that answered."""
    usage: Usage | None = None
    """Tokens, as the provider reported them."""
    is_favourite: bool = False
    """Marked by a person."""
    note: str | None = None
    """A person's note on it."""
    metadata: JsonObject = field(factory=dict)
    """The client's own data, kept as it came. The server adds to an answer: `links` (`uri` and `title` of each
    source that the model named), `notices` (what was left out of the request since the model refuses it),
    `provider` (what else the provider sent beside text)."""
    event: TimelineEvent | None = None
    """For `role: "event"`: what happened."""
    error: Failure | None = None
    """For `status: "failed"`: why."""
    siblings: Siblings | None = None
    """Set where other messages stand at the same place."""
    created_at: str
    """RFC 3339 UTC."""
    completed_at: str | None = None
    """When it reached a final status."""


class Holder(Value):
    """The process that runs a turn."""

    client: str | None = None
    """The editor's name as it gave it in `initialize`."""
    pid: int
    """For display only: process ids are reused."""
    host: str
    """The machine or container."""
    since: str
    """When it took the turn."""


class Turn(Value):
    """One answer in the making, or made."""

    id: str
    """A uuid7."""
    session_id: str
    """The session it belongs to."""
    status: TurnStatus
    """`completed`, `cancelled`, `interrupted` and `failed` are final."""
    stop_reason: str | None = None
    """Why it ended; the words are those of the message's."""
    user_message_id: str | None = None
    """The message it answers."""
    message_id: str
    """The message it writes."""
    agent: str
    """The agent in force when it started."""
    model: str
    """The model, without its provider."""
    provider: str
    """The provider."""
    usage: Usage | None = None
    """Tokens of this turn alone."""
    error: Failure | None = None
    """For `failed`: why."""
    started_at: str
    """RFC 3339 UTC."""
    ended_at: str | None = None
    """When it reached a final status."""
    holder: Holder | None = None
    """Who runs it; absent once it has ended."""


class InterruptedTurn(Value):
    """The newest answer was cut off when its process died; `chat/continue` carries on."""

    turn: Turn
    """The turn, with status `interrupted`."""
    message_id: str
    """The message that holds what came."""


class MessageNotice(Value):
    """A message was added, or changed other than by growing."""

    session_id: str
    """The session it belongs to."""
    message: Message
    """The message as it is now."""


class TurnStarted(Value):
    """A turn began; its message exists and is empty, or is being continued."""

    session_id: str
    """The session it belongs to."""
    turn: Turn
    """The turn."""


class PartNotice(Value):
    """A part of a running answer that is no words is there, or is another now: the whole part."""

    session_id: str
    """The session it belongs to."""
    turn_id: str | None = None
    """The turn."""
    message_id: str
    """The message."""
    index: int
    """Where it stands among all parts of the message."""
    seq: int
    """The `seq` of this change."""
    part: Part
    """The part as it is now."""


class Delta(Value):
    """Text that a running answer, or a running tool call, grew by."""

    session_id: str
    """The session it belongs to."""
    turn_id: str
    """The turn."""
    message_id: str
    """The message that grows."""
    kind: Literal["text", "reasoning", "toolOutput"]
    """Which of the message's two texts grows; or what the call at `index` puts out."""
    index: int | None = None
    """Of the part that grows, among all of the message."""
    tool_call_id: str | None = None
    """For `toolOutput`: the call."""
    offset: int
    """UTF-16 code units of that text before this delta; of a `toolOutput`, bytes of UTF-8."""
    text: str
    """What is added."""
    saved_offset: int
    """How much of that text is on disk, in the same units."""


class TurnRetrying(Value):
    """The provider failed before it said anything; it is asked again after a while."""

    session_id: str
    """The session it belongs to."""
    turn_id: str
    """The turn."""
    attempt: int
    """The attempt to come; the first retry is 2."""
    kind: str
    """Why: a kind of the errors table."""
    retry_after_ms: int
    """How long it waits."""


class TurnCompleted(Value):
    """A turn ended, in whichever way. Authoritative: replaces what the deltas built."""

    session_id: str
    """The session it belongs to."""
    turn: Turn
    """The turn in its final state."""
    message: Message
    """The message in its final state, stored."""
