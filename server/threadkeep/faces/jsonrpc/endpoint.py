"""A language server without a method of its own: handlers and listeners are registered with it."""

import asyncio
import contextlib
import functools
import inspect
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from threadkeep.faces.jsonrpc import parent_watch
from threadkeep.faces.jsonrpc.dispatch import SHUTDOWN, Dispatch, Route, Routes
from threadkeep.faces.jsonrpc.errors import Error
from threadkeep.faces.jsonrpc.inflight import InFlight
from threadkeep.faces.jsonrpc.json_text import Body, encode
from threadkeep.faces.jsonrpc.messages import Message
from threadkeep.faces.jsonrpc.writer import Outlet

if TYPE_CHECKING:
    from threadkeep.faces.jsonrpc.client_requests import ClientRequests

P = TypeVar("P")

STOP_SECONDS = 5.0
"""What the callbacks of `on_stop` may take, all together."""
GRACE_SECONDS = 1.0
"""What requests that cannot be cancelled may still take when the server stops, and what cancelled ones may."""
ANSWER_SECONDS = 10.0
"""What requests may still take when the input has ended: who pipes them in wants the answers."""
FLUSH_SECONDS = 0.25
"""How long the handlers' import waits at most for the answer to `initialize` to leave."""

Callback = Callable[..., Awaitable[None] | None]

logger = logging.getLogger(__name__)


class Converter(Protocol):
    """Between JSON and the classes of params and results."""

    def structure(self, data: object, cls: type[P], /) -> P:
        """The instance that parsed JSON stands for."""
        ...

    def unstructure(self, value: object, /) -> Any:
        """The JSON of an instance, or of what is JSON already."""
        ...


class Conversion(Protocol):
    """What the wire is told of a product's classes and errors."""

    def converter(self) -> Converter:
        """Asked with the first request: it may be slow to import."""
        ...

    def translate(self, error: BaseException, *, method: str) -> Error:
        """The error object for what a handler raised, or `structure`; `method` is for the log."""
        ...

    def is_passing(self, error: Exception) -> bool:
        """Whether handlers that could not be loaded for it may be the next time."""
        ...


