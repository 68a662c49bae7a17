"""Requests about repositories and their tasks."""

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.repositories import Checkout
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.registry import Registry, idempotency_key, page_size
from threadkeep.ports.checkouts import Checkouts
from threadkeep.protocol.types import hints, repositories
from threadkeep.protocol.types.common import Empty
from threadkeep.usecases.application import Application
from threadkeep.usecases.repositories.answering import RelocatedTask
from threadkeep.usecases.repositories.moving import Relocated, Resolution
from threadkeep.usecases.repositories.repositories import RepositoryChoice
from threadkeep.usecases.repositories.repository_lists import UsedRepository, UsedTask


def register(on: Registry, application: Application, _connection: Connection) -> None:
    """Registers the handlers."""
    _register_lists(on, application)
    _register_answers(on, application)

    @on("repository/resolve")
    async def resolve(
        params: repositories.ResolveRepositoryParams,
    ) -> repositories.ResolveRepositoryResult:
        if params.uri is not None and params.repository is not None:
            raise InvalidValue("uri", "cannot be given together with repository")
        choice = (
            RepositoryChoice(uri=params.uri)
            if params.uri is not None
            else wire.repository_choice(params.repository)
        )
        return _resolved(await application.moving.resolve(choice), application.moving.repositories.checkouts)

    @on("repository/relocate")
    async def relocate(
        params: repositories.RelocateRepositoryParams,
    ) -> repositories.RelocateRepositoryResult:
        choice = wire.named_repository(params.repository)
        key = idempotency_key("repository/relocate", params, _relocated)
        relocated = await application.moving.relocate(choice, params.uri, merge=params.merge, once=key)
        return _relocated(relocated)


def _register_answers(on: Registry, application: Application) -> None:
    @on("repository/dismiss")
    async def dismiss(params: hints.DismissHintParams) -> Empty:
        choice = wire.repository_choice(params.repository)
        key = idempotency_key("repository/dismiss", params, lambda _: Empty())
        await application.executor(
            lambda: application.moving.answering.dismiss(
                choice, other=params.other, task=params.task, to=params.to, once=key
            )
        )
        return Empty()

    @on("task/relocate")
    async def relocate_task(params: hints.RelocateTaskParams) -> hints.RelocateTaskResult:
        choice, key = (
            wire.repository_choice(params.repository),
            idempotency_key("task/relocate", params, _task_moved),
        )
        return _task_moved(
            await application.moving.answering.relocate_task(choice, params.task, params.to, once=key)
        )


def _task_moved(relocated: RelocatedTask) -> hints.RelocateTaskResult:
    return hints.RelocateTaskResult(
        repository=wire.repository(relocated.repository),
        task=relocated.task,
        moved_sessions=relocated.moved,
        current_session_id=relocated.current_session_id,
    )


def _register_lists(on: Registry, application: Application) -> None:
    @on("repository/list")
    async def list_repositories(
        params: repositories.ListRepositoriesParams,
    ) -> repositories.ListRepositoriesResult:
        limit = page_size(params.limit)
        listed = await application.reads(
            lambda: application.repository_lists.all(
                limit=limit, cursor=params.cursor, is_orphan=params.is_orphan
            )
        )
        return repositories.ListRepositoriesResult(
            repositories=tuple(_entry(used) for used in listed.repositories), next_cursor=listed.next_cursor
        )

    @on("task/list")
    async def list_tasks(params: repositories.ListTasksParams) -> repositories.ListTasksResult:
        limit, choice = page_size(params.limit), wire.repository_choice(params.repository)
        listed = await application.reads(
            lambda: application.repository_lists.tasks(choice, limit=limit, cursor=params.cursor)
        )
        return repositories.ListTasksResult(
            repository=wire.repository(listed.repository) if listed.repository else None,
            tasks=tuple(_task(used) for used in listed.tasks),
            next_cursor=listed.next_cursor,
        )


def _resolved(found: Resolution, checkouts: Checkouts) -> repositories.ResolveRepositoryResult:
    known = {id_: wire.repository(view) for id_, view in found.views.items()}
    meant = found.resolved
    return repositories.ResolveRepositoryResult(
        repository=known[meant.repository.id] if meant else None,
        matched_by=meant.matched_by if meant else None,
        checkout=_checkout(found.checkout, found, checkouts) if found.checkout else None,
        candidates=tuple(
            repositories.RepositoryCandidate(repository=known[each.repository.id], matched_by=each.matched_by)
            for each in found.candidates
        ),
        ambiguous=found.is_ambiguous,
        hint=(
            repositories.FirstCommitHint(
                first_commit=found.first_commit, repositories=tuple(known[each.id] for each in found.alike)
            )
            if found.first_commit and found.alike
            else None
        ),
    )


def _checkout(checkout: Checkout, found: Resolution, checkouts: Checkouts) -> repositories.Checkout:
    return repositories.Checkout(
        root=checkouts.uri(checkout.root),
        present=found.is_there,
        git=checkout.common_dir is not None and checkout.vcs == "git",
        version_control=checkout.vcs if checkout.common_dir is not None else None,
        branch=checkout.branch,
        task=checkout.task,
        origin=checkout.origin,
    )


def _relocated(relocated: Relocated) -> repositories.RelocateRepositoryResult:
    return repositories.RelocateRepositoryResult(
        repository=wire.repository(relocated.repository),
        moved_sessions=relocated.moved,
        merged=relocated.merged,
    )


def _entry(used: UsedRepository) -> repositories.RepositoryEntry:
    return repositories.RepositoryEntry(
        repository=wire.repository(used.view),
        is_orphan=used.is_orphan,
        session_count=used.use.sessions,
        archived_count=used.use.archived,
        trashed_count=used.use.trashed,
        last_activity_at=used.use.last_activity_at,
    )


def _task(used: UsedTask) -> repositories.TaskEntry:
    return repositories.TaskEntry(
        task=used.task,
        is_checked_out=used.is_checked_out,
        session_count=used.use.sessions,
        archived_count=used.use.archived,
        trashed_count=used.use.trashed,
        last_activity_at=used.use.last_activity_at,
    )
