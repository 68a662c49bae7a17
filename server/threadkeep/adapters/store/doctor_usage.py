"""Whether the side table of what answers took says what the messages say."""

# ruff: noqa: S608 - names come from usage_rows

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import attrs

from threadkeep.adapters.store.documents import parsed
from threadkeep.adapters.store.examination import Bedside, Examination
from threadkeep.adapters.store.pending import HIDDEN_ROWS
from threadkeep.adapters.store.schema import SESSION_OF_MESSAGE, session_number
from threadkeep.adapters.store.sqlite_storage import SqliteStorage
from threadkeep.adapters.store.usage_rows import USAGE, UsageRow, add, row_of
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import Session
from threadkeep.domain.usage import AMOUNTS, Amount, amount_of

Rows = dict[UsageRow, Amount]

_ANSWERS: Final = f"""
SELECT doc FROM messages WHERE session_number = ? AND {SESSION_OF_MESSAGE} = ?
AND json_extract(doc, '$."role"') = 'assistant'
"""
_STORED: Final = (
    f"SELECT session, slot, agent, model, {', '.join(AMOUNTS)} FROM {USAGE} "
    f"WHERE session NOT IN ({HIDDEN_ROWS}) ORDER BY session"
)
_IS_HIDDEN: Final = "SELECT 1 FROM pending WHERE row = ?"
_SESSIONS: Final = "SELECT doc_id, doc FROM sessions ORDER BY doc_id"


@attrs.frozen(kw_only=True)
class Miscounted:
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
        if (rows if number == doc_id else {}) != _counted(storage, session, doc_id):
            wrong.append(Miscounted(number=doc_id, id=session.id))
        if number == doc_id:
            number, rows = next(stored, _END)
    while number != _END[0]:
        wrong.append(Miscounted(number=number))
        number, rows = next(stored, _END)
    return wrong


def repair_usage(bedside: Bedside, findings: Sequence[Miscounted]) -> None:
    """Counts the answers of each session anew."""
    storage = bedside.storage
    for found in findings:
        if storage.rows(_IS_HIDDEN, (found.number,)):
            continue
        storage.rows(f"DELETE FROM {USAGE} WHERE session = ?", (found.number,))
        row = storage.row("SELECT doc FROM sessions WHERE doc_id = ?", (found.number,))
        if row is not None:
            for place, amount in _counted(storage, parsed(row[0], Session), found.number).items():
                add(storage, place, amount)


def _stored(storage: SqliteStorage) -> Iterator[tuple[int, Rows]]:
    for number, rows in groupby(storage.stream(_STORED), key=lambda row: int(row[0])):
        yield (
            number,
            {
                UsageRow(slot, number, agent, model): Amount(**dict(zip(AMOUNTS, amounts, strict=True)))
                for _, slot, agent, model, *amounts in rows
            },
        )


def _counted(storage: SqliteStorage, session: Session, number: int) -> Rows:
    rows: Rows = {}
    for (doc,) in storage.rows(_ANSWERS, (session_number(session.id), session.id)):
        message = parsed(doc, Message)
        amount = amount_of(message, session)
        if amount is not None:
            row = row_of(message, number)
            rows[row] = rows.get(row, Amount()) + amount
    return rows


_END: Final[tuple[int, Rows]] = (2**63, {})
"""Behind every row number."""


USAGE_TABLE: Final = Examination(
    kind="usage",
    find=find_usage,
    tell="The tokens and costs that are summed up are not those of the answers",
    repair=repair_usage,
    advice="a repair sums them up anew.",
)
