"""Requests about repositories and tasks: the third part of the methods table."""

from threadkeep.protocol.method import KEY, Method
from threadkeep.protocol.types import common, hints, repositories

REPOSITORY_METHODS: tuple[Method, ...] = (
    Method(
        name="repository/resolve",
        topic="repositories",
        reads=True,
        params=repositories.ResolveRepositoryParams,
        result=repositories.ResolveRepositoryResult,
        errors=KEY,
        doc="Identifies the repository of a folder, and others that it may be; creates nothing.",
    ),
    Method(
        name="repository/list",
        topic="repositories",
        reads=True,
        params=repositories.ListRepositoriesParams,
        result=repositories.ListRepositoriesResult,
        errors=("invalidCursor",),
        doc="Lists repositories, and which of them have lost their folders.",
    ),
    Method(
        name="repository/relocate",
        topic="repositories",
        unordered=True,
        params=repositories.RelocateRepositoryParams,
        result=repositories.RelocateRepositoryResult,
        errors=("repositoryNotFound", "repositoryAmbiguous", "idempotencyConflict"),
        doc="Makes a folder that of a repository, and merges into it what the folder was before, if asked.",
    ),
    Method(
        name="repository/dismiss",
        topic="repositories",
        params=hints.DismissHintParams,
        result=common.Empty,
        errors=("repositoryNotFound", "idempotencyConflict"),
        doc="Remembers that what a hint named is something else.",
    ),
    Method(
        name="task/relocate",
        topic="repositories",
        params=hints.RelocateTaskParams,
        result=hints.RelocateTaskResult,
        errors=("repositoryNotFound", "idempotencyConflict"),
        doc="Moves all sessions of a task to another one, as when its branch was renamed.",
    ),
    Method(
        name="task/list",
        topic="repositories",
        reads=True,
        params=repositories.ListTasksParams,
        result=repositories.ListTasksResult,
        errors=("repositoryNotFound", "invalidCursor"),
        doc="Lists the tasks of a repository.",
    ),
)
