"""What is left of messages and sessions that are gone: journaled text, drafts, and what was current."""

from collections.abc import Sequence
from typing import Final

from threadkeep.adapters.store.doctor.examination import Examination, RepairContext
from threadkeep.adapters.store.engine.json_text import json_value
from threadkeep.adapters.store.engine.short_json import json_of
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables.documents import parsed
from threadkeep.adapters.store.tables.pending import HIDDEN_SESSIONS
from threadkeep.ports.store import Draft
from threadkeep.values import Value

_JOURNALED: Final = f"""
SELECT DISTINCT message_id FROM journal WHERE message_id NOT IN (
    SELECT j.message_id FROM journal AS j JOIN messages AS m ON m.id IN (j.message_id, unhex(j.message_id, '-'))
    WHERE json_extract({json_of("m")}, '$."status"') = 'streaming'
)
"""  # noqa: S608 - constants only
_POINTERS: Final = f"""
SELECT place FROM current_sessions WHERE session_id NOT IN (SELECT id FROM sessions WHERE id NOTNULL)
AND session_id NOT IN ({HIDDEN_SESSIONS})
"""  # noqa: S608 - constants only


class Leftover(Value):
    """A row by its table and place."""

    table: str
    place: str

    def __str__(self) -> str:
        return f"{self.table} {self.place}"


def find_leftovers(storage: SqliteStorage) -> list[Leftover]:
    """Everything that belongs to nothing."""
    found = [Leftover(table="journal", place=str(place)) for (place,) in storage.rows(_JOURNALED)]
    found += [Leftover(table="current_sessions", place=place) for (place,) in storage.rows(_POINTERS)]
    ids = {session_id for (session_id,) in storage.rows("SELECT id FROM sessions")}
    drafts = storage.rows("SELECT place, doc FROM drafts")
    return found + [
        Leftover(table="drafts", place=place)
        for place, doc in drafts
        if parsed(doc, Draft).session_id not in ids
    ]


def repair_leftovers(context: RepairContext, findings: Sequence[Leftover]) -> None:
    """Takes each away; the words of journals and drafts are kept in the quarantine."""
    still_left = set(find_leftovers(context.storage))
    for leftover in findings:
        if leftover in still_left:
            _REPAIRS[leftover.table](context, leftover.place)


def _remove_journal(context: RepairContext, message_id: str) -> None:
    rows = context.storage.rows("SELECT text FROM journal WHERE message_id = ? ORDER BY id", (message_id,))
    context.quarantine.keep("journal", message_id, "".join(json_value(text) for (text,) in rows))
    context.storage.rows("DELETE FROM journal WHERE message_id = ?", (message_id,))


def _remove_draft(context: RepairContext, place: str) -> None:
    row = context.storage.row("SELECT doc FROM drafts WHERE place = ?", (place,))
    if row is not None:
        context.quarantine.keep("drafts", place, row[0])
        context.storage.rows("DELETE FROM drafts WHERE place = ?", (place,))


def _remove_pointer(context: RepairContext, place: str) -> None:
    context.storage.rows("DELETE FROM current_sessions WHERE place = ?", (place,))


_REPAIRS: Final = {
    "journal": _remove_journal,
    "drafts": _remove_draft,
    "current_sessions": _remove_pointer,
}

LEFTOVERS: Final = Examination(
    kind="leftovers",
    find=find_leftovers,
    tell="These belong to messages or sessions that are gone",
    repair=repair_leftovers,
    advice="a repair takes them away and keeps their words in the quarantine folder of the store.",
)
