"""The care for the store on its SQLite file: checking, repairing, copying; loaded when it is asked for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from threadkeep.adapters.store.backups import backup_file, copy_store
from threadkeep.adapters.store.doctor.doctor import Repair, examine
from threadkeep.adapters.store.engine.storage import BUSY_TIMEOUT_MS, SqliteStorage
from threadkeep.adapters.store.migrations import Schema, stored_version
from threadkeep.adapters.store.opening import BACKUPS, opened
from threadkeep.adapters.store.tables.quarantine import QUARANTINE, Quarantine
from threadkeep.domain.errors import StoreCorrupt, StoreNewer
from threadkeep.ports.runtime import Clock
from threadkeep.ports.upkeep import Backup, Checkup, Problem


class SqliteUpkeep:
    """Cares for the store of a folder, on connections of its own, beside all who use it."""

    def __init__(self, folder: Callable[[], Path], *, clock: Clock, schema: Schema | None = None) -> None:
        """folder: the store's, as of now."""
        self._folder = folder
        self._clock = clock
        self._schema = schema or Schema()

    def check(self, *, repairs: bool = False) -> Checkup:
        """As the port says. A file that is no database any more is told, and never touched."""
        try:
            with self._opened() as storage:
                if repairs and stored_version(storage) > self._schema.version:
                    raise StoreNewer("A newer Threadkeep wrote the store: update this one to repair it.")
                # whatever is wrong stays as it is: closing would write the log into the database
                storage.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
                problems = tuple(examine(storage).values())
                if not problems or not repairs:
                    return Checkup(problems=problems)
                return self._repaired(storage)
        except StoreCorrupt as error:
            return Checkup(problems=(Problem(kind="unreadable", message=error.message, count=1),))

    def back_up(self, target: str | None = None) -> Backup:
        """As the port says."""
        with self._opened() as storage:
            file = backup_file(self._folder() / BACKUPS, target, at=self._clock.now())
            return Backup(path=str(file), size=copy_store(storage.connection, file))

    def _repaired(self, storage: SqliteStorage) -> Checkup:
        at = self._clock.now()
        file = backup_file(self._folder() / BACKUPS, None, at=at)
        copy_store(storage.connection, file, is_checked=False)  # it is damaged, as we know
        quarantine = Quarantine(folder=self._folder() / QUARANTINE, at=at)
        problems = Repair(storage=storage, schema=self._schema, quarantine=quarantine).run()
        return Checkup(problems=tuple(problems), backup=str(file))

    @contextmanager
    def _opened(self) -> Iterator[SqliteStorage]:
        storage, _ = opened(
            self._folder(), schema=self._schema, clock=self._clock, busy_timeout_ms=BUSY_TIMEOUT_MS
        )
        try:
            yield storage
        finally:
            storage.close()
