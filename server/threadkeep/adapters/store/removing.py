"""Taking a session out of the store, with everything that belongs to it."""

from typing import Final

from threadkeep.adapters.store import fulltext, search_labels
from threadkeep.adapters.store.documents import parsed
from threadkeep.adapters.store.json_text import place
from threadkeep.adapters.store.layouts import is_plain_text
from threadkeep.adapters.store.schema import SESSION_OF_MESSAGE, session_number
from threadkeep.adapters.store.sqlite_storage import SqliteStorage
from threadkeep.adapters.store.usage_rows import forget_usage
from threadkeep.domain.messages import Message

_MESSAGES: Final = f"SELECT doc_id, doc FROM messages WHERE session_number = ? AND {SESSION_OF_MESSAGE} = ?"  # noqa: S608 - constants
_TURNS: Final = """DELETE FROM turns WHERE id = ? AND json_extract(doc, '$."session_id"') = ?"""
# The store's newest event keeps its number, as nobody's: whoever follows has seen it, and must see the next.
_NEWEST_EVENT: Final = """
UPDATE events SET session_number = 0, session_id = '', message_id = NULL, turn_id = NULL
WHERE id = (SELECT max(id) FROM events) AND session_id = ?
"""
_EVENTS: Final = "DELETE FROM events WHERE session_number = ? AND session_id = ?"
_DRAFTS: Final = "DELETE FROM drafts WHERE place >= ? AND place < ?"


def erase_session(storage: SqliteStorage, session_id: str) -> None:
    """Deletes the session, its messages on all branches, and what was made of them."""
    if not is_plain_text(session_id):
        return
    number = session_number(session_id)
    for doc_id, document in storage.rows(_MESSAGES, (number, session_id)):
        _erase_message(storage, doc_id, parsed(document, Message))
    fulltext.settle_ids(storage)
    storage.rows(_NEWEST_EVENT, (session_id,))
    storage.rows(_EVENTS, (number, session_id))
    start = place(session_id)[:-1]  # what follows is a comma
    storage.rows(_DRAFTS, (f"{start},", f"{start}-"))
    storage.rows("DELETE FROM current_sessions WHERE session_id = ?", (session_id,))
    search_labels.forget_labels(storage, session_id)
    forget_usage(storage, session_id)
    storage.rows("DELETE FROM sessions WHERE id = ?", (session_id,))


def _erase_message(storage: SqliteStorage, doc_id: int, message: Message) -> None:
    fulltext.forget(storage, doc_id, message)
    storage.rows("DELETE FROM journal WHERE message_id = ?", (message.id,))
    if message.turn_id is not None:
        storage.rows(_TURNS, (message.turn_id, message.session_id))
    storage.rows("DELETE FROM messages WHERE doc_id = ?", (doc_id,))
