"""Runs an endpoint on this process's stdin and stdout, from the first byte to the exit code."""

import asyncio
import contextlib
import functools
import os
import signal
import threading
from collections.abc import Callable, Iterator

from threadkeep.faces.lsp.descriptors import take_stdio, write_all
from threadkeep.faces.lsp.endpoint import Endpoint
from threadkeep.faces.lsp.greeting import Beginning, stop_signals
from threadkeep.faces.lsp.pump import Pump
from threadkeep.faces.lsp.reader import Batch, Reader
from threadkeep.faces.lsp.writer import Writer
from threadkeep.protocol.limits import MAX_MESSAGE_BYTES

FLUSH_SECONDS = 2.0
"""How long the end waits for a client that does not read."""
STUCK_SECONDS = 30.0
"""When the end began so long ago and is not over, something hangs: the process is ended by force."""
LEAVE_SECONDS = 3.0
"""So long a thread of a handler may still hold the process when everything is stored and sent."""
MAX_BACKLOG_BYTES = 128 * 1024 * 1024
"""When the client has left so much unread, nothing more is read from it."""


def run(endpoint: Endpoint, beginning: Beginning | None = None) -> int:
    """Serves the client until it ends, and gives the exit code; on stdin and stdout if nothing has begun yet.

    0 after `exit` that followed `shutdown`, at the end of the input, when the parent has died, and at SIGTERM or
    SIGINT: everything is stored then. 1 after `exit` without `shutdown`. The process is to end when this
    returns; threads that handlers left behind are not waited for.
    """
    if beginning is None:
        reading, writing = take_stdio()
        beginning = Beginning(reading=reading, writing=writing, begun=b"", is_answered=False)
    return asyncio.run(_serve_and_leave(endpoint, beginning))


async def _serve_and_leave(endpoint: Endpoint, beginning: Beginning) -> int:
    stuck = functools.partial(_force_exit, 1, after=STUCK_SECONDS)
    code = await serve(endpoint, beginning, on_ending=stuck)
    _force_exit(code, after=LEAVE_SECONDS)
    return code


async def serve(
    endpoint: Endpoint,
    beginning: Beginning,
    *,
    on_ending: Callable[[], None] = lambda: None,
    limit: int = MAX_MESSAGE_BYTES,
) -> int:
    """As `run`; `on_ending` is called, by any thread and maybe twice, when the end begins."""
    loop = asyncio.get_running_loop()
    end = functools.partial(endpoint.end, 0)
    writer = Writer(
        functools.partial(write_all, beginning.writing), on_broken=functools.partial(_from_thread, loop, end)
    )
    incoming = _Incoming(endpoint, writer, on_last=on_ending)
    endpoint.outlet = writer
    endpoint.is_answered = beginning.is_answered
    writer.start()
    incoming.start(_reading(beginning), limit=limit)
    with _stop_signals(loop, end):
        code = await endpoint.ended()
        on_ending()
        incoming.stop()
        await endpoint.wind_down()
        await endpoint.protocol.in_flight.finish(grace=FLUSH_SECONDS)
    if writer.flush_and_close(FLUSH_SECONDS):
        os.close(beginning.writing)
    return code


class _Incoming:
    """Carries batches from the reading thread to the event loop, and the end of the input to the endpoint."""

    def __init__(self, endpoint: Endpoint, writer: Writer, *, on_last: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._endpoint = endpoint
        self._writer = writer
        self._on_last = on_last
        self._has_ended = False
        self._pump = Pump(endpoint.protocol.receive, is_held=self._is_held)

    def start(self, read: Callable[[int], bytes], *, limit: int) -> None:
        self._reader = Reader(read, limit=limit, deliver=self._deliver)
        self._reader.start()

    def stop(self) -> None:
        self._pump.stop()

    def _deliver(self, batch: Batch) -> None:
        if batch.is_last:
            self._has_ended = True
            self._on_last()
        _from_thread(self._loop, functools.partial(self._take, batch))

    def _take(self, batch: Batch) -> None:
        self._writer.framing = batch.framing or self._writer.framing
        if batch.is_last:
            self._pump.put(batch.messages, then=self._endpoint.end_after_answers)
        else:
            self._pump.put(batch.messages, then=functools.partial(self._reader.taken, batch.size))

    def _is_held(self) -> bool:
        return self._writer.backlog > MAX_BACKLOG_BYTES and not self._has_ended


def _reading(beginning: Beginning) -> Callable[[int], bytes]:
    begun = beginning.begun

    def read(size: int) -> bytes:
        nonlocal begun
        again, begun = begun, b""
        return again or os.read(beginning.reading, size)

    return read


def _from_thread(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
        loop.call_soon_threadsafe(callback)


@contextlib.contextmanager
def _stop_signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> Iterator[None]:
    """SIGTERM, SIGINT and SIGHUP, or what Windows has of them, stop as the end of the input does."""
    before = stop_signals()
    for number in before:
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: _from_thread(loop, stop))
    try:
        yield
    finally:
        for number, handler in before.items():
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
            signal.signal(number, handler or signal.SIG_DFL)


def _force_exit(code: int, *, after: float) -> None:
    timer = threading.Timer(after, os._exit, [code])
    timer.daemon = True
    timer.start()
