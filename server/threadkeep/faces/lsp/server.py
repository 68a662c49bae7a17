"""Puts the language server together: handlers, workspace folders, the tick, and the end."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from threadkeep.domain.errors import StoreError, ThreadkeepError
from threadkeep.domain.events import StoreWarned
from threadkeep.domain.turns import Holder
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.endpoint import Endpoint
from threadkeep.faces.lsp.handlers import register_all
from threadkeep.faces.lsp.open_buffers import OpenBuffers
from threadkeep.faces.lsp.registry import Registry
from threadkeep.usecases.recovery import recover
from threadkeep.usecases.wiring import UseCases

TICK_SECONDS = 1.0
"""An idle server wakes so often, to look at the branches."""

logger = logging.getLogger(__name__)


class OpenFolders:
    """URIs of the folders that the editor has open, the first one first."""

    def __init__(self, initialize_params: Mapping[str, Any]) -> None:
        folders = _uris(initialize_params.get("workspaceFolders") or ())
        root = initialize_params.get("rootUri")
        if not folders and isinstance(root, str):
            folders = [root]
        self._uris = folders

    def __call__(self) -> list[str]:
        return list(self._uris)

    def change(self, added: Iterable[Mapping[str, Any]], removed: Iterable[Mapping[str, Any]]) -> None:
        """Takes what `workspace/didChangeWorkspaceFolders` tells."""
        gone = set(_uris(removed))
        kept = [uri for uri in self._uris if uri not in gone]
        self._uris = kept + [uri for uri in _uris(added) if uri not in kept]


class ServerFace:
    """One editor's server: its handlers, and what happens without being asked for."""

    def __init__(
        self,
        endpoint: Endpoint,
        cases: UseCases,
        connection: Connection,
        *,
        folders: OpenFolders,
        buffers: OpenBuffers,
        reconfigure: Callable[[Mapping[str, Any]], None],
        close: Callable[[], Any],
    ) -> None:
        """reconfigure takes the settings that the editor sends anew; close is awaited at the very end."""
        self._cases = cases
        self._audience = connection.audience
        self._folders = folders
        self._close = close
        self._ticking: asyncio.Task[None] | None = None
        register_all(Registry(endpoint), cases, connection)
        endpoint.on_initialized(self._begin)
        endpoint.on_folders(folders.change)
        endpoint.on_configuration(reconfigure)
        for method, take in (
            ("textDocument/didOpen", buffers.opened),
            ("textDocument/didChange", buffers.changed),
            ("textDocument/didClose", buffers.closed),
        ):
            endpoint.on_document(method, take)
        endpoint.on_stop(self._end)

    async def _begin(self) -> None:
        self._ticking = asyncio.get_running_loop().create_task(self._tick())
        try:
            count = await self._cases.lane(self._recover)
        except StoreError as error:
            self._audience(StoreWarned(kind="unavailable", message=error.message))
            return
        if count:
            logger.info("%s turns of dead processes were interrupted", count)

    async def _end(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        await self._cases.chat.stop_all()
        await self._close()

    async def _tick(self) -> None:
        while True:
            try:
                await self._cases.lane(self._cases.branch_watch.check)
            except ThreadkeepError as error:
                logger.warning("the branches could not be looked at: %s", error)
            for kind, message in self._cases.store.warnings():
                self._audience(StoreWarned(kind=kind, message=message))
            await asyncio.sleep(TICK_SECONDS)

    def _recover(self) -> int:
        return recover(self._cases.store, at=self._cases.clock.now())


def this_process(owner: str, *, client: str | None, since: str) -> Holder:
    """This process as the holder of a turn."""
    return Holder(owner=owner, client=client, pid=os.getpid(), host=socket.gethostname(), since=since)


def _uris(folders: Iterable[Mapping[str, Any]]) -> list[str]:
    return [folder["uri"] for folder in folders if isinstance(folder.get("uri"), str)]
