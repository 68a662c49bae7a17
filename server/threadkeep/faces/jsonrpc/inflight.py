"""The requests that are being answered: started in order, cancelled, and answered exactly once each."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

from threadkeep.faces.jsonrpc import errors
from threadkeep.faces.jsonrpc.json_text import Body, Encoded, encode, encoded
from threadkeep.faces.jsonrpc.messages import Id, Request
from threadkeep.values import Mutable, field

logger = logging.getLogger(__name__)


class Translate(Protocol):
    """From what was raised to an error object; `method` is for the log."""

    def __call__(self, error: BaseException, *, method: str) -> errors.Error: ...


class _Running(Mutable, eq=False):
    request: Request
    is_cancellable: bool
    is_answered: bool = False
    task: asyncio.Task[None] = field(init=False)


class InFlight:
    """The table of them. Everything runs on the event loop's thread."""

    def __init__(self, send: Callable[[Body], None], *, translate: Translate) -> None:
        """`send` takes an encoded response; `translate` makes the error object of what some work raised."""
        self._send = send
        self._translate = translate
        self._running: dict[tuple[bool, Id], _Running] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __contains__(self, id_: Id) -> bool:
        return _key(id_) in self._running

    def refuse(self, id_: Id | None, error: errors.Error) -> None:
        """Answers a request that is not started."""
        self._send(encode({"jsonrpc": "2.0", "id": id_, "error": error}))

    def answer(self, id_: Id, result: Any) -> None:
        """Answers a request that needs no task."""
        self._send(encode({"jsonrpc": "2.0", "id": id_, "result": result}))

    def start(
        self, request: Request, work: Callable[[], Coroutine[Any, Any, Any]], *, is_cancellable: bool
    ) -> None:
        """Runs `work` as a task whose result, JSON or Encoded, is the response.

        The task takes its first step before anything that the loop is given after this call. The response is
        queued in the very step in which `work` returns: a task that `work` made runs only after it.
        """
        running = _Running(request=request, is_cancellable=is_cancellable)
        self._running[_key(request.id)] = running
        running.task = asyncio.get_running_loop().create_task(self._run(running, work))
        self._tasks.add(running.task)
        running.task.add_done_callback(lambda _: self._end(running))

    def cancel(self, id_: Any) -> None:
        """Cancels a request that may be cancelled; all others run on and are answered."""
        running = self._running.get(_key(id_)) if isinstance(id_, str | int | float) else None
        if running is not None and running.is_cancellable:
            running.task.cancel()

    async def finish(self, *, grace: float, sparing: Iterable[str] = ()) -> None:
        """Waits for those that cannot be cancelled, at most `grace` seconds; not for methods in `sparing`."""
        await _wait([r.task for r in self._active(sparing) if not r.is_cancellable], grace)

    async def finish_all(self, *, grace: float, sparing: Iterable[str] = ()) -> None:
        """As `finish`, for those that can be cancelled as well."""
        await _wait([running.task for running in self._active(sparing)], grace)

    async def cancel_all(self, *, grace: float, sparing: Iterable[str] = ()) -> None:
        """Cancels all but the methods in `sparing`, and answers for those that do not heed it in `grace` seconds."""
        active = self._active(sparing)
        for running in active:
            running.task.cancel()
        await _wait([running.task for running in active], grace)
        for running in active:
            self._fail(running, errors.cancelled())

    def _active(self, sparing: Iterable[str]) -> list[_Running]:
        return [running for running in self._running.values() if running.request.method not in sparing]

    async def _run(self, running: _Running, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        request = running.request
        try:
            result = await work()
            message = {"jsonrpc": "2.0", "id": request.id, "result": result}
            response = encoded(message) if isinstance(result, Encoded) else encode(message)
        except asyncio.CancelledError as error:
            if running.task.cancelling():
                self._fail(running, errors.cancelled())
                raise
            self._fail(running, self._translate(error, method=request.method))
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever it is, an answer is due
            self._fail(running, self._translate(error, method=request.method))
        else:
            self._respond(running, response)

    def _fail(self, running: _Running, error: errors.Error) -> None:
        id_ = running.request.id
        try:
            response = encode({"jsonrpc": "2.0", "id": id_, "error": error})
        except (TypeError, ValueError, RecursionError):
            logger.exception("The error of %s cannot be sent.", running.request.method)
            response = encode({"jsonrpc": "2.0", "id": id_, "error": errors.internal_error()})
        self._respond(running, response)

    def _respond(self, running: _Running, response: Body) -> None:
        if not running.is_answered:
            running.is_answered = True
            del self._running[_key(running.request.id)]
            self._send(response)

    def _end(self, running: _Running) -> None:
        self._tasks.discard(running.task)
        if not running.is_answered:  # it was cancelled before its first step
            self._fail(running, errors.cancelled())


def _key(id_: Id) -> tuple[bool, Id]:
    return isinstance(id_, str), id_


async def _wait(tasks: list[asyncio.Task[None]], seconds: float) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
