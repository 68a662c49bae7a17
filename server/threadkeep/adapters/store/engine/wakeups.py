"""Telling the other processes on a store that something was written, so that they need not keep looking.

Each process reads a named pipe of its own beside its lock file; who has written puts a byte into the pipes of
the others. Where there are no named pipes, or where waiting for one does not work (systems differ in what they
tell of a pipe that is open for both directions), there is no descriptor, and whoever follows looks more often.
"""

import contextlib
import os
import selectors
import time
from collections.abc import Callable
from pathlib import Path

LOCK = ".lock"
PIPE = ".pipe"
LIST_SECONDS = 1.0
"""How long the list of the other processes is believed."""
DRAINED_AT_ONCE = 4096
TRIED_SECONDS = 0.5
"""So long a pipe is given to tell of a byte that is in it already; one that works does so at once."""


class Wakeups:
    """The pipe of this process, and the way into those of the others. Any thread may poke."""

    def __init__(self, folder: Path, own: str, *, wakes: Callable[[int], bool] | None = None) -> None:
        """wakes: tells whether one can wait for the pipe, which it finds out by trying."""
        self._wakes = wakes or wakes_at_writes
        self._folder = folder
        self._own = folder / f"{own}{PIPE}"
        self._others: list[str] = []
        self._listed_at = float("-inf")
        self._clean()
        self._replaced: list[int] = []
        self.descriptor = self._opened()
        """Readable when another process has written; None where this cannot be had."""

    def wake(self) -> None:
        """Tells the others. Never blocks, never raises: they look now and then anyway."""
        if self.descriptor is None:
            return
        now = time.monotonic()
        if now - self._listed_at > LIST_SECONDS:
            self._listed_at = now
            self._others = self._listed()
        for other in self._others:
            with contextlib.suppress(OSError):
                pipe = os.open(other, os.O_WRONLY | os.O_NONBLOCK)
                try:
                    os.write(pipe, b"!")
                finally:
                    os.close(pipe)

    def keep(self) -> None:
        """Makes the own pipe anew if somebody took it away; `descriptor` is another one then."""
        if self.descriptor is None or self._own.is_fifo():
            return
        # somebody still listens to the one before: closed, its number would soon be another file's
        self._replaced.append(self.descriptor)
        self.descriptor = self._opened()

    def drain(self) -> None:
        """Empties this process's own pipe."""
        if self.descriptor is not None:
            with contextlib.suppress(OSError):
                os.read(self.descriptor, DRAINED_AT_ONCE)

    def close(self) -> None:
        """Closes and removes the pipe."""
        for descriptor in self._replaced:
            os.close(descriptor)
        self._replaced.clear()
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
            with contextlib.suppress(OSError):
                self._own.unlink()

    def _clean(self) -> None:
        # whoever lives has its lock file before its pipe, and for longer
        for pipe in self._folder.glob(f"*{PIPE}"):
            if not pipe.with_suffix(LOCK).exists():
                with contextlib.suppress(OSError):
                    pipe.unlink()

    def _opened(self) -> int | None:
        if not hasattr(os, "mkfifo"):
            return None
        try:
            os.mkfifo(self._own, 0o600)
            # For both directions, so that it does not end when the only writer goes.
            pipe = os.open(self._own, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        if self._wakes(pipe):
            return pipe
        os.close(pipe)
        with contextlib.suppress(OSError):  # nobody is to poke what nobody hears
            self._own.unlink()
        return None

    def _listed(self) -> list[str]:
        try:
            names = os.listdir(self._folder)  # noqa: PTH208 - names are enough, and this is on every write
        except OSError:
            return []
        return [str(self._folder / name) for name in names if name.endswith(PIPE) and name != self._own.name]


def wakes_at_writes(
    pipe: int, *, selector: Callable[[], selectors.BaseSelector] = selectors.DefaultSelector
) -> bool:
    """Puts a byte into the pipe, waits for it as an event loop does, and takes it out again; whether it all worked."""
    try:
        with selector() as waiting:
            waiting.register(pipe, selectors.EVENT_READ)
            os.write(pipe, b"1")
            if not waiting.select(TRIED_SECONDS) or not os.read(pipe, DRAINED_AT_ONCE):
                return False
            # one that is always readable would keep an event loop busy; unless somebody has just poked, this raises
            return not waiting.select(0) or bool(os.read(pipe, DRAINED_AT_ONCE))
    except (OSError, ValueError):
        return False
