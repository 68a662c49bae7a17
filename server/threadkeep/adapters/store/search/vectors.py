"""Vectors of messages in SQLite: which are missing, and which are nearest; apart, since only finding by meaning needs them."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from heapq import heappush, heapreplace
from itertools import islice
from typing import Any, Final

from threadkeep.adapters.store.engine.json_text import json_text, json_value
from threadkeep.adapters.store.engine.short_json import Cell, cell_of
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.search.fulltext import content_of
from threadkeep.adapters.store.search.texts import SearchTexts
from threadkeep.adapters.store.tables.pending import all_pending
from threadkeep.adapters.store.tables.schema import session_number
from threadkeep.adapters.store.tables.search_schema import VECTOR_SPAN
from threadkeep.adapters.store.tables.short_documents import SHORT
from threadkeep.ports.pending_records import CLEARED
from threadkeep.ports.search_records import StoredText
from threadkeep.ports.vector_records import EMBEDDED_LENGTH, Unembedded
from threadkeep.values import evolve

COMPARED_AT_ONCE: Final = 4_096

_KEEPER: Final = "vectors_kept_by"
_SPAN: Final = VECTOR_SPAN
_CHANGED: Final = f"""
SELECT m.doc_id, {cell_of("m")} FROM changed_vectors AS c CROSS JOIN messages AS m ON m.doc_id = c.id ORDER BY m.doc_id DESC LIMIT ?
"""  # noqa: S608 - constants only
_NEWER: Final = f"SELECT doc_id, {cell_of()} FROM messages WHERE doc_id > ? ORDER BY doc_id LIMIT ?"  # noqa: S608
_OLDER: Final = f"SELECT doc_id, {cell_of()} FROM messages WHERE doc_id < ? ORDER BY doc_id DESC LIMIT ?"  # noqa: S608
_DOCUMENT: Final = f"SELECT {cell_of()} FROM messages WHERE doc_id = ?"  # noqa: S608
_VECTORS: Final = """
SELECT v.id, m.session_number, v.vector FROM vectors AS v CROSS JOIN messages AS m ON m.doc_id = v.id
WHERE v.model = ?
"""
_OF_SESSION: Final = """
SELECT v.id, m.session_number, v.vector FROM messages AS m CROSS JOIN vectors AS v ON v.id = m.doc_id
WHERE v.model = ? AND m.session_number = ?
"""


def unembedded(storage: SqliteStorage, model: str, *, limit: int) -> Unembedded | None:
    """As the port says: those that changed, then those that came since, then ever older ones."""
    low, high = _span(storage, model)
    going = _going(storage)
    rows = storage.rows(_CHANGED, (limit,))
    if rows:
        return _batch(rows, (low, high), going)
    rows = storage.rows(_NEWER, (high, limit))
    if rows:
        return _batch(rows, (low, rows[-1][0]), going)
    rows = storage.rows(_OLDER, (low, limit))
    return _batch(rows, (rows[-1][0], high), going) if rows else None


def put_vectors(
    storage: SqliteStorage, model: str, batch: Unembedded, vectors: Sequence[bytes | None]
) -> None:
    """As the port says."""
    going = _going(storage)
    for id_, text, vector in zip(batch.ids, batch.texts, vectors, strict=True):
        row = storage.row(_DOCUMENT, (id_,))
        if row is None:  # it was erased meanwhile
            continue
        if _text(row[0], going) != text:
            storage.rows("REPLACE INTO changed_vectors(id) VALUES (?)", (id_,))
            continue
        storage.rows("DELETE FROM changed_vectors WHERE id = ?", (id_,))
        if vector is not None:
            # the storage's values are those of documents, which hold no bytes
            storage.rows(
                "REPLACE INTO vectors(id, model, vector) VALUES (?, ?, unhex(?))", (id_, model, vector.hex())
            )
    _put(storage, _SPAN + model, json_text(list(batch.span)))


def forget_other_models(storage: SqliteStorage, model: str) -> None:
    """Deletes the vectors of all other models."""
    storage.rows("DELETE FROM vectors WHERE model != ?", (model,))
    storage.rows(
        "DELETE FROM meta WHERE name > ? AND name < ? AND name != ?",
        (_SPAN, f"{_SPAN}\U0010ffff", _SPAN + model),
    )


def claim(storage: SqliteStorage, owner: str, *, is_alive: Callable[[str], bool]) -> bool:
    """As the port says."""
    row = storage.row("SELECT value FROM meta WHERE name = ?", (_KEEPER,))
    if row is not None and row[0] != owner and is_alive(row[0]):
        return False
    if row is None or row[0] != owner:
        _put(storage, _KEEPER, owner)
    return True


def nearest(
    texts: SearchTexts, model: str, vector: bytes, *, limit: int, skip: int, check: Callable[[], None]
) -> list[StoredText]:
    """As the port says; a bounded number of vectors is held at a time."""
    import numpy

    wanted = numpy.frombuffer(vector, dtype="<f2").astype(numpy.float32)
    best: list[tuple[float, int, int]] = []
    with closing(_rows(texts, model)) as rows:
        while chunk := list(islice(rows, COMPARED_AT_ONCE)):
            check()
            fitting = [row for row in chunk if len(row[2]) == len(vector)]
            if not fitting:
                continue
            held = numpy.frombuffer(b"".join(row[2] for row in fitting), dtype="<f2")
            scores = held.reshape(len(fitting), -1).astype(numpy.float32) @ wanted
            for at in numpy.argsort(-scores).tolist():
                found = (float(scores[at]), *fitting[at][:2])
                if len(best) == skip + limit and found <= best[0]:
                    break  # as are all that follow
                _keep(texts, best, skip + limit, found)
    best.sort(reverse=True)
    return [_stored_text(texts, *found) for found in best[skip:]]


def _keep(
    texts: SearchTexts, best: list[tuple[float, int, int]], most: int, found: tuple[float, int, int]
) -> None:
    _, id_, number = found
    if not texts.is_of_message(id_, number):
        return
    if len(best) < most:
        heappush(best, found)
    else:
        heapreplace(best, found)


def _rows(texts: SearchTexts, model: str) -> Generator[tuple[Any, ...], None, None]:
    if texts.session_id is None:
        yield from texts.storage.stream(_VECTORS, (model,))
    else:
        yield from texts.storage.stream(_OF_SESSION, (model, session_number(texts.session_id)))


def _stored_text(texts: SearchTexts, score: float, id_: int, number: int) -> StoredText:
    return evolve(texts.message_text(id_, number, texts.document(id_), "content"), score=score)


def _batch(rows: Sequence[tuple[Any, ...]], span: tuple[int, int], going: frozenset[str]) -> Unembedded:
    return Unembedded(
        ids=tuple(id_ for id_, _ in rows), texts=tuple(_text(cell, going) for _, cell in rows), span=span
    )


def _going(storage: SqliteStorage) -> frozenset[str]:
    """Sessions that are being erased: nobody is sent a word of them any more."""
    return frozenset(each.subject for each in all_pending(storage) if each.kind in CLEARED)


def _text(cell: Cell, going: frozenset[str]) -> str:
    document = SHORT.document(cell)
    return "" if document["session_id"] in going else content_of(document)[:EMBEDDED_LENGTH].strip()


def _span(storage: SqliteStorage, model: str) -> tuple[int, int]:
    """The ids from the first to the last that were looked at."""
    row = storage.row("SELECT value FROM meta WHERE name = ?", (_SPAN + model,))
    if row is not None:
        low, high = json_value(row[0])
        return low, high
    newest = storage.row("SELECT coalesce(max(doc_id), 0) FROM messages")
    high = newest[0] if newest else 0
    return high + 1, high


def _put(storage: SqliteStorage, name: str, value: str) -> None:
    storage.rows("REPLACE INTO meta(name, value) VALUES (?, ?)", (name, value))
