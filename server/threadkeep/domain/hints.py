"""What may have been lost by a rename: told, never matched by itself."""

from typing import Literal

from threadkeep.domain.views import RepositoryView
from threadkeep.values import Value


class Use(Value):
    """How much is kept under something; each session is counted once."""

    sessions: int = 0
    """Neither archived nor trashed."""
    archived: int = 0
    """Archived and not trashed."""
    trashed: int = 0
    last_activity_at: str | None = None
    """RFC 3339 UTC with milliseconds; None without any session."""

    def __add__(self, other: "Use") -> "Use":
        times = [use.last_activity_at for use in (self, other) if use.last_activity_at is not None]
        return Use(
            sessions=self.sessions + other.sessions,
            archived=self.archived + other.archived,
            trashed=self.trashed + other.trashed,
            last_activity_at=max(times, default=None),
        )

    @property
    def total(self) -> int:
        """All sessions."""
        return self.sessions + self.archived + self.trashed


class AlikeRepository(Value):
    """Another repository that began with the same commit, and what is kept under it."""

    view: RepositoryView
    use: Use

    @property
    def kind(self) -> Literal["moved", "copied", "unknown"]:
        """`moved` if none of its folders is there any more, `copied` if one is."""
        found = {root.is_present for root in self.view.roots}
        return "copied" if True in found else "unknown" if None in found else "moved"


class FormerTask(Value):
    """What a branch was called before, and what is kept under that name."""

    task: str
    is_branch: bool
    """Whether a branch of that name is there again."""
    use: Use


class Hint(Value):
    """What may belong to a repository and a task as well."""

    repository: RepositoryView
    task: str | None = None
    """What the former tasks are called now; None without any."""
    repositories: tuple[AlikeRepository, ...] = ()
    """The last active first."""
    former_tasks: tuple[FormerTask, ...] = ()
    """The latest name first."""
