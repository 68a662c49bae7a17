"""Files that a person names, to be written or read."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class UserFiles(Protocol):
    """Reads and writes files at absolute paths. Blocking."""

    def writing(self, path: str, *, overwrite: bool) -> AbstractContextManager[Callable[[bytes], None]]:
        """A file that appears whole when the context is left, readable by its owner alone, or not at all.

        The context gives what takes its bytes. Raises InvalidValue for a path that cannot be meant,
        ExportFailed where it cannot be written, or is there and not to be replaced.
        """
        ...

    def found(self, path: str) -> Path:
        """The file or folder at the path. Raises InvalidValue, ImportInvalid."""
        ...

    def pieces(self, path: Path) -> Iterator[bytes]:
        """What is in a file, a piece at a time. Raises ImportInvalid where it cannot be read."""
        ...

    def held(self, data: bytes, name: str) -> AbstractContextManager[Path]:
        """A file of this name that holds the bytes, readable by its owner alone, until the context is left.
        Raises ImportInvalid where it cannot be written."""
        ...
