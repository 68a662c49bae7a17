"""The tree of a session's messages in SQLite, with pointers that skip up it.

Beside its parent every message knows one farther ancestor (its jump), placed so that any ancestor is
found in a logarithmic number of steps (a skew-binary list): the page before any place of a history of
any length, with any branches, costs about as much as the newest one.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from operator import itemgetter
from typing import Any, Final

from threadkeep.adapters.store.engine.json_text import json_text
from threadkeep.adapters.store.engine.layouts import Scalar, is_plain_text
from threadkeep.adapters.store.engine.short_json import Cell, cell_of, id_text, joined, json_of, short_id
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables.schema import session_number
from threadkeep.adapters.store.tables.short_documents import is_of
from threadkeep.domain.messages import Message
from threadkeep.ports.history_records import Entry

_FAMILY: Final = f"""
SELECT id, json_extract({json_of()}, '$.role') FROM messages
WHERE session_number = ?1 AND parent_ref IS ?2 AND {is_of("?3")} ORDER BY seq
"""  # noqa: S608  # constants only

# goes to the jump where that is not too far, else to the parent, while the place is above the bound
_CLIMB: Final = """
WITH RECURSIVE climb(ref, place, depth, parent, jump) AS (
    SELECT doc_id, {place}, depth, parent_ref, jump_ref FROM messages WHERE doc_id = ?1
    UNION ALL
    SELECT m.doc_id, m.{place}, m.depth, m.parent_ref, m.jump_ref
    FROM climb JOIN messages AS m ON m.doc_id =
        CASE WHEN (SELECT {place} FROM messages WHERE doc_id = climb.jump) > ?2 THEN climb.jump
        ELSE climb.parent END
    WHERE climb.place > ?2
)
SELECT ref, depth FROM climb WHERE place <= ?2 LIMIT 1
"""

_PARENT: Final = """
SELECT doc_id, depth, (SELECT jump_ref FROM messages WHERE doc_id = parent.jump_ref) FROM messages AS parent
WHERE id IN (?, ?) AND session_number = ?
"""

_CHAIN: Final = """
WITH RECURSIVE chain(length, ref, parent) AS (
    SELECT 1, doc_id, parent_ref FROM messages WHERE doc_id = ?1
    UNION ALL
    SELECT length + 1, m.doc_id, m.parent_ref
    FROM chain JOIN messages AS m ON m.doc_id = chain.parent WHERE length < ?2
)
SELECT length, id, doc FROM chain CROSS JOIN messages ON doc_id = ref
"""

# +: a rowid has a type, the column it is looked up in has none, and the index would not be used
_SHARED_PARENTS: Final = """
SELECT parent.doc_id
FROM json_each(?1) AS asked CROSS JOIN messages AS parent ON parent.id IN (asked.value, unhex(asked.value, '-'))
WHERE (SELECT count(*) FROM messages WHERE session_number = ?2 AND parent_ref = +parent.doc_id) > 1
"""

_HAS_BEGINNINGS: Final = """
SELECT 1 FROM messages WHERE session_number = ? AND parent_ref IS NULL LIMIT 1 OFFSET 1
"""

_ENDS: Final = f"""
WITH ends(ref) AS (
    SELECT doc_id FROM messages WHERE session_number = ?1
    EXCEPT SELECT parent_ref FROM messages WHERE session_number = ?1
)
SELECT {cell_of()} FROM ends CROSS JOIN messages ON doc_id = ref WHERE {is_of("?2")} ORDER BY seq DESC
"""  # noqa: S608  # constants only

_ALL: Final = f"""
SELECT {cell_of()} FROM messages WHERE session_number = ?1 AND {is_of("?2")} ORDER BY seq
"""  # noqa: S608  # constants only

_OF_TIME: Final = f"""
SELECT {cell_of()} FROM messages WHERE session_number = ?1 AND {is_of("?2")}
AND json_extract({json_of()}, '$."created_at"') = ?3 ORDER BY seq
"""  # noqa: S608  # constants only

_NEWEST_BELOW: Final = f"""
WITH RECURSIVE below(ref) AS (
    SELECT ?1
    UNION ALL
    SELECT m.doc_id FROM below CROSS JOIN messages AS m ON m.session_number = ?2 AND m.parent_ref = +below.ref
)
SELECT {cell_of()} FROM below CROSS JOIN messages ON doc_id = ref ORDER BY seq DESC LIMIT 1
"""  # noqa: S608  # constants only


def place_in_tree(storage: SqliteStorage, message: Message) -> Mapping[str, Scalar]:
    """The further columns of a new message. Raises ValueError if its parent is not in its session."""
    number = session_number(message.session_id)
    if message.parent_id is None:
        return {"session_number": number, "parent_ref": None, "jump_ref": None, "depth": 0}
    is_plain = is_plain_text(message.parent_id)
    keys = (message.parent_id, short_id(message.parent_id))
    parent = storage.row(_PARENT, (*keys, number)) if is_plain else None
    if parent is None:
        raise ValueError(f"The parent of message {message.id!r} is not stored in its session")
    parent_ref, parent_depth, next_jump = parent
    # as far as the parent's jump and the one from there together, and one more
    jump_ref = next_jump if jump_length(parent_depth + 1) > 1 else parent_ref
    return {
        "session_number": number,
        "parent_ref": parent_ref,
        "jump_ref": jump_ref,
        "depth": parent_depth + 1,
    }


def jump_length(depth: int) -> int:
    """How many generations a message of that depth jumps up: 1, 3, 7, 15, … as its depth has it."""
    while True:
        largest: int = 2 ** ((depth + 1).bit_length() - 1) - 1
        if depth == largest:
            return largest
        depth -= largest


def path_documents(
    storage: SqliteStorage, session_id: str, head_id: str, *, limit: int, before_seq: int | None
) -> list[Cell]:
    """The newest `limit` documents on the way to the head with a lower seq, oldest first."""
    head = _row_of(storage, session_id, head_id)
    if head and before_seq is not None:
        head = storage.row(_CLIMB.format(place="seq"), (head[0], before_seq - 1))
    return _chain(storage, head[0], limit) if head else []


def path_documents_after(
    storage: SqliteStorage, session_id: str, head_id: str, *, limit: int, after_seq: int
) -> list[Cell]:
    """The oldest `limit` documents on the way to the head with a higher seq, oldest first."""
    head = _row_of(storage, session_id, head_id)
    if head is None:
        return []
    head_ref, head_depth = head
    start = storage.row(_CLIMB.format(place="seq"), (head_ref, after_seq))
    start_depth = start[1] if start else -1
    last_depth = min(start_depth + limit, head_depth)
    last = storage.row(_CLIMB.format(place="depth"), (head_ref, last_depth))
    return _chain(storage, last[0], last_depth - start_depth) if last else []


def end_documents(storage: SqliteStorage, session_id: str) -> list[Cell]:
    """The documents of the session that none follows, the newest first."""
    if not is_plain_text(session_id):
        return []
    return [doc for (doc,) in storage.rows(_ENDS, (session_number(session_id), session_id))]


def all_documents(storage: SqliteStorage, session_id: str) -> Iterator[Cell]:
    """The documents of the session on all its branches, by seq, one by one: see `SqliteStorage.stream`."""
    if is_plain_text(session_id):
        for (document,) in storage.stream(_ALL, (session_number(session_id), session_id)):
            yield document


def documents_of_time(storage: SqliteStorage, session_id: str, created_at: str) -> list[Cell]:
    """The documents of the session that were begun at that time."""
    if not (is_plain_text(session_id) and is_plain_text(created_at)):
        return []
    rows = storage.rows(_OF_TIME, (session_number(session_id), session_id, created_at))
    return [doc for (doc,) in rows]


def newest_document_below(storage: SqliteStorage, session_id: str, message_id: str) -> Cell | None:
    """The document with the highest seq of the message and all that follow it; None without the message."""
    message = _row_of(storage, session_id, message_id)
    row = message and storage.row(_NEWEST_BELOW, (message[0], session_number(session_id)))
    return row[0] if row else None


def families(storage: SqliteStorage, messages: Sequence[Entry]) -> list[list[tuple[str, str]]]:
    """(id, role) by seq of all messages with the parent of one of these, wherever there are several."""
    parents: dict[str, set[str | None]] = {}
    for message in messages:
        parents.setdefault(message.session_id, set()).add(message.parent_id)
    return [
        _family(storage, session_id, ref)
        for session_id, ids in parents.items()
        for ref in _shared(storage, session_number(session_id), ids)
    ]


def _shared(storage: SqliteStorage, number: int, parents: Set[str | None]) -> Iterator[int | None]:
    """Those of the parents that several messages have. No document is looked at for it: it may be large."""
    ids = json_text(sorted(parent for parent in parents if parent))
    yield from (ref for (ref,) in storage.rows(_SHARED_PARENTS, (ids, number)))
    if None in parents and storage.row(_HAS_BEGINNINGS, (number,)):
        yield None


def _family(storage: SqliteStorage, session_id: str, parent_ref: int | None) -> list[tuple[str, str]]:
    rows = storage.rows(_FAMILY, (session_number(session_id), parent_ref, session_id))
    return [(id_text(message_id), str(role)) for message_id, role in rows]


def _row_of(storage: SqliteStorage, session_id: str, message_id: str) -> tuple[Any, ...] | None:
    if not is_plain_text(message_id):
        return None
    return storage.row(
        "SELECT doc_id, depth FROM messages WHERE id IN (?, ?) AND session_number = ?",
        (message_id, short_id(message_id), session_number(session_id)),
    )


def _chain(storage: SqliteStorage, ref: int, length: int) -> list[Cell]:
    if length <= 0:
        return []
    # SQLite would copy every document to put them in order
    rows = sorted(storage.rows(_CHAIN, (ref, length)), key=itemgetter(0), reverse=True)
    return [joined(id_, doc) for _, id_, doc in rows]
