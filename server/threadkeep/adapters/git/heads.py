"""The branch that a work tree is on, read from its git directory."""

import re
from pathlib import Path

from threadkeep.adapters.git.files import first_line, storable

_BRANCHES = "refs/heads/"
_UNUSABLE = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|/$|^/|//|@\{")
"""What git allows in no name of a branch."""

MAX_NAME = 1024
"""Characters of a branch's name."""


def branch(git_dir: Path) -> str | None:
    """The branch checked out (also an unborn one), or being rebased or bisected; None when detached.

    None too in repositories that keep their refs in reftables: their HEAD file names no branch, and
    nothing but `git` reads that format.
    """
    return _checked_out(git_dir) or _rebased(git_dir) or _bisected(git_dir)


def is_head(path: Path) -> bool:
    """Whether a file can be a repository's HEAD."""
    line = _head_line(path)
    return line is not None and (line.startswith("ref:") or _is_object_name(line))


def _checked_out(git_dir: Path) -> str | None:
    line = _head_line(git_dir / "HEAD")
    if line is None or not line.startswith("ref:"):
        return None
    return _short(line.removeprefix("ref:").strip())


def _head_line(path: Path) -> str | None:
    try:
        link = str(path.readlink())
    except OSError:
        return first_line(path)
    return f"ref: {link}" if link.startswith("refs/") else first_line(path)  # as git once wrote HEAD


def _rebased(git_dir: Path) -> str | None:
    for folder in ("rebase-merge", "rebase-apply"):
        name = _short(first_line(git_dir / folder / "head-name") or "")
        if name:
            return name
    return None


def _bisected(git_dir: Path) -> str | None:
    started = first_line(git_dir / "BISECT_START")
    if not started or _is_object_name(started):
        return None
    return _short(_BRANCHES + started.removeprefix(_BRANCHES))


def _short(ref: str) -> str | None:
    name = ref.removeprefix(_BRANCHES)
    if name == ref or not name or len(name) > MAX_NAME or _UNUSABLE.search(name):
        return None
    return None if any(part.startswith(".") for part in name.split("/")) else storable(name)


def _is_object_name(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", text) is not None
