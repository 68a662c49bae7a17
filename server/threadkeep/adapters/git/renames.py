"""What a branch was called before, read from git's log of its name (its reflog); apart, since only here the log's form is known."""

import os
import re
import stat
from pathlib import Path
from typing import Final

from threadkeep.adapters.git.files import is_file
from threadkeep.domain.repositories import FormerBranch

MAX_LOG: Final = 1024 * 1024
"""Bytes of a log that are looked at, the newest ones."""
MAX_PACKED_REFS: Final = 8 * 1024 * 1024
MAX_NAMES: Final = 10

_LINE: Final = re.compile(
    rb"\tBranch: (renamed|copied) refs/heads/([^\n]+) to refs/heads/([^\n]+)$", re.MULTILINE
)


def former_names(common_dir: Path, branch: str) -> tuple[FormerBranch, ...]:
    """The names that the branch had, the latest first; none where git keeps no such log, as with reftables."""
    found: list[FormerBranch] = []
    name, seen = branch, {branch}
    for kind, old, new in reversed(
        _LINE.findall(_end(common_dir / "logs" / "refs" / "heads" / branch, MAX_LOG))
    ):
        if _text(new) != name:
            continue
        name = _text(old)
        if kind == b"copied" or name in seen or len(found) >= MAX_NAMES:
            break  # a copy took the log of what it was copied from along
        seen.add(name)
        found.append(FormerBranch(name=name, is_there=_is_branch(common_dir, name)))
    return tuple(found)


def _is_branch(common_dir: Path, name: str) -> bool:
    if re.search(r"\.\.|^/|[\x00-\x1f\\:*?]", name):
        return False
    if is_file(common_dir / "refs" / "heads" / name):
        return True
    packed = _end(common_dir / "packed-refs", MAX_PACKED_REFS)
    return f" refs/heads/{name}\n".encode("utf-8", "surrogateescape") in packed


def _end(path: Path, most: int) -> bytes:
    """The last bytes of a regular file; none of anything else."""
    try:
        # A pipe in place of a file would be waited for without end.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError):
        return b""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return b""
        os.lseek(descriptor, max(0, status.st_size - most), os.SEEK_SET)
        return os.read(descriptor, most)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
