"""Whether the side table of what answers took says what the messages say."""

# ruff: noqa: S608 - names come from usage_rows

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from threadkeep.adapters.store.doctor.examination import Examination, RepairContext
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables.documents import parsed
from threadkeep.adapters.store.tables.pending import HIDDEN_ROWS
from threadkeep.adapters.store.tables.usage_counting import count_anew, counted
from threadkeep.adapters.store.tables.usage_rows import USAGE, UsageRow
from threadkeep.domain.sessions import Session
from threadkeep.domain.usage import AMOUNTS, Amount
from threadkeep.values import Value

Rows = dict[UsageRow, Amount]

_STORED: Final = (
    f"SELECT session, slot, agent, model, {', '.join(AMOUNTS)} FROM {USAGE} "
    f"WHERE session NOT IN ({HIDDEN_ROWS}) ORDER BY session"
)
_IS_HIDDEN: Final = "SELECT 1 FROM pending WHERE row = ?"
_SESSIONS: Final = "SELECT doc_id, doc FROM sessions ORDER BY doc_id"


class Miscounted(Value):
    """A session by its row number and its id; one that is gone has none."""

    number: int
    id: str = "one that is gone"

    def __str__(self) -> str:
        return self.id


def find_usage(storage: SqliteStorage) -> list[Miscounted]:
    """The sessions of which the table says something else than their messages do."""
    stored = _stored(storage)
    wrong: list[Miscounted] = []
    number, rows = next(stored, _END)
    for doc_id, doc in storage.stream(_SESSIONS):
        while number < doc_id:
            wrong.append(Miscounted(number=number))
            number, rows = next(stored, _END)
        session = parsed(doc, Session)
        if (rows if number == doc_id else {}) != counted(storage, session, doc_id):
            wrong.append(Miscounted(number=doc_id, id=session.id))
        if number == doc_id:
            number, rows = next(stored, _END)
    while number != _END[0]:
        wrong.append(Miscounted(number=number))
        number, rows = next(stored, _END)
    return wrong


def repair_usage(context: RepairContext, findings: Sequence[Miscounted]) -> None:
    """Counts the answers of each session anew."""
    storage = context.storage
    for found in findings:
        if not storage.rows(_IS_HIDDEN, (found.number,)):
            count_anew(storage, found.number)


def _stored(storage: SqliteStorage) -> Iterator[tuple[int, Rows]]:
    for number, rows in groupby(storage.stream(_STORED), key=lambda row: int(row[0])):
        yield (
            number,
            {
                UsageRow(slot, number, agent, model): Amount(**dict(zip(AMOUNTS, amounts, strict=True)))
                for _, slot, agent, model, *amounts in rows
            },
        )


_END: Final[tuple[int, Rows]] = (2**63, {})
"""Behind every row number."""


USAGE_TABLE: Final = Examination(
    kind="usage",
    find=find_usage,
    tell="The tokens and costs that are summed up are not those of the answers",
    repair=repair_usage,
    advice="a repair sums them up anew.",
)
