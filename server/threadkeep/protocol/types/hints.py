"""What a renamed folder or branch may have left behind, and the answers to it."""

from typing import Literal

from threadkeep.protocol.request import Request
from threadkeep.protocol.types.common import Empty
from threadkeep.protocol.types.repositories import Repository, RepositoryRef
from threadkeep.values import Value


class AlikeRepository(Value):
    """Another repository that may be the same one, and how much is kept under it."""

    repository: Repository
    """The repository."""
    why: Literal["sameFirstCommit"]
    """What speaks for it."""
    kind: Literal["moved", "copied", "unknown"]
    """`moved`: none of its folders is there any more. `copied`: one is, so this is a second one. `unknown`: a
    folder does not answer."""
    session_count: int
    """Sessions that are neither archived nor trashed."""
    archived_count: int
    """Archived sessions that are not trashed."""
    trashed_count: int
    """Sessions in the trash."""
    last_activity_at: str | None = None
    """When something was last said in one of them or done with it, RFC 3339 UTC."""


class FormerTask(Value):
    """A task named after what the branch was called before it was renamed."""

    task: str
    """Its name."""
    branch_exists: bool
    """Whether a branch is called so again: its sessions may be that one's."""
    session_count: int
    """Sessions that are neither archived nor trashed."""
    archived_count: int
    """Archived sessions that are not trashed."""
    trashed_count: int
    """Sessions in the trash."""
    last_activity_at: str | None = None
    """When something was last said in one of them or done with it, RFC 3339 UTC."""


class RepositoryHint(Value):
    """Sessions that may belong to a repository and task as well. A person decides: `repository/relocate` with
    `merge` and `task/relocate` bring them along, `repository/dismiss` says that they are something else."""

    repository: Repository
    """What the hint is about."""
    task: str | None = None
    """The task of `formerTasks` now; absent without any."""
    repositories: tuple[AlikeRepository, ...] = ()
    """The last active first."""
    former_tasks: tuple[FormerTask, ...] = ()
    """The latest name first."""


class RepositoryHinted(Value):
    """What `session/open` could not tell yet: the first commit was learned after it."""

    hint: RepositoryHint
    """The hint."""


class DismissHintParams(Request[Empty]):
    """What is something else: another repository, or a former task."""

    repository: RepositoryRef | None = None
    """What the hint was about, by default the open folder."""
    other: str | None = None
    """The id of the repository that is another one."""
    task: str | None = None
    """The former task."""
    to: str | None = None
    """The task that does not go on with it, by default the open folder's."""
    idempotency_key: str | None = None
    """Repeats with the same key take effect once."""


class RelocateTaskResult(Value):
    """A task with the sessions of another one."""

    repository: Repository
    """The repository."""
    task: str
    """Where they are now."""
    moved_sessions: int
    """How many came, those put away too."""
    current_session_id: str | None = None
    """The session that is current there now, without a workflow."""


class RelocateTaskParams(Request[RelocateTaskResult]):
    """A task whose sessions go to another one."""

    repository: RepositoryRef | None = None
    """By default the open folder's."""
    task: str
    """Where they are."""
    to: str
    """Where they go."""
    idempotency_key: str | None = None
    """Repeats with the same key take effect once."""
