"""The processes that have a store open: who of them lives, and how they wake each other.

Each holds a lock on a file of its own, which the system gives back however the process ends. The name of a lock tells
which version of the store's schema its program writes, as soon as the lock is there: a version that older programs
cannot use waits until none of them is alive.

Each reads a named pipe of its own beside its lock file; who has written puts a byte into the pipes of the others, so
that they need not keep looking. Where there are no named pipes, or where waiting for one does not work (systems differ
in what they tell of a pipe that is open for both directions), there is no descriptor, and whoever follows looks more
often.
"""

import contextlib
import errno
import os
import re
import selectors
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from threadkeep.adapters.store.engine.errors import for_system
from threadkeep.adapters.store.engine.file_locks import FileLocks, platform_locks

LOCK = ".lock"
PIPE = ".pipe"
LIST_SECONDS = 1.0
"""How long the list of the other processes is believed."""
DRAINED_AT_ONCE = 4096
TRIED_SECONDS = 0.5
"""So long a pipe is given to tell of a byte that is in it already; one that works does so at once."""
CLEANED = 200
"""Lock files of dead processes that one opening looks at."""

FIRST_VERSION = 1
"""What programs write whose ids do not tell it."""

_OWNER = re.compile(r"[0-9a-f]{32}")
_TELLING = re.compile(r"[0-9a-f]{12}8([0-9a-f]{3})[0-9a-f]{16}")
"""A UUID of version 8, which leaves to us what its other digits say (RFC 9562, 5.8)."""


class Owners:
    """The folder with one locked file for each living process that has the store open.

    Raises StoreUnavailable where no file can be made or locked.
    """

    def __init__(self, folder: Path, *, version: int = FIRST_VERSION, locks: FileLocks | None = None) -> None:
        """version: of the schema that this program writes, below 4096."""
        self._folder = folder
        self._locks = locks or platform_locks()
        self.own = owner_id(version)
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            self._lock: int | None = self._locked(self._file(self.own))
        except OSError as error:
            raise for_system(error, self._folder, what="No lock can be kept in {}") from error
        self._clean()

    def keep(self) -> bool:
        """Makes the own lock file anew if somebody took it away: else this process is dead to the others.

        Whether it was gone. Raises StoreUnavailable where it cannot be made again.
        """
        if self._lock is None:
            return False
        try:
            found = os.stat(self._own_file)  # noqa: PTH116 - on every write
            if (found.st_dev, found.st_ino) == self._locked_file:
                return False
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ENOTDIR}:
                return False
        before = self._lock
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = self._locked(self._file(self.own))
        except OSError as error:
            raise for_system(error, self._folder, what="No lock can be kept in {}") from error
        self._locks.release(before)
        return True

    def is_alive(self, owner: str) -> bool:
        """Whether the process still holds its lock; one without a file is dead."""
        return owner == self.own or is_held(self._folder, owner, self._locks)

    def is_older_alive(self, version: int) -> bool:
        """As the function of that name, for this folder."""
        return is_older_alive(self._folder, version, self._locks)

    def close(self) -> None:
        """Gives the own lock back."""
        if self._lock is not None:
            self._locks.release(self._lock)
            self._lock = None
            self._file(self.own).unlink(missing_ok=True)

    def _file(self, owner: str) -> Path:
        return self._folder / f"{owner}{LOCK}"

    def _locked(self, file: Path) -> int:
        # somebody who cleans up may hold or remove the file between its making and its locking
        for _ in range(50):
            lock = self._locks.take(file)
            if lock is not None:
                found = os.fstat(lock)
                self._own_file, self._locked_file = str(file), (found.st_dev, found.st_ino)
                return lock
        raise OSError(f"{file.name} cannot be locked")

    def _clean(self) -> None:
        for file in sorted(self._folder.glob(f"*{LOCK}"))[:CLEANED]:
            if file.stem != self.own:
                self._locks.remove_unless_held(file)


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


def owner_id(version: int) -> str:
    """A new id that tells the version of the schema that its program writes, below 4096."""
    chance = uuid.uuid4().hex
    return f"{chance[:12]}8{version:03x}{chance[16:]}"


def version_of(owner: str) -> int:
    """The version of the schema that the program of that id writes."""
    told = _TELLING.fullmatch(owner)
    return int(told[1], 16) if told else FIRST_VERSION


def is_held(folder: Path, owner: str, locks: FileLocks | None = None) -> bool:
    """Whether the process of that id still holds its lock in the folder; one without a file is dead."""
    if not _OWNER.fullmatch(owner):  # it names a file
        return False
    file = folder / f"{owner}{LOCK}"
    try:
        return (locks or platform_locks()).is_held(file)
    except OSError:
        # the file is there but cannot be opened or asked about: to take over a living process's
        # turn would be worse than to leave a dead one's alone
        return file.exists()


def is_older_alive(folder: Path, version: int, locks: FileLocks | None = None) -> bool:
    """Whether a living process has the store of the folder open whose program writes an older version of the schema.

    Raises StoreUnavailable where the folder cannot be read.
    """
    try:
        owners = [file.stem for file in folder.glob(f"*{LOCK}")]
    except OSError as error:
        raise for_system(error, folder) from error
    return any(version_of(owner) < version and is_held(folder, owner, locks) for owner in owners)


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
