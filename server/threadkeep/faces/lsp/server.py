"""Puts the language server together: handlers, workspace folders, the tick, and the end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from threadkeep.faces.jsonrpc.endpoint import Endpoint
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.handlers import register_all
from threadkeep.faces.lsp.open_buffers import OpenBuffers, OpenFolders
from threadkeep.faces.lsp.registry import Registry
from threadkeep.faces.lsp.tick import Tick
from threadkeep.usecases.application import Application

FIRST_RETENTION_SECONDS = 3.0
"""How long after the start it is first seen to what the settings say of old sessions, off the way of an editor's start."""
RETENTION_SECONDS = 6 * 3600.0
"""How often from then on."""

FIRST_PROBE_SECONDS = 0.5
"""How long after the start a model is looked for that may answer: what an editor asks first needs none."""

logger = logging.getLogger(__name__)


class ServerFace:
    """One editor's server: its handlers, and what happens without being asked for."""

    def __init__(
        self,
        endpoint: Endpoint,
        application: Application,
        connection: Connection,
        *,
        folders: OpenFolders,
        buffers: OpenBuffers,
        reconfigure: Callable[[Mapping[str, Any]], Awaitable[None]],
        close: Callable[[], Any],
    ) -> None:
        """reconfigure takes the settings that the editor sends anew; close is awaited at the very end."""
        self._application = application
        self._work = connection.work
        self._folders = folders
        self._take_settings = reconfigure
        self._close = close
        self._tick = Tick(application, connection.audience)
        self._ticking: asyncio.Task[None] | None = None
        self._retaining: asyncio.Task[None] | None = None
        register_all(
            Registry(endpoint, application.order, connection.audience.follow), application, connection
        )
        endpoint.on_initialized(self._begin)
        endpoint.on_folders(self._change_folders)
        endpoint.on_configuration(self._reconfigure)
        endpoint.on_work_cancelled(connection.work.cancel)
        for method, take in (
            ("textDocument/didOpen", buffers.opened),
            ("textDocument/didChange", buffers.changed),
            ("textDocument/didSave", buffers.saved),
            ("textDocument/didClose", buffers.closed),
        ):
            endpoint.on_document(method, take)
        endpoint.on_stop(self._end)

    def _begin(self) -> Awaitable[None]:
        # In the executor before any request that follows: a branch that one of them is told can only change after it.
        branches_read = self._application.order.reads_wait_for(
            self._application.executor(self._application.branch_watch.check)
        )
        self._ticking = asyncio.get_running_loop().create_task(self._tick.run(after=branches_read))
        self._retaining = asyncio.get_running_loop().create_task(self._retain())
        return self._probe()

    async def _retain(self) -> None:
        pause = FIRST_RETENTION_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = RETENTION_SECONDS
            try:
                await self._application.retention.keep()
            except Exception:
                logger.warning("old sessions could not be put into the trash", exc_info=True)

    async def _probe(self) -> None:
        await asyncio.sleep(FIRST_PROBE_SECONDS)
        # else who asks one or wants a list looks, and until then the process is smaller: none is even made
        if not self._application.preferences.is_model_named:
            await self._application.preferences.models.probe()

    def _change_folders(
        self, added: Iterable[Mapping[str, Any]], removed: Iterable[Mapping[str, Any]]
    ) -> Awaitable[None]:
        self._folders.change(added, removed)
        return self._application.order.reads_wait_for(
            self._application.executor(self._application.branch_watch.check)
        )

    async def _reconfigure(self, changed: Mapping[str, Any]) -> None:
        await self._take_settings(changed)
        self._application.embedding.wake()
        await self._application.preferences.models.probe()

    async def _end(self) -> None:
        self._work.stop()
        for task in (self._ticking, self._retaining):
            if task is not None:
                task.cancel()
        self._tick.stop()
        try:
            await self._application.root_commits.stop()
            await self._application.embedding.stop()
            await self._application.long.stop()
            await self._application.chat.stop_all()
        finally:
            await self._close()
