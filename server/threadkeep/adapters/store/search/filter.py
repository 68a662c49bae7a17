"""Which sessions a search looks at, found out session by session as texts of them turn up."""

from typing import Final

from threadkeep.adapters.store.engine.json_text import json_value
from threadkeep.adapters.store.engine.query_compiler import compile_query
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.engine.table import SqliteTinyDB
from threadkeep.adapters.store.search.labels import PLACES
from threadkeep.adapters.store.tables.documents import remembered
from threadkeep.adapters.store.tables.schema import SESSIONS, session_number
from threadkeep.adapters.store.tables.session_lists import SessionLists, session_query
from threadkeep.domain.sessions import Session
from threadkeep.ports.session_filter import SessionFilter, SessionSort

_OF_MESSAGE: Final = "id = (SELECT json_extract(doc, '$.\"session_id\"') FROM messages WHERE doc_id = ?)"
_OF_LABEL: Final = f"doc_id = ? / {PLACES}"


class SessionGate:
    """Lets texts of wanted sessions through."""

    def __init__(self, storage: SqliteStorage, wanted: SessionFilter) -> None:
        self._storage = storage
        self._wanted = wanted
        self._query = session_query(wanted)
        self._condition = compile_query(self._query, SESSIONS.by_path)
        self._documents: dict[int, str | None] = {}
        self._sessions: dict[int, Session] = {}

    def of_message(self, doc_id: int, number: int) -> bool:
        """Whether the message's session is wanted."""
        return self._is_wanted(number, _OF_MESSAGE, doc_id)

    def of_label(self, id_: int, number: int) -> bool:
        """Whether the session that the label belongs to is wanted."""
        return self._is_wanted(number, _OF_LABEL, id_)

    def session(self, number: int) -> Session:
        """A session that was let through."""
        if number not in self._sessions:
            self._sessions[number] = remembered(self._documents[number] or "", Session)
        return self._sessions[number]

    def few(self, most: int) -> list[int] | None:
        """The numbers of all wanted sessions; None if they are more than `most`."""
        lists = SessionLists(self._storage, SqliteTinyDB(self._storage).table(SESSIONS.name))
        found = lists.ids(self._wanted, SessionSort(), limit=most + 1)
        return None if len(found) > most else [session_number(id_) for id_ in found]

    def _is_wanted(self, number: int, which: str, id_: int) -> bool:
        if number not in self._documents:
            self._documents[number] = self._document(which, id_)
        return self._documents[number] is not None

    def _document(self, which: str, id_: int) -> str | None:
        where = self._condition.candidates
        row = self._storage.row(
            f"SELECT doc FROM sessions WHERE {which} AND ({where.text})",  # noqa: S608 - values are bound
            (id_, *where.values),
        )
        if row is None:
            return None
        return row[0] if self._condition.is_exact or self._query(json_value(row[0])) else None
