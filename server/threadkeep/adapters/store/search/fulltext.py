"""The full-text index of messages, kept while they are written: FTS5 over their content, without a second copy of it."""

# ruff: noqa: S608 - names come from search_schema, values are bound

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any, Final

import apsw

from threadkeep.adapters.store.engine.json_text import ADVICE
from threadkeep.adapters.store.engine.layouts import plain_text
from threadkeep.adapters.store.engine.short_json import Cell, cell_of
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables.schema import session_number
from threadkeep.adapters.store.tables.search_schema import MESSAGE_TEXT, NOTE_TEXT, VECTOR_SPAN
from threadkeep.adapters.store.tables.short_documents import SHORT
from threadkeep.domain.errors import StoreCorrupt
from threadkeep.domain.messages import Message
from threadkeep.domain.search import UNSPACED, Clause, WordQuery, plain

MAX_TERMS: Final = 32
"""Words of one query that are looked for; a pasted file would otherwise become a query of thousands."""

_WORD: Final = re.compile(r"\w+")
_NO_WORD: Final = re.compile(r"\W+")


def searchable(text: str) -> str:
    """The text as the index gets it: nothing but folded words, and each Chinese, Japanese or Korean run
    spelled out as its characters and pairs."""
    if text.isascii():  # the tokenizer itself does the little that is left
        return text
    return _run().sub(_spelled, _NO_WORD.sub(" ", plain(text).text))


def terms(query: str) -> tuple[str, ...]:
    """The distinct words to look for, in their order; a run without spaces counts as its pairs."""
    spelled = _run().sub(lambda run: f" {' '.join(_tokens_of_run(run[0]))} ", plain(query).text)
    return tuple(dict.fromkeys(_WORD.findall(spelled)))[:MAX_TERMS]


def word_set(text: str) -> frozenset[str]:
    """All words by which the text is found."""
    return frozenset(_WORD.findall(searchable(text).lower()))


def expression(query: WordQuery) -> str:
    """The query for the index; it has at least one clause. What is wide is left to a look at the texts,
    unless there is nothing else."""
    narrow = [clause for clause in query.clauses if not clause.is_wide]
    return " AND ".join(map(clause_expression, narrow or query.clauses))


def clause_expression(clause: Clause) -> str:
    """What finds one clause."""
    words = _tokens_of_run(clause.words[0]) if clause.is_run else clause.words
    return f'"{" ".join(words)}"' + (" *" if clause.is_prefix else "")  # words hold no quotes


@cache  # made when it is first needed: that takes longer than most imports
def _run() -> re.Pattern[str]:
    return re.compile(f"(?:(?=\\w)[{UNSPACED}])+")


def _spelled(run: re.Match[str]) -> str:
    return f" {' '.join((*run[0], *_pairs(run[0])))} "


def _tokens_of_run(run: str) -> tuple[str, ...]:
    return _pairs(run) or (run,)


def _pairs(run: str) -> tuple[str, ...]:
    return tuple(run[at : at + 2] for at in range(len(run) - 1))


BATCH: Final = 64
"""New messages that are indexed together: a fraction of the cost of one by one."""
AT_MOST: Final = 4 * BATCH
"""Messages that one of them indexes with itself."""
LONG: Final = 8_000
"""Characters of a message that does not let itself and others wait, so that what waits is little at any time."""

# where vectors are made at all
_CHANGED_VECTOR: Final = """
REPLACE INTO changed_vectors(id) SELECT ? WHERE EXISTS (SELECT 1 FROM meta WHERE name >= ? AND name < ?)
"""

_NEWEST: Final = "(SELECT coalesce(max(doc_id), 0) FROM messages)"
_SETTLE_INDEXED: Final = f"UPDATE meta SET value = min(value, {_NEWEST}) WHERE name = 'indexed_to'"
_SETTLE_VECTORS: Final = f"""
UPDATE meta SET value = json_array(json_extract(value, '$[0]'), min(json_extract(value, '$[1]'), {_NEWEST}))
WHERE name >= ? AND name < ?
"""


def add_functions(connection: apsw.Connection) -> None:
    """What the index needs of every connection: the text that it holds of a message's document."""
    connection.create_scalar_function("searchable", _indexed_text_of, 1, deterministic=True)


def index_new(storage: SqliteStorage, doc_id: int, message: Message) -> None:
    """Sees to a message that was added with the highest id: its content waits until there are some to be
    indexed together, and is looked through until then."""
    _put_note(storage, doc_id, message, before=None)
    indexed = indexed_to(storage)
    if doc_id <= indexed:  # the id was another message's, which was taken away
        add_text(storage, MESSAGE_TEXT, doc_id, _indexed_text(message), session_number(message.session_id))
    elif doc_id % BATCH == 0 or len(message.content) > LONG:
        # where an index is being built anew there are more of them, which are not this one's to do
        index_waiting(storage, indexed, min(doc_id, indexed + AT_MOST))


