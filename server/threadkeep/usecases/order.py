"""What is asked of one session takes effect in the order in which it was asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class SessionOrder:
    """One place at a time in each session, first come first served. Belongs to the event loop."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

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
