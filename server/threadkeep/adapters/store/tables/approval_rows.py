"""Approvals, each beside the call that it is about: it goes with it."""

from typing import Final

from threadkeep.adapters.store.engine.json_text import json_text
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables.documents import approval_document, parsed
from threadkeep.adapters.store.tables.part_rows import check_tables, row_of
from threadkeep.adapters.store.tables.schema import session_number
from threadkeep.domain.approvals import Approval

_TABLE: Final = "approvals"
_PUT: Final = (
    "INSERT INTO approvals(id, message_row, n, session_number, seq, is_open, doc) VALUES (?1, ?2, coalesce(?3, (SELECT n FROM approvals WHERE id = ?1), 0), ?4, coalesce(?5, (SELECT seq FROM approvals WHERE id = ?1), 0), ?6, ?7) "
    "ON CONFLICT(id) DO UPDATE SET message_row = ?2, n = excluded.n, seq = excluded.seq, is_open = ?6, doc = ?7"
)
_ONE: Final = "SELECT doc FROM approvals WHERE id = ?"
_OF_SESSION: Final = "SELECT doc FROM approvals WHERE session_number = ? ORDER BY id"
_OPEN: Final = "SELECT doc FROM approvals WHERE session_number = ? AND is_open = 1 ORDER BY id"
_OF_SEQ: Final = "SELECT doc FROM approvals WHERE session_number = ? AND seq = ?"


def put_approval(storage: SqliteStorage, approval: Approval, *, n: int | None, seq: int | None) -> None:
    """Stores it; n: which of the parts of its message that are no words the call is, None for the one that it was. seq: None as it was."""
    check_tables(storage)
    row = row_of(storage, approval.message_id) or 0
    document = json_text(approval_document(approval))
    number = session_number(approval.session_id)
    storage.rows(_PUT, (approval.id, row, n, number, seq, int(approval.is_open), document))


def approval(storage: SqliteStorage, approval_id: str) -> Approval | None:
    """The approval, if there is one."""
    return next(iter(_found(storage, _ONE, approval_id)), None)


def approvals(storage: SqliteStorage, session_id: str, *, is_open: bool) -> list[Approval]:
    """Those of a session, oldest first; is_open: only what waits."""
    found = _found(storage, _OPEN if is_open else _OF_SESSION, session_number(session_id))
    return [each for each in found if each.session_id == session_id]


def approval_of_seq(storage: SqliteStorage, session_id: str, seq: int) -> Approval | None:
    """The approval that the event of that seq tells of; None where it has changed since."""
    found = _found(storage, _OF_SEQ, session_number(session_id), seq)
    return next((each for each in found if each.session_id == session_id), None)


def _found(storage: SqliteStorage, statement: str, *values: str | int) -> list[Approval]:
    rows = storage.rows(statement, values) if storage.has_table(_TABLE) else []
    return [parsed(doc, Approval) for (doc,) in rows]
