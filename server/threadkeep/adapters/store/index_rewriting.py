"""Writing a full-text index anew, a little at a time, so that nothing is left of what was deleted; loaded for that."""

# ruff: noqa: S608 - the names spliced into SQL are our own

from typing import Final

from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.search.fulltext import add_text, remove_text

PAGES_AT_FIRST: Final = 50
"""Some milliseconds."""
LEAST_PAGES: Final = 8
MOST_PAGES: Final = 400
NOBODY: Final = -1
"""No message has this id."""


def fitting(pages: int, took: float, *, wanted: float) -> int:
    """How many pages take the wanted time, in seconds, if so many took another."""
    return max(LEAST_PAGES, min(MOST_PAGES, round(pages * min(2.0, wanted / max(took, 1e-4)))))


def begin(storage: SqliteStorage, index: str, pages: int) -> frozenset[int]:
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
    _merge(storage, index, -pages)
    return pieces


def go_on(storage: SqliteStorage, index: str, pages: int) -> bool:
    """Writes some more pages; whether there were any."""
    return _merge(storage, index, pages)


def is_left(storage: SqliteStorage, index: str, pieces: frozenset[int]) -> bool:
    """Whether any of the pieces is still there, which is rare: others may have written meanwhile."""
    return bool(pieces & _pieces(storage, index))


def _merge(storage: SqliteStorage, index: str, pages: int) -> bool:
    before = storage.connection.total_changes()
    storage.rows(f"INSERT INTO {index}({index}, rank) VALUES ('merge', ?)", (pages,))
    return storage.connection.total_changes() - before > 1  # one is the command itself


def _pieces(storage: SqliteStorage, index: str) -> frozenset[int]:
    return frozenset(int(number) for (number,) in storage.rows(f"SELECT DISTINCT segid FROM {index}_idx"))
