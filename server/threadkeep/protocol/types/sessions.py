"""Sessions on the wire, and the requests of their life cycle."""

from typing import Literal

import attrs

from threadkeep.protocol.types.common import UNSET, JsonObject, Pagination, SortOrder, Unset, Usage
from threadkeep.protocol.types.messages import InterruptedTurn, Message, Role
from threadkeep.protocol.types.repositories import Repository, RepositoryRef

SessionStatus = Literal["active", "paused", "ended"]
Activity = Literal["idle", "queued", "running", "stopping", "interrupted", "failed"]
TitleSource = Literal["default", "generated", "user"]
Inclusion = Literal["exclude", "include", "only"]


@attrs.frozen(kw_only=True)
class Link:
    """A further thing that a session belongs to."""

    kind: str
    """`repository`, `task`, `issue`, `pullRequest`, `workflow`, or your own."""
    value: str
    """Its name there, e.g. `PROJ-123`."""
    url: str | None = None
    """Where it can be looked at."""


@attrs.frozen(kw_only=True)
class LastMessage:
    """The newest message, in short."""

    role: Role
    """Who spoke."""
    preview: str
    """At most 200 characters on one line."""
    at: str
    """When, RFC 3339 UTC."""


@attrs.frozen(kw_only=True)
class ForkedFrom:
    """Where a forked session comes from."""

    session_id: str
    """The session it was forked from."""
    message_id: str | None = None
    """The last message that both share."""


@attrs.frozen(kw_only=True)
class Session:
    """A conversation, kept under a repository and a task."""

    id: str
    """A uuid7, unless the client chose it."""
    repository: Repository
    """The first key."""
    task: str
    """The second key: a branch name, or any name."""
    workflow: str | None = None
    """The optional third key; absent means none."""
    links: tuple[Link, ...] = ()
    """Further things it belongs to."""
    title: str
    """For people."""
    title_source: TitleSource
    """Who wrote the title; a user's title is never replaced by another."""
    status: SessionStatus
    """`ended` is final: read, export, fork only."""
    archived_at: str | None = None
    """Set while archived."""
    trashed_at: str | None = None
    """Set while in the trash."""
    is_private: bool = False
    """Kept in memory only."""
    activity: Activity
    """What its newest turn does."""
    agent: str
    """The agent that answers."""
    model: str | None = None
    """The model set for this session; absent means the default."""
    provider: str | None = None
    """The provider of `model`."""
    agent_switch_count: int = 0
    """How often the agent was switched."""
    tags: tuple[str, ...] = ()
    """A person's labels, sorted."""
    is_favourite: bool = False
    """Marked by a person."""
    note: str | None = None
    """A person's note."""
    metadata: JsonObject = attrs.field(factory=dict)
    """The client's own data, kept as it came."""
    message_count: int = 0
    """Messages on all branches, `event` entries not counted."""
    last_message: LastMessage | None = None
    """The newest message."""
    context_summary: str | None = None
    """What stands for the oldest part when the history outgrows the model's window."""
    usage: Usage
    """Sums over all turns."""
    forked_from: ForkedFrom | None = None
    """Set on a fork."""
    created_at: str
    """RFC 3339 UTC."""
    updated_at: str
    """When a field of its own last changed."""
    last_activity_at: str
    """When anything in it last changed."""
    revision: int
    """Counts changes of the session's own fields."""
    seq: int
    """The newest stored event."""


@attrs.frozen(kw_only=True)
class Draft:
    """What was typed and not sent."""

    text: str
    """The draft."""
    scroll: str | None = None
    """The client's own mark of where the view stood."""


@attrs.frozen(kw_only=True)
class SessionResult:
    """A session as it is after the request."""

    session: Session
    """The session."""


@attrs.frozen(kw_only=True)
class SessionIdParams:
    """Names a session."""

    session_id: str
    """The session."""


@attrs.frozen(kw_only=True)
class OpenSessionParams:
    """Which session the editor wants back."""

    repository: RepositoryRef | None = None
    """Absent: the first workspace folder, else the root folder, else the folderless `none`."""
    task: str | None = None
    """Absent: the checked-out branch, else `default`."""
    workflow: str | None = None
    """Absent means none."""
    window_id: str | None = None
    """Chosen and kept by the client; gives this window its own session back."""
    limit: int = 50
    """Newest messages to return, clamped to `limits.maxPage`."""
    create_if_missing: bool = True
    """Whether to make a session where there is none."""


