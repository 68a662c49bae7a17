"""The real surroundings of a use case: this process, the system's clock, uuid7 identifiers, and a worker thread."""

import asyncio
import contextvars
import logging
import os
import queue
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from threadkeep.domain.folders import FolderAway
from threadkeep.domain.turns import Holder
from threadkeep.ports.runtime import Clock
from threadkeep.values import Value

T = TypeVar("T")

PATIENCE_SECONDS = 15.0
"""So long work waits, beside its executor, for a folder that does not answer."""

_RANDOM_BITS = 74
"""What a uuid7 holds beside its 48 bits of time, its version and its variant."""


class SystemClock:
    """The system's clock, held still while the system sets it back. Any thread may use it."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> str:
        with self._lock:
            self._last = max(self._last, self._now())
            told = self._last
        return told.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


class _Owning(Protocol):
    @property
    def owner(self) -> str: ...


class _Client(Protocol):
    @property
    def client_name(self) -> str | None: ...


class ThisProcess:
    """Calls give this process as the holder of a turn."""

    def __init__(self, store: _Owning, connection: _Client, clock: Clock) -> None:
        self._store = store
        self._connection = connection
        self._clock = clock

    def __call__(self) -> Holder:
        import socket  # an editor's start holds no turn

        return Holder(
            owner=self._store.owner,
            client=self._connection.client_name,
            pid=os.getpid(),
            host=socket.gethostname(),
            since=self._clock.now(),
        )


class Uuid7Ids:
    """uuid7 (RFC 9562): each sorts after all that were made before. Any thread may use it."""

    def __init__(self, milliseconds: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._milliseconds = milliseconds
        self._lock = threading.Lock()
        self._last = 0

    def new(self) -> str:
        random = int.from_bytes(os.urandom(10), "big")
        with self._lock:
            made = self._milliseconds() << _RANDOM_BITS | random & (1 << _RANDOM_BITS) - 1
            if made <= self._last:
                # The same millisecond, or the clock went back: a random step up stays unguessable, and
                # runs over into the time only after some billion identifiers.
                made = self._last + 1 + (random >> 48)
            self._last = made
        return _written(made)


def _written(made: int) -> str:
    milliseconds, random = divmod(made, 1 << _RANDOM_BITS)
    high, low = divmod(random, 1 << 62)
    text = f"{milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class _Job(Value):
    work: Callable[[], Any]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    context: contextvars.Context
    patient_until: float
    """Until then work that needs a folder that does not answer is done again when it does."""


class ThreadExecutor:
    """One thread that does what it is given, one after another; started by the first work.

    Cancelling an awaitable lets go of the result, not of the work. The thread never keeps a process
    from leaving: call `close` to let it finish.

    Work that raises FolderAway leaves the executor to the others, and is done again when the folder answers.
    """

    def __init__(
        self,
        name: str = "threadkeep-executor",
        *,
        patience: float = PATIENCE_SECONDS,
        set_aside: Callable[[], None] = lambda: None,
    ) -> None:
        """patience: in seconds. set_aside: called on the event loop, in the context of the call, when work has
        left the executor to the others."""
        self._name = name
        self._set_aside = set_aside
        self._patience = patience
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]:
        """Must be called in a running event loop. Raises RuntimeError after `close`, or if no thread can be
        started."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._lock:
            if self._is_closed:
                raise RuntimeError("The executor is closed.")
            if self._thread is None:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                thread.start()  # where the system has no more threads, the next work tries again
                self._thread = thread
            until = time.monotonic() + self._patience
            context = contextvars.copy_context()
            self._jobs.put(_Job(work=work, loop=loop, future=future, context=context, patient_until=until))
        return future

    def close(self, timeout: float) -> bool:
        """Takes no more work and waits, at most `timeout` seconds, until all is done; says whether it is."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                self._jobs.put(None)
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            away = _do(job)
            if away is not None:
                self._do_later(job, away)
            del job, away  # waiting for the next one must not keep this one's result alive

    def _do_later(self, job: _Job, away: FolderAway) -> None:
        taken = threading.Lock()

        def again(_: object = None) -> None:
            if not taken.acquire(blocking=False):
                return
            with self._lock:
                if not self._is_closed:
                    self._jobs.put(job)
                    return
            _tell(job, None, away)

        def wait() -> None:
            self._set_aside()
            job.loop.call_later(max(0.0, job.patient_until - time.monotonic()), again)
            if away.answer is not None:
                away.answer.add_done_callback(again)

        try:
            job.loop.call_soon_threadsafe(wait, context=job.context)
        except RuntimeError:
            _log_lost(away)


class ThreadExecutors:
    """A few executors of their own; work goes where the least waits, so its order is not kept."""

    def __init__(self, name: str, *, count: int) -> None:
        self._executors = [ThreadExecutor(f"{name}-{number}") for number in range(1, count + 1)]
        self._waiting = [0] * count
        self._lock = threading.Lock()

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]:
        """As a ThreadExecutor."""
        with self._lock:
            at = self._waiting.index(min(self._waiting))
            self._waiting[at] += 1
        return self._executors[at](self._counted(at, work))

    def close(self, timeout: float) -> bool:
        """As a ThreadExecutor; all together take at most `timeout` seconds."""
        until = time.monotonic() + timeout
        closed = [executor.close(max(0.0, until - time.monotonic())) for executor in self._executors]
        return all(closed)

    def _counted(self, at: int, work: Callable[[], T]) -> Callable[[], T]:
        def counted() -> T:
            try:
                return work()
            finally:
                with self._lock:
                    self._waiting[at] -= 1

        return counted


def _do(job: _Job) -> FolderAway | None:
    """Does it and tells the outcome, unless a folder does not answer that may yet do so."""
    value: Any = None
    error: BaseException | None = None
    try:
        value = job.work()
    except StopIteration as stop:
        error = RuntimeError("The work raised StopIteration.")  # a future cannot carry it
        error.__cause__ = stop
    except FolderAway as away:
        if away.answer is not None and time.monotonic() < job.patient_until and not job.future.cancelled():
            return away
        error = away
    except BaseException as raised:  # noqa: BLE001 - whoever awaits gets whatever was raised
        error = raised
    _tell(job, value, error)
    return None


def _tell(job: _Job, value: Any, error: BaseException | None) -> None:
    try:
        job.loop.call_soon_threadsafe(_settle, job.future, value, error)
    except RuntimeError:
        _log_lost(error)  # the loop has ended, so nobody waits any more


def _settle(future: "asyncio.Future[Any]", value: Any, error: BaseException | None) -> None:
    if future.done():
        _log_lost(error)  # only a cancelled one is done before its work
    elif error is None:
        future.set_result(value)
    else:
        future.set_exception(error)


def _log_lost(error: BaseException | None) -> None:
    if error is not None:
        logging.getLogger(__name__).warning(
            "Work that nobody waits for any more failed: %s", type(error).__name__
        )
