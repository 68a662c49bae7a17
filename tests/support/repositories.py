"""Repositories for tests, without a file system."""

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.repositories import Checkout


class FakeCheckouts:
    """Knows the checkouts it was given, by URI; any other folder is one without git."""

    def __init__(self, checkouts: dict[str, Checkout] | None = None) -> None:
        self.checkouts = dict(checkouts or {})
        """By `file:` URI; tests change it to change a branch or move a folder."""
        self.missing: set[str] = set()
        """Roots that are not there now."""
        self.reads: list[str] = []
        """Every URI that was read, oldest first."""

    def read(self, uri: str) -> Checkout:
        self.reads.append(uri)
        if not uri.startswith("file://"):
            raise InvalidValue("uri", f"{uri!r} is not a file: URI.")
        return self.checkouts.get(uri) or Checkout(root=uri.removeprefix("file://").rstrip("/") or "/")

    def is_present(self, root: str) -> bool:
        return root not in self.missing

    def uri(self, root: str) -> str:
        return f"file://{root}"


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
