"""Writing out all that a connection has open whose files were taken away."""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.domain.errors import StoreError, StoreUnavailable
from threadkeep.ports.runtime import Clock

RESCUED: Final = "threadkeep-rescued-"
"""What the name of a file begins with that holds what was open."""
FIRST_SECONDS: Final = 2.0
"""So long who meets it waits for the rescue, to be able to tell that it is done; a small store takes less."""
AGAIN_SECONDS: Final = 5.0
"""After that a rescue is tried again for which there was no room."""
TAKE_IN: Final = "`threadkeep store doctor --repair` takes it into the store."

logger = logging.getLogger(__name__)


class Rescue:
    """Writes all that a connection has into a new file in the store's folder, in a thread of its own."""

    def __init__(
        self, storage: SqliteStorage, *, told: str, clock: Clock, warn: Callable[[str, str], None]
    ) -> None:
        self._storage = storage
        self._told = told
        self._clock = clock
        self._warn = warn
        self._is_ending = threading.Event()
        self._problem: str | None = None
        self.file: Path | None = None
        """What was written, once it is whole."""
        self._thread = threading.Thread(target=self._run, name="threadkeep-rescue", daemon=True)

    @property
    def is_over(self) -> bool:
        """Whether everything is written out."""
        return self.file is not None

    @property
    def file_message(self) -> str:
        """Where what was written is, and what to do with it."""
        return f"What was in the one before is in {self.file}: {TAKE_IN}"

    def begin(self) -> None:
        """Returns when it is done, or takes long."""
        self._thread.start()
        self._thread.join(FIRST_SECONDS)
        if self._thread.is_alive():
            self._warn("takenAway", self.error().message)

    def end(self) -> None:
        """Waits for it; what cannot be written now is given up."""
        self._is_ending.set()
        self._thread.join()

    def error(self) -> StoreUnavailable:
        """What to tell who wants to write."""
        if self.file is not None:
            then = (
                f"All that was stored is in {self.file}: {TAKE_IN} Put the files back, or try again in some seconds: "
                "then the store that lies there is used, or a new one."
            )
        elif self._problem is not None:
            then = (
                f"What was stored could not be written out yet ({self._problem}) It is tried again: keep this "
                "editor open."
            )
        else:
            then = "All that was stored is being written out: keep this editor open, and try again."
        return StoreUnavailable(f"{self._told} {then}")

    def _run(self) -> None:
        while True:
            try:
                self.file = self._written()
                break
            except Exception as error:  # whatever it is, it is all that is left of what was stored
                logger.exception("the store could not be written out")
                self._problem = error.message if isinstance(error, StoreError) else f"{error}."
            if self._is_ending.wait(AGAIN_SECONDS):
                break
        self._warn("takenAway", self.error().message)

    def _written(self) -> Path:
        from threadkeep.adapters.store.backups import as_unavailable, copy_store, free_file

        folder = self._storage.path.parent
        with as_unavailable(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            file = free_file(folder, f"{RESCUED}{self._clock.now().replace(':', '-')}")
            try:
                # a file that was written over is damaged; what can still be read of it is worth to be kept
                copy_store(self._storage.connection, file, is_checked=False)
            except StoreUnavailable as error:
                if isinstance(
                    error.__cause__, FileExistsError
                ):  # another process writes one of the same moment
                    continue
                raise
            return file


def rescues(folder: Path) -> list[Path]:
    """The files in the folder that wait to be taken in."""
    names = [name for name in os.listdir(folder) if name.startswith(RESCUED) and name.endswith(".db")]  # noqa: PTH208 - at each start
    return [folder / name for name in sorted(names)]


def rescue_messages(folder: Path) -> list[tuple[str, str]]:
    """What a person should know of them, as kind and text."""
    found = rescues(folder)
    if not found:
        return []
    names = ", ".join(str(file) for file in found)
    return [
        ("rescued", f"The store was taken away while it was in use. What was in it is in {names}: {TAKE_IN}")
    ]
