"""Runs a peer on this process's stdin and stdout, from the first byte to the exit code."""

import asyncio
import contextlib
import functools
import logging
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import NoReturn, Protocol

from threadkeep.faces.jsonrpc import messages
from threadkeep.faces.jsonrpc.frames import FrameParser, Framing
from threadkeep.faces.jsonrpc.inflight import InFlight
from threadkeep.faces.jsonrpc.messages import Message
from threadkeep.faces.jsonrpc.stdio import Stdio, stop_signals, take_stdio
from threadkeep.faces.jsonrpc.writer import Outlet, Writer
from threadkeep.values import Value

CHUNK_BYTES = 256 * 1024
MAX_BEHIND_BYTES = 1024 * 1024
"""When more than this was handed over and not yet taken, the thread stops reading."""

FLUSH_SECONDS = 2.0
"""How long the end waits for a client that does not read."""
STUCK_SECONDS = 30.0
"""When the end began so long ago and is not over, something hangs: the process is ended by force."""
LEAVE_SECONDS = 3.0
"""So long a thread of a handler may still hold the process when everything is stored and sent."""
MAX_BACKLOG_BYTES = 128 * 1024 * 1024
"""When the client has left so much unread, nothing more is read from it."""
HOLD_SECONDS = 0.05

logger = logging.getLogger(__name__)


class Batch(Value):
    """Messages that were read together."""

    messages: list[messages.Message]
    framing: Framing | None
    """None as long as nothing but white space came."""
    size: int
    """Bytes, to be given back with `Reader.taken`."""
    is_last: bool
    """Nothing follows: the client closed its end."""


class Reader:
    """The thread. `deliver` is called by it, with one batch after another and at the end a last one."""

    def __init__(self, read: Callable[[int], bytes], *, limit: int, deliver: Callable[[Batch], None]) -> None:
        """`read` gives at most so many bytes and b"" at the end, like os.read; `limit` is in bytes."""
        self._read = read
        self._parser = FrameParser(limit=limit)
        self._deliver = deliver
        self._changed = threading.Condition()
        self._behind = 0
        self._thread = threading.Thread(target=self._run, name="threadkeep-reader", daemon=True)

    def start(self) -> None:
        """Begins to read."""
        self._thread.start()

    def taken(self, size: int) -> None:
        """A batch of so many bytes was dealt with; any thread may say so."""
        with self._changed:
            self._behind -= size
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            unreported = 0
            while data := self._next_chunk():
                unreported += len(data)
                found = self._parser.feed(data)
                if found:
                    self._hand_over([messages.read(each) for each in found], size=unreported)
                    unreported = 0
            self._hand_over([messages.read(each) for each in self._parser.end()], size=0, is_last=True)
        except Exception:  # whatever it is, the end of the wire must be told, or the process stays for ever
            logger.exception("Reading from the client failed.")
            self._hand_over([], size=0, is_last=True)

    def _next_chunk(self) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: self._behind <= MAX_BEHIND_BYTES)
        try:
            return self._read(CHUNK_BYTES)
        except OSError:  # the other end is gone
            return b""

    def _hand_over(self, found: list[messages.Message | None], *, size: int, is_last: bool = False) -> None:
        with self._changed:
            self._behind += size
        read = [message for message in found if message is not None]
        self._deliver(Batch(messages=read, framing=self._parser.framing, size=size, is_last=is_last))


class Peer(Protocol):
    """Who speaks on the wire; everything of it runs on the event loop's thread."""

    outlet: Outlet | None
    """Set before the first message comes."""
    is_answered: bool
    """Set before the first message comes: the client has its answer already."""

    @property
    def in_flight(self) -> InFlight: ...

    def receive(self, message: Message) -> bool:
        """Deals with one message; True if that started a task, which is to take its first step before the next."""
        ...

    def end(self, exit_code: int) -> None:
        """Asks the peer to end; the first code counts."""
        ...

    def end_after_answers(self) -> None:
        """Asks the peer to end when what it was asked is answered, the client having nothing more to ask."""
        ...

    async def ended(self) -> int:
        """Waits for the end; the exit code."""
        ...

    async def wind_down(self) -> None:
        """Lets requests finish and stores what is under way, in bounded time."""
        ...


