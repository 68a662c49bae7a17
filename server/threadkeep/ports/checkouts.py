"""A reader of the folders that an editor opens."""

from typing import Protocol

from threadkeep.domain.repositories import Checkout


class Checkouts(Protocol):
    """Finds out what a folder is; all but `first_commit` read files only and run nothing."""

    def read(self, uri: str) -> Checkout:
        """What is at a `file:` URI (a folder, or a file in one); a missing folder is read as one without git.

        Raises InvalidValue for anything but a `file:` URI.
        """
        ...

    def is_present(self, root: str) -> bool:
        """Whether the folder is there now."""
        ...

    def uri(self, root: str) -> str:
        """The `file:` URI of a canonical path."""
        ...

    def origin(self, url: str) -> str | None:
        """The one way to write the URL of a remote, as it is an alias; None for one that is no place."""
        ...

    def holds(self, checkout: Checkout, commit: str) -> bool | None:
        """Whether the repository has the object of that name; None if its files do not tell."""
        ...

    async def first_commit(self, checkout: Checkout) -> str | None:
        """The commit that the branch's history begins with, as the `git` command tells it; it may take seconds.

        None without git or the command, before the first commit, where the history is cut off, and for
        whatever else `git` refuses. Raises TimeoutError.
        """
        ...
