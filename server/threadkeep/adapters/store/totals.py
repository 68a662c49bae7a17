"""How many sessions, messages and repositories there are, without counting them each time.

Rows get the next number, so there are as many as the highest number says, less those that are missing below
it. Only the missing ones are counted, by triggers: adding a row writes nothing more, and older programs, which
know nothing of it, keep it right too. In a store that was there before, they are counted a few at a time: `upto`
is the number up to which that was done, NULL when all of it is.
"""

# ruff: noqa: S608 - the names spliced into SQL are constants

from collections.abc import Sequence
from typing import Final

from threadkeep.adapters.store.examination import Bedside, Examination
from threadkeep.adapters.store.list_schema import COUNTED as COUNTED_BY_REPOSITORY
from threadkeep.adapters.store.list_schema import COUNTS, COUNTS_NOW, FILL_COUNTS
from threadkeep.adapters.store.schema import COUNTED, TOTALS
from threadkeep.adapters.store.sqlite_storage import SqliteStorage

_BY_REPOSITORY: Final = "sessions by repository"

ROWS_AT_ONCE: Final = 4_000
"""Rows that are looked at in one go: some milliseconds."""

_TOTAL: Final = (
    "(SELECT CASE WHEN upto IS NULL THEN (SELECT coalesce(max(doc_id), 0) FROM {0}) - missing "
    f"ELSE (SELECT count(*) FROM {{0}}) END FROM {TOTALS} WHERE name = '{{0}}')"
)
_TOLD: Final = f"SELECT {', '.join(_TOTAL.format(name) for name in COUNTED)}"
_COUNTS_TOLD: Final = f"SELECT repository_id, {', '.join(COUNTED_BY_REPOSITORY)} FROM {COUNTS}"
_COUNTED_NOW: Final = f"SELECT {', '.join(f'(SELECT count(*) FROM {name})' for name in COUNTED)}"


def totals(storage: SqliteStorage) -> dict[str, int]:
    """How many rows each counted table has, in one snapshot."""
    row = storage.row(_TOLD if storage.has_table(TOTALS) else _COUNTED_NOW)
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


def _find(storage: SqliteStorage) -> list[str]:
    told, row = totals(storage), storage.row(_COUNTED_NOW)
    wrong = [name for name, number in zip(COUNTED, row or (), strict=True) if told[name] != number]
    if storage.has_table(COUNTS) and set(storage.rows(_COUNTS_TOLD)) != set(storage.rows(COUNTS_NOW)):
        wrong.append(_BY_REPOSITORY)
    return wrong


def _repair(bedside: Bedside, findings: Sequence[str]) -> None:
    for name in findings:
        if name == _BY_REPOSITORY:
            bedside.storage.rows(f"DELETE FROM {COUNTS}; {FILL_COUNTS}")
            continue
        bedside.storage.rows(
            f"REPLACE INTO {TOTALS}(name, missing, upto) "
            f"SELECT '{name}', coalesce(max(doc_id), 0) - count(*), NULL FROM {name}"
        )


TOTALS_TABLE: Final = Examination(
    kind="totals",
    find=_find,
    tell="The store tells another number than there are of its",
    repair=_repair,
    advice="a repair counts them anew.",
)
