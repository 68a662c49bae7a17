"""SQLite's failures as the store's named errors, each saying what to do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from threadkeep.adapters.store.json_text import ADVICE
from threadkeep.domain.errors import StoreCorrupt, StoreError, StoreUnavailable

FAILURES: Final = (apsw.Error, UnicodeDecodeError)
"""What reading and writing by SQLite raises."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raises StoreUnavailable or StoreCorrupt for every error of SQLite on the file."""
    try:
        yield
    except FAILURES as error:
        raise named(error, path) from error


def named(error: Exception, path: Path) -> StoreError:
    """The store's error for one of SQLite's on the file."""
    if isinstance(error, UnicodeDecodeError):  # a disk that turns a bit turns it in a text, most likely
        return StoreCorrupt(f"Something in the store {path} cannot be read ({error}): {ADVICE}")
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        return StoreCorrupt(
            f"The store {path} is damaged ({error}): stop all editors, then restore a backup of its folder."
        )
    if isinstance(error, apsw.BusyError) and (pid := _writing_process(path)) is not None:
        return StoreUnavailable(
            f"The store {path} is being written by process {pid}, which does not come to an end: it may be stopped, or "
            f"hang. Continue or end it, and try again ({error})."
        )
    for kinds, advice in _ADVICE:
        if isinstance(error, kinds):
            return StoreUnavailable(f"The store {path} {advice} ({error}).")
    return StoreUnavailable(f"The store {path} cannot do that ({error}).")


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

_ADVICE: tuple[tuple[tuple[type[apsw.Error], ...], str], ...] = (
    ((apsw.FullError,), "has no room: free some space on its disk"),
    (
        (apsw.BusyError, apsw.LockedError, apsw.ProtocolError),
        "is in use by another process: try again, or end the process that holds it",
    ),
    (
        (apsw.ReadOnlyError, apsw.PermissionsError, apsw.AuthError),
        "may not be written: allow it for this user, or choose another folder with --store",
    ),
    (
        (apsw.CantOpenError,),
        "cannot be opened: check that its folder exists and is this user's, or choose another with --store",
    ),
    ((apsw.IOError,), "cannot be read or written: check its disk and the room on it"),
    ((apsw.NoMemError,), "needs more memory than there is: close something and try again"),
    ((apsw.TooBigError,), "takes no piece of that size: make it smaller"),
)
