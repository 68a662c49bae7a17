"""Messages without their session, and messages that hang in the wrong place of the tree."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from threadkeep.adapters.store.doctor.examination import Examination, RepairContext
from threadkeep.adapters.store.doctor.repairs import RECOVERED
from threadkeep.adapters.store.engine.short_json import cell_of, json_of
from threadkeep.adapters.store.engine.storage import Row, SqliteStorage
from threadkeep.adapters.store.tables.documents import message_document, parsed
from threadkeep.adapters.store.tables.message_tree import jump_length
from threadkeep.adapters.store.tables.pending import HIDDEN_SESSIONS, is_hidden
from threadkeep.adapters.store.tables.schema import MESSAGES, session_number
from threadkeep.adapters.store.tables.short_documents import is_of, session_of
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.values import Value, evolve

_ORPHANS: Final = f"""
SELECT DISTINCT session_id FROM (SELECT id_text({session_of()}) AS session_id FROM messages)
WHERE session_id NOT IN (SELECT id FROM sessions WHERE id NOTNULL)
AND session_id NOT IN ({HIDDEN_SESSIONS}) ORDER BY session_id
"""  # noqa: S608 - constants only

_COLUMNS: Final = f"""
SELECT id_text({session_of()}), doc_id, id_text(id), seq, json_extract({json_of()}, '$."parent_id"'),
    session_number, parent_ref, jump_ref, depth
FROM messages
"""  # noqa: S608 - constants only
_NODES: Final = f"{_COLUMNS} ORDER BY 1, seq, doc_id"
_NODES_OF: Final = f"{_COLUMNS} WHERE {is_of('?1')} ORDER BY 1, seq, doc_id"

_DOCUMENT: Final = f"SELECT {cell_of()} FROM messages WHERE doc_id = ?"  # noqa: S608 - constants only
_PUT_DOCUMENT: Final = "UPDATE messages SET id = ?, seq = ?, doc = ? WHERE doc_id = ?"
_PUT: Final = (
    "UPDATE messages SET session_number = ?, parent_ref = ?, jump_ref = ?, depth = ? WHERE doc_id = ?"
)


class _Node(Value):
    """Where a message belongs."""

    doc_id: int
    parent_id: str | None
    number: int
    parent_ref: int | None
    jump_ref: int | None
    depth: int


def find_orphans(storage: SqliteStorage) -> list[str]:
    """The ids of sessions that messages belong to, and that are not there."""
    return [session_id for (session_id,) in storage.rows(_ORPHANS) if isinstance(session_id, str)]


def repair_orphans(context: RepairContext, findings: Sequence[str]) -> None:
    """Makes a session of that id, so that the messages can be read again."""
    for session_id in findings:
        if is_hidden(context.storage, session_id):  # somebody has begun to make or to erase it since
            continue
        if context.changes.session(session_id) is not None or not _rows_of(context.storage, session_id):
            continue
        messages = [row[2] for row in _rows_of(context.storage, session_id)]
        oldest, newest = (context.changes.message(messages[at]) for at in (0, -1))
        context.put_session(
            Session(
                id=session_id,
                head_id=messages[-1],
                key=SessionKey(repository_id=RECOVERED, task=RECOVERED),
                title="Recovered messages",
                title_source="user",
                agent=(newest and newest.agent) or "assistant",
                created_at=oldest.created_at if oldest else context.at,
                updated_at=context.at,
                last_activity_at=newest.created_at if newest else context.at,
            )
        )


def find_misplaced(storage: SqliteStorage) -> list[str]:
    """The ids of sessions in whose tree something is out of its place."""
    found = []
    for session_id, rows in groupby(storage.stream(_NODES), key=itemgetter(0)):
        if isinstance(session_id, str) and any(not _is_in_place(node, row) for node, row in _nodes(rows)):
            found.append(session_id)
    return found


def repair_misplaced(context: RepairContext, findings: Sequence[str]) -> None:
    """Builds each tree anew; whatever has lost its parent follows what was said before it."""
    for session_id in findings:
        for node, row in list(_nodes(iter(_rows_of(context.storage, session_id)))):
            if _is_in_place(node, row):
                continue
            if node.parent_id != row[4]:
                _put_parent(context, node)
            place = (node.number, node.parent_ref, node.jump_ref, node.depth)
            context.storage.rows(_PUT, (*place, node.doc_id))


def _put_parent(context: RepairContext, node: _Node) -> None:
    row = context.storage.row(_DOCUMENT, (node.doc_id,))
    if row is not None:
        message = evolve(parsed(row[0], Message), parent_id=node.parent_id)
        (id_, seq), document = context.storage.cells(MESSAGES, message_document(message))
        context.storage.rows(_PUT_DOCUMENT, (id_, seq, document, node.doc_id))


def _rows_of(storage: SqliteStorage, session_id: str) -> list[Row]:
    return storage.rows(_NODES_OF, (session_id,))


def _is_in_place(node: _Node, row: Row) -> bool:
    return row[4:] == (node.parent_id, node.number, node.parent_ref, node.jump_ref, node.depth)


def _nodes(rows: Iterator[Row]) -> Iterator[tuple[_Node, Row]]:
    """Each message of one session, by seq, with its place: a parent comes before those that follow it."""
    by_id: dict[str, _Node] = {}
    by_ref: dict[int, _Node] = {}
    last: str | None = None
    for row in rows:
        session_id, doc_id, message_id, _, parent_id = row[:5]
        if parent_id is not None and parent_id not in by_id:
            parent_id = last
        parent = by_id[parent_id] if parent_id is not None else None
        depth = parent.depth + 1 if parent else 0
        node = _Node(
            doc_id=doc_id,
            parent_id=parent_id,
            number=session_number(session_id),
            parent_ref=parent.doc_id if parent else None,
            jump_ref=_jump(parent, by_ref, depth),
            depth=depth,
        )
        by_id[message_id] = by_ref[doc_id] = node
        last = message_id
        yield node, row


def _jump(parent: _Node | None, by_ref: dict[int, _Node], depth: int) -> int | None:
    if parent is None or jump_length(depth) == 1:
        return parent.doc_id if parent else None
    return by_ref[parent.jump_ref].jump_ref if parent.jump_ref is not None else None


ORPHANS: Final = Examination(
    kind="orphanMessages",
    find=find_orphans,
    tell="There are messages of sessions that are gone",
    repair=repair_orphans,
    advice="a repair makes sessions of these ids, so that the messages can be read.",
)
TREE: Final = Examination(
    kind="tree",
    find=find_misplaced,
    tell="Messages have lost the one that they follow, in the sessions",
    repair=repair_misplaced,
    advice="a repair lets each follow what was said before it.",
)
