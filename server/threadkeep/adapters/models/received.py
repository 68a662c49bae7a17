"""Receives the body of a response beside its reader, so that all that has come is read at once."""

import asyncio
import contextlib
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

MAX_WAITING_BYTES = 1024 * 1024
"""No more is taken from the socket while this much waits to be read."""


class Received:
    """The body of a streamed response, from now on. Leaving the context ends the receiving."""

    def __init__(self, response: "httpx2.Response") -> None:
        self._response = response
        self._waiting: list[bytes] = []
        self._size = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._is_over = False
        self._receiving = asyncio.create_task(self._receive())

    async def __aenter__(self) -> "Received":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._receiving.cancel()
        # What broke it was raised by next(), or nobody wants to know any more.
        await asyncio.wait({self._receiving})
        if not self._receiving.cancelled():
            self._receiving.exception()

    async def next(self) -> bytes:
        """All that has come since the last call, once there is something; empty at the end.

        Raises what the HTTP client raises, after everything that came before it.
        """
        await self._news.wait()
        if self._waiting:
            block = b"".join(self._waiting)
            self._waiting = []
            self._size = 0
            self._room.set()
            if not self._is_over:
                self._news.clear()
            return block
        await self._receiving
        return b""

    async def drain(self, seconds: float) -> None:
        """Waits for the end of the body, but no longer than this."""
        self._room.set()
        await asyncio.wait({self._receiving}, timeout=seconds)

    async def _receive(self) -> None:
        response = self._response
        is_encoded = "content-encoding" in response.headers
        async with contextlib.aclosing(
            response.aiter_bytes() if is_encoded else response.aiter_raw()
        ) as body:
            try:
                async for block in body:
                    self._waiting.append(block)
                    self._size += len(block)
                    self._news.set()
                    if self._size > MAX_WAITING_BYTES:
                        self._room.clear()
                        await self._room.wait()
            finally:
                self._is_over = True
                self._news.set()
