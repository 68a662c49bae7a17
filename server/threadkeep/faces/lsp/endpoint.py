"""The language server that the product's handlers are registered with: pygls' server without its traps."""

import asyncio
import contextlib
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterator, Mapping
from typing import Any, NoReturn, Protocol, TypeVar

import attrs
import cattrs
from pygls.lsp.server import LanguageServer

from threadkeep.faces.lsp import parent
from threadkeep.faces.lsp.json_text import encode
from threadkeep.faces.lsp.rpc import Rpc

P = TypeVar("P")

STOP_SECONDS = 5.0
"""What the callbacks of `on_stop` may take, all together."""
GRACE_SECONDS = 1.0
"""What requests that cannot be cancelled may still take when the server stops, and what cancelled ones may."""
SETTLE_SECONDS = 0.25
"""How long the handlers' import waits at most for the answer to `initialize` to leave."""

Callback = Callable[..., Awaitable[None] | None]

logger = logging.getLogger(__name__)


class Outlet(Protocol):
    """Takes encoded messages for the client and never blocks; `writer.Writer` is one."""

    def send(self, body: bytes, *, session: str | None = None, replaces: Hashable = None) -> None:
        """Queues an encoded message."""
        ...

    def send_delta(self, params: Mapping[str, Any]) -> None:
        """Queues the params of a `chat/delta`."""
        ...

    def settle(self, timeout: float) -> bool:
        """Waits until everything was written."""
        ...


@attrs.frozen(kw_only=True)
class Route:
    """How a method is answered."""

    answer: Callable[[Any], Coroutine[Any, Any, Any]]
    """From raw params to the JSON of the result."""
    is_cancellable: bool


