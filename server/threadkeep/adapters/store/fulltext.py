"""The full-text index of messages: FTS5 over their content, without a second copy of it."""

from contextlib import suppress
from typing import Final

import apsw

from threadkeep.adapters.store.documents import parsed
from threadkeep.adapters.store.layouts import Scalar, plain_text
from threadkeep.adapters.store.sqlite_storage import SqliteStorage
from threadkeep.adapters.store.words import query_words, searchable, terms, word_set
from threadkeep.domain.errors import StoreCorrupt
from threadkeep.domain.messages import Message
from threadkeep.ports.store import Passage

BATCH: Final = 64
"""New messages that are indexed together: a fraction of the cost of one by one."""

RANKED: Final = 2_000
"""Messages that a word may stand in to be ranked by; ranking by "the" would read half of the store."""

COMPARED: Final = 50
"""Candidates beyond the limit that are compared by how many of the words they hold."""

_WAITING: Final = "SELECT doc_id AS id, -doc_id AS place FROM messages WHERE doc_id > ?"
_RANKED: Final = "SELECT rowid AS id, rank AS place FROM message_text WHERE message_text MATCH ?"
_NEWEST: Final = """
SELECT rowid AS id, -rowid AS place FROM message_text WHERE message_text MATCH ? ORDER BY rowid DESC LIMIT 20000
"""
# CROSS JOIN: in this order, from the hits to their sessions
_PASSAGES: Final = """
SELECT m.doc, s.id, json_extract(s.doc, '$."title"') FROM ({found}) AS f
CROSS JOIN messages AS m ON m.doc_id = f.id
CROSS JOIN sessions AS s ON s.id = json_extract(m.doc, '$."session_id"')
WHERE s.repository_id = ? AND s.is_trashed = 0 AND s.is_private = 0
ORDER BY f.place, m.doc_id DESC LIMIT ?
"""


def add_functions(connection: apsw.Connection) -> None:
    """What the index needs of every connection: the text that it holds of a message's document."""
    connection.create_scalar_function("searchable", _indexed_text_of, 1, deterministic=True)


def index_new(storage: SqliteStorage, doc_id: int) -> None:
    """Sees to a message that was added with the highest id: it waits until there are some to be indexed
    together, and is looked through until then."""
    if doc_id % BATCH == 0:
        _index_waiting(storage, _indexed_to(storage), doc_id)


def index_again(storage: SqliteStorage, doc_id: int, message: Message, *, before: Message) -> None:
    """Brings the index up to date with a message that was stored as `before`."""
    new, old = _indexed_text(message), _indexed_text(before)
    if new == old or doc_id > _indexed_to(storage):
        return
    if old:  # the index holds no text: it must be told what it forgets
        storage.rows(
            "INSERT INTO message_text(message_text, rowid, text) VALUES ('delete', ?, ?)", (doc_id, old)
        )
    _index(storage, doc_id, new)


def rewrite_index(storage: SqliteStorage) -> None:
    """Leaves out of the index what was deleted, which only is marked so in a newer piece of it.

    The index's own `secure-delete` would keep words that tell its pages apart.
    """
    storage.rows("INSERT INTO message_text(message_text) VALUES ('optimize')")


def passages(storage: SqliteStorage, query: str, *, repository_id: str, limit: int) -> list[Passage]:
    """Messages of the repository with any of the query's words: those with most of them first.

    Among equals the ones that wait to be indexed, which are new; then, by words rare enough, the best
    ranked; then the newest.
    """
    wanted = terms(query)
    rare = [term for term in wanted if _is_rare(storage, term)]
    common = [term for term in wanted if term not in rare]
    found = _found(storage, _WAITING, _indexed_to(storage), repository_id, limit=BATCH)
    if rare:
        found |= _found(storage, _RANKED, _match(rare), repository_id, limit=limit + COMPARED)
    if common:
        found |= _found(storage, _NEWEST, _match(common), repository_id, limit=limit + COMPARED)
    words = query_words(query)
    hits = [(len(words & word_set(passage.text)), passage) for passage in found.values()]
    hits.sort(key=lambda hit: -hit[0])  # equals stay in their order
    return [passage for count, passage in hits if count][:limit]


def _found(
    storage: SqliteStorage, source: str, value: Scalar, repository_id: str, *, limit: int
) -> dict[str, Passage]:
    """By message id, in the order of the source."""
    rows = storage.rows(_PASSAGES.format(found=source), (value, repository_id, limit))
    messages = [(parsed(text, Message), session_id, title) for text, session_id, title in rows]
    return {
        message.id: Passage(
            session_id=session_id,
            session_title=title,
            message_id=message.id,
            role=message.role,
            text=message.content,
            at=message.created_at,
        )
        for message, session_id, title in messages
        if message.role != "event"
    }


def _is_rare(storage: SqliteStorage, term: str) -> bool:
    row = storage.row(
        "SELECT count(*) FROM (SELECT 1 FROM message_text WHERE message_text MATCH ? LIMIT ?)",
        (_match([term]), RANKED + 1),
    )
    return row is not None and row[0] <= RANKED


def _match(words: list[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)  # words hold no quotes, see words.terms


def _indexed_to(storage: SqliteStorage) -> int:
    row = storage.row("SELECT value FROM meta WHERE name = 'indexed_to'")
    return int(row[0]) if row else 0


def _index_waiting(storage: SqliteStorage, above: int, to: int) -> None:
    waiting = storage.rows("SELECT doc_id, doc FROM messages WHERE doc_id > ? AND doc_id <= ?", (above, to))
    for doc_id, text in waiting:
        # a damaged document must not keep all others from being written
        with suppress(StoreCorrupt):
            _index(storage, doc_id, _indexed_text(parsed(text, Message)))
    storage.rows("REPLACE INTO meta(name, value) VALUES ('indexed_to', ?)", (to,))


def _index(storage: SqliteStorage, doc_id: int, text: str) -> None:
    if text:
        storage.rows("INSERT INTO message_text(rowid, text) VALUES (?, ?)", (doc_id, text))


def _indexed_text(message: Message) -> str:
    if message.role == "event":
        return ""
    return searchable(plain_text(message.content))


def _indexed_text_of(*documents: "apsw.SQLiteValue") -> str:
    return "".join(_indexed_text(parsed(str(document), Message)) for document in documents)
