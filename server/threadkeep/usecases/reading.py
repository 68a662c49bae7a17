"""Reading beside the lane, so that no reader waits for a writer, without telling what is out of date."""

import threading
from collections.abc import Callable
from typing import TypeVar

from threadkeep.domain.events import Event, TextStreamed
from threadkeep.ports.surroundings import Audience, Lane

T = TypeVar("T")

TRIES = 4
"""So often in a row something may happen while it is read."""


class News:
    """Passes events on, and counts those that make an earlier look at the store out of date. Any thread
    may call it."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._lock = threading.Lock()
        self.count = 0

    def __call__(self, event: Event) -> None:
        # Text that grows is no news: who reads a growing answer is brought up to date on the event loop.
        if not isinstance(event, TextStreamed):
            with self._lock:
                self.count += 1
        self._audience(event)


class Reads:
    """A lane for what only reads the store, each time a snapshot of its own.

    What it gives is never older than what the client was told before it: if something was announced
    meanwhile, it is read again.
    """

    def __init__(self, *, read_lane: Lane, lane: Lane, news: News) -> None:
        """lane: where all else is done, one after another."""
        self._read_lane = read_lane
        self._lane = lane
        self._news = news

    async def __call__(self, work: Callable[[], T]) -> T:
        """What the work gives or raises. Call it in the step that answers with it."""
        for _ in range(TRIES):
            before, found = await self._read_lane(lambda: (self._news.count, work()))
            if self._news.count == before:
                return found
        return await self._lane(work)
