"""Work that takes long: it tells how far it is, and ends early when nobody wants it any more."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from threadkeep.ports.runtime import SerialExecutor

T = TypeVar("T")


class Cancelled(Exception):
    """The work was given up; whoever does it undoes what is half done."""


class Progress:
    """How far a piece of work is. Any thread may use it."""

    def __init__(self, tell: Callable[[int, int | None], None] | None = None) -> None:
        """tell: takes what is done and, where it is known, how much there is; called in the worker's thread."""
        self._tell = tell
        self._cancelled = threading.Event()
        self._begun = threading.Event()

    def reach(self, done: int, total: int | None = None) -> None:
        """Says how far the work is. Raises Cancelled if it is to end."""
        self.check()
        if self._tell is not None:
            self._tell(done, total)

    def check(self) -> None:
        """Raises Cancelled if the work is to end."""
        if self._cancelled.is_set():
            raise Cancelled

    def cancel(self) -> None:
        """Asks the work to end; it does at its next step."""
        self._cancelled.set()

    async def run(self, executor: SerialExecutor, work: Callable[[], T]) -> T:
        """What the work gives, done in the executor. When this is cancelled, the work ends early and is waited
        for, so that what it leaves behind is final; work that has not begun never does."""

        def begin() -> T:
            self._begun.set()
            self.check()
            return work()

        doing = asyncio.ensure_future(executor(begin))
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            self.cancel()
            doing.add_done_callback(_forget)
            if self._begun.is_set():
                await asyncio.wait([doing])
            raise


def _forget(doing: "asyncio.Future[T]") -> None:
    """Takes what came of it, so that nobody is told that it was never looked at."""
    if not doing.cancelled():
        doing.exception()
