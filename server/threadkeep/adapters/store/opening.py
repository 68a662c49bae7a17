"""Opening the store's file: the engine, the folder, the modes, and what cannot be read."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from threadkeep.adapters.store.cloud_folders import cloud_warning
from threadkeep.adapters.store.engine.errors import for_system, raise_reason, translated
from threadkeep.adapters.store.engine.network_folders import network_warning
from threadkeep.adapters.store.engine.storage import (
    BUSY_TIMEOUT_MS,
    SqliteStorage,
    file_id,
    open_connections,
)
from threadkeep.adapters.store.migrations import Schema, add_missing, stored_version
from threadkeep.adapters.store.search.fulltext import add_functions
from threadkeep.adapters.store.tables.lists_of_version_1 import keep_for_older
from threadkeep.adapters.store.tables.schema import LAYOUTS
from threadkeep.domain.errors import StoreCorrupt, StoreUnavailable
from threadkeep.domain.exhaustion import OutOfMemory, TooManyFiles, is_of_the_disk
from threadkeep.ports.runtime import Clock

OLDEST_ENGINE: Final = (3, 51, 3)
"""Older ones can damage a file that several processes write and check-point."""

DATABASE: Final = "threadkeep.db"
OWNERS: Final = "owners"
BACKUPS: Final = "backups"
ASIDE: Final = "set-aside"
LOG_KEPT: Final = 4 * 1024 * 1024
"""Bytes of the emptied log that stay on disk."""

_COMPANIONS: Final = (f"{DATABASE}-wal", f"{DATABASE}-shm")
"""The log and its index, which SQLite keeps beside the database while it is in use."""

_HEADER: Final = b"SQLite format 3\x00"


def check_engine(version: str) -> None:
    """Raises StoreUnavailable if SQLite is too old to be trusted with a store of several processes."""
    if tuple(int(number) for number in version.split(".")[:3]) < OLDEST_ENGINE:
        wanted = ".".join(str(number) for number in OLDEST_ENGINE)
        raise StoreUnavailable(
            f"SQLite {version} can damage the store, {wanted} is needed: update the package apsw "
            "(pip install --upgrade apsw)."
        )


def opened(
    folder: Path, *, schema: Schema, clock: Clock, busy_timeout_ms: int
) -> tuple[SqliteStorage, list[tuple[str, str]]]:
    """A connection to the store, brought to this program's version, and what a person should know.

    Raises StoreUnavailable, StoreNewer, or StoreCorrupt, which leave what is there as it is.
    """
    check_engine(apsw.sqlite_lib_version())
    path = folder / DATABASE
    try:
        with _as_unavailable(folder):
            _prepare(folder)
        storage = open_storage(folder, busy_timeout_ms=busy_timeout_ms)
        try:
            warnings = _checked(storage, schema=schema, clock=clock)
        except BaseException:
            storage.close()
            raise
    except StoreCorrupt as error:
        raise _put_aside(path, error) from error
    of_the_place = network_warning(folder) or cloud_warning(folder)
    return storage, [*([of_the_place] if of_the_place else []), *warnings]


def open_storage(folder: Path, *, busy_timeout_ms: int) -> SqliteStorage:
    """A further connection to a store that was opened before."""
    storage = SqliteStorage(folder / DATABASE, layouts=LAYOUTS, busy_timeout_ms=busy_timeout_ms)
    with translated(storage.path):
        if storage.connection.readonly("main"):  # SQLite is content with that, and says so at the first write
            storage.close()
            raise apsw.ReadOnlyError("it was opened for reading only")
        # mapped memory makes damage by a broken disk or another process worse
        storage.rows(f"PRAGMA mmap_size = 0; PRAGMA journal_size_limit = {LOG_KEPT}")
        if pragmas := flush_pragmas(sys.platform):
            storage.rows(pragmas)
        add_functions(storage.connection)
    return storage


def flush_pragmas(platform: str) -> str:
    """What makes a flush reach the disk itself where the platform's own does not; `platform` as `sys.platform`.

    On macOS, fsync leaves what was written in the drive's own memory, which a power cut empties: only
    F_FULLFSYNC has the drive write it out.
    """
    return "PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1" if platform == "darwin" else ""


def store_size(folder: Path) -> int:
    """Bytes of the store's files, backups and what was put aside included."""
    files = [folder / name for name in (DATABASE, *_COMPANIONS)]
    for subfolder in (OWNERS, BACKUPS, ASIDE):
        files += (folder / subfolder).rglob("*")
    return sum(_size(file) for file in files)


