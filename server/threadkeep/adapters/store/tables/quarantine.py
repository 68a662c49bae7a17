"""Where the text of what cannot be kept in its place is kept readable."""

import os
import re
from pathlib import Path
from typing import Final

from threadkeep.domain.errors import StoreUnavailable
from threadkeep.values import Value

QUARANTINE: Final = "quarantine"

_UNFIT: Final = re.compile(r"[^\w.-]+", re.ASCII)


class Quarantine(Value):
    """A folder in the store's own: one file for each piece, never overwritten."""

    folder: Path
    at: str
    """The time of this repair, RFC 3339."""

    def keep(self, table: str, where: object, content: object) -> str:
        """Writes the piece to disk, whole, and returns the name of its file. Raises StoreUnavailable."""
        name = _UNFIT.sub("-", f"{self.at}-{table}-{where}")[:150]
        data = content if isinstance(content, bytes) else str(content).encode("utf-8", "surrogatepass")
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            return self._written(name, data)
        except OSError as error:
            raise StoreUnavailable(
                f"Nothing can be kept in {self.folder} ({error}): check its rights and the room on its disk. "
                "What was to be repaired is as it was."
            ) from error

    def _written(self, name: str, data: bytes) -> str:
        for number in range(1, 10_000):
            file = self.folder / (f"{name}.txt" if number == 1 else f"{name}-{number}.txt")
            try:
                descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
            except FileExistsError:
                if file.read_bytes() == data:  # kept by a repair that did not come to its end
                    return file.name
                continue
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(opened.fileno())
            return file.name
        raise OSError(f"there are too many files named {name}")


_BINARY: Final = getattr(os, "O_BINARY", 0)