class Endpoint:
    """Speaks JSON-RPC and the life cycle of LSP; everything here runs on the event loop's thread.

    Handlers start in the order in which their requests arrive, and each runs to its first await before the
    next message is looked at. The response is queued in the step in which a handler returns: a task that the
    handler has just made runs after its response was queued.
    """

    def __init__(
        self,
        answer: Mapping[str, Any],
        *,
        load: Callable[["Endpoint"], None],
        conversion: Conversion,
        endless: Collection[str] = (),
        watch_parent: Callable[[int, Callable[[], None]], Callable[[], None]] = parent_watch.watch,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        """`answer` is the result of `initialize`, as `handshake.initialize_result` makes it. `load` registers the
        handlers. It is called once, when that answer is on its way and before the next message: what is slow to
        import is imported there. The methods in `endless` are not waited for when the input has ended: they would
        go on for a client that is gone. `watch_parent(pid, on_death)` gives a way to stop watching.
        """
        logging.getLogger("asyncio").setLevel(logging.WARNING)
        self.routes = Routes(is_passing=conversion.is_passing)
        self.dispatch = Dispatch(self, self.routes, self._send, translate=conversion.translate)
        self.outlet: Outlet | None = None
        self.is_answered = False
        """The client has the answer to the `initialize` that is still to be received."""
        self.exit_code: int | None = None
        """Set when the server is to end."""
        self._load = load
        self._answer = answer
        self._conversion = conversion
        self._endless = (*endless, SHUTDOWN)  # which waits for all others
        self._watch_parent = watch_parent
        self._answer_seconds = answer_seconds
        self._ended = asyncio.Event()
        self._winding_down: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Future[None]] = set()
        self._stop_callbacks: list[Callable[[], Awaitable[None]]] = []
        self._listeners: dict[str, list[Callback]] = {}
        self._stop_watching: Callable[[], None] | None = None
        self._client: asyncio.Future[ClientRequests] | None = None

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
                convert = self._converter
                return convert.unstructure(await handler(convert.structure(raw, params)))

            self.routes.add(name, Route(answer=answer, is_cancellable=cancellable))
            return handler

        return register

    def request_later(self, methods: Collection[str], register: Callable[[], None]) -> None:
        """Leaves registering some handlers to a function; it is called when one of them is asked for."""
        self.routes.add_later(methods, register)

    def notify(self, method: str, params: Any, *, topic: Hashable = None, replaces: Hashable = None) -> None:
        """Sends a notification; `params` is an instance of a params class, or JSON.

        A piece of a text that waits does not pass a notification of its `topic`. Of the waiting notifications with
        one `replaces` only the newest is kept for a client that does not read.
        """
        with _logged(f"Sending {method}"):
            body = self._converter.unstructure(params)
            self._send(
                encode({"jsonrpc": "2.0", "method": method, "params": body}), topic=topic, replaces=replaces
            )

    def notify_piece(self, method: str, params: Mapping[str, Any], *, key: Hashable, topic: Hashable) -> None:
        """Sends a piece of the growing text `key`; `params` is JSON. What the client has not taken yet is joined."""
        if self.outlet is not None:
            self.outlet.send_piece(method, params, key=key, topic=topic)

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
        return self.dispatch.raw_initialize_params or {}

    @property
    def client_name(self) -> str | None:
        """What the client calls itself."""
        name = (self.initialize_params.get("clientInfo") or {}).get("name")
        return name if isinstance(name, str) else None

    async def client(self) -> "ClientRequests":
        """The client, to be asked something. pygls is imported at the first use, in a thread."""
        if self._client is None:
            self._client = asyncio.ensure_future(asyncio.to_thread(self._import_client_requests))
        return await asyncio.shield(self._client)

    @functools.cached_property
    def _converter(self) -> Converter:
        return self._conversion.converter()

    # What carries the wire

    @property
    def in_flight(self) -> InFlight:
        """The requests that are being answered."""
        return self.dispatch.in_flight

    def receive(self, message: Message) -> bool:
        """Deals with one message; True if that started a task."""
        return self.dispatch.receive(message)

    # Ending

    def end(self, exit_code: int) -> None:
        """Asks the server to end; the first code counts."""
        if self.exit_code is None:
            self.exit_code = exit_code
        self._ended.set()

    def end_after_answers(self) -> None:
        """Asks the server to end when what it was asked is answered, the client having nothing more to ask."""
        self._run_in_background(self._answer_and_end())

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
        await in_flight.finish(grace=GRACE_SECONDS, sparing=(SHUTDOWN,))
        try:
            async with asyncio.timeout(STOP_SECONDS):
                for callback in self._stop_callbacks:
                    with _logged("Stopping"):
                        await callback()
        except TimeoutError:
            logger.error("Stopping took longer than %s seconds.", STOP_SECONDS)
        await in_flight.cancel_all(grace=GRACE_SECONDS, sparing=(SHUTDOWN,))
        for task in self._tasks:
            task.cancel()

    # What the dispatch calls

    def initialize_result(self) -> Mapping[str, Any] | None:
        """The answer to `initialize`; None if the client has it already."""
        return None if self.is_answered else self._answer

    def become_ready(self) -> None:
        """Registers the handlers and begins to watch the parent; the answer to `initialize` is queued."""
        if self.outlet is not None:
            self.outlet.flush(FLUSH_SECONDS)
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
                    self._run_in_background(_finish(outcome, f"The notification {method}"))

    def take_answer(self, response: Mapping[str, Any]) -> None:
        """Takes the client's answer to something it was asked."""
        if self._client is not None and self._client.done():
            with _logged("An answer of the client"):
                self._client.result().take(response)

    async def _answer_and_end(self) -> None:
        try:
            await self.in_flight.finish_all(grace=self._answer_seconds, sparing=self._endless)
        finally:  # winding down cancels this as well
            self.end(0)

    def _run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _send(self, body: Body, *, topic: Hashable = None, replaces: Hashable = None) -> None:
        if self.outlet is not None:
            self.outlet.send(body, topic=topic, replaces=replaces)

    def _import_client_requests(self) -> "ClientRequests":
        from threadkeep.faces.jsonrpc.client_requests import ClientRequests

        return ClientRequests(**self._answer["serverInfo"], send=self._send)

    def _can_be_asked_for_settings(self) -> bool:
        workspace = (self.initialize_params.get("capabilities") or {}).get("workspace")
        return isinstance(workspace, dict) and workspace.get("configuration") is True

    async def _ask_for_settings(self, callback: Callable[[dict[str, Any]], Awaitable[None] | None]) -> None:
        settings = await (await self.client()).configuration(self._answer["serverInfo"]["name"])
        if settings is not None:
            outcome = callback(settings)
            if inspect.isawaitable(outcome):
                await outcome

    def _listen(self, method: str, callback: Callback) -> None:
        self._listeners.setdefault(method, []).append(callback)


async def _finish(outcome: Awaitable[None], what: str) -> None:
    with _logged(what):
        await outcome


@contextlib.contextmanager
def _logged(what: str) -> Iterator[None]:
    try:
        yield
    except Exception:  # one who fails must not stop the others; there is nobody to tell but the log
        logger.exception("%s failed.", what)
