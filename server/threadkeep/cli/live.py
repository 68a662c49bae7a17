"""An event loop in a thread of its own, so that the main thread can wait for a person."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")

# Windows does not interrupt a wait for a lock: there Ctrl-C is noticed between short waits
POLL_SECONDS = 0.1 if os.name == "nt" else None

SETTLE_SECONDS = 15.0


class Live:
    """Runs coroutines for the main thread, where Ctrl-C and `input` belong."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="threadkeep-client", daemon=True)

    def __enter__(self) -> "Live":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.call(_settle())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`; Ctrl-C cancels it and raises `KeyboardInterrupt`."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            while True:
                try:
                    return future.result(POLL_SECONDS)
                except TimeoutError:
                    if future.done():
                        raise
        except KeyboardInterrupt:
            future.cancel()
            raise


async def _settle() -> None:
    """Lets what Ctrl-C cancelled clean up behind itself: a server may be ending."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if not others:
        return
    _, late = await asyncio.wait(others, timeout=SETTLE_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