class Endpoint(LanguageServer):
    """Speaks JSON-RPC and the life cycle of LSP; everything here runs on the event loop's thread.

    Handlers start in the order in which their requests arrive, and each runs to its first await before the
    next message is looked at. The response is queued in the step in which a handler returns: a task that the
    handler has just made runs after its response was queued.
    """

    protocol: Rpc

    def __init__(
        self,
        *,
        name: str,
        version: str,
        load: Callable[["Endpoint"], None],
        capability: Mapping[str, Any],
        watch_parent: Callable[[int, Callable[[], None]], Callable[[], None]] = parent.watch,
    ) -> None:
        """`load` registers the handlers. It is called once, when the answer to `initialize` is on its way and
        before the next message: what is slow to import is imported there. `capability` is JSON for
        `capabilities.experimental.threadkeep`. `watch_parent(pid, on_death)` gives a way to stop watching.
        """
        for noisy in ("pygls", "asyncio"):  # pygls logs every body it sends at INFO: prompts are private
            logging.getLogger(noisy).setLevel(logging.WARNING)
        self.routes: dict[str, Route] = {}
        self.outlet: Outlet | None = None
        self.capability = capability
        self.is_broken = False
        """`load` failed: unknown methods are an internal error."""
        self.exit_code: int | None = None
        """Set when the server is to end."""
        self._load = load
        self._watch_parent = watch_parent
        self._ended = asyncio.Event()
        self._winding_down: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Future[None]] = set()
        self._stop_callbacks: list[Callable[[], Awaitable[None]]] = []
        self._listeners: dict[str, list[Callback]] = {}
        self._stop_watching: Callable[[], None] | None = None
        super().__init__(name, version, protocol_cls=Rpc, converter_factory=cattrs.Converter)

    # What handlers use

    def request(
        self, name: str, *, params: type[P], cancellable: bool = False
    ) -> Callable[[Callable[[P], Awaitable[Any]]], object]:
        """Registers the handler of a method: from an instance of `params` to an instance of a result class.

        Only a cancellable one ends at `$/cancelRequest`; all others run on and are answered.
        Raises ValueError if the method has a handler.
        """

        def register(handler: Callable[[P], Awaitable[Any]]) -> object:
            async def answer(raw: Any) -> Any:
                from threadkeep.protocol import converter  # not before `initialize` is answered

                return converter.unstructure(await handler(converter.structure(raw, params)))

            if name in self.routes:
                raise ValueError(f"{name} has a handler already")
            self.routes[name] = Route(answer=answer, is_cancellable=cancellable)
            return handler

        return register

    def notify(self, method: str, params: Any) -> None:
        """Sends a notification; `params` is an instance of a params class, or JSON.

        Of the waiting `session/changed` of one session only the newest is kept for a client that does not read.
        """
        from threadkeep.protocol import converter

        with _logged(f"Sending {method}"):
            body = converter.unstructure(params)
            message = encode({"jsonrpc": "2.0", "method": method, "params": body})
            session = _session_of(body)
            replaces = (method, session) if method == "session/changed" and session else None
            self.protocol.send_body(message, session, replaces)

    def notify_delta(self, params: Mapping[str, Any]) -> None:
        """Sends a `chat/delta`; `params` is JSON. What the client has not taken yet is joined."""
        if self.outlet is not None:
            self.outlet.send_delta(params)

    def on_stop(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Registers what is to be awaited, once, at shutdown, exit, the end of the input, the death of the
        parent or a signal, before the last messages are written; in the order of registration.
        """
        self._stop_callbacks.append(callback)

    def on_initialized(self, callback: Callable[[], Awaitable[None] | None]) -> None:
        """Registers what follows the client's `initialized`."""
        self._listen("initialized", lambda _: callback())

    def on_configuration(self, callback: Callable[[dict[str, Any]], Awaitable[None] | None]) -> None:
        """Registers what takes the `settings` of `workspace/didChangeConfiguration`, raw."""

        def take(params: dict[str, Any]) -> Awaitable[None] | None:
            settings = params.get("settings")
            return callback(settings) if isinstance(settings, dict) else None

        self._listen("workspace/didChangeConfiguration", take)

    def on_folders(
        self, callback: Callable[[list[dict[str, Any]], list[dict[str, Any]]], Awaitable[None] | None]
    ) -> None:
        """Registers what takes the added and the removed workspace folders, raw: `{uri, name}`."""
        self._listen(
            "workspace/didChangeWorkspaceFolders",
            lambda params: callback(params["event"].get("added") or [], params["event"].get("removed") or []),
        )

    def on_document(self, method: str, callback: Callable[[dict[str, Any]], None]) -> None:
        """Registers what takes a `textDocument/did…` notification, raw."""
        self._listen(method, callback)

    @property
    def initialize_params(self) -> dict[str, Any]:
        """The raw params of `initialize`; empty before it."""
        return self.protocol.raw_initialize_params or {}

    @property
    def client_name(self) -> str | None:
        """What the client calls itself."""
        name = (self.initialize_params.get("clientInfo") or {}).get("name")
        return name if isinstance(name, str) else None

    # Ending

    def end(self, exit_code: int) -> None:
        """Asks the server to end; the first code counts."""
        if self.exit_code is None:
            self.exit_code = exit_code
        self._ended.set()

    async def ended(self) -> int:
        """Waits for `end`; the exit code."""
        await self._ended.wait()
        return self.exit_code or 0

    async def wind_down(self) -> None:
        """Lets requests finish, runs the callbacks of `on_stop`, cancels what still runs; once, in bounded time."""
        if self._winding_down is None:
            self._winding_down = asyncio.get_running_loop().create_task(self._wind_down())
        await asyncio.shield(self._winding_down)

    async def _wind_down(self) -> None:
        in_flight = self.protocol.in_flight
        if self._stop_watching is not None:
            self._stop_watching()
        await in_flight.finish(grace=GRACE_SECONDS, sparing=("shutdown",))
        try:
            async with asyncio.timeout(STOP_SECONDS):
                for callback in self._stop_callbacks:
                    with _logged("Stopping"):
                        await callback()
        except TimeoutError:
            logger.error("Stopping took longer than %s seconds.", STOP_SECONDS)
        await in_flight.cancel_all(grace=GRACE_SECONDS, sparing=("shutdown",))
        for task in self._tasks:
            task.cancel()

    # What the protocol calls

    def become_ready(self) -> None:
        """Registers the handlers and begins to watch the parent; the answer to `initialize` is queued."""
        if self.outlet is not None:
            self.outlet.settle(SETTLE_SECONDS)
        try:
            self._load(self)
        except Exception:  # the client is connected and must hear of it at its next request
            self.is_broken = True
            logger.exception("The server cannot load its handlers.")
        pid = self.initialize_params.get("processId")
        if pid is not None and 0 < pid < 2**32:
            with _logged("Watching the parent process"):
                self._stop_watching = self._watch_parent(pid, lambda: self.end(0))

    def announce(self, method: str, params: dict[str, Any]) -> None:
        """Calls whoever listens to a notification."""
        for callback in self._listeners.get(method, ()):
            with _logged(f"The notification {method}"):
                outcome = callback(params)
                if inspect.isawaitable(outcome):
                    task = asyncio.ensure_future(_finish(outcome, f"The notification {method}"))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """To the log; pygls would show its text to the person at the editor."""
        logger.warning("pygls reports a %s (%s).", type(error).__name__, getattr(source, "__name__", source))

    def feature(self, feature_name: str, options: Any = None) -> NoReturn:
        """Handlers registered with pygls would have its traps: not offered."""
        raise NotImplementedError(f"Register {feature_name} with Endpoint.request.")

    def command(self, command_name: str) -> NoReturn:
        """Commands of pygls are not offered."""
        raise NotImplementedError(f"{command_name}: there are no commands, only requests.")

    def _listen(self, method: str, callback: Callback) -> None:
        self._listeners.setdefault(method, []).append(callback)


def _session_of(params: Any) -> str | None:
    """The session that a notification is about, if it can be told."""
    if not isinstance(params, dict):
        return None
    session = params.get("sessionId") or (params.get("session") or {}).get("id")
    return session if isinstance(session, str) else None


async def _finish(outcome: Awaitable[None], what: str) -> None:
    with _logged(what):
        await outcome


@contextlib.contextmanager
def _logged(what: str) -> Iterator[None]:
    try:
        yield
    except Exception:  # one who fails must not stop the others; there is nobody to tell but the log
        logger.exception("%s failed.", what)