def run(peer: Peer, stdio: Stdio | None = None, *, limit: int) -> NoReturn:
    """Serves the client until it ends, and then ends the process; on stdin and stdout if nothing has begun yet.

    The exit code is 0 after `exit` that followed `shutdown`, at the end of the input, when the parent has died, and
    at SIGTERM or SIGINT: everything is stored then. 1 after `exit` without `shutdown`. Threads that handlers left
    behind are not waited for, and what `atexit` knows is not called.
    """
    if stdio is None:
        reading, writing = take_stdio()
        stdio = Stdio(reading=reading, writing=writing)
    code = asyncio.run(_serve_and_leave(peer, stdio, limit=limit))
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    # Python takes itself apart at its own end while our threads still run: one that sits in a buffered read, or is
    # only just starting, ends the process with SIGABRT then.
    os._exit(code)


async def _serve_and_leave(peer: Peer, stdio: Stdio, *, limit: int) -> int:
    stuck = functools.partial(_force_exit, 1, after=STUCK_SECONDS)
    code = await serve(peer, stdio, on_ending=stuck, limit=limit)
    _force_exit(code, after=LEAVE_SECONDS)
    return code


async def serve(
    peer: Peer,
    stdio: Stdio,
    *,
    on_ending: Callable[[], None] = lambda: None,
    limit: int,
) -> int:
    """As `run`; `on_ending` is called, by any thread and maybe twice, when the end begins."""
    loop = asyncio.get_running_loop()
    end = functools.partial(peer.end, 0)
    writer = Writer(
        functools.partial(os.write, stdio.writing), on_broken=functools.partial(_from_thread, loop, end)
    )
    incoming = _Incoming(peer, writer, on_last=on_ending)
    peer.outlet = writer
    peer.is_answered = stdio.is_answered
    writer.start()
    incoming.start(_reading(stdio), limit=limit)
    with _stop_signals(loop, end):
        code = await peer.ended()
        on_ending()
        incoming.stop()
        await peer.wind_down()
        await peer.in_flight.finish(grace=FLUSH_SECONDS)
    if writer.flush_and_close(FLUSH_SECONDS):
        os.close(stdio.writing)
    return code


class Pump:
    """Deals with messages one after another: the next is looked at when the task of the one before took its
    first step. Everything runs on the event loop's thread."""

    def __init__(self, receive: Callable[[Message], bool], *, is_held: Callable[[], bool]) -> None:
        """`receive` tells whether it started a task; while `is_held`, nothing more is received."""
        self._receive = receive
        self._is_held = is_held
        self._queue: deque[Message | Callable[[], None]] = deque()
        self._is_scheduled = False
        self._is_stopped = False

    def put(self, messages: list[Message], *, then: Callable[[], None]) -> None:
        """Queues messages; `then` is called when the last of them was received."""
        self._queue.extend(messages)
        self._queue.append(then)
        if not self._is_scheduled:
            self._run()

    def stop(self) -> None:
        """Receives no more."""
        self._is_stopped = True
        self._queue.clear()

    def _run(self) -> None:
        self._is_scheduled = False
        loop = asyncio.get_running_loop()
        while self._queue and not self._is_stopped:
            if self._is_held():
                self._is_scheduled = True
                loop.call_later(HOLD_SECONDS, self._run)
                return
            item = self._queue.popleft()
            if callable(item):
                item()
            elif self._receive(item):
                # behind the first step of the task, which create_task has just put into the loop's queue
                self._is_scheduled = True
                loop.call_soon(self._run)
                return


class _Incoming:
    """Carries batches from the reading thread to the event loop, and the end of the input to the peer."""

    def __init__(self, peer: Peer, writer: Writer, *, on_last: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._peer = peer
        self._writer = writer
        self._on_last = on_last
        self._has_ended = False
        self._pump = Pump(peer.receive, is_held=self._is_held)

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
            self._pump.put(batch.messages, then=self._peer.end_after_answers)
        else:
            self._pump.put(batch.messages, then=functools.partial(self._reader.taken, batch.size))

    def _is_held(self) -> bool:
        return self._writer.backlog > MAX_BACKLOG_BYTES and not self._has_ended


def _reading(stdio: Stdio) -> Callable[[int], bytes]:
    begun = stdio.begun

    def read(size: int) -> bytes:
        nonlocal begun
        again, begun = begun, b""
        return again or os.read(stdio.reading, size)

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
    with contextlib.suppress(RuntimeError):  # there is no further thread: then the end must come by itself
        timer.start()
