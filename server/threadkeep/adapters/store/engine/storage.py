"""TinyDB's storage on one SQLite connection: statements, transactions, and whole-database reads and writes."""

# ruff: noqa: S608 - the names spliced into SQL come from our own layouts and are quoted; values are bound

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from weakref import WeakSet

import apsw
from tinydb.storages import Storage

from threadkeep.adapters.store.engine.errors import FAILURES, named, translated
from threadkeep.adapters.store.engine.json_text import json_text
from threadkeep.adapters.store.engine.layouts import Scalar, TableLayout
from threadkeep.adapters.store.engine.short_json import Cell

BUSY_TIMEOUT_MS = 5_000
LOOK_SECONDS = 0.001
"""How long it sleeps who waits for a lock, before it looks again."""
CHECKPOINT_PAGES = 1_000
"""Of the log, after which whoever commits writes them into the database; SQLite's own default."""
HUGE_PAGES = 4_000
"""So many, which a long reader leaves, are not written by whoever happens to commit, but beside all others."""

Row = tuple[Any, ...]
FileId = tuple[int, int]
"""A file, whatever its path: its device and its number there (on Windows, volume and file id)."""


class SqliteStorage(Storage):
    """One connection to the store's file. One thread uses it at a time.

    Every method may raise StoreUnavailable or StoreCorrupt; a failed transaction leaves nothing behind
    and the connection usable.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        layouts: Sequence[TableLayout] = (),
        busy_timeout_ms: int = BUSY_TIMEOUT_MS,
        connect: Callable[[str], apsw.Connection] = apsw.Connection,
    ) -> None:
        """connect: gives the connection to a file of that path."""
        self.path = Path(path)
        self._layouts = {layout.name: layout for layout in layouts}
        self._existing: set[str] = set()
        self._is_full_sync: bool | None = None
        self._busy_timeout_ms = busy_timeout_ms
        self.on_huge_log: Callable[[], None] | None = None
        """Called after a commit that leaves so much to write that it would hold up who commits."""
        with translated(self.path):
            self.connection = connect(str(path))
            self.file = file_id(path)
            self.is_open = True
            with _OPENING:
                _OPEN.add(self)
            self._wait_at_most(busy_timeout_ms)
            self.connection.set_wal_hook(self._look_at_log)
            for short in {layout.short for layout in layouts if layout.short}:
                short.add_functions(self.connection)
            # else a statement with an order is compiled anew for each value that is bound in it
            self.connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)

    def layout(self, name: str) -> TableLayout:
        """How the table lies in the file; one that nobody declared has a document and no columns."""
        return self._layouts.get(name) or TableLayout(name=name)

    def has_table(self, name: str) -> bool:
        """Whether the table exists by now; other processes create tables too."""
        if name not in self._existing:
            found = self.rows("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (name,))
            self._existing.update([name] if found else [])
        return name in self._existing

    def create_table(self, name: str) -> None:
        """Creates the table unless it exists; inside a transaction."""
        if not self.has_table(name):
            self.rows(self.layout(name).creation())
            # not remembered as existing: the transaction may yet be rolled back

    def rows(self, sql: str, values: Sequence[Scalar] = ()) -> list[Row]:
        """All rows of a statement."""
        try:
            return self.connection.execute(sql, values).fetchall()
        except FAILURES as error:
            raise named(error, self.path) from error

    def row(self, sql: str, values: Sequence[Scalar] = ()) -> Row | None:
        """The first row of a statement."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def stream(self, sql: str, values: Sequence[Scalar] = ()) -> Iterator[Row]:
        """The rows one by one; nothing may be written before the last one is taken."""
        try:
            yield from self.connection.execute(sql, values)
        except FAILURES as error:
            raise named(error, self.path) from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads inside see one state."""
        self.rows("BEGIN")
        try:
            yield
        finally:
            self._roll_back()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[None]:
        """Writes inside are stored together at its end, or not at all. `durable`: over a power cut."""
        if durable is not self._is_full_sync:
            # must stand before BEGIN: it cannot change inside a transaction
            self.rows(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._is_full_sync = durable
        self.rows("BEGIN IMMEDIATE")
        try:
            yield
            self.rows("COMMIT")
        except BaseException:
            self._existing.clear()
            self._roll_back()
            raise

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """A transaction, or a part of the one that is open that is undone alone if it fails."""
        if not self.connection.in_transaction:
            with self.transaction():
                yield
            return
        self.rows("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._existing.clear()
            self.rows("ROLLBACK TO part")
            self.rows("RELEASE part")
            raise
        self.rows("RELEASE part")

    @contextmanager
    def busy_timeout(self, milliseconds: int) -> Iterator[None]:
        """Inside, others are waited for so long."""
        self._wait_at_most(milliseconds)
        try:
            yield
        finally:
            self._wait_at_most(self._busy_timeout_ms)

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Everything, as TinyDB's own storages return it; None for a file without tables."""
        tables = {name: self._documents(name) for name in self._table_names()}
        return tables or None

    def write(self, data: Mapping[str, Mapping[Any, Mapping[str, Any]]]) -> None:
        """Replaces everything."""
        with self.atomic():
            for name in self._table_names():
                if name in self._layouts:
                    self.rows(f"DELETE FROM {self.layout(name).sql_name}")
                else:
                    self.rows(f"DROP TABLE {self.layout(name).sql_name}")
            self._existing.clear()
            for name, documents in data.items():
                self.create_table(name)
                for doc_id, document in documents.items():
                    self.insert(self.layout(name), int(doc_id), document)

    def insert(
        self,
        layout: TableLayout,
        doc_id: int | None,
        document: Mapping[str, Any],
        further: Mapping[str, Scalar] = MappingProxyType({}),
    ) -> int:
        """Adds a document with what its further columns hold; without an id it takes the next one.

        Returns its id.
        """
        values, doc = self.cells(layout, document)
        self.rows(layout.insertion, (doc_id, *values, *map(further.get, layout.further), doc))
        return self.connection.last_insert_rowid()

    def cells(self, layout: TableLayout, document: Mapping[str, Any]) -> tuple[list[Scalar], Cell]:
        """What the columns and `doc` hold of a document, in the form that this store may have."""
        is_short = layout.short is not None and self.has_table(layout.short_since)
        return layout.cells(document, json_text(dict(document)), is_short=is_short)

    def close(self, *, is_abandoned: bool = False) -> None:
        """Closes the connection; the last one of all processes empties the write-ahead log.

        is_abandoned: its files are not at its path any more. SQLite is kept from taking away, by its name,
        the log that lies there now.
        """
        if not self.is_open:
            return
        with translated(self.path):
            if is_abandoned:
                self.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            self.connection.close()
        self.is_open = False
        with _OPENING:
            _OPEN.discard(self)

    def _look_at_log(self, connection: apsw.Connection, name: str, pages: int) -> int:
        """Called after each commit, in the place of SQLite's own check-pointing."""
        if pages >= CHECKPOINT_PAGES:
            # what cannot be written now is seen to after another commit
            with suppress(apsw.Error):
                in_log, written = connection.wal_checkpoint(name, apsw.SQLITE_CHECKPOINT_NOOP)
                if in_log - written < HUGE_PAGES or self.on_huge_log is None:
                    connection.wal_checkpoint(name, apsw.SQLITE_CHECKPOINT_PASSIVE)
                else:
                    self.on_huge_log()
        return apsw.SQLITE_OK

    def _wait_at_most(self, milliseconds: int) -> None:
        """For a lock of another process: it is asked for again and again. SQLite's own waiting sleeps up to a
        tenth of a second at a time, and misses the pauses that long work makes for others."""
        until = 0.0

        def wait(tries: int) -> bool:
            nonlocal until
            now = time.monotonic()
            if tries == 0:
                until = now + milliseconds / 1_000
            if now >= until:
                return False
            time.sleep(LOOK_SECONDS)
            return True

        self.connection.set_busy_handler(wait)

    def _roll_back(self) -> None:
        # SQLite may have rolled back by itself, after a full disk for one
        if self.connection.in_transaction:
            self.rows("ROLLBACK")

    def _table_names(self) -> list[str]:
        rows = self.rows(
            "SELECT m.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c "
            "WHERE m.type = 'table' AND c.name = 'doc_id' ORDER BY m.rowid"
        )
        return [str(name) for (name,) in rows]

    def _documents(self, name: str) -> dict[str, Any]:
        layout = self.layout(name)
        rows = self.rows(f"SELECT doc_id, {layout.cell} FROM {layout.sql_name} ORDER BY doc_id")
        return {str(doc_id): json.loads(layout.text(cell)) for doc_id, cell in rows}


_OPEN: "WeakSet[SqliteStorage]" = WeakSet()
_OPENING: Final = threading.Lock()


def file_id(path: str | Path) -> FileId | None:
    """The file at the path; None where none is found."""
    try:
        found = os.stat(path)  # noqa: PTH116 - on hot paths
    except OSError:
        return None
    return found.st_dev, found.st_ino


def open_connections(file: FileId | None) -> int:
    """How many connections of this process have the file open. While there are any, its file must not be
    opened otherwise: closing it would give back all locks that this process has on it."""
    with _OPENING:
        return sum(storage.file == file for storage in _OPEN) if file is not None else 0
