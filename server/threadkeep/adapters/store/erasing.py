"""Erasing for good: what is overwritten goes from the pages and the log of the store's files too."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar

from threadkeep.adapters.store import index_rewriting
from threadkeep.adapters.store.search_schema import TEXT_INDEXES
from threadkeep.adapters.store.sqlite_storage import SqliteStorage

WAIT_SECONDS: Final = 2.0
"""How long those are waited for who still read what was there before."""
LOOK_MS: Final = 50
"""So long at a time: meanwhile nobody else writes."""
PAUSE_SECONDS: Final = 0.002
"""Between two steps, for who wants to write: a lock is not handed on in the order of waiting."""

T = TypeVar("T")

Alone = Callable[[], AbstractContextManager[None]]
"""In such a block, no other thread of this process writes, however long it takes."""


def begin_erasing(storage: SqliteStorage) -> None:
    """Marks, inside the transaction that erases, that traces are left, for whoever has to finish it.

    Each mark differs, so that nobody takes away that of a later erasing.
    """
    storage.rows("REPLACE INTO meta(name, value) VALUES ('erasing', random())")


def has_traces(storage: SqliteStorage) -> bool:
    """Whether an erasing was not finished."""
    return _value(storage, "erasing") is not None


def finish_erasing(storage: SqliteStorage, *, alone: Alone) -> bool:
    """Removes the traces of everything erased; False if somebody still reads what was there before.

    Old text stays in freed pages and, where rows were moved, in the gaps between others, not all of which
    SQLite's own `secure_delete` reaches: so the whole database is written anew. That needs room for two
    copies, and takes some three seconds for each GB, in which no process can write and all can read. The
    search indexes, before it, are written anew a little at a time, and what follows holds up nobody.

    storage: a connection for this alone. Raises StoreError.
    """
    mark = _value(storage, "erasing")
    if mark is None:
        return True
    if _value(storage, "rewritten") != mark:
        for index in TEXT_INDEXES:
            _rewrite_index(storage, index, alone)
        with alone():
            storage.rewrite()
            storage.rows("REPLACE INTO meta(name, value) VALUES ('rewritten', ?)", (mark,))
    storage.rows("PRAGMA wal_checkpoint(PASSIVE)")
    if not _is_log_emptied(storage, alone):
        return False
    with alone():
        storage.rows("DELETE FROM meta WHERE name IN ('erasing', 'rewritten') AND value = ?", (mark,))
    return True


def _rewrite_index(storage: SqliteStorage, index: str, alone: Alone) -> None:
    def step(do: Callable[..., T], *further: Any) -> T:
        time.sleep(PAUSE_SECONDS)
        with alone():
            return do(storage, index, *further)

    # Pieces of one age are written as one that may still be marked; the second time they differ in age.
    for _ in range(2):
        pieces = step(index_rewriting.begin)
        while step(index_rewriting.go_on):
            pass
        step(index_rewriting.end, pieces)


def _is_log_emptied(storage: SqliteStorage, alone: Alone) -> bool:
    until = time.monotonic() + WAIT_SECONDS
    while True:
        with alone(), storage.busy_timeout(LOOK_MS):
            ((is_busy, *_),) = storage.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        if not is_busy or time.monotonic() > until:
            return not is_busy
        time.sleep(PAUSE_SECONDS)


def _value(storage: SqliteStorage, name: str) -> int | None:
    row = storage.row("SELECT value FROM meta WHERE name = ?", (name,))
    return int(row[0]) if row else None
