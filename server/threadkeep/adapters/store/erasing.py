"""Erasing for good: what is overwritten goes from the pages and the log of the store's files too."""

from typing import Final

from threadkeep.adapters.store.fulltext import rewrite_index
from threadkeep.adapters.store.sqlite_storage import SqliteStorage

WAIT_MS: Final = 2_000
"""How long others are waited for, above all those who still read what was there before."""


def begin_erasing(storage: SqliteStorage) -> None:
    """Marks, inside the transaction that erases, that traces are left, for whoever has to finish it.

    Each mark differs, so that nobody takes away that of a later erasing.
    """
    storage.rows("REPLACE INTO meta(name, value) VALUES ('erasing', random())")


def finish_erasing(storage: SqliteStorage) -> bool:
    """Removes the traces of everything erased; False if somebody still reads what was there before.

    Old text stays in freed pages and, where rows were moved, in the gaps between others, not all of which
    SQLite's own `secure_delete` reaches: so the whole database is written anew. That takes about ten
    seconds for each GB, in which no other process can write, and room for two copies. Raises StoreError.
    """
    mark = _value(storage, "erasing")
    if mark is None:
        return True
    with storage.busy_timeout(WAIT_MS):
        if _value(storage, "rewritten") != mark:
            rewrite_index(storage)
            storage.rows("VACUUM")
            storage.rows("REPLACE INTO meta(name, value) VALUES ('rewritten', ?)", (mark,))
        ((is_busy, *_),) = storage.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        if not is_busy:
            storage.rows("DELETE FROM meta WHERE name IN ('erasing', 'rewritten') AND value = ?", (mark,))
    return not is_busy


def _value(storage: SqliteStorage, name: str) -> int | None:
    row = storage.row("SELECT value FROM meta WHERE name = ?", (name,))
    return int(row[0]) if row else None
