"""Requests that read sessions a page at a time."""

from typing import Literal

from threadkeep.protocol.request import Request
from threadkeep.protocol.types.common import JsonObject, Pagination, SortOrder
from threadkeep.protocol.types.messages import Message
from threadkeep.protocol.types.repositories import RepositoryRef
from threadkeep.protocol.types.sessions import Activity, Session, SessionStatus
from threadkeep.values import Value

Inclusion = Literal["exclude", "include", "only"]
FacetName = Literal["status", "repository", "task", "agent", "tag", "day"]


class LinkFilter(Value):
    """A further thing that a session belongs to."""

    kind: str
    """As in the session's `links`."""
    value: str
    """As in the session's `links`."""


class SessionFilter(Value):
    """All members that are given must hold."""

    repository: RepositoryRef | None = None
    """Absent means all."""
    id_prefix: str | None = None
    """The id begins so."""
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
    """Exactly this model, without its provider. The default one finds also sessions that have none set."""
    provider: str | None = None
    """Exactly this provider; the default model's finds also sessions that have none set."""
    link: LinkFilter | None = None
    """Sessions that belong there."""
    tags: tuple[str, ...] = ()
    """All of these."""
    is_favourite: bool | None = None
    """Marked, or not."""
    min_messages: int | None = None
    """At least so many."""
    forked_from: str | None = None
    """Forks of this session."""
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
    ids: tuple[str, ...] | None = None
    """Any of these, at most 1,000: what a person has selected."""


class SessionSort(Value):
    """The order of a list; ties break by id."""

    by: Literal["updatedAt", "createdAt", "title", "messageCount"] = "updatedAt"
    """The field."""
    order: SortOrder = "descending"
    """The direction."""


class FacetCount(Value):
    """How many sessions have one value."""

    value: str
    """The value; a repository's id."""
    label: str
    """For people: a repository's name, else the value."""
    count: int
    """Sessions that match the filter and have it."""


class Facet(Value):
    """The sessions that match the filter, counted by one thing."""

    by: FacetName
    """By what."""
    counts: tuple[FacetCount, ...]
    """The largest first (days: the newest first); at most 100."""


class ListSessionsResult(Value):
    """Sessions in the order asked for."""

    sessions: tuple[Session, ...]
    """At most `limit` or `perPage`."""
    next_cursor: str | None = None
    """Set while more follow; in cursor style."""
    pagination: Pagination | None = None
    """In page style."""
    total: int | None = None
    """With `withTotal`."""
    facets: tuple[Facet, ...] | None = None
    """With `facets`, in the order asked for."""


class ListSessionsParams(Request[ListSessionsResult]):
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
    facets: tuple[FacetName, ...] = ()
    """By what to count all that match; `day` is that of `createdAt`, in UTC."""


class SessionHistoryResult(Value):
    """A page, oldest first."""

    messages: tuple[Message, ...]
    """The page."""
    before_cursor: str | None = None
    """Set while older messages exist."""
    after_cursor: str | None = None
    """Set while newer messages exist."""


class SessionHistoryParams(Request[SessionHistoryResult]):
    """A page of a session's visible history."""

    session_id: str
    """The session."""
    limit: int = 50
    """Clamped to `limits.maxPage`."""
    before: str | None = None
    """A `beforeCursor`: older messages. Not together with `after`."""
    after: str | None = None
    """An `afterCursor`: newer messages."""
    around: str | None = None
    """A message's id: as many messages before it as from it on. Not together with a cursor."""


class SessionEvent(Value):
    """One stored event, as the notification that it was."""

    seq: int
    """Its number in the session."""
    at: str
    """When, RFC 3339 UTC."""
    method: str
    """The notification's method."""
    params: JsonObject
    """The notification's params, with the state of now."""


class RunningAnswer(Value):
    """The text of the answer that is being written now."""

    message_id: str
    """The message that grows."""
    content: str
    """Its text so far; the next delta's offset continues it."""
    reasoning: str | None = None
    """Its reasoning so far."""


class SessionEventsResult(Value):
    """The gap, oldest first."""

    events: tuple[SessionEvent, ...]
    """What happened; empty with `reset`."""
    seq: int
    """The state this was read at."""
    running: RunningAnswer | None = None
    """Set while an answer is being written."""
    reset: bool = False
    """`afterSeq` is older than what is kept: call `session/open`."""


class SessionEventsParams(Request[SessionEventsResult]):
    """Asks for what happened in a session since a state the client knows."""

    session_id: str
    """The session."""
    after_seq: int
    """The `seq` that the client has."""
    limit: int = 200
    """Clamped to `limits.maxPage`."""
