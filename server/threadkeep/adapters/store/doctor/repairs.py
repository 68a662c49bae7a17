"""What is put in the place of a document that cannot be read: all that is known without it."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from threadkeep.adapters.store.doctor.examination import RepairContext, newest_message_id
from threadkeep.adapters.store.engine.json_text import json_value
from threadkeep.adapters.store.engine.layouts import is_plain_text
from threadkeep.adapters.store.engine.storage import Row
from threadkeep.adapters.store.tables import documents
from threadkeep.adapters.store.tables.schema import MESSAGES, REPOSITORIES, SESSIONS, TURNS, session_number
from threadkeep.domain.messages import Message, TimelineEvent
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.sessions import Session, SessionKey

RECOVERED: Final = "recovered"
"""The name of what has lost its own."""

_STATUSES: Final = ("active", "paused", "ended")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def repair_message(context: RepairContext, doc_id: int, kept: str) -> None:
    """An entry of the timeline that says where the message's text is; none where its session is unknown."""
    storage = context.storage
    row = storage.row(
        "SELECT id_text(id), seq, session_number, parent_ref FROM messages WHERE doc_id = ?", (doc_id,)
    )
    message_id, seq, number, parent_ref = row or (None, None, None, None)
    session_id = _session_with(context, number)
    if session_id is None or not isinstance(seq, int):
        storage.rows("DELETE FROM messages WHERE doc_id = ?", (doc_id,))
        return
    parent = storage.row("SELECT id_text(id) FROM messages WHERE doc_id = ?", (parent_ref,))
    message = Message(
        id=_id(message_id, doc_id),
        session_id=session_id,
        seq=seq,
        role="event",
        parent_id=parent[0] if parent else None,
        event=TimelineEvent(
            kind="damaged", at=context.at, reason=f"This message could not be read; its text is in {kept}."
        ),
        created_at=context.at,
        completed_at=context.at,
    )
    columns, document = storage.cells(MESSAGES, documents.message_document(message))
    storage.rows(
        "UPDATE messages SET id = ?, seq = ?, doc = ? WHERE doc_id = ?", (*columns, document, doc_id)
    )


def repair_session(context: RepairContext, doc_id: int, kept: str) -> None:
    """A session of the same key and state; its head and counts are found by the other examinations."""
    columns = (
        "id, repository_id, task, workflow, status, agent, model, provider, is_archived, is_trashed, "
        "title_folded, created_at, updated_at, last_activity_at, is_private"
    )
    row = context.storage.row(f"SELECT {columns} FROM sessions WHERE doc_id = ?", (doc_id,))  # noqa: S608 - constants
    if row is not None:
        context.storage.rows("DELETE FROM sessions WHERE doc_id = ?", (doc_id,))
        session = _session(
            context, row, doc_id, note=f"Some of this session could not be read; it is in {kept}."
        )
        context.put_session(session)


def repair_repository(context: RepairContext, doc_id: int, kept: str) -> None:
    """A repository of the same id, with the aliases that stand beside it."""
    del kept
    row = context.storage.row("SELECT id FROM repositories WHERE doc_id = ?", (doc_id,))
    if row is not None:
        context.storage.rows("DELETE FROM repositories WHERE doc_id = ?", (doc_id,))
        put_repository(context, _id(row[0], doc_id))


def put_repository(context: RepairContext, repository_id: str) -> None:
    """A repository as far as its aliases tell it; without any, a folderless one of its own."""
    rows = context.storage.rows("SELECT place FROM aliases WHERE repository_id = ?", (repository_id,))
    aliases = tuple(alias for (place,) in rows if (alias := _alias(place)) is not None)
    paths = [alias.value for alias in aliases if alias.kind in {"path", "commonDir"}]
    names = [alias.value for alias in aliases if alias.kind == "name"]
    folder = paths[0].removesuffix("/.git").replace("\\", "/").rstrip("/").rpartition("/")[2] if paths else ""
    name = names[0] if names else folder or RECOVERED
    origins = [alias.value for alias in aliases if alias.kind == "origin"]
    context.changes.put_repository(
        Repository(
            id=repository_id,
            name=name,
            aliases=aliases,
            roots=tuple(alias.value for alias in aliases if alias.kind == "path"),
            remote=origins[0] if origins else None,
        )
    )


def _repair_turn(context: RepairContext, doc_id: int, kept: str) -> None:
    """Nothing: the answer itself is a message, and its session is told that the turn is gone."""
    del kept
    context.storage.rows("DELETE FROM turns WHERE doc_id = ?", (doc_id,))


def _session(context: RepairContext, row: Row, doc_id: int, *, note: str) -> Session:
    (id_, repository_id, task, workflow, status, agent, model, provider, is_archived, is_trashed) = row[:10]
    title, created_at, updated_at, last_activity_at, is_private = row[10:]
    updated = _time(updated_at) or context.at
    session_id = _id(id_, doc_id)
    return Session(
        id=session_id,
        head_id=newest_message_id(context.storage, session_id),
        key=SessionKey(
            repository_id=_text(repository_id) or RECOVERED,
            task=_text(task) or RECOVERED,
            workflow=_text(workflow),
        ),
        title=_text(title) or RECOVERED,
        title_source="user",
        status=status if status in _STATUSES else "active",
        archived_at=updated if is_archived else None,
        trashed_at=updated if is_trashed else None,
        is_private=bool(is_private),
        agent=_text(agent) or "assistant",
        model=_text(model),
        provider=_text(provider),
        note=note,
        created_at=_time(created_at) or context.at,
        updated_at=updated,
        last_activity_at=_time(last_activity_at) or updated,
    )


def _session_with(context: RepairContext, number: object) -> str | None:
    """The id of the session that this number stands for."""
    for (session_id,) in context.storage.rows("SELECT id FROM sessions"):
        if isinstance(session_id, str) and session_number(session_id) == number:
            return session_id
    return None


def _alias(place: str) -> Alias | None:
    try:
        kind, value = json_value(place)
    except (json.JSONDecodeError, ValueError, TypeError):
        return None
    return Alias(kind=kind, value=value) if isinstance(kind, str) and isinstance(value, str) else None


def _id(found: object, doc_id: int) -> str:
    return found if isinstance(found, str) and found and is_plain_text(found) else f"{RECOVERED}-{doc_id}"


def _text(found: object) -> str | None:
    return found if isinstance(found, str) and found else None


def _time(found: object) -> str | None:
    return found if isinstance(found, str) and _TIME.fullmatch(found) else None


REPAIRS: Final[Mapping[str, Callable[[RepairContext, int, str], None]]] = {
    MESSAGES.name: repair_message,
    SESSIONS.name: repair_session,
    REPOSITORIES.name: repair_repository,
    TURNS.name: _repair_turn,
}
