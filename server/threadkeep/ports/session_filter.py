"""Which sessions are wanted, and in which order."""

from typing import Literal

from threadkeep.domain.sessions import Activity, SessionStatus
from threadkeep.values import Value, members

Inclusion = Literal["exclude", "include", "only"]
SortField = Literal["updatedAt", "createdAt", "title", "messageCount"]
SortOrder = Literal["ascending", "descending"]


class SessionFilter(Value):
    """Which sessions; None holds for all. Times are RFC 3339 UTC with milliseconds, exclusive."""

    repository_id: str | None = None
    id_prefix: str | None = None
    ids: frozenset[str] | None = None
    """Any of these."""
    task: str | None = None
    workflow: str | None = None
    status: frozenset[SessionStatus] | None = None
    activity: frozenset[Activity] | None = None
    archived: Inclusion = "exclude"
    trashed: Inclusion = "exclude"
    agent: str | None = None
    model: str | None = None
    provider: str | None = None
    unset_but: frozenset[str] | None = None
    """If given, `model` and `provider` also fit sessions that have none: all but those of these agents and
    of repositories' agents, which may have a model that is known only there."""
    is_favourite: bool | None = None
    min_messages: int | None = None
    forked_from: str | None = None
    """The session that they were forked from."""
    tags: frozenset[str] = frozenset()
    """All of these."""
    link: tuple[str, str] | None = None
    """Kind and value of a link that they have."""
    title: str | None = None
    """A part of the title, compared by `domain.text.folded`."""
    created_after: str | None = None
    created_before: str | None = None
    updated_after: str | None = None
    updated_before: str | None = None
    active_before: str | None = None
    """When anything in them last happened."""

    @property
    def is_narrow(self) -> bool:
        """Whether something is asked for that a session may lack. Empty texts and lists ask for nothing."""
        shelves = (self.archived, self.trashed)
        others = [
            value for name, value in members(self).items() if name not in {"archived", "trashed", "unset_but"}
        ]
        return "only" in shelves or any(value or value is False for value in others)


class SessionSort(Value):
    """The order of sessions; ties break by id, in the same direction. Titles sort folded."""

    by: SortField = "updatedAt"
    order: SortOrder = "descending"


class CursorKey(Value):
    """Where a page of sessions ended: the sort value and the id of its last one."""

    value: str | int
    id: str
