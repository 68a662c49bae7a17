"""The client: starts a server, shakes hands with it, sends it requests, follows turns, and ends it again."""

import asyncio
import os
import sys
import weakref
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from threadkeep._version import __version__
from threadkeep.client.connection import Connection, NotTheProtocol
from threadkeep.client.errors import ClientError, ProtocolMismatch, ServerGone, ServerNotStarted
from threadkeep.client.process import END_SECONDS, ServerProcess
from threadkeep.protocol.limits import PROTOCOL_VERSION
from threadkeep.protocol.names import REQUEST_OF
from threadkeep.protocol.request import Request, result_of

if TYPE_CHECKING:
    from threadkeep.client.notifications import Notifications
    from threadkeep.client.turns import Starting, TurnStream
    from threadkeep.protocol.types.chat import WhenBusy
    from threadkeep.protocol.types.common import JsonObject
    from threadkeep.protocol.types.lifecycle import OpenSessionResult
    from threadkeep.protocol.types.parts import Attachment
    from threadkeep.protocol.types.repositories import RepositoryRef
    from threadkeep.protocol.types.server import ThreadkeepCapability

T = TypeVar("T")

START_SECONDS = 30.0


class Client:
    """A connection to a server of its own; `start` makes one.

    All requests may be under way at once; they leave in the order in which they are made. A class of the protocol
    is loaded when it is needed: a program that is started for a single request has it answered sooner.
    """

    def __init__(self, process: ServerProcess) -> None:
        self.server_version = ""
        """The server's version, as it told it."""
        self._process = process
        self._connection = Connection(process.reader, process.writer, on_notification=self._announce)
        self._readers: weakref.WeakSet[Notifications] = weakref.WeakSet()
        self._closing = False
        self._offered: Mapping[str, Any] | None = None
        self._capability: ThreadkeepCapability | None = None
        self._reading = asyncio.create_task(self._read())

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        command: Sequence[str] | None = None,
        *,
        store: Path | str | None = None,
        workspace: Path | str | None = None,
        stands_in_workspace: bool = False,
        settings: Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None = None,
        client_name: str = "threadkeep-python",
        start_seconds: float = START_SECONDS,
    ) -> AsyncIterator[Self]:
        """Starts a server and ends it when the context is left.

        Args:
            command: what to run, without a shell; None runs the server of this installation.
            store: the folder of the store; given to the command as `--store`.
            workspace: the folder whose repository and branch are the default keys.
            stands_in_workspace: nobody named that folder: without version control it is part of the workspace
                folder around it, if an editor ever had one open there.
            settings: `initializationOptions`, in the wire's shape, e.g. `{"defaultModel": "…"}`; or what gives
                them, called while the server starts.
            client_name: how this client is called where a turn's holder is shown.
            start_seconds: how long the server may take to answer `initialize`.

        Raises:
            ServerNotStarted: the command cannot be run, or did not answer in time.
            ProtocolMismatch: what runs is another version, or another program.
            ServerGone: the server ended before it answered.
        """
        argv = [*(command or _start_command()), *_store_flag(store)]
        client = cls(await ServerProcess.start(argv))
        try:
            given = settings() if callable(settings) else settings
            offer = _initialize_params(workspace, given, client_name)
            if stands_in_workspace:
                offer["capabilities"]["experimental"] = {"threadkeep": {"standsInFolder": True}}
            try:
                await client._shake_hands(offer, seconds=start_seconds)
            except TimeoutError:
                reason = f"no answer to initialize after {start_seconds:g} s"
                raise ServerNotStarted(argv, reason) from None
            yield client
        finally:
            await client._close()

    @property
    def capability(self) -> "ThreadkeepCapability":
        """What the server can do. Raises MalformedAnswer."""
        if self._capability is None:
            from threadkeep.client.reading import read
            from threadkeep.protocol.types.server import ThreadkeepCapability

            self._capability = read(self._offered, ThreadkeepCapability)
        return self._capability

    @property
    def stderr_tail(self) -> str:
        """The last lines that the server wrote to its standard error."""
        return self._process.stderr_tail

    async def request(self, params: Request[T]) -> T:
        """Sends the request that has these params: `await client.request(ListSessionsParams(limit=5))`.

        Cancelling it sends `$/cancelRequest`.

        Raises:
            RequestFailed: the server refused; `kind` says why.
            ServerGone: the server ended before it answered.
            MalformedAnswer: the result is not what the protocol promises.
        """
        from threadkeep.client.reading import read
        from threadkeep.protocol.converter import unstructure

        kind = type(params)
        return read(await self.call(REQUEST_OF[kind.__name__], unstructure(params)), result_of(kind))

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """Sends any request as JSON and gives its result as JSON; raises as `request` does."""
        return await self._connection.request(method, params)

    async def open_session(
        self,
        *,
        repository: "RepositoryRef | None" = None,
        task: str | None = None,
        workflow: str | None = None,
        window_id: str | None = None,
        limit: int = 50,
    ) -> "OpenSessionResult":
        """`session/open`: the current session of a key, made if there is none; raises as `request` does."""
        from threadkeep.protocol.types.lifecycle import OpenSessionParams

        return await self.request(
            OpenSessionParams(
                repository=repository, task=task, workflow=workflow, window_id=window_id, limit=limit
            )
        )

    def turn(
        self,
        session_id: str,
        text: str,
        *,
        attachments: "Sequence[Attachment]" = (),
        agent: str | None = None,
        model: str | None = None,
        metadata: "JsonObject | None" = None,
        when_busy: "WhenBusy" = "reject",
        idempotency_key: str | None = None,
    ) -> "TurnStream":
        """`chat/send`, and the answer: `async with client.turn(session.id, "Why?") as turn`."""
        from threadkeep.protocol.types.chat import SendParams

        return self.follow(
            SendParams(
                session_id=session_id,
                text=text,
                attachments=tuple(attachments),
                agent=agent,
                model=model,
                metadata=metadata or {},
                when_busy=when_busy,
                idempotency_key=idempotency_key,
            )
        )

    def follow(self, params: "Starting") -> "TurnStream":
        """The turn that a request starts: `async with client.follow(ContinueParams(session_id=…)) as turn`."""
        from threadkeep.client.turns import TurnStream

        return TurnStream(self, params)

    def notifications(self) -> "Notifications":
        """What the server announces from now on, as the classes of the protocol."""
        from threadkeep.client.notifications import Notifications

        events = Notifications()
        self.subscribe(events)
        return events

    def subscribe(self, notifications: "Notifications") -> None:
        """Adds a reader of notifications; one that nobody holds any more is forgotten."""
        self._readers.add(notifications)

    def _announce(self, method: str, params: Any) -> None:
        readers = tuple(self._readers)
        if not readers:
            return
        from threadkeep.client.notifications import read_notification

        event = read_notification(method, params)
        for reader in readers:
            reader.add(event)

    async def _shake_hands(self, offer: Mapping[str, Any], *, seconds: float) -> None:
        self._accept(await asyncio.wait_for(self.call("initialize", offer), seconds))
        self._connection.notify("initialized", {})

    def _accept(self, answer: Any) -> None:
        answer = answer if isinstance(answer, Mapping) else {}
        info = answer.get("serverInfo") or {}
        self.server_version = str(info.get("version", ""))
        name = f"{info.get('name', 'the program that answered')} {self.server_version}".strip()
        experimental = (answer.get("capabilities") or {}).get("experimental") or {}
        ours = experimental.get("threadkeep") if isinstance(experimental, Mapping) else None
        version = ours.get("protocolVersion") if isinstance(ours, Mapping) else None
        if not isinstance(version, int) or version != PROTOCOL_VERSION:
            raise ProtocolMismatch(
                ours=PROTOCOL_VERSION, theirs=version if isinstance(version, int) else None, server=name
            )
        self._offered = ours

    async def _read(self) -> None:
        reason = "it ended"
        try:
            await self._connection.run()
        except NotTheProtocol as error:
            reason = str(error)
        # requests fail at once; the exit code is worth a short wait
        exit_code = await self._process.end(seconds=END_SECONDS if self._closing else 1.0)
        gone = ServerGone(exit_code=exit_code, stderr_tail=self._process.stderr_tail, reason=reason)
        self._connection.end(gone)
        for reader in tuple(self._readers):
            reader.close(None if self._closing else gone)

    async def _close(self) -> None:
        self._closing = True
        if not self._reading.done():
            accepted = self._offered is not None
            if accepted:
                with suppress(ClientError, TimeoutError):
                    await asyncio.wait_for(self.call("shutdown"), END_SECONDS)
            self._connection.notify("exit")
            await self._process.end(seconds=END_SECONDS if accepted else 1.0)
        await self._reading


def _start_command() -> list[str]:
    if not sys.executable:
        raise ServerNotStarted(["python"], "this Python does not know its own program: give a command")
    # -P: a file of the opened folder must not be imported in place of a library's
    return [sys.executable, "-P", "-m", "threadkeep", "serve", "--stdio"]


def _store_flag(store: Path | str | None) -> list[str]:
    # the server leaves this folder, so a relative path would mean another place there
    return ["--store", str(Path(store).expanduser().absolute())] if store else []


def _initialize_params(
    workspace: Path | str | None, settings: Mapping[str, Any] | None, client_name: str
) -> dict[str, Any]:
    folders = None
    if workspace is not None:
        folder = Path(workspace).resolve()
        folders = [{"uri": folder.as_uri(), "name": folder.name}]
    return {
        "processId": os.getpid(),
        "clientInfo": {"name": client_name, "version": __version__},
        "rootUri": folders[0]["uri"] if folders else None,
        "workspaceFolders": folders,
        "capabilities": {"workspace": {"workspaceFolders": True}},
        "initializationOptions": dict(settings or {}),
    }