@attrs.frozen(kw_only=True)
class OpenSessionResult:
    """All that an editor needs to show the chat."""

    session: Session | None = None
    """Absent only with `createIfMissing: false`."""
    created: bool
    """Whether it was made just now."""
    messages: tuple[Message, ...] = ()
    """The newest ones, oldest first."""
    before_cursor: str | None = None
    """Set while older messages exist: give it as `before` to `session/history`."""
    seq: int = 0
    """The state this was read at."""
    draft: Draft | None = None
    """What was typed and not sent."""
    interrupted_turn: InterruptedTurn | None = None
    """Set if the newest answer was cut off."""


@attrs.frozen(kw_only=True)
class CreateSessionParams:
    """A new session."""

    repository: RepositoryRef | None = None
    """As in `session/open`."""
    task: str | None = None
    """As in `session/open`."""
    workflow: str | None = None
    """As in `session/open`."""
    links: tuple[Link, ...] = ()
    """Further things it belongs to."""
    title: str | None = None
    """Absent: a default one, replaced after the first message."""
    agent: str | None = None
    """Absent: the default agent."""
    model: str | None = None
    """`provider:model`, split at the first colon; absent: the default."""
    tags: tuple[str, ...] = ()
    """Labels."""
    metadata: JsonObject = attrs.field(factory=dict)
    """The client's own data."""
    id: str | None = None
    """The client's choice; `alreadyExists` if it is taken."""
    make_current: bool = True
    """Whether `session/open` gives it from now on."""
    window_id: str | None = None
    """With `makeCurrent`: only for this window."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


@attrs.frozen(kw_only=True)
class SessionFilter:
    """All members that are given must hold."""

    repository: RepositoryRef | None = None
    """Absent means all."""
    task: str | None = None
    """Exactly this task."""
    workflow: str | None = None
    """Exactly this workflow."""
    status: tuple[SessionStatus, ...] | None = None
    """Any of these."""
    activity: tuple[Activity, ...] | None = None
    """Any of these."""
    archived: Inclusion = "exclude"
    """Archived sessions."""
    trashed: Inclusion = "exclude"
    """Sessions in the trash."""
    agent: str | None = None
    """Exactly this agent."""
    model: str | None = None
    """Exactly this model, without its provider."""
    provider: str | None = None
    """Exactly this provider."""
    is_favourite: bool | None = None
    """Marked, or not."""
    min_messages: int | None = None
    """At least so many."""
    title: str | None = None
    """A part of the title, case and accents folded."""
    created_after: str | None = None
    """RFC 3339; exclusive."""
    created_before: str | None = None
    """RFC 3339; exclusive."""
    updated_after: str | None = None
    """RFC 3339; exclusive."""
    updated_before: str | None = None
    """RFC 3339; exclusive."""


@attrs.frozen(kw_only=True)
class SessionSort:
    """The order of a list; ties break by id."""

    by: Literal["updatedAt", "createdAt", "title", "messageCount"] = "updatedAt"
    """The field."""
    order: SortOrder = "descending"
    """The direction."""


@attrs.frozen(kw_only=True)
class ListSessionsParams:
    """Which sessions to list, in cursor style (`limit`, `cursor`) or page style (`page`, `perPage`)."""

    filter: SessionFilter = SessionFilter()
    """Applied before the limit."""
    sort: SessionSort = SessionSort()
    """Default: the latest change first."""
    limit: int = 20
    """Clamped to `limits.maxPage`."""
    cursor: str | None = None
    """The `nextCursor` of the same request."""
    page: int | None = None
    """1-based; not together with `cursor`."""
    per_page: int = 20
    """Clamped to 50."""
    with_total: bool = False
    """Whether to count all that match."""


@attrs.frozen(kw_only=True)
class ListSessionsResult:
    """Sessions in the order asked for."""

    sessions: tuple[Session, ...]
    """At most `limit` or `perPage`."""
    next_cursor: str | None = None
    """Set while more follow; in cursor style."""
    pagination: Pagination | None = None
    """In page style."""
    total: int | None = None
    """With `withTotal`."""


@attrs.frozen(kw_only=True)
class SessionHistoryParams:
    """A page of a session's visible history."""

    session_id: str
    """The session."""
    limit: int = 50
    """Clamped to `limits.maxPage`."""
    before: str | None = None
    """A `beforeCursor`: older messages. Not together with `after`."""
    after: str | None = None
    """An `afterCursor`: newer messages."""


