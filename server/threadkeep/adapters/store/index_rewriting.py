"""Writing a full-text index anew, so that nothing is left of what was deleted; a little at a time."""

# ruff: noqa: S608 - the names spliced into SQL are our own

from typing import Final

from threadkeep.adapters.store.fulltext import add_text, remove_text
from threadkeep.adapters.store.sqlite_storage import SqliteStorage

PAGES_AT_ONCE: Final = 200
"""Some milliseconds."""
NOBODY: Final = -1
"""No message has this id."""


def begin(storage: SqliteStorage, index: str) -> frozenset[int]:
    """Puts all pieces of the index together, to be written as one; their numbers.

    What was deleted is only marked so in a newer piece. The index's own `secure-delete` would keep words that
    tell its pages apart.
    """
    with storage.transaction():
        # An index of a single piece would not be written at all; and two are enough to go on with.
        add_text(storage, index, NOBODY, "x", 0)
        remove_text(storage, index, NOBODY, "x", 0)
        storage.rows(f"INSERT INTO {index}({index}, rank) VALUES ('usermerge', 2)")
    pieces = _pieces(storage, index)
    _merge(storage, index, -PAGES_AT_ONCE)
    return pieces


def go_on(storage: SqliteStorage, index: str) -> bool:
    """Writes some more pages; whether there were any."""
    return _merge(storage, index, PAGES_AT_ONCE)


def end(storage: SqliteStorage, index: str, pieces: frozenset[int]) -> None:
    """Makes sure that none of the pieces is left, which is rare: others may have written meanwhile."""
    if pieces & _pieces(storage, index):
        storage.rows(f"INSERT INTO {index}({index}) VALUES ('optimize')")


def _merge(storage: SqliteStorage, index: str, pages: int) -> bool:
    before = storage.connection.total_changes()
    storage.rows(f"INSERT INTO {index}({index}, rank) VALUES ('merge', ?)", (pages,))
    return storage.connection.total_changes() - before > 1  # one is the command itself


def _pieces(storage: SqliteStorage, index: str) -> frozenset[int]:
    return frozenset(int(number) for (number,) in storage.rows(f"SELECT DISTINCT segid FROM {index}_idx"))
