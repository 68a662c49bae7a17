"""Who started this process, and who started that one, as far as the system tells without being asked twice."""

import os
from collections.abc import Collection
from pathlib import Path

MOST = 64
"""No chain of starters is longer; one that seems to be goes in a circle."""


def ancestors(*, proc: Path = Path("/proc"), own: int | None = None) -> Collection[int] | None:
    """The processes above this one; None where the system does not tell (only Linux has such a folder)."""
    found: list[int] = []
    pid = os.getpid() if own is None else own
    try:
        while pid > 1 and len(found) < MOST:
            # the name of a program stands in parentheses and may hold anything, closing ones too
            pid = int((proc / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[1])
            found.append(pid)
    except (OSError, ValueError, IndexError):
        return None
    return found
