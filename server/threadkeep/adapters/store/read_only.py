"""A store that cannot be written, read as it is: on a full or read-only disk, or where this user has no right."""

import os
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import apsw

from threadkeep.adapters.store.engine.errors import translated
from threadkeep.adapters.store.engine.processes import is_held
from threadkeep.adapters.store.engine.storage import BUSY_TIMEOUT_MS, SqliteStorage, file_id
from threadkeep.adapters.store.lifetimes import store_place
from threadkeep.adapters.store.migrations import Schema
from threadkeep.adapters.store.opening import DATABASE, OWNERS, check_engine, store_size
from threadkeep.adapters.store.records import SqliteRecords
from threadkeep.adapters.store.search.fulltext import add_functions
from threadkeep.adapters.store.tables.schema import LAYOUTS
from threadkeep.adapters.store.tables.totals import totals
from threadkeep.domain.errors import StoreCorrupt, StoreError, StoreUnavailable
from threadkeep.domain.exhaustion import StoreReadOnly
from threadkeep.domain.paths import sqlite_uri
from threadkeep.domain.turns import Holder
from threadkeep.ports.store import Changes, Records, StoreFacts
from threadkeep.values import Value

WITHOUT_LOCKS: Final = "win32-none" if os.name == "nt" else "unix-none"
"""SQLite's way to files that locks and shares nothing with anybody."""
READERS_KEPT: Final = 2
"""Idle connections that are kept for the next reader."""

State = tuple[tuple[int, int, int] | None, ...]


class ReadOnlyStore:
    """What is stored in a folder, the newest acknowledged words included; every write raises StoreReadOnly.

    Opening it raises `why`, which is what kept the store from being opened as usual, if there is nothing to
    read; or StoreCorrupt or StoreNewer.
    """

    def __init__(self, folder: Path, why: StoreUnavailable) -> None:
        check_engine(apsw.sqlite_lib_version())
        self._folder = folder
        self._why = why
        self._free: list[_Reader] = []
        self._marking = threading.Lock()
        self._marker: _Reader | None = None
        self._is_closed = False
        self.owner = uuid.uuid4().hex
        """Of a process that holds nothing."""
        with self._opened() as storage:
            self._version = Schema().check(storage)
        if Schema().due(self._version):  # it would have to be brought up to date first
            self.close()
            raise why

    @contextmanager
    def reading(self) -> Iterator[Records]:
        with self._opened() as storage, storage.snapshot():
            yield SqliteRecords(storage)

    def writing(self, **_: bool) -> AbstractContextManager[Changes]:
        raise self._refusal()

    def finish_erasing(self) -> None:
        raise self._refusal()

    @property
    def has_traces(self) -> bool:
        """None that could be taken away."""
        return False

    def run_maintenance(self) -> None:
        """Nothing can be."""

    def is_at_rest(self) -> bool:
        """Never: whether it can be written again is looked at now and then."""
        return False

    def facts(self) -> StoreFacts:
        with self._opened() as storage, storage.snapshot():
            return StoreFacts(
                path=str(self._folder / DATABASE),
                schema_version=self._version,
                engine=f"SQLite {apsw.sqlite_lib_version()}",
                **totals(storage),
                size=store_size(self._folder),
                place=store_place(self._folder),
            )

    def is_alive(self, holder: Holder) -> bool:
        return is_held(self._folder / OWNERS, holder.owner)

    def data_version(self) -> int:
        with self._marking:
            marker, self._marker = self._marker, None
            # always of the same connection: what two of them say cannot be compared
            if marker is None or not marker.is_right(self._folder):
                if marker is not None:
                    marker.storage.close()
                marker = self._taken()
            ((version,),) = marker.storage.rows("PRAGMA data_version")
            self._marker = marker
            return hash((version, _state(self._folder)))

    @property
    def wakeup_fd(self) -> int | None:
        return None

    def drain(self) -> None:
        """Nobody tells it anything."""

    def warnings(self) -> Sequence[tuple[str, str]]:
        return ()

    def close(self) -> None:
        """What is read now may be read to its end."""
        self._is_closed = True
        while self._free:
            self._free.pop().storage.close()
        with self._marking:
            if self._marker is not None:
                self._marker.storage.close()
                self._marker = None

    def _refusal(self) -> StoreReadOnly:
        return StoreReadOnly(self._why.message, reason=self._why.data.get("reason", "other"))

    @contextmanager
    def _opened(self) -> Iterator[SqliteStorage]:
        reader = self._taken()
        try:
            yield reader.storage
        except StoreCorrupt as error:
            if not reader.is_right(self._folder):
                raise StoreUnavailable(
                    f"The store {self._folder} was written while it was read: try again.", reason="busy"
                ) from error
            raise
        finally:
            if self._is_closed or len(self._free) >= READERS_KEPT:
                reader.storage.close()
            else:
                self._free.append(reader)

    def _taken(self) -> "_Reader":
        while True:
            if self._is_closed:
                raise StoreUnavailable("The store is closed.")
            try:
                reader = self._free.pop()
            except IndexError:
                return self._connected()
            if reader.is_right(self._folder):
                return reader
            reader.storage.close()

    def _connected(self) -> "_Reader":
        database = self._folder / DATABASE
        log = _look(database.with_name(f"{DATABASE}-wal"))
        there = _look(database)
        if not there or not there[1]:
            raise self._why
        # What shows the log without room or right for its index; with neither log nor right there is no log to show.
        ways: Sequence[tuple[Callable[[str], apsw.Connection], bool]] = (
            (partial(_connection, query="mode=ro"), False),
            (partial(_connection, query=f"mode=ro&vfs={WITHOUT_LOCKS}", is_alone=True), True)
            if log and log[1]
            else (partial(_connection, query="immutable=1"), True),
        )
        refused: StoreError = self._why
        for connect, is_alone in ways:
            try:
                storage = SqliteStorage(
                    database, layouts=LAYOUTS, busy_timeout_ms=BUSY_TIMEOUT_MS, connect=connect
                )
            except StoreError as error:
                refused = error
                continue
            try:
                storage.rows("SELECT count(*) FROM sqlite_schema")
                with translated(database):
                    add_functions(storage.connection)
            except StoreError as error:
                storage.close()
                refused = error
                continue
            return _Reader(storage=storage, seen=_state(self._folder) if is_alone else None)
        raise refused


class _Reader(Value):
    storage: SqliteStorage
    seen: State | None
    """How the files were when they were opened to be read without locks, which is right only as long as nobody
    writes; None for a connection with locks."""

    def is_right(self, folder: Path) -> bool:
        """Whether what it reads is what is there: another file may lie at the path by now."""
        if self.storage.file != file_id(folder / DATABASE):
            return False
        return self.seen is None or self.seen == _state(folder)


def _connection(path: str, *, query: str, is_alone: bool = False) -> apsw.Connection:
    uri = sqlite_uri(str(Path(path).absolute()), query, platform=sys.platform)
    connection = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    # the log stays as it is, whoever closes last
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.execute("PRAGMA mmap_size = 0").fetchall()
    if is_alone:  # then the log's index is kept in memory
        connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
    return connection


def _state(folder: Path) -> State:
    """Differs once somebody writes, or opens the store to write."""
    return tuple(_look(folder / f"{DATABASE}{end}") for end in ("", "-wal", "-shm"))


def _look(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
