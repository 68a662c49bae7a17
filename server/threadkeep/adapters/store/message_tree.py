"""The tree of a session's messages in SQLite, with pointers that skip up it.

Beside its parent every message knows one farther ancestor (its jump), placed so that any ancestor is
found in a logarithmic number of steps (a skew-binary list): the page before any place of a history of
any length, with any branches, costs about as much as the newest one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from threadkeep.adapters.store.json_text import json_text
from threadkeep.adapters.store.layouts import Scalar, is_plain_text
from threadkeep.adapters.store.schema import MESSAGES
from threadkeep.adapters.store.sqlite_storage import SqliteStorage
from threadkeep.domain.messages import Message

_OF_SESSION: Final = """json_extract(doc, '$."session_id"') = ?"""

_PARENT: Final = f"""
SELECT p.doc_id, p.depth, j.doc_id, j.depth, jj.doc_id, jj.depth FROM messages AS p
JOIN messages AS j ON j.doc_id = coalesce(p.jump_ref, p.doc_id)
JOIN messages AS jj ON jj.doc_id = coalesce(j.jump_ref, j.doc_id)
WHERE p.doc_id = (SELECT doc_id FROM messages WHERE {MESSAGES.key} = ? AND {_OF_SESSION})
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

_CHAIN: Final = """
WITH RECURSIVE chain(length, ref, parent) AS (
    SELECT 1, doc_id, parent_ref FROM messages WHERE doc_id = ?1
    UNION ALL
    SELECT length + 1, m.doc_id, m.parent_ref
    FROM chain JOIN messages AS m ON m.doc_id = chain.parent WHERE length < ?2
)
SELECT doc FROM chain JOIN messages ON doc_id = ref ORDER BY length DESC
"""

# +: a rowid has a type, the column it is looked up in has none, and the index would not be used
_SHARED_PARENTS: Final = f"""
SELECT p.doc_id FROM json_each(?) AS parents CROSS JOIN messages AS p ON {MESSAGES.key} = parents.value
WHERE (SELECT count(*) FROM messages WHERE parent_ref = +p.doc_id) > 1
"""  # noqa: S608  # constants only


def place_in_tree(storage: SqliteStorage, message: Message) -> Mapping[str, Scalar]:
    """The further columns of a new message. Raises ValueError if its parent is not in its session."""
    if message.parent_id is None:
        return {"parent_ref": None, "jump_ref": None, "depth": 0}
    row = storage.row(_PARENT, (message.parent_id, message.session_id))
    if row is None:
        raise ValueError(f"The parent of message {message.id!r} is not stored in its session")
    parent, depth, _jump, jump_depth, second_jump, second_depth = row
    is_even = depth - jump_depth == jump_depth - second_depth
    return {"parent_ref": parent, "jump_ref": second_jump if is_even else parent, "depth": depth + 1}


def path_documents(
    storage: SqliteStorage, session_id: str, head_id: str, *, limit: int, before_seq: int | None
) -> list[str]:
    """The newest `limit` documents on the way to the head with a lower seq, oldest first."""
    head = _row_of(storage, session_id, head_id)
    if head and before_seq is not None:
        head = storage.row(_CLIMB.format(place="seq"), (head[0], before_seq - 1))
    return _chain(storage, head[0], limit) if head else []


def path_documents_after(
    storage: SqliteStorage, session_id: str, head_id: str, *, limit: int, after_seq: int
) -> list[str]:
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


def families(storage: SqliteStorage, messages: Sequence[Message]) -> list[list[tuple[str, str]]]:
    """(id, role) by seq of all messages with the parent of one of these, wherever there are several."""
    parents = {message.parent_id for message in messages}
    shared = storage.rows(_SHARED_PARENTS, (json_text(sorted(parent for parent in parents if parent)),))
    rooted = {message.session_id for message in messages if message.parent_id is None}
    return [
        *(_family(storage, "WHERE parent_ref = ?", ref) for (ref,) in shared),
        # without being told, SQLite would go through the whole session
        *(
            _family(storage, f"INDEXED BY messages_first WHERE parent_ref IS NULL AND {_OF_SESSION}", id_)
            for id_ in rooted
        ),
    ]


def _family(storage: SqliteStorage, where: str, value: Scalar) -> list[tuple[str, str]]:
    rows = storage.rows(
        f"SELECT {MESSAGES.key}, json_extract(doc, '$.role') FROM messages {where} ORDER BY seq",  # noqa: S608  # constants only
        (value,),
    )
    return [(str(message_id), str(role)) for message_id, role in rows]


def _row_of(storage: SqliteStorage, session_id: str, message_id: str) -> tuple[Any, ...] | None:
    if not is_plain_text(message_id):
        return None
    return storage.row(
        f"SELECT doc_id, depth FROM messages WHERE {MESSAGES.key} = ? AND {_OF_SESSION}",  # noqa: S608  # constants only
        (message_id, session_id),
    )


def _chain(storage: SqliteStorage, ref: int, length: int) -> list[str]:
    return [doc for (doc,) in storage.rows(_CHAIN, (ref, length))] if length > 0 else []
