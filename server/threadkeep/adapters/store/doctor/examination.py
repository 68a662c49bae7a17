"""What every examination of the store's contents has: how it finds, tells, and mends."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from threadkeep.adapters.store.changes import SqliteChanges
from threadkeep.adapters.store.engine.short_json import id_text
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables import event_rows
from threadkeep.adapters.store.tables.quarantine import Quarantine
from threadkeep.adapters.store.tables.schema import session_number
from threadkeep.adapters.store.tables.short_documents import is_of
from threadkeep.domain.events import StoredEvent
from threadkeep.domain.sessions import Session
from threadkeep.values import Value, evolve

DOCTOR: Final = "doctor"
"""The origin of its events: no process takes them for its own, so that all windows hear of them."""

TOLD: Final = 5
"""Places that a problem names; more are counted."""


_NEWEST: Final = f"SELECT max(seq) FROM messages WHERE session_number = ?1 AND {is_of('?2')}"  # noqa: S608 - constants only
_NEWEST_MESSAGE: Final = (
    f"SELECT id FROM messages WHERE session_number = ?1 AND {is_of('?2')} ORDER BY seq DESC LIMIT 1"  # noqa: S608 - constants only
)


class RepairContext(Value):
    """What a repair works with, inside a transaction."""

    storage: SqliteStorage
    changes: SqliteChanges
    quarantine: Quarantine
    at: str

    def put_session(self, session: Session) -> None:
        """Stores a repaired session, with an event that tells every window of it."""
        newest = max(session.seq, newest_seq(self.storage, session.id))
        after = evolve(session, seq=newest + 1)
        self.changes.put_session(after)
        self.changes.put_event(
            StoredEvent(session_id=after.id, seq=after.seq, at=self.at, kind="sessionChanged", origin=DOCTOR)
        )


class Examination(Value):
    """One kind of problem. Findings are whatever `find` gives; each has a text for people."""

    kind: str
    find: Callable[[SqliteStorage], Sequence[Any]]
    """Runs in a snapshot."""
    tell: str
    """What is wrong with the places that are named behind it."""
    place: Callable[[Any], str] = str
    repair: Callable[[RepairContext, Sequence[Any]], None]
    """Runs in a transaction, and looks again at each finding: others may have written since."""
    advice: str = "a repair mends it."

    def message(self, findings: Sequence[Any]) -> str:
        """The problem, for people."""
        places = ", ".join(self.place(finding) for finding in findings[:TOLD])
        more = f" and {len(findings) - TOLD} more" if len(findings) > TOLD else ""
        return f"{self.tell}: {places}{more}; {self.advice}"


def session_ids(storage: SqliteStorage) -> list[str]:
    """The ids of all sessions."""
    return [
        found for (found,) in storage.rows("SELECT id FROM sessions ORDER BY id") if isinstance(found, str)
    ]


def newest_message_id(storage: SqliteStorage, session_id: str) -> str | None:
    """The id of the session's message with the highest seq."""
    row = storage.row(_NEWEST_MESSAGE, (session_number(session_id), session_id))
    return id_text(row[0]) if row else None


def newest_seq(storage: SqliteStorage, session_id: str) -> int:
    """The highest seq that anything of the session has."""
    row = storage.row(_NEWEST, (session_number(session_id), session_id))
    return max(int(row[0] or 0) if row else 0, event_rows.newest_seq(storage, session_id))
