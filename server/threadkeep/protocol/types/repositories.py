"""Repositories on the wire: what a session's first key names."""

from typing import Literal

from threadkeep.protocol.request import Request
from threadkeep.values import Value

MatchedBy = Literal["id", "name", "commonDir", "origin", "path", "lastSeen", "replaced"]
Presence = Literal["present", "missing", "unknown"]


class RepositoryRoot(Value):
    """A folder in which the repository has been seen."""

    uri: str
    """A `file:` URI."""
    present: bool
    """Whether the folder is there now; true as well while that is unknown."""
    presence: Presence | None = None
    """`unknown` while the folder does not answer, as on a share that is away: a later list tells more. Absent
    in answers of older servers."""


class Repository(Value):
    """A repository as Threadkeep knows it: worktrees, moved folders and second clones are one."""

    id: str
    """Stable for the life of the store."""
    name: str
    """For people; not unique."""
    roots: tuple[RepositoryRoot, ...] = ()
    """Folders it was seen in, the latest first; empty for a folderless one."""
    remote: str | None = None
    """The normalised `origin` URL, without credentials."""


class RepositorySelector(Value):
    """Exactly one of the three members."""

    id: str | None = None
    """A repository id."""
    uri: str | None = None
    """A `file:` URI of a folder or file inside the repository."""
    name: str | None = None
    """The folderless repository of exactly this name, made on first use."""


RepositoryRef = str | RepositorySelector
"""A repository id, a `file:` URI, or a selector."""


class TaskChanged(Value):
    """The checked-out branch of a workspace folder changed, so the task of new sessions does."""

    repository: Repository
    """The repository whose HEAD moved."""
    task: str
    """The task that an absent `task` means from now on."""


class Checkout(Value):
    """What lies in a folder."""

    root: str
    """A `file:` URI: the work tree, or without git the folder itself."""
    present: bool
    """Whether it is there now."""
    git: bool
    """Whether git keeps it."""
    version_control: Literal["git", "jj", "hg"] | None = None
    """What keeps it: git, Jujutsu or Mercurial; absent without any."""
    branch: str | None = None
    """The branch checked out, or being rebased or bisected."""
    task: str
    """The task that an absent `task` means here."""
    origin: str | None = None
    """The normalised `origin` URL, without credentials."""


class RepositoryCandidate(Value):
    """A repository that a folder may belong to."""

    repository: Repository
    """The repository."""
    matched_by: MatchedBy
    """`lastSeen`: there is nothing now where it was. `replaced`: it was there, and what is there now began with
    another commit."""


class FirstCommitHint(Value):
    """Repositories that began alike: forks, and folders that were moved without an `origin`."""

    first_commit: str
    """The commit that the folder's history begins with."""
    repositories: tuple[Repository, ...]
    """Further repositories that began with it; at least one."""


class ResolveRepositoryResult(Value):
    """What a folder leads to."""

    repository: Repository | None = None
    """The repository that is used for it; absent if it would be a new one."""
    matched_by: MatchedBy | None = None
    """Why that one."""
    checkout: Checkout | None = None
    """What lies there; absent for a repository none of whose folders is there."""
    candidates: tuple[RepositoryCandidate, ...]
    """All that it may belong to, the strongest reason first."""
    ambiguous: bool
    """Whether several candidates have a claim to it; those that were `replaced` have none."""
    hint: FirstCommitHint | None = None
    """Absent without such repositories, and where `git` could not be asked in time."""


class ResolveRepositoryParams(Request[ResolveRepositoryResult]):
    """A folder or a repository: one of the two, by default the open folder."""

    uri: str | None = None
    """A `file:` URI of a folder, or of a file in one."""
    repository: RepositoryRef | None = None
    """A repository; its folder is then one of its own that is there."""


class RepositoryEntry(Value):
    """A repository and how much is kept under it; each session is counted once."""

    repository: Repository
    """The repository."""
    is_orphan: bool
    """None of its folders is there now."""
    session_count: int
    """Sessions that are neither archived nor trashed."""
    archived_count: int
    """Archived sessions that are not trashed."""
    trashed_count: int
    """Sessions in the trash."""
    last_activity_at: str | None = None
    """When something was last said in one of them or done with it, RFC 3339 UTC; absent without any."""


class ListRepositoriesResult(Value):
    """The last active ones first."""

    repositories: tuple[RepositoryEntry, ...]
    """At most `limit`."""
    next_cursor: str | None = None
    """Set while more follow."""


class ListRepositoriesParams(Request[ListRepositoriesResult]):
    """Which repositories to list."""

    is_orphan: bool | None = None
    """Only those that are orphans, or are none."""
    limit: int = 50
    """Clamped to `limits.maxPage`."""
    cursor: str | None = None
    """The `nextCursor` of the same request."""


class RelocateRepositoryResult(Value):
    """A repository that is known by one more folder."""

    repository: Repository
    """The repository."""
    moved_sessions: int
    """Sessions that came from others."""
    merged: tuple[str, ...]
    """Ids of repositories that are this one now; they may still be used for it."""


class RelocateRepositoryParams(Request[RelocateRepositoryResult]):
    """Where a repository is now."""

    repository: RepositoryRef
    """The repository; the URI of a folder that is gone will do."""
    uri: str
    """A `file:` URI of the folder that it is from now on."""
    merge: bool = False
    """Whether other repositories that the folder belongs to become this one, with all their sessions."""
    idempotency_key: str | None = None
    """Repeats with the same key take effect once."""


class TaskEntry(Value):
    """A task and how much is kept under it; each session is counted once."""

    task: str
    """The key."""
    is_checked_out: bool
    """Whether it is what an absent `task` means in one of the repository's folders."""
    session_count: int
    """Sessions that are neither archived nor trashed."""
    archived_count: int
    """Archived sessions that are not trashed."""
    trashed_count: int
    """Sessions in the trash."""
    last_activity_at: str | None = None
    """When something was last said in one of them or done with it, RFC 3339 UTC; absent without any."""


class ListTasksResult(Value):
    """The last active ones first; a task that is checked out is there without any session too."""

    repository: Repository | None = None
    """Absent if it was never seen."""
    tasks: tuple[TaskEntry, ...]
    """At most `limit`."""
    next_cursor: str | None = None
    """Set while more follow."""


class ListTasksParams(Request[ListTasksResult]):
    """Which tasks to list."""

    repository: RepositoryRef | None = None
    """By default the open folder's."""
    limit: int = 50
    """Clamped to `limits.maxPage`."""
    cursor: str | None = None
    """The `nextCursor` of the same request."""
