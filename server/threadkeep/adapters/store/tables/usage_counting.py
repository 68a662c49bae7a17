"""Summing up anew what the answers of a session took."""

# ruff: noqa: S608 - names of ours; values are bound

from typing import Final

from threadkeep.adapters.store.engine.short_json import cell_of, json_of
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables.documents import parsed
from threadkeep.adapters.store.tables.schema import session_number
from threadkeep.adapters.store.tables.short_documents import is_of
from threadkeep.adapters.store.tables.usage_rows import USAGE, UsageRow, add, row_of
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import Session
from threadkeep.domain.usage import Amount, amount_of

_ANSWERS: Final = f"""
SELECT {cell_of()} FROM messages WHERE session_number = ?1 AND {is_of("?2")}
AND json_extract({json_of()}, '$."role"') = 'assistant'
"""


def counted(storage: SqliteStorage, session: Session, number: int) -> dict[UsageRow, Amount]:
    """What the session's answers say, under this number."""
    rows: dict[UsageRow, Amount] = {}
    for (doc,) in storage.rows(_ANSWERS, (session_number(session.id), session.id)):
        message = parsed(doc, Message)
        amount = amount_of(message, session)
        if amount is not None:
            row = row_of(message, number)
            rows[row] = rows.get(row, Amount()) + amount
    return rows


def count_anew(storage: SqliteStorage, number: int) -> None:
    """Brings the table up to date with the messages of the session that has this row number, if any has."""
    storage.rows(f"DELETE FROM {USAGE} WHERE session = ?", (number,))
    row = storage.row("SELECT doc FROM sessions WHERE doc_id = ?", (number,))
    if row is not None:
        for place, amount in counted(storage, parsed(row[0], Session), number).items():
            add(storage, place, amount)
