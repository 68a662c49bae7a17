"""Taking a session out of the store, with everything that belongs to it: first out of sight, then its rows; apart, since it goes through every table."""

# ruff: noqa: S608 - what is spliced into SQL are constants; values are bound

from collections.abc import Callable, Iterator
from typing import Final

from threadkeep.adapters.store.engine.json_text import places_of
from threadkeep.adapters.store.engine.layouts import is_plain_text
from threadkeep.adapters.store.engine.short_json import Cell, cell_of, short_id
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.search import fulltext, labels
from threadkeep.adapters.store.tables import event_rows, pending
from threadkeep.adapters.store.tables.documents import parsed
from threadkeep.adapters.store.tables.schema import session_number
from threadkeep.adapters.store.tables.short_documents import is_of
from threadkeep.adapters.store.tables.usage_rows import forget_some_usage
from threadkeep.domain.messages import Message
from threadkeep.ports.pending_records import never

AT_ONCE: Final = 32
"""Messages that are read, and then deleted one by one."""
USAGE_AT_ONCE: Final = 200
"""Rows of usage that are deleted in one go."""

# Who follows goes before what is followed, so that what is left is a tree at any time.
_MESSAGES: Final = f"""
SELECT doc_id, {cell_of()} FROM messages WHERE session_number = ?1 AND {is_of("?2")}
ORDER BY parent_ref DESC LIMIT {AT_ONCE}
"""
_TURNS: Final = f"DELETE FROM turns WHERE id IN (?1, ?2) AND {is_of('?3')}"
_RUNNING_TURNS: Final = f"DELETE FROM turns WHERE is_running = 1 AND {is_of('?1')}"
_DRAFTS: Final = "DELETE FROM drafts WHERE place >= ? AND place < ?"
_POINTERS: Final = "DELETE FROM current_sessions WHERE place >= ? AND place < ? AND session_id = ?"
_SESSION: Final = "SELECT doc_id, repository_id FROM sessions WHERE id = ?"


def erase_session(
    storage: SqliteStorage, session_id: str, *, owner: str = "", is_over: Callable[[], bool] = never
) -> None:
    """Deletes the session, and its messages on all branches with what was made of them, or notes that they are
    to go: once the time is over, and where there is more than is deleted at once."""
    if not is_plain_text(session_id):
        return
    stored = storage.row(_SESSION, (session_id,))
    event_rows.erase_events(storage, session_id)
    storage.rows(_RUNNING_TURNS, (session_id,))
    storage.rows(_DRAFTS, places_of(session_id))
    if stored is not None:
        storage.rows(_POINTERS, (*places_of(stored[1] or ""), session_id))
        labels.forget_labels(storage, session_id)
        storage.rows("DELETE FROM sessions WHERE id = ?", (session_id,))
    pending.begin_erasing(storage, session_id, owner, stored[0] if stored else None)
    clear_away(storage, session_id, is_over=is_over)


def clear_away(storage: SqliteStorage, session_id: str, *, is_over: Callable[[], bool] = never) -> bool:
    """Deletes what is left of a session that nobody sees any more, until the time is over; whether all is gone."""
    number, cleared = session_number(session_id), False
    for doc_id, document in _left(storage, number, session_id):
        if cleared and is_over():
            fulltext.settle_ids(storage)
            return False
        _erase_message(storage, doc_id, parsed(document, Message))
        cleared = True
    fulltext.settle_ids(storage)
    row, is_taken = pending.cleared_row(storage, session_id)
    if row is not None and is_taken:
        from threadkeep.adapters.store.tables.usage_counting import count_anew  # rare

        count_anew(storage, row)
        row = None
    while row is not None and forget_some_usage(storage, row, most=USAGE_AT_ONCE):
        if is_over():
            return False
    # a session that was moved may still be current where it was before
    storage.rows("DELETE FROM current_sessions WHERE session_id = ?", (session_id,))
    pending.remove_cleared(storage, session_id)
    return True


def _left(storage: SqliteStorage, number: int, session_id: str) -> Iterator[tuple[int, Cell]]:
    while rows := storage.rows(_MESSAGES, (number, session_id)):
        yield from rows


def _erase_message(storage: SqliteStorage, doc_id: int, message: Message) -> None:
    fulltext.forget(storage, doc_id, message)
    storage.rows("DELETE FROM journal WHERE message_id = ?", (message.id,))
    if message.turn_id is not None:
        storage.rows(_TURNS, (message.turn_id, short_id(message.turn_id), message.session_id))
    storage.rows("DELETE FROM messages WHERE doc_id = ?", (doc_id,))
