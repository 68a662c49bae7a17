"""One way to write the path of what is on the disk: two windows that name it differently mean one repository."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

_F_GETPATH: Final = 50
"""Of macOS's `fcntl`: the path of what is open, as the file system has it."""
_MOST: Final = 1024


def canonical(path: Path) -> Path:
    """The path without symbolic links and without a slash at its end, cased as on disk.

    A path that is not there keeps the case it came in. Windows tells the case and the long names with the links.
    """
    real = os.path.realpath(path)
    return Path(as_on_disk(real) if sys.platform == "darwin" else real)


def as_on_disk(path: str, *, tell: Callable[[int], bytes] | None = None) -> str:
    """Case and accents as the file system of a Mac has them, which compares without regard to either.

    tell: the path of an open file, with NULs behind it; raises OSError.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return path
    try:
        return os.fsdecode((tell or _told)(descriptor).rstrip(b"\0")) or path
    except OSError:
        return path
    finally:
        os.close(descriptor)


def _told(descriptor: int) -> bytes:
    import fcntl

    return bytes(fcntl.fcntl(descriptor, _F_GETPATH, bytes(_MOST)))
