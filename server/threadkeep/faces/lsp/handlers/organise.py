"""Requests of the trash, and those that change many sessions at once."""

import re
from datetime import timedelta

from threadkeep.domain.errors import InvalidValue
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.handlers.sessions import session_result
from threadkeep.faces.lsp.registry import Registry, idempotency_key
from threadkeep.faces.lsp.wire import resolved_filter
from threadkeep.protocol.types import organise
from threadkeep.protocol.types.common import Empty
from threadkeep.protocol.types.lifecycle import ChangeStateParams, SessionResult
from threadkeep.usecases.application import Application
from threadkeep.usecases.sessions.bulk import BulkChange, Swept

_AGE = re.compile(r"([0-9]{1,6})([hd])")


def register(on: Registry, application: Application, _connection: Connection) -> None:
    """Registers the handlers."""
    _register_move(on, application, "session/delete", trashed=True)
    _register_move(on, application, "session/restore", trashed=False)
    _register_many(on, application)

    @on("session/purge")
    async def purge(params: organise.PurgeSessionParams) -> Empty:
        key = idempotency_key("session/purge", params, lambda _: Empty())
        async with application.order.changing(params.session_id):
            left = await application.trash.hide(params.session_id, once=key)
        await application.trash.clear(left)
        await application.long.finish_erasing()
        return Empty()


def _register_move(on: Registry, application: Application, method: str, *, trashed: bool) -> None:
    @on(method)
    async def move(params: ChangeStateParams) -> SessionResult:
        view = await application.trash.move(
            params.session_id,
            trashed=trashed,
            expected_revision=params.expected_revision,
            once=idempotency_key(method, params, session_result),
        )
        return session_result(view)


def _register_many(on: Registry, application: Application) -> None:
    @on("session/bulkUpdate")
    async def update_many(params: organise.BulkUpdateParams) -> organise.BulkUpdateResult:
        swept = await application.bulk.update(
            await resolved_filter(application, params.filter),
            _change(params.change),
            repository=wire.repository_choice(params.filter.repository),
            all_sessions=params.all_sessions,
            dry_run=params.dry_run,
            once=idempotency_key("session/bulkUpdate", params, _updated),
        )
        return _updated(swept)

    @on("store/cleanup")
    async def clean_up(params: organise.CleanUpParams) -> organise.CleanUpResult:
        swept = await application.bulk.clean_up(
            age(params.older_than),
            await resolved_filter(application, params.filter),
            repository=wire.repository_choice(params.filter.repository),
            dry_run=params.dry_run,
            purge_trash=params.purge_trash,
        )
        facts = await application.executor(application.store.facts)
        return organise.CleanUpResult(
            count=swept.count,
            sample=tuple(wire.session(view) for view in swept.sample),
            kept=swept.kept,
            purged=swept.purged,
            bytes=facts.size,
        )


def age(text: str) -> timedelta:
    """What `12h` or `90d` stands for. Raises InvalidValue."""
    found = _AGE.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise InvalidValue(
            "olderThan",
            "must be a number of hours or days, such as 12h or 90d",
            told="An age is a number of hours or days that is not 0, such as 12h or 90d.",
        )
    return timedelta(hours=int(found[1])) if found[2] == "h" else timedelta(days=int(found[1]))


def _change(change: organise.BulkChange) -> BulkChange:
    return BulkChange(
        add_tags=change.add_tags,
        remove_tags=change.remove_tags,
        is_favourite=change.is_favourite,
        archived=change.archive,
        trashed=change.delete,
    )


def _updated(swept: Swept) -> organise.BulkUpdateResult:
    return organise.BulkUpdateResult(
        count=swept.count,
        sample=tuple(wire.session(view) for view in swept.sample),
        skipped=swept.kept,
    )