@attrs.frozen(kw_only=True)
class SessionHistoryResult:
    """A page, oldest first."""

    messages: tuple[Message, ...]
    """The page."""
    before_cursor: str | None = None
    """Set while older messages exist."""
    after_cursor: str | None = None
    """Set while newer messages exist."""


@attrs.frozen(kw_only=True)
class SessionEventsParams:
    """Asks for what happened in a session since a state the client knows."""

    session_id: str
    """The session."""
    after_seq: int
    """The `seq` that the client has."""
    limit: int = 200
    """Clamped to `limits.maxPage`."""


@attrs.frozen(kw_only=True)
class SessionEvent:
    """One stored event, as the notification that it was."""

    seq: int
    """Its number in the session."""
    at: str
    """When, RFC 3339 UTC."""
    method: str
    """The notification's method."""
    params: JsonObject
    """The notification's params, with the state of now."""


@attrs.frozen(kw_only=True)
class RunningAnswer:
    """The text of the answer that is being written now."""

    message_id: str
    """The message that grows."""
    content: str
    """Its text so far; the next delta's offset continues it."""
    reasoning: str | None = None
    """Its reasoning so far."""


@attrs.frozen(kw_only=True)
class SessionEventsResult:
    """The gap, oldest first."""

    events: tuple[SessionEvent, ...]
    """What happened; empty with `reset`."""
    seq: int
    """The state this was read at."""
    running: RunningAnswer | None = None
    """Set while an answer is being written."""
    reset: bool = False
    """`afterSeq` is older than what is kept: call `session/open`."""


@attrs.frozen(kw_only=True)
class UpdateSessionParams:
    """A patch: absent keeps, `null` clears, a value sets."""

    session_id: str
    """The session."""
    title: str | None | Unset = UNSET
    """`null` gives the default title back."""
    task: str | Unset = UNSET
    """Moves the session to another task."""
    repository: RepositoryRef | Unset = UNSET
    """Moves the session to another repository."""
    workflow: str | None | Unset = UNSET
    """Moves the session to another workflow, or to none."""
    links: tuple[Link, ...] | None | Unset = UNSET
    """Replaces all links."""
    tags: tuple[str, ...] | None | Unset = UNSET
    """Replaces all tags."""
    is_favourite: bool | Unset = UNSET
    """Marks it, or not."""
    note: str | None | Unset = UNSET
    """A person's note."""
    metadata: JsonObject | None | Unset = UNSET
    """Replaced whole; nulls inside are data."""
    expected_revision: int | None = None
    """`revisionConflict` unless the session is at this revision."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


@attrs.frozen(kw_only=True)
class ChangeStateParams:
    """A change of a session's state, made by a person."""

    session_id: str
    """The session."""
    reason: str | None = None
    """Kept with the entry in the history."""
    expected_revision: int | None = None
    """`revisionConflict` unless the session is at this revision."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


@attrs.frozen(kw_only=True)
class SetModelParams:
    """Which model answers in this session from now on."""

    session_id: str
    """The session."""
    model: str
    """`provider:model`, split at the first colon."""
    expected_revision: int | None = None
    """`revisionConflict` unless the session is at this revision."""
    idempotency_key: str | None = None
    """Makes a repeat of this request return the stored result."""


@attrs.frozen(kw_only=True)
class ActivateSessionParams:
    """Makes a session the current one."""

    session_id: str
    """The session."""
    window_id: str | None = None
    """Only for this window; absent: for the session's repository, task and workflow."""


@attrs.frozen(kw_only=True)
class CurrentSessionParams:
    """Asks for the current session of a key."""

    repository: RepositoryRef | None = None
    """As in `session/open`."""
    task: str | None = None
    """As in `session/open`."""
    workflow: str | None = None
    """As in `session/open`."""


@attrs.frozen(kw_only=True)
class CurrentSessionResult:
    """The current session, if there is one."""

    session: Session | None = None
    """The session."""


@attrs.frozen(kw_only=True)
class SetDraftParams:
    """Keeps what is typed and not sent."""

    session_id: str
    """The session."""
    window_id: str | None = None
    """Only for this window."""
    text: str
    """The draft; empty removes it."""
    scroll: str | None = None
    """The client's own mark of where the view stands."""


@attrs.frozen(kw_only=True)
class SessionChanged:
    """A session's fields, counters or activity changed."""

    session: Session
    """The session as it is now."""
