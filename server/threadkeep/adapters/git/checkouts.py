"""Finds out what a folder is: the Checkouts port over the files that git leaves on disk."""

import errno
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from threadkeep.adapters.git import commands, mercurial
from threadkeep.adapters.git.files import MAX_CONFIG, is_file, small_text, storable
from threadkeep.adapters.git.layouts import Layout, branch, find_layout
from threadkeep.adapters.git.objects import holds_object
from threadkeep.adapters.git.origins import normalised_origin, origin_url
from threadkeep.adapters.git.renames import former_names
from threadkeep.adapters.git.uris import canonical, path_from_uri, uri_from_path
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.repositories import Checkout, FormerBranch
from threadkeep.values import Value, field

_TELLING = {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.EACCES,
    errno.EPERM,
    errno.EINVAL,
}
"""What tells that there is no folder that could be used; anything else is trouble with a disk or a share."""

_AWAY_WINDOWS = {53, 59, 64, 67, 121, 1203, 1222, 1231}
"""Errors of Windows about a network that it tells as if there were no such file."""

MAX_ABOVE = 64
"""Folders above another one that are thought of."""


class GitCheckouts(Value):
    """Reads files only; only `first_commit` starts `git`. No setting of a repository is obeyed."""

    windows: bool = field(factory=lambda: os.name == "nt")
    environ: Mapping[str, str] = field(factory=lambda: dict(os.environ), eq=False)
    """Where `git` is looked for."""
    home: str = field(factory=lambda: str(canonical(Path.home())))

    def read(self, uri: str) -> Checkout:
        """What is at a `file:` URI; see the port. Raises InvalidValue for any other URI."""
        path = Path(path_from_uri(uri, windows=self.windows))
        # A link to a file elsewhere belongs to where the link is.
        folder = canonical(path.parent if is_file(path) else path)
        # A share that fails holds what it held: nothing else may be taken to be there.
        found = find_layout(folder) if self.is_present(str(folder)) else None
        if found is None:
            return Checkout(root=storable(str(folder)))
        return Checkout(
            root=storable(str(found.root)),
            common_dir=storable(os.path.normcase(found.common_dir)),
            vcs=found.vcs,
            origin=self._origin(found),
            branch=_branch(found),
            head_file=_head_file(found),
        )

    def is_present(self, root: str) -> bool:
        """Whether the folder is there now. Raises FolderAway where the system fails to tell."""
        found = presence(root)
        if found is None:
            raise FolderAway(root)
        return found

    def presence(self, roots: Sequence[str]) -> Mapping[str, bool | None]:
        """Which of the folders are there now."""
        return {root: presence(root) for root in roots}

    def above(self, root: str) -> Sequence[str]:
        """The folders around it that may stand for what lies in them; see the port."""
        home = Path(self.home)
        found: list[str] = []
        for folder in Path(root).parents[:MAX_ABOVE]:
            if folder == home or folder in home.parents or folder == folder.parent:
                break
            found.append(str(folder))
        return found

    def uri(self, root: str) -> str:
        """The `file:` URI of a canonical path."""
        return uri_from_path(root, windows=self.windows)

    def origin(self, url: str) -> str | None:
        """The URL of a remote as it is an alias; see the port."""
        return normalised_origin(url, base=str(Path(os.sep).absolute()), windows=self.windows)

    def holds(self, checkout: Checkout, commit: str) -> bool | None:
        """Whether the repository has the object; None if its files do not tell."""
        if checkout.common_dir is None:
            return None
        if checkout.vcs == "hg":
            first = mercurial.first_changeset(Path(checkout.common_dir))
            return None if first is None else first == commit
        return holds_object(Path(checkout.common_dir), commit)

    def former_names(self, checkout: Checkout) -> Sequence[FormerBranch]:
        """What the branch was called before; see the port."""
        if checkout.common_dir is None or checkout.branch is None or checkout.vcs != "git":
            return ()
        return former_names(Path(checkout.common_dir), checkout.branch)

    async def first_commit(self, checkout: Checkout) -> str | None:
        """The commit that the branch's history begins with; see the port. Raises TimeoutError."""
        if checkout.common_dir is None or is_file(Path(checkout.common_dir) / "shallow"):
            return None
        if checkout.vcs == "hg":
            return mercurial.first_changeset(Path(checkout.common_dir))
        has_head = checkout.head_file is not None
        git_dir = os.path.dirname(checkout.head_file) if checkout.head_file else checkout.common_dir  # noqa: PTH120 - text
        return await commands.first_commit(
            checkout.root, environ=self.environ, git_dir=git_dir, has_head=has_head
        )

    def _origin(self, found: Layout) -> str | None:
        if found.vcs == "hg":
            url = mercurial.default_path(found.common_dir)
        else:
            url = origin_url(small_text(found.common_dir / "config", limit=MAX_CONFIG) or "")
        return normalised_origin(url, base=str(found.root), windows=self.windows) if url else None


def _head_file(found: Layout) -> str | None:
    if found.vcs == "jj":
        return None
    return storable(str(found.git_dir / ("branch" if found.vcs == "hg" else "HEAD")))


def _branch(found: Layout) -> str | None:
    if found.vcs == "jj":
        return None
    return mercurial.branch(found.git_dir) if found.vcs == "hg" else branch(found.git_dir)


def presence(path: str) -> bool | None:
    """Whether there is such a folder; None where the system fails to tell, as on a share that broke off."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)  # noqa: PTH116 - making a Path takes longer than the look
    except ValueError:
        return False
    except OSError as error:
        is_away = getattr(error, "winerror", None) in _AWAY_WINDOWS or error.errno not in _TELLING
        return None if is_away else False