def _prepare(folder: Path) -> None:
    is_new = not folder.exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if is_new or not any(folder.iterdir()):  # somebody else's folder keeps its mode
        folder.chmod(0o700)
    database, *companions = (folder / name for name in (DATABASE, *_COMPANIONS))
    # to close another descriptor of it would give back the locks that connections of this process have on it
    if not open_connections(file_id(database)):
        _check_readable(database, log=companions[0])
        # SQLite gives its companions the mode of the database
        os.close(os.open(database, os.O_RDWR | os.O_CREAT, 0o600))
    for file in (database, *companions):
        if not file.exists():
            continue
        mode = file.stat().st_mode
        # companions that were made while the database could only be read are like it
        if mode & 0o077 or (file is not database and mode & 0o600 != 0o600):
            file.chmod(0o600)


def _check_readable(database: Path, *, log: Path) -> None:
    if not _size(database):
        # SQLite would throw the log away, and with it what it holds
        if _size(log):
            raise StoreCorrupt(f"The store {database} is empty, but its log {log.name} is not.")
        return
    with database.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            raise StoreCorrupt(f"The store {database} is not a database.")


def _checked(storage: SqliteStorage, *, schema: Schema, clock: Clock) -> list[tuple[str, str]]:
    def keep_log_on_close(is_kept: bool) -> None:
        storage.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(is_kept))

    # closing writes the log into the database, which must stay as it is if it is refused
    keep_log_on_close(_size(storage.path.with_name(_COMPANIONS[0])) > 0)
    schema.check(storage)
    _use_log(storage)
    warnings = list(schema.migrate(storage, backup=lambda version: _backed_up(storage, version, clock)))
    if stored_version(storage) <= schema.version:  # a newer program sees to its own
        add_missing(storage)
    if stored_version(storage) == 1:
        keep_for_older(storage)
    keep_log_on_close(False)
    return warnings


def _use_log(storage: SqliteStorage) -> None:
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while storage.rows("PRAGMA journal_mode")[0][0] != "wal":
        refused = StoreUnavailable(
            f"The store {storage.path} cannot keep a log beside it: choose another disk."
        )
        try:
            storage.rows("PRAGMA journal_mode = wal")
        except StoreUnavailable as error:
            # another process that has just made the same file; SQLite does not wait for it here
            refused = error
        else:
            if storage.rows("PRAGMA journal_mode")[0][0] == "wal":  # however long it took
                return
            raise_reason(storage.path)  # what keeps it from that is not always raised
        is_lack = isinstance(refused, TooManyFiles | OutOfMemory)
        if is_lack or is_of_the_disk(refused) or time.monotonic() > deadline:
            raise refused
        time.sleep(0.01)


def _backed_up(storage: SqliteStorage, version: int, clock: Clock) -> Path:
    copy = storage.path.parent / BACKUPS / f"threadkeep-v{version}-{clock.now().replace(':', '-')}.db"
    with _as_unavailable(storage.path.parent):
        copy.parent.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        storage.rows("VACUUM INTO ?", (str(copy),))
    except BaseException:
        copy.unlink()  # half a copy is none
        raise
    return copy


def _put_aside(database: Path, error: StoreCorrupt) -> StoreCorrupt:
    """Copies what cannot be read, once, and tells where it is and how to go on."""
    import shutil  # it imports what compresses

    files = [file for name in (DATABASE, *_COMPANIONS[:1]) if (file := database.with_name(name)).exists()]
    fresh = f"To start with an empty store, move {' and '.join(str(file) for file in files)} away and start again."
    try:
        latest = max(file.stat().st_mtime_ns for file in files)
        aside = database.parent / ASIDE / f"{latest}-{sum(_size(file) for file in files)}"
        if not aside.exists():  # else it was copied at an earlier start
            started = aside.with_suffix(f".{os.getpid()}")
            started.mkdir(mode=0o700, parents=True)
            for file in files:
                shutil.copy2(file, started)
            started.rename(aside)
    except OSError as problem:
        return StoreCorrupt(
            f"{error.message} It is left as it is; no copy could be made ({problem}). {fresh}"
        )
    return StoreCorrupt(
        f"{error.message} It is left as it is, and a copy is kept in {aside}. {fresh}", copy=str(aside)
    )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


@contextmanager
def _as_unavailable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise for_system(error, folder) from error
