"""Long work in short steps: each is a transaction of its own, and others come in between."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

from threadkeep.ports.runtime import SerialExecutor
from threadkeep.ports.store import Store
from threadkeep.usecases.progress import Progress
from threadkeep.values import Value

STEP_SECONDS: Final = 0.02
"""What a step takes, with its commit: nobody else can write meanwhile."""
PAUSE_SECONDS: Final = 0.004
"""Between two steps, for who waits to write: a lock is not handed on in the order of waiting."""
LEAST_SHARE: Final = 0.05
"""Of a step's time that its own work gets, however long the commit takes."""

T = TypeVar("T")

IsOver = Callable[[], bool]
"""Whether a step is to end; asked between two pieces of its work."""
Step = Callable[[IsOver], bool | None]
"""Does some of a piece of work; True after the last one."""


class Steps(Value):
    """Does work step by step in the executor; whatever else was asked for is done in between."""

    store: Store
    executor: SerialExecutor
    timer: Callable[[], IsOver] | None = None
    """Gives each step what tells it that its time is over; the real time by default."""
    seconds: float = STEP_SECONDS
    pause: float = PAUSE_SECONDS

    async def run(self, step: Callable[[IsOver], T | None], *, progress: Progress | None = None) -> T:
        """Calls the step until it gives something else than None.

        Cancelled, it ends after the step that is under way. Where others write too, it leaves them half of the time.
        """
        share, mark = 1.0, 0
        while True:
            if progress is not None:
                progress.check()
            found, took, before, after = await _whole(self.executor(partial(self._one, step, share)))
            if found is not None:
                return found
            share = min(1.0, max(LEAST_SHARE, share * self.seconds / max(took, 1e-6)))
            are_others_busy = mark not in {0, before}
            mark = after
            await asyncio.sleep(max(self.pause, took) if are_others_busy else self.pause)

    def run_here(self, step: Callable[[IsOver], T | None], *, check: Callable[[], None] = lambda: None) -> T:
        """As `run`, in a thread of the caller's own. Blocking. check: called before each step."""
        share, mark = 1.0, 0
        while True:
            check()
            found, took, before, after = self._one(step, share)
            if found is not None:
                return found
            share = min(1.0, max(LEAST_SHARE, share * self.seconds / max(took, 1e-6)))
            are_others_busy = mark not in {0, before}
            mark = after
            time.sleep(max(self.pause, took) if are_others_busy else self.pause)

    async def once(self, step: Callable[[IsOver], T | None]) -> T | None:
        """Calls the step a first time."""
        return (await _whole(self.executor(partial(self._one, step, 1.0))))[0]

    def timer_of_a_step(self, share: float = 1.0) -> IsOver:
        """What tells a step that begins now when it is over."""
        if self.timer is not None:
            return self.timer()
        until = time.monotonic() + self.seconds * share
        return lambda: time.monotonic() >= until

    def _one(self, step: Callable[[IsOver], T | None], share: float) -> tuple[T | None, float, int, int]:
        before, began = self.store.data_version(), time.monotonic()
        found = step(self.timer_of_a_step(share))
        return found, time.monotonic() - began, before, self.store.data_version()


async def _whole(doing: Awaitable[T]) -> T:
    """What comes of it; who is cancelled waits for its end first, so that nothing goes on behind its back."""

    async def done() -> T:
        return await doing

    task = asyncio.ensure_future(done())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
        raise
