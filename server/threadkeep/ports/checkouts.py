"""A reader of the folders that an editor opens."""

from typing import Protocol

from threadkeep.domain.repositories import Checkout


class Checkouts(Protocol):
    """Finds out what a folder is, without running anything in it."""

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
