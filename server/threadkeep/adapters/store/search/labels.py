"""The words of sessions, beside the index of messages: titles, tags and notes."""

from functools import lru_cache
from typing import Final

from threadkeep.adapters.store.engine.layouts import plain_text
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.search.fulltext import add_text, remove_text, searchable
from threadkeep.adapters.store.tables.schema import session_number
from threadkeep.adapters.store.tables.search_schema import LABEL_TEXT
from threadkeep.domain.sessions import Session
from threadkeep.ports.search_records import SearchField

FIELDS: Final[tuple[SearchField, ...]] = ("title", "tags", "note")
PLACES: Final = 4
"""Ids that each session has in the table, so that its words stand where it does among all sessions."""

_STORED: Final = f"""
SELECT s.doc_id, l.id, l.text FROM sessions AS s
LEFT JOIN labels AS l ON l.id BETWEEN s.doc_id * {PLACES} AND s.doc_id * {PLACES} + {PLACES - 1}
WHERE s.id = ?
"""  # noqa: S608 - constants only


def put_labels(storage: SqliteStorage, session: Session) -> None:
    """Brings the words of a session that has just been stored up to date."""
    rows = storage.rows(_STORED, (session.id,))
    if not rows:
        return
    first = rows[0][0] * PLACES
    before = {id_: text for _, id_, text in rows if id_ is not None}
    now = {first + at: text for at, text in enumerate(words_of(session)) if text}
    if now == before:
        return
    number = session_number(session.id)
    for id_ in sorted(before.keys() | now.keys()):
        if before.get(id_) != now.get(id_):
            _replace(storage, id_, before.get(id_, ""), now.get(id_, ""), number)


def forget_labels(storage: SqliteStorage, session_id: str) -> None:
    """Takes the words of a session that is about to be deleted out of all that is searched."""
    for _, id_, text in storage.rows(_STORED, (session_id,)):
        if id_ is not None:
            _replace(storage, id_, text, "", session_number(session_id))


def words_of(session: Session) -> tuple[str, ...]:
    """What the index gets of each of the session's fields."""
    return _texts(*(label(session, field) for field in FIELDS))


def label(session: Session, field: SearchField) -> str:
    """A text of a session; a title that nobody gave is none."""
    if field == "tags":
        return ", ".join(session.tags)
    if field == "note":
        return session.note or ""
    return "" if session.title_source == "default" else session.title


def _replace(storage: SqliteStorage, id_: int, old: str, new: str, number: int) -> None:
    remove_text(storage, LABEL_TEXT, id_, old, number)
    storage.rows("DELETE FROM labels WHERE id = ?", (id_,))
    if new:
        storage.rows("INSERT INTO labels(id, text, session) VALUES (?, ?, ?)", (id_, new, number))
        add_text(storage, LABEL_TEXT, id_, new, number)


@lru_cache(maxsize=256)  # every message puts its session again
def _texts(*texts: str) -> tuple[str, ...]:
    return tuple(searchable(plain_text(text)) for text in texts)
