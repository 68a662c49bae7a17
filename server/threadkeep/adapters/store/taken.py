"""What becomes of a store that was opened when its files are taken away: all of it is written out, and told; apart, since it knows files and no tables."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from threadkeep.adapters.store.engine.storage import (
    SqliteStorage,
    file_id,
    open_connections,
)
from threadkeep.adapters.store.identity import Difference, Identity
from threadkeep.adapters.store.opening import ASIDE, DATABASE, open_storage
from threadkeep.adapters.store.rescue import Rescue
from threadkeep.domain.errors import StoreError, StoreUnavailable
from threadkeep.ports.runtime import Clock

SETTLED_SECONDS: Final = 2.0
"""A store at the path is used when it has lain there unchanged for so long: who copies it may not be done,
and other processes, which are told to look, have let go of the old one."""
EMPTY_SECONDS: Final = 10.0
"""Where none lies there, one is made after so long: the files may be put back."""

logger = logging.getLogger(__name__)


class Guard:
    """Looks whether the files of a store are still at their path, and sees to what was stored if they are not.

    Who uses it holds the lock for writing, unless it says otherwise.
    """

    def __init__(
        self,
        writer: SqliteStorage,
        *,
        clock: Clock,
        warn: Callable[[str, str], None],
        tell: Callable[[], None],
        opened: Callable[[], tuple[SqliteStorage, list[tuple[str, str]]]],
    ) -> None:
        """warn: takes the kind and the text of what a person should know; any thread calls it. tell: makes
        the other processes look. opened: opens the store at the path, and gives what a person should know."""
        self._path = writer.path
        self._clock = clock
        self._warn = warn
        self._tell = tell
        self._opened = opened
        self.taken: Rescue | None = None
        """What is done with the files that were found to be taken away. Any thread may look."""
        self._lying: tuple[int, ...] | None = None
        self._lying_since = 0.0
        self._writer = writer
        self.identity = Identity(writer)
        """What tells whether they are there: asked first, on every write."""

    def is_there(self) -> bool:
        """Whether nothing is taken away, as far as that can be told from outside. Any thread may ask."""
        return self.taken is None and self.identity.difference(reads=False) is None

    def check(self) -> None:
        """Raises StoreUnavailable if the files are not there. Any thread may call it, in a transaction too."""
        if self.taken is not None:
            raise self.taken.error()
        difference = self.identity.difference(reads=False)
        if difference is not None:
            raise StoreUnavailable(_told(self._path, difference))

    def further(self, *, busy_timeout_ms: int) -> SqliteStorage:
        """A connection for reading, to the very files that are written; any thread may ask. Raises StoreError."""
        self.check()
        storage = open_storage(self._path.parent, busy_timeout_ms=busy_timeout_ms)
        try:
            storage.rows("PRAGMA schema_version")  # which opens the log
            self.check()
        except BaseException:
            storage.close(is_abandoned=True)
            raise
        return storage

    def notice(self) -> None:
        """As `check`, and has everything written out; outside of a transaction."""
        if self.taken is None:
            difference = self.identity.difference()
            if difference is None:
                return
            self.taken = self._begin(difference)
        raise self.taken.error()

    def is_back(self) -> bool:
        """Whether the files that were taken away lie there again, so that one can go on."""
        rescue = self.taken
        if rescue is None or not rescue.is_over or not self._writer.is_open or self.identity.difference():
            return False
        self._warn(
            "storeBack",
            f"The files of the store {self._path} are back, and used again. {rescue.file_message}",
        )
        self.taken = None
        return True

    def opened_again(self, readers: list[SqliteStorage]) -> SqliteStorage:
        """Closes these and the writer, and opens the store that lies at the path now, or a new one.

        Raises StoreUnavailable as long as that must not be, or cannot.
        """
        rescue = self.taken
        if rescue is None:
            return self._writer
        if not self._is_due(rescue):
            raise rescue.error()
        self._let_go(readers, rescue)
        try:
            writer, warnings = self._opened()
            try:
                self.identity = Identity(writer)
            except BaseException:
                writer.close(is_abandoned=True)
                raise
        except StoreError as error:
            raise StoreUnavailable(
                f"{rescue.error().message} It cannot be used yet: {error.message}"
            ) from error
        self.taken, self._writer = None, writer
        self._warn(
            "storeReopened",
            f"The store that lies at {self._path} now is used from here on. {rescue.file_message} What was only "
            "there cannot be found before.",
        )
        for kind, message in warnings:
            self._warn(kind, message)
        return writer

    def end(self) -> bool:
        """Has everything written out before the end, if the files are gone; whether they are."""
        with suppress(StoreUnavailable):
            self.notice()
        if self.taken is not None:
            self.taken.end()
        return self.taken is not None

    def close(self) -> None:
        """To be called when all connections are closed."""
        self.identity.close()

    def _is_due(self, rescue: Rescue) -> bool:
        lying, now = _lying(self._path), time.monotonic()
        if lying != self._lying:
            self._lying, self._lying_since = lying, now
        wait = EMPTY_SECONDS if lying is None else SETTLED_SECONDS
        return rescue.is_over and now >= self._lying_since + wait

    def _let_go(self, readers: list[SqliteStorage], rescue: Rescue) -> None:
        """Closes the connections. Raises StoreUnavailable, with nothing closed, while others of this process
        have the file open that lies at the path: a new one would share with them what is there no more."""
        file = self.identity.file
        if file_id(self._path) == file and open_connections(file) > len(readers) + self._writer.is_open:
            raise rescue.error()
        for storage in (*readers, self._writer):
            storage.close(is_abandoned=True)
        if not open_connections(file):
            self.identity.close()
        if _lying(self._path) is None:
            self._set_log_aside()

    def _begin(self, difference: Difference) -> Rescue:
        logger.error("the store %s was taken away: %s", self._path, difference.told)
        self._lying, self._lying_since = _lying(self._path), time.monotonic()
        self._tell()
        if self._lying is not None and difference.is_log_stale:
            self._set_log_aside()
        told = _told(self._path, difference)
        rescue = Rescue(self._writer, told=told, clock=self._clock, warn=self._warn)
        rescue.begin()
        return rescue

    def _set_log_aside(self) -> None:
        """A log of ours must not be taken for that of another database: what it holds is rescued."""
        aside = self._path.parent / ASIDE / f"taken-{self._clock.now().replace(':', '-')}"
        for suffix in ("-wal", "-shm"):
            file = self._path.with_name(f"{DATABASE}{suffix}")
            if self.identity.is_companion(suffix, file_id(file)):
                with suppress(OSError):
                    aside.mkdir(mode=0o700, parents=True, exist_ok=True)
                    file.rename(aside / file.name)


def _told(path: Path, difference: Difference) -> str:
    return f"The files of the store {path} were taken away while they were in use: {difference.told}."


def _lying(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
