"""Threads aside, of which some may hang, and which folders hang together."""

import ntpath
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from threadkeep.domain.folders import FolderAway
from threadkeep.values import Mutable, field

MOUNTS: Final = Path("/proc/self/mountinfo")
MOST_KNOWN: Final = 2_000

_LOCAL: Final = frozenset(
    {"ext2", "ext3", "ext4", "btrfs", "xfs", "zfs", "f2fs", "tmpfs", "overlay", "vfat", "exfat", "ntfs3"}
)

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


class SharedPlaces:
    """What hangs together with a path: the share or mount that it lies on. None on a local disk, which does not
    hang; the path itself where nobody can tell. Looks at no folder; any thread may ask."""

    def __init__(self, *, windows: bool = sys.platform == "win32", mounts: Path = MOUNTS) -> None:
        self._windows = windows
        self._path = mounts
        self._lock = threading.Lock()
        self._file: FileIO | None = None
        self._changed: Callable[[], object] = bool
        self._mounts: tuple[tuple[str, bool], ...] = ()
        self._known: dict[str, str | None] = {}

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()

    def __call__(self, path: str) -> str | None:
        if self._windows:
            drive = ntpath.splitdrive(path)[0]
            return drive.lower() if drive.startswith(("\\\\", "//")) else path
        with self._lock:
            self._look()
            if path not in self._known:
                if len(self._known) >= MOST_KNOWN:
                    self._known.clear()
                self._known[path] = self._found(path)
            return self._known[path]

    def _found(self, path: str) -> str | None:
        for point, is_local in self._mounts:
            if path == point or path.startswith(point if point.endswith("/") else f"{point}/"):
                return None if is_local else point
        return path

    def _look(self) -> None:
        """Reads the table of mounts if it was never read, or has changed."""
        if self._file is None:
            try:
                self._file = FileIO(self._path)
            except OSError:  # only Linux has such a file
                return
            self._changed = _changes(self._file)
        elif not self._changed():
            return
        self._known.clear()
        self._mounts = self._read(self._file)

    @staticmethod
    def _read(file: FileIO) -> tuple[tuple[str, bool], ...]:
        """The mounts, the longest first, and whether each is a local disk."""
        found: dict[str, bool] = {}
        file.seek(0)
        for line in file.readall().decode("utf-8", "surrogateescape").splitlines():
            before, dash, after = line.partition(" - ")
            fields, kinds = before.split(), after.split()
            if dash and len(fields) >= 5 and kinds:
                # of mounts over each other the last one counts
                found[re.sub(r"\\(\d{3})", _octal, fields[4])] = kinds[0] in _LOCAL
        return tuple(sorted(found.items(), key=lambda each: -len(each[0])))


def _changes(file: FileIO) -> Callable[[], object]:
    """What tells whether the table has changed since this was asked last: the kernel says so to who polls it."""
    if sys.platform == "win32":
        return bool
    import select

    poll = select.poll()
    poll.register(file, select.POLLPRI | select.POLLERR)
    poll.poll(0)
    return lambda: poll.poll(0)


def _octal(written: "re.Match[str]") -> str:
    return chr(int(written[1], 8))


class _Look(Mutable, kw_only=False, eq=False):
    """One look: asked for, begun, done."""

    work: Callable[[], Any]
    future: "Future[Any]" = field(factory=Future)
    begun: float | None = None
    is_slow: bool = False
    """Its thread is counted among those that hang."""
    ended: float = 0.0
    took: float = 0.0


class BackgroundTasks:
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
