"""Which folders hang together."""

import ntpath
import re
import sys
import time
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
MOUNTS_SECONDS: Final = 2.0
"""So long the mounts are taken for what they were."""

_LOCAL: Final = frozenset(
    {"ext2", "ext3", "ext4", "btrfs", "xfs", "zfs", "f2fs", "tmpfs", "overlay", "vfat", "exfat", "ntfs3"}
)


class SharedPlaces:
    """What hangs together with a path: the share or mount that it lies on, and on a local disk itself alone."""

    def __init__(self, *, windows: bool = sys.platform == "win32", mounts: Path = MOUNTS) -> None:
        self._windows = windows
        self._mounts = mounts
        self._known: tuple[float, tuple[tuple[str, bool], ...]] = (float("-inf"), ())

    def __call__(self, path: str) -> str:
        if self._windows:
            drive = ntpath.splitdrive(path)[0]
            return drive.lower() if drive.startswith(("\\\\", "//")) else path
        at, mounts = self._known
        now = time.monotonic()
        if now - at > MOUNTS_SECONDS:
            mounts = self._read()
            self._known = (now, mounts)
        for point, is_local in mounts:
            if path == point or path.startswith(point if point.endswith("/") else f"{point}/"):
                return path if is_local else point
        return path

    def _read(self) -> tuple[tuple[str, bool], ...]:
        """The mounts, the longest first, and whether each is a local disk. Reading them looks at none."""
        found: dict[str, bool] = {}
        try:
            with self._mounts.open(encoding="utf-8", errors="surrogateescape") as lines:
                for line in lines:
                    before, dash, after = line.partition(" - ")
                    fields, kinds = before.split(), after.split()
                    if dash and len(fields) >= 5 and kinds:
                        # of mounts over each other the last one counts
                        found[re.sub(r"\\(\d{3})", _octal, fields[4])] = kinds[0] in _LOCAL
        except OSError:  # only Linux has such a file
            return ()
        return tuple(sorted(found.items(), key=lambda each: -len(each[0])))


def _octal(written: "re.Match[str]") -> str:
    return chr(int(written[1], 8))
