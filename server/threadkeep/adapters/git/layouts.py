"""Finds the repository that a folder is in, and its branch, as git lays one out on disk."""

import ntpath
import os
import re
from pathlib import Path
from typing import Literal

from threadkeep.adapters.git.files import first_line, is_file, is_folder, storable
from threadkeep.adapters.git.uris import canonical
from threadkeep.values import Value

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


class Layout(Value):
    """Where the parts of a repository are; canonical paths."""

    root: Path
    """The work tree, or the repository itself if it is bare."""
    git_dir: Path
    """What belongs to this work tree alone."""
    common_dir: Path
    """What all work trees of the repository share."""
    vcs: Literal["git", "jj", "hg"] = "git"


def find_layout(folder: Path) -> Layout | None:
    """The repository around a canonical folder, the innermost one; None without any.

    A `.git` that leads nowhere ends the search: the folder is a lost work tree, and what lies around
    it is something else.
    """
    for at in (folder, *folder.parents):
        marker = at / ".git"
        if is_file(marker):
            return _linked(at, marker)
        if is_folder(marker) and not os.access(marker, os.R_OK | os.X_OK):
            return None
        found = _layout(at, marker) if _is_git_dir(marker) else None
        if found is None and _is_git_dir(at):
            found = _inside(at)
        # with several in one folder git is the one that all its tools know
        found = found or _jujutsu(at) or _mercurial(at)
        if found is not None:
            return found
    return None


def leads_away(target: str, *, folder: str, windows: bool) -> bool:
    """Whether a path that stands in a folder's files is on a network share that the folder is not on.

    Windows signs in to whatever share it is asked about.
    """
    if not windows:
        return False
    share = ntpath.splitdrive(target.replace("/", "\\"))[0].lower()
    return share.startswith("\\\\") and share != ntpath.splitdrive(folder)[0].lower()


def _jujutsu(root: Path) -> Layout | None:
    """A workspace of Jujutsu: the first has its store in `.jj/repo`, further ones a path to it there."""
    at = root / ".jj" / "repo"
    repo = _followed(at.parent, first_line(at) or "") if is_file(at) else at
    if repo is None or not is_folder(repo / "store"):
        return None
    repo = canonical(repo)
    target = first_line(repo / "store" / "git_target")
    git_dir = _followed(repo / "store", target) if target else None
    common = git_dir if git_dir is not None and _is_git_dir(git_dir) else repo
    return Layout(root=root, git_dir=root / ".jj", common_dir=common, vcs="jj")


def _mercurial(root: Path) -> Layout | None:
    """A work tree of Mercurial; one that `hg share` made names the `.hg` that it shares."""
    own = root / ".hg"
    if not is_folder(own) or not (is_file(own / "requires") or is_folder(own / "store")):
        return None
    target = first_line(own / "sharedpath")
    shared = _followed(own, target) if target else None
    common = shared if shared is not None and is_folder(shared) else canonical(own)
    return Layout(root=root, git_dir=own, common_dir=common, vcs="hg")


def _linked(root: Path, marker: Path) -> Layout | None:
    """A `.git` file, as work trees and submodules have."""
    line = first_line(marker) or ""
    if not line.startswith("gitdir:"):
        return None
    git_dir = _followed(root, line.removeprefix("gitdir:").strip())
    return _layout(root, git_dir) if git_dir is not None and _is_git_dir(git_dir) else None


def _layout(root: Path, git_dir: Path) -> Layout | None:
    git_dir = canonical(git_dir)
    common = git_dir
    if line := first_line(git_dir / "commondir"):
        followed = _followed(git_dir, line)
        if followed is None or not is_folder(followed):
            return None
        common = followed
    return Layout(root=root, git_dir=git_dir, common_dir=common)


def _inside(git_dir: Path) -> Layout | None:
    """A git directory that is itself opened: a bare one, or where git has a message edited."""
    root = git_dir.parent if git_dir.name == ".git" else git_dir
    if back := first_line(git_dir / "gitdir"):
        tree = Path(back).parent
        if not leads_away(back, folder=str(git_dir), windows=os.name == "nt"):
            # Only a work tree that points here as well is this one's.
            claimed = _linked(tree, tree / ".git")
            root = canonical(tree) if claimed is not None and claimed.git_dir == git_dir else root
    return _layout(root, git_dir)


def _followed(folder: Path, target: str) -> Path | None:
    if not target or "\0" in target or leads_away(target, folder=str(folder), windows=os.name == "nt"):
        return None
    return canonical(folder / target)


def _is_git_dir(path: Path) -> bool:
    has_parts = is_file(path / "commondir") or (is_folder(path / "objects") and is_folder(path / "refs"))
    return has_parts and is_head(path / "HEAD")
