"""Pages of the file that are damaged: indexes are built anew, and what can still be read is written anew."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import apsw

from threadkeep.adapters.store.backups import as_unavailable
from threadkeep.adapters.store.engine.errors import translated
from threadkeep.adapters.store.engine.processes import is_older_alive
from threadkeep.adapters.store.engine.storage import BUSY_TIMEOUT_MS, SqliteStorage
from threadkeep.adapters.store.migrations import Schema, add_missing, stored_version
from threadkeep.adapters.store.opening import OWNERS, open_storage
from threadkeep.adapters.store.search.fulltext import add_functions
from threadkeep.adapters.store.tables.list_schema import COUNTS, SIDES
from threadkeep.adapters.store.tables.schema import LAYOUTS, SHORT_FORM
from threadkeep.adapters.store.tables.search_schema import TEXT_INDEXES
from threadkeep.adapters.store.tables.short_documents import SHORT_DOCUMENTS
from threadkeep.domain.errors import StoreError, StoreUnavailable
from threadkeep.values import Value

TOLD: Final = 100
"""Damaged places that SQLite is asked to name."""
_INDEX_WORDS: Final = ("missing from index", "wrong # of entries in index", "non-unique entry in index")


def find_damage(storage: SqliteStorage) -> list[str]:
    """What SQLite says of the file, the search index aside; the quick look first."""
    for pragma in ("quick_check", "integrity_check"):
        try:
            told = [str(text) for (text,) in storage.rows(f"PRAGMA {pragma}({TOLD})")]
        except StoreError as error:
            return [error.message]
        found = [text for text in told if text != "ok" and not any(name in text for name in TEXT_INDEXES)]
        if found:
            return found
    return []


def is_in_indexes(damage: Sequence[str]) -> bool:
    """Whether all of it goes when the indexes are built anew."""
    return all(any(words in text for words in _INDEX_WORDS) for text in damage)


def rebuild_indexes(storage: SqliteStorage) -> None:
    """Builds every index anew, from the rows, each in a transaction of its own."""
    names = storage.rows("SELECT name FROM sqlite_schema WHERE type = 'index'")
    for (name,) in names:
        with storage.transaction():
            storage.rows(f'REINDEX "{name}"')


class Lost(Value):
    """Rows that could not be read any more, by their table."""

    counts: dict[str, int]

    def __str__(self) -> str:
        told = [f"at least {count} of {table}" for table, count in self.counts.items() if count]
        return ", ".join(told) or "none"


def write_anew(storage: SqliteStorage, *, schema: Schema, attempts: int = 3) -> Lost:
    """Writes all that can be read into a fresh database and then, in one transaction, over the damaged one.

    Others may use the store meanwhile: if one of them has written, it begins again. What is written has the
    present version, whichever it had. Raises StoreUnavailable, StoreCorrupt; then the store is as it was.
    """
    folder = storage.path.parent
    if stored_version(storage) < schema.version and is_older_alive(folder / OWNERS, schema.version):
        raise StoreUnavailable("An older Threadkeep uses the store: close its windows and repair it again.")
    file = storage.path.with_name(f"{storage.path.name}.repair-{os.getpid()}")
    for _ in range(attempts):
        mark = storage.rows("PRAGMA data_version")
        try:
            lost = _salvage(storage, file, schema=schema)
            if _put_back(storage, file, mark=mark):
                return lost
        finally:
            for name in (file.name, f"{file.name}-wal", f"{file.name}-shm", f"{file.name}-journal"):
                with suppress(OSError):
                    file.with_name(name).unlink(missing_ok=True)
    raise StoreUnavailable("Others write to the store all the time: close the editors and repair it again.")


def _salvage(storage: SqliteStorage, file: Path, *, schema: Schema) -> Lost:
    with as_unavailable(file.parent):
        file.unlink(missing_ok=True)
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    fresh = SqliteStorage(file, layouts=LAYOUTS)
    try:
        add_functions(fresh.connection)
        page_size = storage.rows("PRAGMA page_size")[0][0]
        fresh.rows(f"PRAGMA page_size = {int(page_size)}")
        list(schema.migrate(fresh, backup=lambda _: file))
        add_missing(fresh)
        with fresh.transaction():
            for table in (SHORT_FORM, SHORT_DOCUMENTS):  # rows of the old form may come
                fresh.rows(f"DELETE FROM {table}")  # noqa: S608 - our names
            # an older version has not all of them
            there = [table for table in _tables(fresh) if storage.has_table(table)]
            lost = {table: _copy_table(storage, fresh, table) for table in there}
            for index in TEXT_INDEXES:  # their examination comes later, and finds that they hold nothing
                fresh.rows(f"INSERT INTO {index}({index}) VALUES ('delete-all')")  # noqa: S608 - our names
            fresh.rows("DELETE FROM meta WHERE name = 'indexed_to'")
    finally:
        fresh.close()
    return Lost(counts=lost)


def _tables(storage: SqliteStorage) -> list[str]:
    rows = storage.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    names = [str(name) for (name,) in rows]
    filled_by_triggers = {*SIDES, COUNTS}
    return [name for name in names if name not in filled_by_triggers and not name.startswith(TEXT_INDEXES)]


def _copy_table(storage: SqliteStorage, fresh: SqliteStorage, table: str) -> int:
    """Copies the rows that can be read, from both ends, and how many are known to be missing."""
    names = [name for (name,) in fresh.rows("SELECT name FROM pragma_table_info(?)", (table,))]
    copy = f"INSERT OR IGNORE INTO {table}({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - names of our schema
    has_rowid = names[0] in {"doc_id", "id"}
    key = names[0]
    select = f"SELECT {', '.join(names)} FROM {table}"  # noqa: S608 - names of our schema
    is_whole = _copy_rows(storage, fresh, f"{select} ORDER BY {key}", copy)
    if is_whole:
        return 0
    _copy_rows(storage, fresh, f"{select} ORDER BY {key} DESC", copy)
    return _fill_gaps(storage, fresh, table=table, key=key, select=select, copy=copy) if has_rowid else 1


def _copy_rows(storage: SqliteStorage, fresh: SqliteStorage, select: str, copy: str) -> bool:
    """Whether the end was reached."""
    try:
        for row in storage.stream(select):
            fresh.rows(copy, row)
    except StoreError:
        return False
    return True


def _fill_gaps(
    storage: SqliteStorage, fresh: SqliteStorage, *, table: str, key: str, select: str, copy: str
) -> int:
    """Looks for each row between the damaged places by its number; gives how many are missing."""
    numbers = {number for (number,) in fresh.rows(f"SELECT {key} FROM {table}")}  # noqa: S608 - names of our schema
    if not numbers:
        return 1
    missing = 0
    for number in range(min(numbers), max(numbers) + 1):
        if number in numbers:
            continue
        try:
            rows = storage.rows(f"{select} WHERE {key} = ?", (number,))
        except StoreError:
            missing += 1
            continue
        for row in rows:
            fresh.rows(copy, row)
    return missing or 1


def _put_back(storage: SqliteStorage, file: Path, *, mark: object) -> bool:
    """Writes the fresh database over the damaged one; False if somebody has written meanwhile."""
    live = open_storage(storage.path.parent, busy_timeout_ms=BUSY_TIMEOUT_MS)
    fresh = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        with translated(storage.path), live.connection.backup("main", fresh, "main") as running:
            running.step(0)  # takes the place of the one writer
            if storage.rows("PRAGMA data_version") != mark:
                return False
            running.step(-1)
    finally:
        fresh.close()
        live.close()
    return True
