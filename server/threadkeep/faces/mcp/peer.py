"""The server's side of the conversation: which era a request is of, who answers it, and the end."""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from threadkeep.faces.jsonrpc import errors, messages
from threadkeep.faces.jsonrpc.inflight import InFlight
from threadkeep.faces.jsonrpc.json_text import Body
from threadkeep.faces.jsonrpc.writer import Outlet
from threadkeep.faces.mcp import handshake
from threadkeep.values import Value

ANSWER_SECONDS: Final = 10.0
"""What requests may still take when the input has ended."""
GRACE_SECONDS: Final = 1.0
UNSUPPORTED_VERSION: Final = -32022
"""Of the specification of 2026-07-28."""

logger = logging.getLogger(__name__)


class Refusal(Exception):
    """A request that is answered with an error; `code` is JSON-RPC's or the specification's."""

    def __init__(self, message: str, *, code: int = -32602, kind: str = "invalidParams") -> None:
        super().__init__(message)
        self.error = errors.error(code, kind, message)


class Method(Value):
    """How a method is answered."""

    answer: Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]
    """From the params to the result."""
    ttl_ms: int | None = None
    """How long a client of the newer era may keep the result; None: not at all."""


class McpPeer:
    """Answers a client; everything here runs on the event loop's thread."""

    def __init__(self, load: Callable[[], Mapping[str, Method]], *, close: Callable[[], None]) -> None:
        """load: gives the methods, once, when the first message is here. close: gives back what they hold."""
        self.outlet: Outlet | None = None
        self.is_answered = False
        self.in_flight = InFlight(self._send, translate=translate)
        self._load = load
        self._close = close
        self._methods: Mapping[str, Method] | None = None
        self._is_initialized = False
        self._exit_code: int | None = None
        self._ended = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None

    def receive(self, message: messages.Message) -> bool:
        """Deals with one message; True if that started a task."""
        if isinstance(message, messages.Request):
            try:
                return self._receive_request(message)
            except Exception:  # whatever it is, an answer is due, and the next message as well
                logger.exception("The request %s could not be begun.", message.method)
                self.in_flight.refuse(message.id, errors.internal_error())
                return False
        if isinstance(message, messages.Notification):
            if message.method == "notifications/cancelled" and isinstance(message.params, dict):
                self.in_flight.cancel(message.params.get("requestId"))
        elif isinstance(message, messages.Refused):
            self.in_flight.refuse(message.id, message.error)
        return False

    def end(self, exit_code: int) -> None:
        """Asks the server to end; the first code counts."""
        if self._exit_code is None:
            self._exit_code = exit_code
        self._ended.set()

    def end_after_answers(self) -> None:
        """Asks the server to end when what it was asked is answered."""
        self._ending = asyncio.ensure_future(self._answer_and_end())

    async def ended(self) -> int:
        """Waits for `end`; the exit code."""
        await self._ended.wait()
        return self._exit_code or 0

    async def wind_down(self) -> None:
        """Cancels what still runs and closes the store."""
        await self.in_flight.cancel_all(grace=GRACE_SECONDS)
        await asyncio.to_thread(self._close)

    async def _answer_and_end(self) -> None:
        try:
            await self.in_flight.finish_all(grace=ANSWER_SECONDS)
        finally:
            self.end(0)

    def _send(self, body: Body) -> None:
        if self.outlet is not None:
            self.outlet.send(body)

    def _receive_request(self, request: messages.Request) -> bool:
        is_answered, self.is_answered = self.is_answered, False  # only the first one can be
        if request.id in self.in_flight:
            self.in_flight.refuse(
                request.id, errors.invalid_request("A request with this id is being answered.")
            )
            return False
        try:
            result = self._result_at_once(request)
        except Refusal as refusal:
            self.in_flight.refuse(request.id, refusal.error)
            return False
        if result is not None:
            if not is_answered:
                self.in_flight.answer(request.id, result)
            return False
        self.in_flight.start(request, functools.partial(self._answer, request), is_cancellable=True)
        return True

    def _result_at_once(self, request: messages.Request) -> dict[str, Any] | None:
        """The result of what needs no method; raises Refusal for what has none."""
        params = request.params
        if not isinstance(params, dict):
            raise Refusal("The params of a request are an object.")
        version = handshake.declared_version(params)
        if version is not None:
            return self._modern_result(request, version)
        if request.method == "initialize":
            problem = handshake.initialize_problem(params)
            if problem:
                raise Refusal(problem)
            self._is_initialized = True
            return handshake.initialize_result(params)
        if request.method == "ping":
            return {}
        if request.method == "server/discover":
            raise Refusal(handshake.meta_problem(params) or "")
        if not self._is_initialized:
            raise Refusal(
                f"Send `initialize` first, or name the protocol's version in _meta ({handshake.VERSION_KEY}).",
                code=-32600,
                kind="invalidRequest",
            )
        return None

    def _modern_result(self, request: messages.Request, version: Any) -> dict[str, Any] | None:
        if version not in handshake.MODERN:
            refusal = Refusal(
                f"This server does not speak version {str(version)[:40]!r} of the protocol.",
                code=UNSUPPORTED_VERSION,
                kind="unsupportedProtocolVersion",
            )
            supported = [*handshake.MODERN, *reversed(handshake.LEGACY)]
            refusal.error["data"] |= {"supported": supported, "requested": str(version)[:40]}
            raise refusal
        problem = handshake.meta_problem(request.params)
        if problem:
            raise Refusal(problem)
        return handshake.discover_result() if request.method == "server/discover" else None

    async def _answer(self, request: messages.Request) -> dict[str, Any]:
        if self._methods is None:
            self._methods = self._load()
        method = self._methods.get(request.method)
        if method is None:
            refusal = Refusal("")
            refusal.error = errors.method_not_found(request.method, known=[*self._methods, "initialize"])
            raise refusal
        is_modern = handshake.declared_version(request.params) is not None
        result = await method.answer(request.params)
        return handshake.modern_result(result, ttl_ms=method.ttl_ms) if is_modern else result


def translate(error: BaseException, *, method: str) -> errors.Error:
    """The error object of what answering raised; what nobody expected is logged here, once."""
    from threadkeep.domain.errors import ThreadkeepError

    if isinstance(error, Refusal):
        return error.error
    if isinstance(error, ThreadkeepError):
        return errors.error(-32603, error.kind, error.message, retryable=error.retryable)
    logger.error("The request %s failed.", method, exc_info=error)
    return errors.internal_error()
