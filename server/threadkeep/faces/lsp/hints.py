"""Hints for clients; an editor's start mostly needs none."""

from threadkeep.domain.hints import Hint
from threadkeep.faces.lsp import wire
from threadkeep.protocol.types import hints


def hint(found: Hint) -> hints.RepositoryHint:
    """A hint for clients."""
    return hints.RepositoryHint(
        repository=wire.repository(found.repository),
        task=found.task,
        repositories=tuple(
            hints.AlikeRepository(
                repository=wire.repository(each.view),
                why="sameFirstCommit",
                kind=each.kind,
                session_count=each.use.sessions,
                archived_count=each.use.archived,
                trashed_count=each.use.trashed,
                last_activity_at=each.use.last_activity_at,
            )
            for each in found.repositories
        ),
        former_tasks=tuple(
            hints.FormerTask(
                task=each.task,
                branch_exists=each.is_branch,
                session_count=each.use.sessions,
                archived_count=each.use.archived,
                trashed_count=each.use.trashed,
                last_activity_at=each.use.last_activity_at,
            )
            for each in found.former_tasks
        ),
    )


def hinted(found: Hint) -> hints.RepositoryHinted:
    """The notification of a hint."""
    return hints.RepositoryHinted(hint=hint(found))
