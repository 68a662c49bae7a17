"""SQLite's failures as the store's named errors, each saying what to do."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from threadkeep.adapters.store.engine.json_text import ADVICE
from threadkeep.domain.errors import StoreCorrupt, StoreError, StoreUnavailable
from threadkeep.domain.exhaustion import StoreOutOfMemory, StoreTooManyFiles, lack, lack_words

FAILURES: Final = (apsw.Error, UnicodeDecodeError, MemoryError)
"""What reading and writing by SQLite raises."""
_OF_FILES: Final = (
    apsw.CantOpenError,
    apsw.IOError,
    apsw.FullError,
    apsw.ReadOnlyError,
    apsw.PermissionsError,
)
"""What has its reason in the system, of which SQLite does not always tell."""
_QUOTA: Final = getattr(errno, "EDQUOT", errno.ENOSPC)
_BY_NUMBER: Final[dict[int, tuple[str, str]]] = {
    _QUOTA: ("noRoom", "There is no room in {}: this user's quota is used up. Delete something there ({})."),
    errno.ENOSPC: ("noRoom", "There is no room in {}: its disk is full. Free some space ({})."),
    errno.EROFS: (
        "readOnly",
        "Nothing can be written in {}: its disk is read-only. Make it writable, or choose another with --store ({}).",
    ),
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM),
        (
            "readOnly",
            "This user may write nothing in {}: allow it, or choose another folder with --store ({}).",
        ),
    ),
}
"""What the system's refusals mean for the store, and what to do; of the place and what was said."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raises StoreUnavailable or StoreCorrupt for every error of SQLite on the file."""
    try:
        yield
    except FAILURES as error:
        raise named(error, path) from error


def named(error: Exception, path: Path) -> StoreError:  # noqa: PLR0911 - one return a kind of failure
    """The store's error for one of SQLite's on the file."""
    if isinstance(error, UnicodeDecodeError):  # a disk that turns a bit turns it in a text, most likely
        return StoreCorrupt(f"Something in the store {path} cannot be read ({error}): {ADVICE}")
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        return StoreCorrupt(
            f"The store {path} is damaged ({error}): stop all editors, then restore a backup of its folder."
        )
    if isinstance(error, (apsw.NoMemError, MemoryError)):
        return StoreOutOfMemory(f"The store {path} cannot do that. {lack_words('memory')}")
    if isinstance(error, apsw.BusyError) and (pid := _writing_process(path)) is not None:
        return StoreUnavailable(
            f"The store {path} is being written by process {pid}, which does not come to an end: it may be stopped, or "
            f"hang. Continue or end it, and try again ({error}).",
            reason="busy",
        )
    found = _reason_of_the_system(path.parent) if isinstance(error, _OF_FILES) else None
    if found is not None:
        return for_system(found, path, told=error)
    for kinds, advice, reason in _ADVICE:
        if isinstance(error, kinds):
            return StoreUnavailable(f"The store {path} {advice} ({error}).", reason=reason)
    return StoreUnavailable(f"The store {path} cannot do that ({error}).")


def for_system(
    error: OSError,
    place: Path,
    *,
    told: Exception | None = None,
    what: str = "The store's folder {} cannot be used",
) -> StoreUnavailable:
    """The store's error for one of the system's, at a file or folder of the store.

    told: what else was said. what: what cannot be done, where no more is known.
    """
    lacking = lack(error)
    said = told or error.strerror or error
    if lacking is not None:
        kind = StoreTooManyFiles if lacking.startswith("files") else StoreOutOfMemory
        return kind(f"The store {place} cannot be used. {lack_words(lacking)}")
    reason, words = _BY_NUMBER.get(error.errno or 0, ("other", ""))
    if reason == "other":
        words = (
            f"{what} ({{}}): check its path, its rights and the room on its disk, or choose another "
            "one with --store."
        )
    return StoreUnavailable(words.format(place, said), reason=reason)


def raise_reason(path: Path) -> None:
    """Raises StoreUnavailable if the system has a reason not to let the store's file be written."""
    found = _reason_of_the_system(path.parent)
    if found is not None:
        raise for_system(found, path)


def _reason_of_the_system(folder: Path) -> OSError | None:
    """Why files of the folder cannot be opened or written just now, by trying; None if that is not why."""
    number = None
    try:
        if os.name == "posix":  # else folders are not opened
            os.close(os.open(folder, os.O_RDONLY))
            disk = os.statvfs(folder)
            # root may use what is kept back for it
            is_full = disk.f_blocks and not (disk.f_bavail if os.geteuid() else disk.f_bfree)
            number = errno.EROFS if disk.f_flag & os.ST_RDONLY else errno.ENOSPC if is_full else None
        if number is None and not os.access(folder, os.W_OK | os.X_OK):
            number = errno.EACCES
    except OSError as error:
        return error if lack(error) else None
    return OSError(number, os.strerror(number)) if number else None


def _writing_process(path: Path) -> int | None:
    """The other process that holds SQLite's lock for writing, where the system tells: Linux does."""
    try:
        # not opened: to close it would give back the locks that this process has on it
        seen = path.with_name(f"{path.name}-shm").stat()
        lines = LOCKS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    where = f"{os.major(seen.st_dev):02x}:{os.minor(seen.st_dev):02x}:{seen.st_ino}"
    for line in lines:
        fields = line.split()
        if fields[1:4] == ["POSIX", "ADVISORY", "WRITE"] and fields[5:7] == [where, _WRITE_LOCK]:
            return int(fields[4]) if int(fields[4]) > 0 else None  # else it is in another container
    return None


LOCKS: Final = Path("/proc/locks")
_WRITE_LOCK: Final = "120"
"""The first byte of the lock in the `-shm` file that a writer holds (sqlite.org/walformat.html, 2.3.1)."""

_ADVICE: tuple[tuple[tuple[type[apsw.Error], ...], str, str], ...] = (
    ((apsw.FullError,), "has no room: free some space on its disk", "noRoom"),
    (
        (apsw.BusyError, apsw.LockedError, apsw.ProtocolError),
        "is in use by another process: try again, or end the process that holds it",
        "busy",
    ),
    (
        (apsw.ReadOnlyError, apsw.PermissionsError, apsw.AuthError),
        "may not be written: allow it for this user, or choose another folder with --store",
        "readOnly",
    ),
    (
        (apsw.CantOpenError,),
        "cannot be opened: check that its folder exists and is this user's, or choose another with --store",
        "unreadable",
    ),
    ((apsw.IOError,), "cannot be read or written: check its disk and the room on it", "diskError"),
    ((apsw.TooBigError,), "takes no piece of that size: make it smaller", "other"),
)
