"""Sessions that stand on another shelf than theirs, or under other tags and links than they have."""

# ruff: noqa: S608 - names come from session_indexes; values are bound

from collections.abc import Sequence
from typing import Final

from threadkeep.adapters.store.examination import Bedside, Examination
from threadkeep.adapters.store.session_indexes import SHELF, SIDES, SORT_COLUMNS
from threadkeep.adapters.store.settling import settle
from threadkeep.adapters.store.sqlite_storage import SqliteStorage

_MISPLACED: Final = f"SELECT doc_id, id FROM sessions WHERE shelf NOTNULL AND shelf IS NOT {SHELF}"


def find_lists(storage: SqliteStorage) -> list[tuple[int, str]]:
    """Row number and id of sessions that lists show in the wrong place, or not at all."""
    found: dict[int, str] = dict(storage.rows(_MISPLACED))
    for table, (column, source) in SIDES.items():
        found.update(
            (row, session_id) for row, session_id in storage.rows(_differences(table, column, source))
        )
    return sorted(found.items())


def repair_lists(bedside: Bedside, findings: Sequence[tuple[int, str]]) -> None:
    """Takes each from its shelf, and fills its side tables anew."""
    storage = bedside.storage
    for row, _ in findings:
        storage.rows("UPDATE sessions SET shelf = NULL WHERE doc_id = ?", (row,))
        for table, (_, source) in SIDES.items():
            storage.rows(f"DELETE FROM {table} WHERE session = ?", (row,))
            # the trigger fills the side table when the column changes
            for (stored,) in storage.rows(f"SELECT {source} FROM sessions WHERE doc_id = ?", (row,)):
                storage.rows(f"UPDATE sessions SET {source} = NULL WHERE doc_id = ?", (row,))
                storage.rows(f"UPDATE sessions SET {source} = ? WHERE doc_id = ?", (stored, row))
    settle(storage)


def _differences(table: str, column: str, source: str) -> str:
    """Sessions whose rows in the side table are not what their own say.

    What the order of a loose session is, its rows tell only when it comes to rest.
    """
    kept = f"SELECT session, {column}, id, {_at_rest(table)} FROM {table}"
    meant = (
        f"SELECT doc_id, value, sessions.id, {_at_rest('sessions')} FROM sessions, "
        f"json_each(CASE WHEN json_valid({source}) THEN {source} END)"
    )
    return (
        f"SELECT doc_id, id FROM (SELECT * FROM ({meant}) EXCEPT {kept}) "
        f"UNION SELECT session, id FROM (SELECT * FROM ({kept}) EXCEPT {meant})"
    )


def _at_rest(table: str) -> str:
    orders = (
        f"CASE WHEN {table}.shelf NOTNULL THEN {table}.{name} END AS {name}" for name in SORT_COLUMNS.values()
    )
    return ", ".join((f"{table}.shelf AS shelf", *orders))


LISTS: Final = Examination(
    kind="lists",
    find=find_lists,
    tell="Lists do not show these sessions where they belong",
    place=lambda finding: str(finding[1]),
    repair=repair_lists,
    advice="a repair lists them anew.",
)
