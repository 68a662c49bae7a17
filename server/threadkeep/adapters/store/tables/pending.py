"""The side table of work that takes many transactions, and what nobody sees meanwhile."""

# ruff: noqa: S608 - what is spliced into SQL are constants; values are bound

from typing import Final

from threadkeep.adapters.store.engine.layouts import is_plain_text
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables.schema import session_number
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.domain.sessions import Session
from threadkeep.ports.pending_records import Pending, PendingKind

PENDING: Final = "pending"

HIDDEN_ROWS: Final = "SELECT row FROM pending WHERE row NOTNULL"
"""The rows that are kept free in the sessions' table, by which other tables know hidden sessions."""
HIDDEN_SESSIONS: Final = "SELECT subject FROM pending WHERE kind IN ('making', 'dropping', 'erasing')"

_ALL: Final = "SELECT kind, subject, owner, source FROM pending ORDER BY at, subject"
_IS: Final = "SELECT 1 FROM pending WHERE subject = ? AND kind = ?"
_HIDES: Final = "SELECT 1 FROM pending WHERE subject = ? AND kind IN ('making', 'dropping', 'erasing')"
_PUT: Final = (
    "REPLACE INTO pending(subject, kind, owner, at, source, row, mark) "
    "VALUES (?, ?, ?, coalesce(?, strftime('%Y-%m-%dT%H:%M:%fZ')), ?, ?, ?)"
)
_HIDDEN_MESSAGES: Final = (
    "SELECT count(*) FROM pending AS p CROSS JOIN messages AS m ON m.session_number = p.mark "
    "WHERE p.mark NOTNULL"
)
_FREE_ROW: Final = """
SELECT max(coalesce((SELECT max(doc_id) FROM sessions), 0), coalesce((SELECT max(row) FROM pending), 0)) + 1
"""
_IS_TAKEN: Final = "EXISTS (SELECT 1 FROM sessions WHERE doc_id = row)"
_ROW: Final = f"SELECT row, {_IS_TAKEN} FROM pending WHERE subject = ? AND kind = 'making'"
_CLEARED_ROW: Final = (
    f"SELECT row, {_IS_TAKEN} FROM pending WHERE subject = ? AND kind IN ('dropping', 'erasing')"
)
_CLEARED: Final = "DELETE FROM pending WHERE subject = ? AND kind IN ('dropping', 'erasing')"
_DROP: Final = (
    "UPDATE OR REPLACE pending SET kind = 'dropping', owner = ? WHERE kind = 'making' AND subject = ?"
)
_COPIES: Final = "SELECT subject FROM pending WHERE kind = 'making' AND source = ?"
_GIVE_UP: Final = (
    "UPDATE OR REPLACE pending SET kind = 'erasing', owner = ? WHERE kind = 'making' AND source = ?"
)


def all_pending(storage: SqliteStorage) -> list[Pending]:
    """Everything that is under way; nothing in a store that an older program made."""
    rows = storage.rows(_ALL) if storage.has_table(PENDING) else []
    return [
        Pending(kind=kind, subject=subject, owner=owner, source=source)
        for kind, subject, owner, source in rows
    ]


def is_pending(storage: SqliteStorage, kind: PendingKind, subject: str) -> bool:
    """Whether that is under way."""
    return is_plain_text(subject) and bool(storage.has_table(PENDING) and storage.rows(_IS, (subject, kind)))


def is_hidden(storage: SqliteStorage, session_id: str) -> bool:
    """Whether the session is being made or erased."""
    return is_plain_text(session_id) and bool(
        storage.has_table(PENDING) and storage.rows(_HIDES, (session_id,))
    )


def hidden_messages(storage: SqliteStorage) -> int:
    """How many messages nobody sees."""
    ((count,),) = storage.rows(_HIDDEN_MESSAGES) if storage.has_table(PENDING) else ((0,),)
    return int(count)


def put(storage: SqliteStorage, pending: Pending) -> None:
    """Notes work on something that is no session."""
    storage.rows(_PUT, (pending.subject, pending.kind, pending.owner, None, pending.source, None, None))


def begin_making(storage: SqliteStorage, session: Session, owner: str) -> None:
    """Keeps a row free for the session, which will be put last. Raises StoreUnavailable as `take_row` does."""
    _check_free(storage, session.id)
    source = session.forked_from.session_id if session.forked_from else None
    row = free_row(storage)
    values = (session.id, "making", owner, session.created_at, source, row, session_number(session.id))
    storage.rows(_PUT, values)


def begin_erasing(storage: SqliteStorage, session_id: str, owner: str, row: int | None) -> None:
    """Notes that what is left of a session is to go; its row is nobody's until then."""
    storage.rows(_PUT, (session_id, "erasing", owner, None, None, row, session_number(session_id)))


def drop_making(storage: SqliteStorage, session_id: str, owner: str) -> None:
    """Turns the making of a session into its clearing away."""
    storage.rows(_DROP, (owner, session_id))


def give_up_makings(storage: SqliteStorage, source: str, owner: str) -> list[str]:
    """Turns the making of copies of a session into their erasing; their ids."""
    if not is_plain_text(source):
        return []
    found = [subject for (subject,) in storage.rows(_COPIES, (source,))]
    storage.rows(_GIVE_UP, (owner, source))
    return found


def take_row(storage: SqliteStorage, session_id: str) -> tuple[int | None, int | None]:
    """The row of a new session, whose making, if there was one, ends here; None: whichever is free.

    Gives also the row that was kept free for it, if an older program, which does not know that, took it for another
    session: what other tables count by the row is of both. Raises StoreUnavailable while a session of that id is being deleted: what is put now would go with it.
    """
    _check_free(storage, session_id)
    found = storage.row(_ROW, (session_id,))
    if found is not None:
        kept, is_taken = found
        row = free_row(storage) if is_taken else int(kept)
        remove(storage, "making", session_id)
        return row, int(kept) if is_taken else None
    return free_row(storage) if storage.rows(f"{HIDDEN_ROWS} LIMIT 1") else None, None


def free_row(storage: SqliteStorage) -> int:
    """A row of the sessions' table that is neither used nor kept free."""
    ((row,),) = storage.rows(_FREE_ROW)
    return int(row)


def cleared_row(storage: SqliteStorage, session_id: str) -> tuple[int | None, bool]:
    """The row that is kept free for a session that is being deleted, and whether an older program, which does not
    know that, took it for another one."""
    found = storage.row(_CLEARED_ROW, (session_id,))
    return (found[0], bool(found[1])) if found else (None, False)


def remove_cleared(storage: SqliteStorage, session_id: str) -> None:
    """Takes away the note of a session that is deleted."""
    storage.rows(_CLEARED, (session_id,))


def claim(storage: SqliteStorage, kind: PendingKind, subject: str, owner: str) -> None:
    """Notes who goes on."""
    storage.rows("UPDATE pending SET owner = ? WHERE subject = ? AND kind = ?", (owner, subject, kind))


def remove(storage: SqliteStorage, kind: PendingKind, subject: str) -> None:
    """Takes away the note of work that is done."""
    storage.rows("DELETE FROM pending WHERE subject = ? AND kind = ?", (subject, kind))


def _check_free(storage: SqliteStorage, session_id: str) -> None:
    if storage.rows(_CLEARED_ROW, (session_id,)):
        raise StoreUnavailable(f"Session {session_id} is still being erased: try again in a moment.")
