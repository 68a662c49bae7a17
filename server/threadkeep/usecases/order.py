"""What is asked of one session takes effect in the order in which it was asked, and is seen by what is read later."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, nullcontext
from contextvars import ContextVar

_MINE: "ContextVar[asyncio.Future[None]]" = ContextVar("change")
"""Done when the change that is being made is."""


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
