"""Sessions that lists find under other tags and links than they have."""

# ruff: noqa: S608 - names come from list_schema; values are bound

from collections.abc import Sequence
from typing import Final

from threadkeep.adapters.store.doctor.examination import Examination, RepairContext
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables.list_schema import SIDES


def find_lists(storage: SqliteStorage) -> list[tuple[int, str]]:
    """Row number and id of sessions that lists show in the wrong place, or not at all."""
    found: dict[int, str] = {}
    for table, (column, source) in SIDES.items():
        rows = storage.rows(_differences(table, column, source))
        found.update({row: session_id or f"number {row}" for row, session_id in rows})
    return sorted(found.items())


def repair_lists(context: RepairContext, findings: Sequence[tuple[int, str]]) -> None:
    """Fills the side tables of each anew."""
    storage = context.storage
    for row, _ in findings:
        for table, (_, source) in SIDES.items():
            stored = storage.rows(f"SELECT {source} FROM sessions WHERE doc_id = ?", (row,))
            storage.rows(f"UPDATE sessions SET {source} = NULL WHERE doc_id = ?", (row,))
            storage.rows(f"DELETE FROM {table} WHERE session = ?", (row,))
            for (places,) in stored:  # the trigger fills the side table when the column changes
                storage.rows(f"UPDATE sessions SET {source} = ? WHERE doc_id = ?", (places, row))


def _differences(table: str, column: str, source: str) -> str:
    """Sessions whose rows in the side table are not what their own say."""
    kept = f"SELECT session AS row, {column} AS value FROM {table}"
    meant = (
        "SELECT doc_id AS row, value FROM sessions, "
        f"json_each(CASE WHEN json_valid({source}) THEN {source} END)"
    )
    return (
        "SELECT DISTINCT row, (SELECT id FROM sessions WHERE doc_id = row) FROM ("
        f"SELECT * FROM (SELECT * FROM ({meant}) EXCEPT {kept}) "
        f"UNION ALL SELECT * FROM (SELECT * FROM ({kept}) EXCEPT {meant}))"
    )


LISTS: Final = Examination(
    kind="lists",
    find=find_lists,
    tell="Lists do not show these sessions where they belong",
    place=lambda finding: str(finding[1]),
    repair=repair_lists,
    advice="a repair lists them anew.",
)
