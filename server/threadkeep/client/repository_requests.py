"""The requests about repositories, their tasks and their agents, one method each."""

from threadkeep.client.asking import Asking
from threadkeep.protocol.types.agents import ListAgentsParams, ListAgentsResult
from threadkeep.protocol.types.common import Empty
from threadkeep.protocol.types.hints import DismissHintParams, RelocateTaskParams, RelocateTaskResult
from threadkeep.protocol.types.repositories import (
    ListRepositoriesParams,
    ListRepositoriesResult,
    ListTasksParams,
    ListTasksResult,
    RelocateRepositoryParams,
    RelocateRepositoryResult,
    RepositoryRef,
    ResolveRepositoryParams,
    ResolveRepositoryResult,
)


class RepositoryRequests(Asking):
    """`repository/*`, `task/list`, `agent/list`. Every method may raise `RequestFailed` and `ServerGone`."""

    async def resolve_repository(
        self, *, uri: str | None = None, repository: RepositoryRef | None = None
    ) -> ResolveRepositoryResult:
        """`repository/resolve`: which repository a folder is; the open folder if neither is given."""
        params = ResolveRepositoryParams(uri=uri, repository=repository)
        return await self.ask("repository/resolve", params, ResolveRepositoryResult)

    async def list_repositories(
        self, *, is_orphan: bool | None = None, limit: int = 50, cursor: str | None = None
    ) -> ListRepositoriesResult:
        """`repository/list`: with `is_orphan`, only those that have lost their folders, or have not."""
        params = ListRepositoriesParams(is_orphan=is_orphan, limit=limit, cursor=cursor)
        return await self.ask("repository/list", params, ListRepositoriesResult)

    async def relocate_repository(
        self,
        repository: RepositoryRef,
        uri: str,
        *,
        merge: bool = False,
        idempotency_key: str | None = None,
    ) -> RelocateRepositoryResult:
        """`repository/relocate`: the folder `uri` is this repository's; `merge` takes in what it was before."""
        params = RelocateRepositoryParams(
            repository=repository, uri=uri, merge=merge, idempotency_key=idempotency_key
        )
        return await self.ask("repository/relocate", params, RelocateRepositoryResult)

    async def dismiss_hint(
        self,
        *,
        repository: RepositoryRef | None = None,
        other: str | None = None,
        task: str | None = None,
        to: str | None = None,
        idempotency_key: str | None = None,
    ) -> Empty:
        """`repository/dismiss`: another repository, or a former task, is something else."""
        params = DismissHintParams(
            repository=repository, other=other, task=task, to=to, idempotency_key=idempotency_key
        )
        return await self.ask("repository/dismiss", params, Empty)

    async def relocate_task(
        self,
        task: str,
        to: str,
        *,
        repository: RepositoryRef | None = None,
        idempotency_key: str | None = None,
    ) -> RelocateTaskResult:
        """`task/relocate`: all sessions of a task are another's from now on."""
        params = RelocateTaskParams(repository=repository, task=task, to=to, idempotency_key=idempotency_key)
        return await self.ask("task/relocate", params, RelocateTaskResult)

    async def list_tasks(
        self, *, repository: RepositoryRef | None = None, limit: int = 50, cursor: str | None = None
    ) -> ListTasksResult:
        """`task/list`: the tasks of a repository, or of the open folder's."""
        params = ListTasksParams(repository=repository, limit=limit, cursor=cursor)
        return await self.ask("task/list", params, ListTasksResult)

    async def agents(self, *, repository: RepositoryRef | None = None) -> ListAgentsResult:
        """`agent/list`: who can be asked in a repository, or in the open folder's."""
        return await self.ask("agent/list", ListAgentsParams(repository=repository), ListAgentsResult)
