"""What the store does beside its transactions: taking away traces of what was erased, and writing a huge log; apart, since it has connections of its own."""

import threading
from collections.abc import Callable
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from typing import Final

from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.erasing import Alone, finish_erasing, has_traces
from threadkeep.adapters.store.opening import store_size
from threadkeep.domain.errors import StoreError

SMALL: Final = 8 * 1024 * 1024
"""Bytes of a store that is cleaned of traces while it is opened or closed; a larger one in a quiet moment."""


class Traces:
    """What is left of what was erased, as far as this process knows."""

    def __init__(
        self, folder: Path, *, connect: Callable[[], SqliteStorage], warn: Callable[[str, str], None]
    ) -> None:
        """connect: gives connections to the very files that are written, or raises StoreError."""
        self._folder = folder
        self._connect = connect
        self._warn = warn
        self._lock = threading.Lock()
        self._is_told = False
        self.exist = False

    def look(self, writer: SqliteStorage) -> None:
        """Sees whether another process was ended while it erased, or erases now."""
        self.exist = has_traces(writer)
        self.finish_if_few()

    def finish_if_few(self) -> None:
        """Takes them away where that goes quickly; for who opens or closes the store."""
        if self.exist and store_size(self._folder) <= SMALL:
            self._finish(nullcontext)

    def finish(self, alone: Alone) -> None:
        """Takes them away, however long that takes."""
        with self._lock:
            if self.exist:
                self._finish(alone)

    def _finish(self, alone: Alone) -> None:
        reason = "somebody still reads what was there before."
        self.exist = False  # an erasing that comes meanwhile leaves new ones
        try:
            is_done = finish_erasing(self._connect, alone=alone)
        except StoreError as error:
            is_done, reason = False, error.message
        if not is_done:
            self.exist = True
            if not self._is_told:
                self._warn(
                    "erasingUnfinished",
                    f"What was erased may still be found in the files of {self._folder}: {reason} It goes when the "
                    "store is closed or opened the next time, or when something else is erased.",
                )
        self._is_told = not is_done


class LogWriting:
    """Writes what is in the log into the database, in a thread of its own, which nobody waits for."""

    def __init__(self, connect: Callable[[], SqliteStorage]) -> None:
        self._connect = connect
        self._thread: threading.Thread | None = None

    def __call__(self) -> None:
        """Begins, unless it goes on already."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._write, name="threadkeep-log", daemon=True)
            self._thread.start()

    def _write(self) -> None:
        with suppress(StoreError), closing(self._connect()) as storage:
            storage.rows("PRAGMA wal_checkpoint(PASSIVE)")
