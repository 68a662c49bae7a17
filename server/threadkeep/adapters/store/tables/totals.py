"""How many sessions, messages and repositories there are, without counting them each time.

Rows get the next number, so there are as many as the highest number says, less those that are missing below
it. Only the missing ones are counted, by triggers: adding a row writes nothing more, and older programs, which
know nothing of it, keep it right too. In a store that was there before, they are counted a few at a time: `upto`
is the number up to which that was done, NULL when all of it is.
"""

# ruff: noqa: S608 - the names spliced into SQL are constants

from typing import Final

from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables.schema import COUNTED, TOTALS

ROWS_AT_ONCE: Final = 4_000
"""Rows that are looked at in one go: some milliseconds."""

_TOTAL: Final = (
    "(SELECT CASE WHEN upto IS NULL THEN (SELECT coalesce(max(doc_id), 0) FROM {0}) - missing "
    f"ELSE (SELECT count(*) FROM {{0}}) END FROM {TOTALS} WHERE name = '{{0}}')"
)
_TOLD: Final = f"SELECT {', '.join(_TOTAL.format(name) for name in COUNTED)}"
COUNTED_NOW: Final = f"SELECT {', '.join(f'(SELECT count(*) FROM {name})' for name in COUNTED)}"


def totals(storage: SqliteStorage) -> dict[str, int]:
    """How many rows each counted table has, in one snapshot."""
    row = storage.row(_TOLD if storage.has_table(TOTALS) else COUNTED_NOW)
    return {name: int(number or 0) for name, number in zip(COUNTED, row or (), strict=True)}


def is_counting(storage: SqliteStorage) -> bool:
    """Whether rows are left that nobody has looked at yet."""
    return storage.has_table(TOTALS) and bool(storage.rows(f"SELECT 1 FROM {TOTALS} WHERE upto NOTNULL"))


def count_on(storage: SqliteStorage, *, most: int = ROWS_AT_ONCE) -> bool:
    """Looks at a few more rows, inside a transaction. Whether some are left."""
    for name, upto in storage.rows(
        f"SELECT name, upto FROM {TOTALS} WHERE upto NOTNULL ORDER BY name LIMIT 1"
    ):
        ((found, to),) = storage.rows(
            f"SELECT count(*), max(doc_id) FROM "
            f"(SELECT doc_id FROM {name} WHERE doc_id > ? ORDER BY doc_id LIMIT ?)",
            (upto, most),
        )
        storage.rows(
            f"UPDATE {TOTALS} SET missing = missing + ?, upto = ? WHERE name = ?",
            (to - upto - found if found else 0, to if found == most else None, name),
        )
    return is_counting(storage)
