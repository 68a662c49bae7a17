"""The language server that the product's handlers are registered with."""

import asyncio
import contextlib
import inspect
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from threadkeep.faces.jsonrpc.inflight import InFlight
from threadkeep.faces.jsonrpc.json_text import encode
from threadkeep.faces.jsonrpc.messages import Message
from threadkeep.faces.jsonrpc.writer import Outlet
from threadkeep.faces.lsp import parent
from threadkeep.faces.lsp.routes import Route, Routes
from threadkeep.faces.lsp.rpc import Rpc

if TYPE_CHECKING:
    from threadkeep.faces.lsp.asking import Asking

P = TypeVar("P")

STOP_SECONDS = 5.0
"""What the callbacks of `on_stop` may take, all together."""
GRACE_SECONDS = 1.0
"""What requests that cannot be cancelled may still take when the server stops, and what cancelled ones may."""
ANSWER_SECONDS = 10.0
"""What requests may still take when the input has ended: who pipes them in wants the answers."""
ENDLESS = ("chat/wait", "shutdown")
"""Not waited for then: a turn would go on for a client that is gone, and shutting down waits for all others."""
SETTLE_SECONDS = 0.25
"""How long the handlers' import waits at most for the answer to `initialize` to leave."""

Callback = Callable[..., Awaitable[None] | None]

logger = logging.getLogger(__name__)


class Endpoint:
    """Speaks JSON-RPC and the life cycle of LSP; everything here runs on the event loop's thread.

    Handlers start in the order in which their requests arrive, and each runs to its first await before the
    next message is looked at. The response is queued in the step in which a handler returns: a task that the
    handler has just made runs after its response was queued.
    """

    def __init__(
        self,
        *,
        name: str,
        version: str,
        load: Callable[["Endpoint"], None],
        capability: Mapping[str, Any],
        watch_parent: Callable[[int, Callable[[], None]], Callable[[], None]] = parent.watch,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        """`load` registers the handlers. It is called once, when the answer to `initialize` is on its way and
        before the next message: what is slow to import is imported there. `capability` is JSON for
        `capabilities.experimental.threadkeep`. `watch_parent(pid, on_death)` gives a way to stop watching.
        """
        logging.getLogger("asyncio").setLevel(logging.WARNING)
        self.name = name
        self.version = version
        self.protocol = Rpc(self)
        self.routes = Routes()
        self.outlet: Outlet | None = None
        self.is_answered = False
        """The client has the answer to the `initialize` that is still to be received."""
        self.capability = capability
        self.exit_code: int | None = None
        """Set when the server is to end."""
        self._load = load
        self._watch_parent = watch_parent
        self._answer_seconds = answer_seconds
        self._ended = asyncio.Event()
        self._winding_down: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Future[None]] = set()
        self._stop_callbacks: list[Callable[[], Awaitable[None]]] = []
        self._listeners: dict[str, list[Callback]] = {}
        self._stop_watching: Callable[[], None] | None = None
        self._asking: asyncio.Future[Asking] | None = None

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

            self.routes.add(name, Route(answer=answer, is_cancellable=cancellable))
            return handler

        return register

    def request_later(self, methods: Collection[str], register: Callable[[], None]) -> None:
        """Leaves registering some handlers to a function; it is called when one of them is asked for."""
        self.routes.add_later(methods, register)

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
            text = (params["sessionId"], params["messageId"], params["kind"])
            self.outlet.send_piece("chat/delta", params, key=text, topic=params["sessionId"])

    def on_stop(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Registers what is to be awaited, once, at shutdown, exit, the end of the input, the death of the
        parent or a signal, before the last messages are written; in the order of registration.
        """
        self._stop_callbacks.append(callback)

    def on_initialized(self, callback: Callable[[], Awaitable[None] | None]) -> None:
        """Registers what follows the client's `initialized`."""
        self._listen("initialized", lambda _: callback())

    def on_configuration(self, callback: Callable[[dict[str, Any]], Awaitable[None] | None]) -> None:
        """Registers what takes the `settings` of `workspace/didChangeConfiguration`, raw.

        A client that only tells that they changed, and can be asked for them, is asked.
        """

        def take(params: dict[str, Any]) -> Awaitable[None] | None:
            settings = params.get("settings")
            if settings is None and self._can_be_asked_for_settings():
                return self._ask_for_settings(callback)
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

    def on_work_cancelled(self, callback: Callable[[dict[str, Any]], None]) -> None:
        """Registers what takes `window/workDoneProgress/cancel`, raw."""
        self._listen("window/workDoneProgress/cancel", callback)

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

    async def client(self) -> "Asking":
        """The client, to be asked something. pygls is imported at the first use, in a thread."""
        if self._asking is None:
            self._asking = asyncio.ensure_future(asyncio.to_thread(self._import_asking))
        return await asyncio.shield(self._asking)

    # What carries the wire

    @property
    def in_flight(self) -> InFlight:
        """The requests that are being answered."""
        return self.protocol.in_flight

    def receive(self, message: Message) -> bool:
        """Deals with one message; True if that started a task."""
        return self.protocol.receive(message)

    # Ending

    def end(self, exit_code: int) -> None:
        """Asks the server to end; the first code counts."""
        if self.exit_code is None:
            self.exit_code = exit_code
        self._ended.set()

    def end_after_answers(self) -> None:
        """Asks the server to end when what it was asked is answered, the client having nothing more to ask."""
        self._run_beside(self._answer_and_end())

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
        in_flight = self.in_flight
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
        self.routes.register(lambda: self._load(self))
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
                    self._run_beside(_finish(outcome, f"The notification {method}"))

    def take_answer(self, response: Mapping[str, Any]) -> None:
        """Takes the client's answer to something it was asked."""
        if self._asking is not None and self._asking.done():
            with _logged("An answer of the client"):
                self._asking.result().take(response)

    async def _answer_and_end(self) -> None:
        try:
            await self.in_flight.finish_all(grace=self._answer_seconds, sparing=ENDLESS)
        finally:  # winding down cancels this as well
            self.end(0)

    def _run_beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _import_asking(self) -> "Asking":
        from threadkeep.faces.lsp.asking import Asking

        return Asking(name=self.name, version=self.version, send=self.protocol.send_body)

    def _can_be_asked_for_settings(self) -> bool:
        workspace = (self.initialize_params.get("capabilities") or {}).get("workspace")
        return isinstance(workspace, dict) and workspace.get("configuration") is True

    async def _ask_for_settings(self, callback: Callable[[dict[str, Any]], Awaitable[None] | None]) -> None:
        settings = await (await self.client()).configuration(self.name)
        if settings is not None:
            outcome = callback(settings)
            if inspect.isawaitable(outcome):
                await outcome

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
