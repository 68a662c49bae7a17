"""What is searched: whether each index is whole, and holds just what is there."""

# ruff: noqa: S608 - names come from search_schema

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from threadkeep.adapters.store.doctor.examination import Examination, RepairContext
from threadkeep.adapters.store.engine.short_json import cell_of, json_of
from threadkeep.adapters.store.engine.storage import BUSY_TIMEOUT_MS, SqliteStorage
from threadkeep.adapters.store.erasing import PAUSE_SECONDS, STEP_SECONDS
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.search.fulltext import BATCH, index_waiting, indexed_to, note_text
from threadkeep.adapters.store.search.labels import FIELDS, PLACES, words_of
from threadkeep.adapters.store.tables.documents import parsed
from threadkeep.adapters.store.tables.schema import session_number
from threadkeep.adapters.store.tables.search_schema import LABEL_TEXT, MESSAGE_TEXT, NOTE_TEXT, TEXT_INDEXES
from threadkeep.domain.errors import StoreError
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import Session

_TO: Final = "coalesce((SELECT value FROM meta WHERE name = 'indexed_to'), 0)"
_MISSING: Final = f"""
SELECT count(*) FROM messages WHERE doc_id <= {_TO} AND searchable(doc) != ''
AND doc_id NOT IN (SELECT id FROM {MESSAGE_TEXT}_docsize)
"""
_STALE: Final = f"SELECT count(*) FROM {MESSAGE_TEXT}_docsize WHERE id NOT IN (SELECT doc_id FROM messages)"
_NOTED: Final = (
    f"""SELECT doc_id, {cell_of()} FROM messages WHERE json_extract({json_of()}, '$."note"') NOTNULL"""
)


def find_search(storage: SqliteStorage) -> list[str]:
    """What is wrong with the indexes."""
    found = []
    try:
        found += _damage(storage.path.parent)
        ((missing,),) = storage.rows(_MISSING)
        ((stale,),) = storage.rows(_STALE)
        others = [*_differing(storage, "notes", NOTE_TEXT, _notes(storage))]
        others += _differing(storage, "labels", LABEL_TEXT, _labels(storage))
    except StoreError as error:
        return [*found, error.message]
    found += [f"{missing} messages that it should find"] if missing else []
    found += others
    return found + ([f"{stale} messages that are gone"] if stale else [])


def _damage(folder: Path) -> list[str]:
    """What SQLite says of the indexes, on a connection that has seen nothing of them: FTS5's check relies on what
    its connection remembers, and takes what others have written since for damage."""
    found = []
    with closing(open_storage(folder, busy_timeout_ms=BUSY_TIMEOUT_MS)) as fresh, fresh.snapshot():
        for index in TEXT_INDEXES:
            told = [text for (text,) in fresh.rows(f"PRAGMA integrity_check('{index}')")]
            found += [] if told == ["ok"] else told
    return found


def repair_search(context: RepairContext, _: Sequence[str]) -> None:
    """Builds the indexes of notes and sessions anew, and begins with that of the messages: they wait to be indexed,
    and are looked through until they are. See `index_messages`."""
    storage = context.storage
    for table, rows in (("notes", _notes(storage)), ("labels", _labels(storage))):
        storage.rows(f"DELETE FROM {table}")
        for id_, (text, number) in rows.items():
            storage.rows(f"INSERT INTO {table}(id, text, session) VALUES (?, ?, ?)", (id_, text, number))
    for index in (NOTE_TEXT, LABEL_TEXT):
        storage.rows(f"INSERT INTO {index}({index}) VALUES ('rebuild')")
    storage.rows(f"INSERT INTO {MESSAGE_TEXT}({MESSAGE_TEXT}) VALUES ('delete-all')")
    storage.rows("REPLACE INTO meta(name, value) VALUES ('indexed_to', 0)")
    storage.rows("DELETE FROM vectors WHERE id NOT IN (SELECT doc_id FROM messages)")


def index_messages(storage: SqliteStorage) -> None:
    """Indexes all messages that wait for it, some in each transaction, with pauses in which others write."""
    is_done = False
    while not is_done:
        with storage.transaction(durable=False):
            until = time.monotonic() + STEP_SECONDS
            ((newest,),) = storage.rows("SELECT coalesce(max(doc_id), 0) FROM messages")
            while not is_done and time.monotonic() < until:
                indexed = indexed_to(storage)
                is_done = newest - indexed < BATCH
                if not is_done:
                    index_waiting(storage, indexed, indexed + PIECE)
        time.sleep(PAUSE_SECONDS)


PIECE: Final = 16
"""Messages that are indexed between two looks at the time."""

Rows = dict[int, tuple[str, int]]
"""Text and session number by id."""


def _notes(storage: SqliteStorage) -> Rows:
    noted = ((doc_id, parsed(doc, Message)) for doc_id, doc in storage.rows(_NOTED))
    rows = {doc_id: (note_text(message), session_number(message.session_id)) for doc_id, message in noted}
    return {doc_id: row for doc_id, row in rows.items() if row[0]}


def _labels(storage: SqliteStorage) -> Rows:
    rows: Rows = {}
    for doc_id, doc in storage.rows("SELECT doc_id, doc FROM sessions"):
        session = parsed(doc, Session)
        for at, text in zip(range(len(FIELDS)), words_of(session), strict=True):
            if text:
                rows[doc_id * PLACES + at] = (text, session_number(session.id))
    return rows


def _differing(storage: SqliteStorage, table: str, index: str, wanted: Rows) -> list[str]:
    stored = {
        id_: (text, number) for id_, text, number in storage.rows(f"SELECT id, text, session FROM {table}")
    }
    indexed = {id_ for (id_,) in storage.rows(f"SELECT id FROM {index}_docsize")}
    wrong = {id_ for id_ in stored.keys() | wanted.keys() if stored.get(id_) != wanted.get(id_)}
    wrong |= indexed ^ wanted.keys()
    return [f"{len(wrong)} {table}"] if wrong else []


SEARCH: Final = Examination(
    kind="searchIndex",
    find=find_search,
    tell="The index for the search is not right",
    repair=repair_search,
    advice="a repair builds it anew from the messages.",
)
