"""Threads aside, of which some may hang."""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from typing import Any, Final, TypeVar, cast

import attrs

from threadkeep.adapters.aside.places import SharedPlaces
from threadkeep.domain.folders import FolderAway

T = TypeVar("T")

QUICK_SECONDS: Final = 0.2
"""So long is waited for a look; a disk answers within a thousandth of it."""
SLOW_SECONDS: Final = 0.03
"""A thread that is at one look for longer is done without: another one takes the rest."""
WORKERS: Final = 4
"""Threads that look at the same time, beside those that hang."""
MOST_THREADS: Final = 64
"""All of them, those that hang included; behind them everything is unknown."""
IDLE_SECONDS: Final = 30.0
HELD_SECONDS: Final = 10.0
REMEMBERED_SECONDS: Final = 60.0
"""So long a slow folder is what it was, while it is looked at anew."""
MOST_ANSWERS: Final = 2_000


@attrs.define(eq=False)
class _Look:
    """One look: asked for, begun, done."""

    work: Callable[[], Any]
    future: "Future[Any]" = attrs.field(factory=Future)
    begun: float | None = None
    is_slow: bool = False
    """Its thread is counted among those that hang."""
    ended: float = 0.0
    took: float = 0.0


class Aside:
    """Does looks in daemon threads, one at a time in one place. Any thread may use it.

    An answer holds for as long as it took to get, up to `HELD_SECONDS`: a disk is looked at each time, a slow
    share is not.
    """

    def __init__(
        self,
        *,
        place: Callable[[str], str | None] | None = None,
        quick: float = QUICK_SECONDS,
        most: int = MOST_THREADS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """place: what a path shares with those that hang whenever it does, by default its network mount; None for
        one that cannot hang.
        quick: seconds that are waited for an answer."""
        self.place = place or SharedPlaces()
        self._quick = quick
        self._most = most
        self._clock = clock
        self._changed = threading.Condition()
        self._running: dict[Hashable, _Look] = {}
        self._answers: dict[Hashable, _Look] = {}
        self._queues: dict[str, deque[tuple[Hashable, _Look]]] = {}
        self._ready: deque[str] = deque()
        self._threads = 0
        self._idle = 0
        """Of these, those that look at nothing; a thread begins so."""
        self._slow = 0

    def is_local(self, path: str) -> bool:
        """Whether a path without symbolic links is on a disk of this computer: to look there takes no time."""
        return self.place(path) is None

    def get(self, key: Hashable, path: str, work: Callable[[], T]) -> T:
        """What the look gives or raises. Raises FolderAway, with the answer to come, if it takes longer."""
        future = self.ask(key, path, work)
        with suppress(TimeoutError):
            return cast("T", future.result(SLOW_SECONDS))  # nearly always
        self.wait([future])
        if not future.done():
            away = FolderAway(path)
            away.answer = future
            raise away
        return cast("T", future.result())

    def ask(self, key: Hashable, path: str, work: Callable[[], Any]) -> "Future[Any]":
        """The answer, or where it will be."""
        place = self.place(path) or path
        with self._changed:
            known = self._answers.get(key)
            if known is not None and self._clock() - known.ended <= min(known.took, HELD_SECONDS):
                return known.future
            look = self._running.get(key)
            if look is None:
                look = self._running[key] = _Look(work)
                queue = self._queues.get(place)
                if queue is None:
                    self._queues[place] = deque([(key, look)])
                    self._ready.append(place)
                else:
                    queue.append((key, look))
                self._hire()
            return look.future

    def known(self, key: Hashable) -> Any:
        """What the last answer was, if it is not too old; else None."""
        with self._changed:
            look = self._answers.get(key)
        is_old = look is None or self._clock() - look.ended > REMEMBERED_SECONDS
        return None if look is None or is_old else look.future.result()

    def wait(self, futures: "Sequence[Future[Any]]") -> None:
        """Waits for all that can be answered at once."""
        until = self._clock() + self._quick
        left = {future for future in futures if not future.done()}
        while left and (rest := until - self._clock()) > 0:
            if self._hang(left):
                return
            _, left = wait(left, timeout=min(rest, SLOW_SECONDS), return_when=FIRST_COMPLETED)

    def _hang(self, left: "set[Future[Any]]") -> bool:
        """Whether only what is known to hang is left; sees to it that others look at the rest."""
        now = self._clock()
        with self._changed:
            hanging = set()
            for queue in self._queues.values():
                _, look = queue[0]
                if look.begun is None:
                    continue
                if not look.is_slow and now - look.begun > SLOW_SECONDS:
                    look.is_slow = True
                    self._slow += 1
                if now - look.begun > self._quick:
                    hanging |= {waiting.future for _, waiting in queue}
            self._hire()
        return left <= hanging

    def _hire(self) -> None:
        """Starts a thread if one is missing. Called with the lock."""
        busy = self._threads - self._idle - self._slow
        if len(self._ready) <= self._idle:
            self._changed.notify()
        elif busy + self._idle < WORKERS and self._threads < self._most:
            self._threads += 1
            self._idle += 1
            threading.Thread(target=self._work, name="threadkeep-aside", daemon=True).start()

    def _work(self) -> None:
        while (place := self._next()) is not None:
            key, look = self._queues[place][0]
            look.begun = begun = self._clock()
            value, error = None, None
            try:
                value = look.work()
            except BaseException as raised:  # noqa: BLE001 - whoever asked gets whatever was raised
                error = raised
            self._done(place, key, look, self._clock() - begun, holds=error is None)
            if error is None:
                look.future.set_result(value)
            else:
                look.future.set_exception(error)
            del value, error, look

    def _next(self) -> str | None:
        with self._changed:
            while not self._ready:
                if not self._changed.wait(IDLE_SECONDS) and not self._ready:
                    self._threads -= 1
                    self._idle -= 1
                    return None
            self._idle -= 1
            return self._ready.popleft()

    def _done(self, place: str, key: Hashable, look: _Look, took: float, *, holds: bool) -> None:
        with self._changed:
            self._idle += 1
            look.took, look.ended = took, self._clock()
            self._slow -= look.is_slow
            self._running.pop(key, None)
            if holds and took > self._quick:  # what is quick is looked at anew
                while len(self._answers) >= MOST_ANSWERS:
                    del self._answers[next(iter(self._answers))]
                self._answers.pop(key, None)
                self._answers[key] = look
            else:
                self._answers.pop(key, None)
            queue = self._queues[place]
            queue.popleft()
            if queue:
                self._ready.append(place)
                self._hire()
            else:
                del self._queues[place]
