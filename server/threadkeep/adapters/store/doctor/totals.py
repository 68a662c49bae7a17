"""Whether the store's own counts are those of its rows, and counting anew."""

# ruff: noqa: S608 - the names spliced into SQL are constants

from collections.abc import Sequence
from typing import Final

from threadkeep.adapters.store.doctor.examination import Examination, RepairContext
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables.list_schema import COUNTED as COUNTED_BY_REPOSITORY
from threadkeep.adapters.store.tables.list_schema import COUNTS, COUNTS_NOW, FILL_COUNTS
from threadkeep.adapters.store.tables.schema import COUNTED, TOTALS
from threadkeep.adapters.store.tables.totals import COUNTED_NOW, totals

_BY_REPOSITORY: Final = "sessions by repository"
_COUNTS_TOLD: Final = f"SELECT repository_id, {', '.join(COUNTED_BY_REPOSITORY)} FROM {COUNTS}"


def _find(storage: SqliteStorage) -> list[str]:
    told, row = totals(storage), storage.row(COUNTED_NOW)
    wrong = [name for name, number in zip(COUNTED, row or (), strict=True) if told[name] != number]
    if storage.has_table(COUNTS) and set(storage.rows(_COUNTS_TOLD)) != set(storage.rows(COUNTS_NOW)):
        wrong.append(_BY_REPOSITORY)
    return wrong


def _repair(context: RepairContext, findings: Sequence[str]) -> None:
    for name in findings:
        if name == _BY_REPOSITORY:
            context.storage.rows(f"DELETE FROM {COUNTS}; {FILL_COUNTS}")
            continue
        context.storage.rows(
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
