"""What is asked takes effect once, in the order in which it was asked, and is seen by what is read later."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, TypeVar

from threadkeep.domain.errors import IdempotencyConflict
from threadkeep.domain.events import Event, OutputStreamed, TextStreamed
from threadkeep.ports.runtime import Audience, SerialExecutor
from threadkeep.ports.store import Changes, Outcome, Records
from threadkeep.values import Value

_MINE: "ContextVar[asyncio.Future[None]]" = ContextVar("change")
"""Done when the change that is being made is."""

T = TypeVar("T")
TRIES = 4
"""So often in a row something may happen while it is read."""


class SessionOrder:
    """One place at a time in each session, first come first served. Belongs to the event loop."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}
        self._changing: dict[asyncio.Future[None], str | None] = {}
        """What may be changing the store now, each with its session; None if that cannot be told."""

    @asynccontextmanager
    async def of(self, session_id: str) -> AsyncIterator[None]:
        """Waits for whoever came before in this session."""
        lock, waiting = self._locks.get(session_id, (asyncio.Lock(), 0))
        self._locks[session_id] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks[session_id]
            if waiting == 1:
                del self._locks[session_id]
            else:
                self._locks[session_id] = (lock, waiting - 1)

    @asynccontextmanager
    async def changing(self, session_id: str | None) -> AsyncIterator[None]:
        """For a request that may change a session, or something that is not said: what is read later waits.

        Inside, no place in another session may be waited for.
        """
        done = asyncio.get_running_loop().create_future()
        self._changing[done] = session_id
        _MINE.set(done)
        try:
            async with self.of(session_id) if session_id is not None else nullcontext():
                yield
        finally:
            self._let_go(done)

    def set_aside(self) -> None:
        """What is read later no longer waits for the change in whose context this is called: it waits for a
        folder that does not answer."""
        done = _MINE.get(None)
        if done is not None:
            self._let_go(done)

    def _let_go(self, done: "asyncio.Future[None]") -> None:
        if self._changing.pop(done, self) is not self:
            done.set_result(None)

    @asynccontextmanager
    async def reading(self, session_id: str | None) -> AsyncIterator[None]:
        """For a request that only reads: waits for the changes that were asked for before it.

        In a session these are its own and those that are of no one session, else all.
        """
        earlier = [done for done, of in self._changing.items() if session_id is None or of is None]
        async with self.of(session_id) if session_id is not None else nullcontext():
            if earlier:
                await asyncio.wait(earlier)
            yield

    def reads_wait_for(self, doing: Awaitable[None]) -> asyncio.Future[None]:
        """Something that was not asked for, but that what is read later must see."""
        done = asyncio.ensure_future(doing)
        self._changing[done] = None
        done.add_done_callback(self._changing.pop)
        return done


class Replayed(Exception):
    """The request took effect earlier; `result` is what it was answered with, plain JSON."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


class IdempotencyKey(Value):
    """A request's idempotency key, with all that is needed to recognise and repeat its answer."""

    method: str
    key: str
    fingerprint: str
    """Equal for equal params."""
    encode: Callable[[Any], Any]
    """Turns the use case's result into the JSON that answers the request."""


def replay(records: Records, once: IdempotencyKey | None) -> None:
    """Raises Replayed if the request took effect earlier, IdempotencyConflict if the key was
    used with other params. Without a key there is nothing to recall."""
    if once is None:
        return
    outcome = records.outcome(once.method, once.key)
    if outcome is None:
        return
    if outcome.fingerprint != once.fingerprint:
        raise IdempotencyConflict(once.key)
    raise Replayed(outcome.result)


def record(changes: Changes, once: IdempotencyKey | None, result: object, *, at: str) -> None:
    """Stores the answer in the transaction that stores its effect."""
    if once is None:
        return
    changes.put_outcome(
        Outcome(
            method=once.method,
            key=once.key,
            fingerprint=once.fingerprint,
            result=once.encode(result),
            at=at,
        )
    )


class ChangeCounter:
    """Passes events on, and counts those that make an earlier look at the store out of date. Any thread
    may call it."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._lock = threading.Lock()
        self.count = 0

    def __call__(self, event: Event) -> None:
        # Text that grows is no news: who reads a growing answer is brought up to date on the event loop.
        if not isinstance(event, TextStreamed | OutputStreamed):
            with self._lock:
                self.count += 1
        self._audience(event)


class ConsistentReader:
    """An executor for what only reads the store, each time a snapshot of its own.

    What it gives is never older than what the client was told before it: if something was announced
    meanwhile, it is read again.
    """

    def __init__(
        self, *, read_executor: SerialExecutor, executor: SerialExecutor, news: ChangeCounter
    ) -> None:
        """executor: where all else is done, one after another."""
        self._read_executor = read_executor
        self._executor = executor
        self._news = news

    async def __call__(self, work: Callable[[], T]) -> T:
        """What the work gives or raises. Call it in the step that answers with it."""
        for _ in range(TRIES):
            before, found = await self._read_executor(lambda: (self._news.count, work()))
            if self._news.count == before:
                return found
        return await self._executor(work)
