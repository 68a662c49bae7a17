"""Which folders hang together."""

import ntpath
import re
import sys
import threading
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
MOST_KNOWN: Final = 2_000

_LOCAL: Final = frozenset(
    {"ext2", "ext3", "ext4", "btrfs", "xfs", "zfs", "f2fs", "tmpfs", "overlay", "vfat", "exfat", "ntfs3"}
)


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