def index_again(storage: SqliteStorage, doc_id: int, message: Message, *, before: Message) -> None:
    """Brings the index up to date with a message that was stored as `before`."""
    _put_note(storage, doc_id, message, before=before)
    new, old = _indexed_text(message), _indexed_text(before)
    if message.content != before.content:
        storage.rows("DELETE FROM vectors WHERE id = ?", (doc_id,))
        storage.rows(_CHANGED_VECTOR, (doc_id, VECTOR_SPAN, f"{VECTOR_SPAN}\U0010ffff"))
    if new == old or doc_id > indexed_to(storage):
        return
    number = session_number(message.session_id)
    remove_text(storage, MESSAGE_TEXT, doc_id, old, number)
    add_text(storage, MESSAGE_TEXT, doc_id, new, number)


def forget(storage: SqliteStorage, doc_id: int, message: Message) -> None:
    """Takes a message that is about to be deleted out of all that is searched."""
    number = session_number(message.session_id)
    if doc_id <= indexed_to(storage):
        remove_text(storage, MESSAGE_TEXT, doc_id, _indexed_text(message), number)
    if message.note:
        _remove_note(storage, doc_id, number)
    storage.rows("DELETE FROM vectors WHERE id = ?", (doc_id,))
    storage.rows("DELETE FROM changed_vectors WHERE id = ?", (doc_id,))


def settle_ids(storage: SqliteStorage) -> None:
    """To be called when messages were deleted: the next ones may get the same ids, and must be looked at."""
    storage.rows(_SETTLE_INDEXED)
    storage.rows(_SETTLE_VECTORS, (VECTOR_SPAN, f"{VECTOR_SPAN}\U0010ffff"))


def add_text(storage: SqliteStorage, index: str, id_: int, text: str, number: int) -> None:
    """Adds a text to one of the indexes; an empty one is not."""
    if text:
        storage.rows(f"INSERT INTO {index}(rowid, text, session) VALUES (?, ?, ?)", (id_, text, number))


def remove_text(storage: SqliteStorage, index: str, id_: int, text: str, number: int) -> None:
    """Removes a text: the index holds none, and must be told what it forgets."""
    if text:
        storage.rows(
            f"INSERT INTO {index}({index}, rowid, text, session) VALUES ('delete', ?, ?, ?)",
            (id_, text, number),
        )


def indexed_to(storage: SqliteStorage) -> int:
    """The highest id of a message whose content is in the index; all above it wait."""
    row = storage.row("SELECT value FROM meta WHERE name = 'indexed_to'")
    return int(row[0]) if row else 0


def content_of(document: Mapping[str, Any]) -> str:
    """The content of a message's document, as far as it is searched."""
    if document.get("role") == "event":
        return ""
    return "".join(part["text"] for part in document.get("parts", ()) if part["type"] == "text")


def note_text(message: Message) -> str:
    """What is kept of a message's note."""
    return searchable(plain_text(message.note)) if message.note else ""


def _put_note(storage: SqliteStorage, doc_id: int, message: Message, *, before: Message | None) -> None:
    if message.note == (before.note if before else None):
        return
    number = session_number(message.session_id)
    _remove_note(storage, doc_id, number)
    text = note_text(message)
    if text:
        storage.rows("INSERT INTO notes(id, text, session) VALUES (?, ?, ?)", (doc_id, text, number))
        add_text(storage, NOTE_TEXT, doc_id, text, number)


def _remove_note(storage: SqliteStorage, doc_id: int, number: int) -> None:
    row = storage.row("SELECT text FROM notes WHERE id = ?", (doc_id,))
    if row is not None:
        remove_text(storage, NOTE_TEXT, doc_id, row[0], number)
        storage.rows("DELETE FROM notes WHERE id = ?", (doc_id,))


def index_waiting(storage: SqliteStorage, above: int, to: int) -> None:
    """Indexes the messages of these ids, which wait for it."""
    waiting = storage.rows(
        f"SELECT doc_id, {cell_of()}, session_number FROM messages WHERE doc_id > ? AND doc_id <= ?",
        (above, to),
    )
    for doc_id, cell, number in waiting:
        # a damaged document must not keep all others from being written
        with suppress(StoreCorrupt):
            add_text(storage, MESSAGE_TEXT, doc_id, _indexed_text_in(cell), number)
    storage.rows("REPLACE INTO meta(name, value) VALUES ('indexed_to', ?)", (to,))


def _indexed_text(message: Message) -> str:
    if message.role == "event":
        return ""
    return searchable(plain_text(message.content))


def _indexed_text_of(*documents: "apsw.SQLiteValue") -> str:
    # of a short one the key is missing, which is in no text
    return "".join(
        _indexed_text_in(_NO_KEY + each if isinstance(each, bytes) else str(each)) for each in documents
    )


_NO_KEY: Final = bytes(16)


def _indexed_text_in(cell: Cell) -> str:
    """The same of a message's document, without making the message."""
    try:
        return searchable(plain_text(content_of(SHORT.document(cell))))
    except (KeyError, TypeError, AttributeError) as error:
        raise StoreCorrupt(f"A message in the store is damaged ({error!r}): {ADVICE}") from error
