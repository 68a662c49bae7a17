"""Exclusive locks on files, by flock where there is one and by a locked byte on Windows."""

import os
import sys
import time
from pathlib import Path
from typing import Protocol

PAUSE = 0.005
"""Seconds between two looks at a lock that another one who looks may hold for a moment."""


class FileLocks(Protocol):
    """Locks that the system gives back when their process ends. Methods may raise OSError."""

    def take(self, file: Path) -> int | None:
        """Makes and locks the file; None if somebody else holds or has just removed it."""
        ...

    def release(self, lock: int) -> None:
        """Gives a taken lock back."""
        ...

    def is_held(self, file: Path) -> bool:
        """Whether somebody holds the file; nobody does if it is not there."""
        ...

    def remove_unless_held(self, file: Path) -> None:
        """Removes the file of somebody dead; leaves it if that cannot be done."""
        ...


class RangeLock(Protocol):
    """Locks an open file without waiting; raises OSError if it is locked already."""

    def __call__(self, descriptor: int, /) -> None: ...


class LockedFiles:
    """File locks made of the platform's way to lock one open file.

    shared: a lock that several may hold, so that those who only look do not take each other for the
    owner; without one a look is repeated.
    """

    def __init__(
        self,
        *,
        exclusive: RangeLock,
        shared: RangeLock | None,
        removes_open_files: bool,
    ) -> None:
        self._exclusive = exclusive
        self._look = shared or exclusive
        self._looks = 1 if shared else 4
        self._removes_open_files = removes_open_files

    def take(self, file: Path) -> int | None:
        lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        if self._locks(self._exclusive, lock) and _is_same(lock, file):
            return lock
        os.close(lock)
        time.sleep(PAUSE)
        return None

    def release(self, lock: int) -> None:
        os.close(lock)

    def is_held(self, file: Path) -> bool:
        try:
            descriptor = os.open(file, os.O_RDWR)
        except FileNotFoundError:
            return False
        except OSError:  # a disk that is read-only: the lock can be asked about all the same
            descriptor = os.open(file, os.O_RDONLY)
        try:
            return not self._locks_soon(descriptor)
        finally:
            os.close(descriptor)

    def remove_unless_held(self, file: Path) -> None:
        try:
            descriptor = os.open(file, os.O_RDWR)
        except OSError:
            return
        is_free = self._locks(self._exclusive, descriptor)
        try:
            # while it is locked, so that nobody can have locked the file that goes
            if is_free and self._removes_open_files:
                file.unlink(missing_ok=True)
        finally:
            os.close(descriptor)
        if is_free and not self._removes_open_files:
            self._unlink_closed(file)

    def _locks_soon(self, descriptor: int) -> bool:
        for look in range(self._looks):
            if look:
                time.sleep(PAUSE)
            if self._locks(self._look, descriptor):
                return True
        return False

    @staticmethod
    def _locks(lock: RangeLock, descriptor: int) -> bool:
        try:
            lock(descriptor)
        except OSError:
            return False
        return True

    @staticmethod
    def _unlink_closed(file: Path) -> None:
        try:
            file.unlink(missing_ok=True)
        except OSError:  # somebody has opened it again: then it is theirs
            return


if sys.platform == "win32":
    import msvcrt

    def platform_locks() -> FileLocks:
        """The locks of this platform."""
        return LockedFiles(exclusive=_lock_first_byte, shared=None, removes_open_files=False)

    def _lock_first_byte(descriptor: int, /) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def platform_locks() -> FileLocks:
        """The locks of this platform."""
        return LockedFiles(
            exclusive=lambda descriptor: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB),
            shared=lambda descriptor: fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB),
            removes_open_files=True,
        )


def _is_same(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except (FileNotFoundError, PermissionError):  # Windows refuses one that goes when the last one closes it
        return False
