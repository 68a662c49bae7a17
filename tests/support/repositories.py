"""Repositories for tests, without a file system."""

import asyncio
from collections.abc import Sequence
from pathlib import PurePosixPath

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.repositories import Checkout, FormerBranch


class FakeCheckouts:
    """Knows the checkouts it was given, by URI; any other folder is one without git."""

    def __init__(self, checkouts: dict[str, Checkout] | None = None) -> None:
        self.checkouts = dict(checkouts or {})
        """By `file:` URI; tests change it to change a branch or move a folder."""
        self.missing: set[str] = set()
        """Roots that are not there now."""
        self.away: set[str] = set()
        """Roots on a share that does not answer."""
        self.reads: list[str] = []
        """Every URI that was read, oldest first."""
        self.commits: dict[str, list[str]] = {}
        """The objects under each root, the first commit first; without any, nothing is known of them."""
        self.renamed: dict[tuple[str, str | None], Sequence[FormerBranch]] = {}
        """What the branch of a root was called before."""
        self.hanging: asyncio.Event | None = None
        """Until it is set, the `git` command does not answer."""
        self.asked: list[str] = []
        """Every root whose first commit was asked for."""

    def read(self, uri: str) -> Checkout:
        self.reads.append(uri)
        if not uri.startswith("file://"):
            raise InvalidValue("uri", f"{uri!r} is not a file: URI.")
        found = self.checkouts.get(uri) or Checkout(root=uri.removeprefix("file://").rstrip("/") or "/")
        if found.root in self.away:
            raise FolderAway(found.root)
        return found

    def holds(self, checkout: Checkout, commit: str) -> bool | None:
        found = self.commits.get(checkout.root)
        return None if found is None else commit in found

    def former_names(self, checkout: Checkout) -> Sequence[FormerBranch]:
        return self.renamed.get((checkout.root, checkout.branch), ())

    async def first_commit(self, checkout: Checkout) -> str | None:
        self.asked.append(checkout.root)
        if self.hanging is not None:
            await self.hanging.wait()
        return next(iter(self.commits.get(checkout.root, ())), None)

    def is_present(self, root: str) -> bool:
        if root in self.away:
            raise FolderAway(root)
        return root not in self.missing

    def presence(self, roots: Sequence[str]) -> dict[str, bool | None]:
        return {root: None if root in self.away else self.is_present(root) for root in roots}

    def above(self, root: str) -> Sequence[str]:
        folders = [str(each) for each in PurePosixPath(root).parents]
        return [each for each in folders if each not in {"/", "/home", "/home/ada"}]

    def uri(self, root: str) -> str:
        return f"file://{root}"

    def origin(self, url: str) -> str | None:
        return url.removesuffix(".git") or None


def checkout(
    root: str = "/code/app",
    *,
    branch: str | None = "main",
    origin: str | None = None,
    common_dir: str | None = None,
) -> Checkout:
    """A git work tree at the root."""
    git_dir = common_dir or f"{root}/.git"
    return Checkout(root=root, common_dir=git_dir, origin=origin, branch=branch, head_file=f"{git_dir}/HEAD")
