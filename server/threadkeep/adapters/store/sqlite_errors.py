"""SQLite's failures as the store's named errors, each saying what to do."""

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
    for kinds, advice in _ADVICE:
        if isinstance(error, kinds):
            return StoreUnavailable(f"The store {path} {advice} ({error}).")
    return StoreUnavailable(f"The store {path} cannot do that ({error}).")


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
