"""Processes by the lock that each holds: the system gives it back however the process ends.

The name of a lock tells which version of the store's schema its program writes, as soon as the lock is there: a
version that older programs cannot use waits until none of them is alive.
"""

import errno
import os
import re
import uuid
from pathlib import Path

from threadkeep.adapters.store.engine.errors import for_system
from threadkeep.adapters.store.engine.file_locks import FileLocks, platform_locks

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
        return self._folder / f"{owner}.lock"

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
        for file in sorted(self._folder.glob("*.lock"))[:CLEANED]:
            if file.stem != self.own:
                self._locks.remove_unless_held(file)


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
    file = folder / f"{owner}.lock"
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
        owners = [file.stem for file in folder.glob("*.lock")]
    except OSError as error:
        raise for_system(error, folder) from error
    return any(version_of(owner) < version and is_held(folder, owner, locks) for owner in owners)
