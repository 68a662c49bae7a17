"""Requests that look after the store."""

from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.registry import Registry
from threadkeep.protocol.types import upkeep
from threadkeep.usecases.application import Application


def register(on: Registry, application: Application, _connection: Connection) -> None:
    """Registers the handlers."""

    @on("store/doctor")
    async def check(params: upkeep.CheckStoreParams) -> upkeep.CheckStoreResult:
        checkup = await application.store_care.check(repairs=params.repair)
        return upkeep.CheckStoreResult(
            is_healthy=checkup.is_healthy,
            problems=tuple(
                upkeep.StoreProblem(
                    kind=problem.kind,
                    message=problem.message,
                    count=problem.count,
                    is_repaired=problem.is_repaired,
                )
                for problem in checkup.problems
            ),
            backup=checkup.backup,
        )

    @on("store/backup")
    async def back_up(params: upkeep.BackUpStoreParams) -> upkeep.BackUpStoreResult:
        backup = await application.store_care.back_up(params.path)
        return upkeep.BackUpStoreResult(path=backup.path, bytes=backup.size)
