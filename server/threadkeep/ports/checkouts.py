"""A reader of the folders that an editor opens."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from threadkeep.domain.repositories import Checkout, FormerBranch


class Checkouts(Protocol):
    """Finds out what a folder is; all but `first_commit` read files only and run nothing.

    What looks at a folder, `presence` excepted, may raise FolderAway for one that does not answer.
    """

    def read(self, uri: str) -> Checkout:
        """What is at a `file:` URI (a folder, or a file in one); a missing folder is read as one without git.

        Raises InvalidValue for anything but a `file:` URI.
        """
        ...

    def is_present(self, root: str) -> bool:
        """Whether the folder is there now."""
        ...

    def presence(self, roots: Sequence[str]) -> Mapping[str, bool | None]:
        """Which of the folders are there now, without waiting: None for those that nobody can tell yet."""
        ...

    def above(self, root: str) -> Sequence[str]:
        """The folders around it that may stand for what lies in them, the innermost first: not the home folder,
        nor the root of a file system, nor what holds one of these. Looks at nothing."""
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

    def former_names(self, checkout: Checkout) -> Sequence[FormerBranch]:
        """The names that the branch had before it was renamed, the latest first."""
        ...

    async def first_commit(self, checkout: Checkout) -> str | None:
        """The commit that the branch's history begins with, as the `git` command tells it; it may take seconds.

        None without git or the command, before the first commit, where the history is cut off, and for
        whatever else `git` refuses. Raises TimeoutError.
        """
        ...


class BranchNews(Protocol):
    """Tells that a folder may be on another branch, without a look at what is checked out. It may be wrong about
    that it is, and for some seconds about that it is not."""

    def attend(self, checkouts: Sequence[Checkout]) -> bool:
        """From now on it is about these. Whether they have to be read again: they may have changed before. Blocking."""
        ...

    def look_again(self) -> None:
        """What is read after this is what `is_same` compares with. Blocking."""
        ...

    def is_same(self) -> bool:
        """Whether nothing that tells a branch was written since; False where that cannot be told cheaply."""
        ...

    @property
    def is_reported(self) -> bool:
        """Whether `descriptor` tells of all that is attended to."""
        ...

    @property
    def descriptor(self) -> int | None:
        """Readable when there may be news; None where the system does not tell."""
        ...

    def drain(self) -> bool:
        """Makes the descriptor quiet until the next time; whether it was about a branch."""
        ...

    def close(self) -> None: ...
