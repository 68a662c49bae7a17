"""A program of version 1 of the schema, as far as lists go: its own statements, word for word."""

from pathlib import Path
from types import TracebackType
from typing import Final, Self

import apsw

from threadkeep.adapters.store.engine.json_text import json_text, place
from threadkeep.adapters.store.engine.processes import Owners
from threadkeep.adapters.store.opening import DATABASE, OWNERS
from threadkeep.adapters.store.tables.documents import session_document
from threadkeep.domain.sessions import Session

_NEWEST: Final = (
    "SELECT sessions.doc_id, updated_at, id FROM sessions INDEXED BY sessions_by_updated_at WHERE shelf = 0 UNION ALL "
    "SELECT sessions.doc_id, updated_at, id FROM sessions INDEXED BY sessions_loose WHERE shelf IS NULL AND "
    "is_archived + 2 * is_trashed IN (0) ORDER BY 2 DESC, 3 DESC LIMIT ? OFFSET ?"
)
_TAGGED: Final = (
    "SELECT session_tags.session, updated_at, id FROM session_tags INDEXED BY session_tags_tag_by_updated_at "
    "WHERE (shelf = 0) AND (tag = ?) UNION ALL SELECT sessions.doc_id, updated_at, id FROM sessions INDEXED BY "
    "sessions_loose WHERE (shelf IS NULL AND is_archived + 2 * is_trashed IN (0)) AND (EXISTS (SELECT 1 FROM "
    "session_tags AS other WHERE other.session = sessions.doc_id AND other.tag = ?)) ORDER BY 2 DESC, 3 DESC LIMIT ? "
    "OFFSET ?"
)
_SETTLE: Final = (
    "UPDATE sessions SET shelf = is_archived + 2 * is_trashed WHERE doc_id IN (SELECT doc_id FROM sessions "
    "INDEXED BY sessions_loose WHERE shelf IS NULL ORDER BY updated_at, doc_id LIMIT ?)"
)
_QUIET_UPDATE: Final = (
    "UPDATE sessions SET doc = ?, message_count = ?, updated_at = ? WHERE id = ? AND shelf IS NULL"
)
_UPDATE: Final = (
    "UPDATE sessions SET doc = ?, message_count = ?, updated_at = ?, tags = ?, shelf = NULL WHERE id = ?"
)
_MISPLACED: Final = (
    "SELECT id FROM sessions WHERE shelf NOTNULL AND shelf IS NOT is_archived + 2 * is_trashed"
)


class OlderProgram:
    """Has the store of a folder open, with its lock. It never looks at what came later."""

    def __init__(self, folder: Path) -> None:
        self._owners = Owners(folder / OWNERS, version=1)
        self._connection = apsw.Connection(str(folder / DATABASE))
        self._connection.set_busy_timeout(5_000)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._owners.close()

    def newest(self) -> list[str]:
        """The ids of its list of all sessions."""
        return self._ids(_NEWEST, 100, 0)

    def tagged(self, tag: str) -> list[str]:
        """The ids of its list of one tag."""
        return self._ids(_TAGGED, place(tag), place(tag), 100, 0)

    def put(self, session: Session) -> None:
        """Changes a session that is there."""
        document = session_document(session)
        changed = (json_text(document), session.message_count, session.updated_at)
        self._connection.execute(_QUIET_UPDATE, (*changed, session.id))
        if not self._connection.changes():
            tags = json_text([place(tag) for tag in session.tags])
            self._connection.execute(_UPDATE, (*changed, tags, session.id))

    def rest(self) -> None:
        """Puts all sessions on their shelves, as quiet moments do."""
        self._connection.execute(_SETTLE, (1_000,))

    def misplaced(self) -> list[str]:
        """What its doctor finds in the wrong place."""
        return [str(id_) for (id_,) in self._connection.execute(_MISPLACED)]

    def _ids(self, sql: str, *values: str | int) -> list[str]:
        return [str(id_) for _, _, id_ in self._connection.execute(sql, values)]
