"""Passages for an answer: the messages of a repository that hold most of a question's words."""

from typing import Final

from threadkeep.adapters.store.engine.layouts import Scalar
from threadkeep.adapters.store.engine.short_json import cell_of
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.search.fulltext import BATCH, indexed_to, terms, word_set
from threadkeep.adapters.store.tables.documents import parsed
from threadkeep.adapters.store.tables.short_documents import session_of
from threadkeep.domain.messages import Message
from threadkeep.ports.store import Passage

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
SELECT {cell}, s.id, json_extract(s.doc, '$."title"') FROM ({found}) AS f
CROSS JOIN messages AS m ON m.doc_id = f.id
CROSS JOIN sessions AS s ON s.id = id_text({session})
WHERE s.repository_id = ? AND s.is_trashed = 0 AND s.is_private = 0
ORDER BY f.place, m.doc_id DESC LIMIT ?
"""


def passages(storage: SqliteStorage, query: str, *, repository_id: str, limit: int) -> list[Passage]:
    """Messages of the repository with any of the query's words: those with most of them first.

    Among equals the ones that wait to be indexed, which are new; then, by words rare enough, the best
    ranked; then the newest.
    """
    wanted = terms(query)
    rare = [term for term in wanted if _is_rare(storage, term)]
    common = [term for term in wanted if term not in rare]
    found = _found(storage, _WAITING, indexed_to(storage), repository_id, limit=BATCH)
    if rare:
        found |= _found(storage, _RANKED, _match(rare), repository_id, limit=limit + COMPARED)
    if common:
        found |= _found(storage, _NEWEST, _match(common), repository_id, limit=limit + COMPARED)
    words = frozenset(wanted)
    hits = [(len(words & word_set(passage.text)), passage) for passage in found.values()]
    hits.sort(key=lambda hit: -hit[0])  # equals stay in their order
    return [passage for count, passage in hits if count][:limit]


def _found(
    storage: SqliteStorage, source: str, value: Scalar, repository_id: str, *, limit: int
) -> dict[str, Passage]:
    """By message id, in the order of the source."""
    rows = storage.rows(
        _PASSAGES.format(found=source, cell=cell_of("m"), session=session_of("m")),
        (value, repository_id, limit),
    )
    messages = [(parsed(cell, Message), session_id, title) for cell, session_id, title in rows]
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
    any_word = " OR ".join(f'"{word}"' for word in words)  # words hold no quotes, see words.terms
    return f"text : ({any_word})"
