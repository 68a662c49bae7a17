"""The rows of events, in the form that every program knows and in the short one.

In the short form (ADR 24) an id of ours is its 16 bytes, a kind and a time are numbers of one and six bytes, all of
them as blobs: a column that SQLite takes for text keeps a blob as it is, so that both forms stand in one table and
each value tells which it has. What is not exactly what the short form stands for (an id that a client chose, a time of
another shape, a kind that a newer version brings) stays text.
"""

# ruff: noqa: S608 - what is spliced into SQL are constants; values are bound

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from threadkeep.adapters.store.engine.layouts import is_plain_text
from threadkeep.adapters.store.engine.short_json import id_text, short_id, short_time, time_text
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables.schema import SHORT_FORM, session_number
from threadkeep.domain.events import EventKind, StoredEvent

FILLED_AT_ONCE: Final = 500
"""Rows of the old form that one transaction makes short: some milliseconds."""

Cells = tuple[str | bytes | None, ...]
"""What a row holds beside its numbers."""

_COLUMNS: Final = "session_id, seq, at, kind, message_id, turn_id, origin"
_OF_SESSION: Final = "session_number = ?1 AND session_id IN (?2, ?3)"
_SINCE_SEQ: Final = f"SELECT {_COLUMNS} FROM events WHERE {_OF_SESSION} AND seq > ?4 ORDER BY seq LIMIT ?5"
_SINCE: Final = f"SELECT id, {_COLUMNS} FROM events WHERE id > ? ORDER BY id LIMIT ?"
_OLDEST: Final = f"SELECT seq FROM events WHERE {_OF_SESSION} ORDER BY seq LIMIT 1"
_NEWEST: Final = f"SELECT max(seq) FROM events WHERE {_OF_SESSION}"
_NEWEST_KIND: Final = (
    f"SELECT kind FROM events WHERE {_OF_SESSION} AND message_id IN (?4, ?5) ORDER BY seq DESC LIMIT 1"
)
_OF_KIND: Final = f"SELECT 1 FROM events WHERE {_OF_SESSION} AND kind IN (?4, ?5) LIMIT 1"
_PUT: Final = (
    "INSERT INTO events(session_number, seq, session_id, at, kind, message_id, turn_id, origin) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_FORGET: Final = f"DELETE FROM events WHERE {_OF_SESSION}"
_KEEP_NEWEST: Final = f"""
DELETE FROM events WHERE {_OF_SESSION} AND seq < (
    SELECT seq FROM events WHERE {_OF_SESSION} ORDER BY seq DESC LIMIT 1 OFFSET ?4
)
"""
# The store's newest event keeps its number, as nobody's: whoever follows has seen it, and must see the next.
_DISOWN_NEWEST: Final = """
UPDATE events SET session_number = 0, session_id = '', message_id = NULL, turn_id = NULL
WHERE id = (SELECT max(id) FROM events) AND session_id IN (?1, ?2)
"""
_FORGET_EARLIER: Final = f"{_FORGET} AND seq < ?4 AND id <> (SELECT max(id) FROM events)"
_FILLED_TO: Final = f"SELECT upto FROM {SHORT_FORM} WHERE subject = 'events'"
_NEXT: Final = f"SELECT id, {_COLUMNS} FROM events WHERE id > ? ORDER BY id LIMIT {FILLED_AT_ONCE}"
_SHORTEN: Final = "UPDATE events SET session_id = ?2, at = ?3, kind = ?4, message_id = ?5, turn_id = ?6, origin = ?7 WHERE id = ?1"


def put_event(storage: SqliteStorage, event: StoredEvent) -> None:
    """Adds an event, in the short form where the store may have it."""
    cells: Cells = (event.session_id, event.at, event.kind, event.message_id, event.turn_id, event.origin)
    if storage.has_table(SHORT_FORM):
        cells = _short(event)
    storage.rows(_PUT, (session_number(event.session_id), event.seq, *cells))


def events_of(storage: SqliteStorage, session_id: str, *, after_seq: int, limit: int) -> list[StoredEvent]:
    """The session's events above a seq, the oldest first."""
    if not is_plain_text(session_id):
        return []
    return [_event(row) for row in storage.rows(_SINCE_SEQ, (*_session(session_id), after_seq, limit))]


def events_since(storage: SqliteStorage, place: int, *, limit: int) -> list[tuple[int, StoredEvent]]:
    """Events of all sessions behind a place, with their places."""
    return [(row[0], _event(row[1:])) for row in storage.rows(_SINCE, (place, limit))]


def newest_position(storage: SqliteStorage) -> int:
    """The place of the newest event; 0 without any."""
    row = storage.row("SELECT max(id) FROM events")
    return row[0] or 0 if row else 0


def oldest_seq(storage: SqliteStorage, session_id: str) -> int | None:
    """The seq of the session's oldest event."""
    row = storage.row(_OLDEST, _session(session_id)) if is_plain_text(session_id) else None
    return row[0] if row else None


def newest_seq(storage: SqliteStorage, session_id: str) -> int:
    """The seq of the session's newest event; 0 without any."""
    row = storage.row(_NEWEST, _session(session_id))
    return int(row[0] or 0) if row else 0


def newest_kind(storage: SqliteStorage, session_id: str, message_id: str) -> str | None:
    """The kind of the session's newest event that points at the message."""
    row = storage.row(_NEWEST_KIND, (*_session(session_id), message_id, short_id(message_id)))
    return _kind(row[0]) if row else None


def has_kind(storage: SqliteStorage, session_id: str, kind: EventKind) -> bool:
    """Whether the session has an event of that kind."""
    return bool(storage.rows(_OF_KIND, (*_session(session_id), kind, _KINDS[kind])))


def forget_events(storage: SqliteStorage, session_id: str) -> None:
    """Drops all events of the session."""
    storage.rows(_FORGET, _session(session_id))


def keep_newest(storage: SqliteStorage, session_id: str, count: int) -> None:
    """Drops all events of the session but the newest."""
    storage.rows(_KEEP_NEWEST, (*_session(session_id), count - 1))


def forget_earlier(storage: SqliteStorage, session_id: str, *, before_seq: int) -> None:
    """Drops the session's events with a lower seq; the store's newest one stays."""
    storage.rows(_FORGET_EARLIER, (*_session(session_id), before_seq))


def erase_events(storage: SqliteStorage, session_id: str) -> None:
    """Drops all events of the session; of the store's newest one the number stays, as nobody's."""
    storage.rows(_DISOWN_NEWEST, _session(session_id)[1:])
    forget_events(storage, session_id)


def is_filled(storage: SqliteStorage) -> bool:
    """Whether there is nothing for `fill` to do."""
    row = storage.row(_FILLED_TO) if storage.has_table(SHORT_FORM) else (None,)
    return row is not None and row[0] is None


def fill(storage: SqliteStorage) -> bool:
    """Makes some more rows of the old form short, inside a transaction; whether there may be more.

    Cut off anywhere it goes on where it was: rows of both forms are read alike.
    """
    if is_filled(storage):
        return False
    row = storage.row(_FILLED_TO)
    found = storage.rows(_NEXT, (row[0] if row else 0,))
    for id_, *cells in found:
        if isinstance(cells[-1], str) or isinstance(cells[0], str):
            storage.rows(_SHORTEN, (id_, *_short(_event(cells))))
    is_more = len(found) == FILLED_AT_ONCE
    storage.rows(
        f"REPLACE INTO {SHORT_FORM}(subject, upto) VALUES ('events', ?)", (found[-1][0] if is_more else None,)
    )
    return is_more


def _session(session_id: str) -> tuple[int, str, str | bytes]:
    """By what the rows of a session are found: its number, and its id in both forms."""
    return session_number(session_id), session_id, short_id(session_id)


def _short(event: StoredEvent) -> Cells:
    """The cells of the short form, without the seq."""
    return (
        short_id(event.session_id),
        short_time(event.at),
        _KINDS.get(event.kind, event.kind),
        None if event.message_id is None else short_id(event.message_id),
        None if event.turn_id is None else short_id(event.turn_id),
        _short_owner(event.origin),
    )


def _event(row: Sequence[Any]) -> StoredEvent:
    session_id, seq, at, kind, message_id, turn_id, origin = row
    return StoredEvent(
        session_id=id_text(session_id),
        seq=seq,
        at=time_text(at),
        kind=_kind(kind),  # type: ignore[arg-type]  # a newer version may have others
        message_id=None if message_id is None else id_text(message_id),
        turn_id=None if turn_id is None else id_text(turn_id),
        origin=origin.hex() if isinstance(origin, bytes) else origin,
    )


def _short_owner(owner: str) -> str | bytes:
    return bytes.fromhex(owner) if _OWNER.fullmatch(owner) else owner


def _kind(cell: str | bytes) -> str:
    # one of a newer version is told as what it is called there
    return cell if isinstance(cell, str) else _OF_SHORT_KIND.get(cell, cell.hex())


_OWNER: Final = re.compile(r"[0-9a-f]{32}")
# their numbers stay what they are: others come behind them
_KINDS: Final[Mapping[EventKind, bytes]] = {
    "sessionChanged": b"\x01",
    "sessionRemoved": b"\x02",
    "messageAdded": b"\x03",
    "turnStarted": b"\x04",
    "turnCompleted": b"\x05",
    "partChanged": b"\x06",
    "approvalRequested": b"\x07",
    "approvalClosed": b"\x08",
}
_OF_SHORT_KIND: Final = {short: kind for kind, short in _KINDS.items()}
