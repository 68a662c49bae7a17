"""Cursors: opaque to clients, and refused when they do not belong to the list."""

import base64
import binascii
import json
from collections.abc import Sequence
from zlib import crc32

from threadkeep.domain.errors import InvalidCursor
from threadkeep.ports.search_records import SOURCES, Position
from threadkeep.ports.session_filter import CursorKey, SessionSort


def history_cursor(seq: int) -> str:
    """A cursor at a message of a history."""
    return _encode(["history", seq])


def history_position(cursor: str) -> int:
    """The seq that a history cursor stands at. Raises InvalidCursor."""
    match _decode(cursor):
        case ["history", int(seq)]:
            return seq
    raise InvalidCursor


def session_cursor(sort: SessionSort, place: CursorKey) -> str:
    """A cursor after a session of a sorted list."""
    return _encode(["sessions", sort.by, sort.order, place.value, place.id])


def session_cursor_key(cursor: str, sort: SessionSort) -> CursorKey:
    """Where a list goes on. Raises InvalidCursor, also for a cursor of another order."""
    match _decode(cursor):
        case ["sessions", sort.by, sort.order, str(value), str(id_)] if sort.by != "messageCount":
            return CursorKey(value=value, id=id_)
        case ["sessions", sort.by, sort.order, int(value), str(id_)] if sort.by == "messageCount":
            return CursorKey(value=value, id=id_)
    raise InvalidCursor


def use_cursor(kind: str, last: str | None, name: str) -> str:
    """A cursor after an entry of a list of repositories or tasks, the last active ones first."""
    return _encode([kind, last or "", name])


def use_position(cursor: str, kind: str) -> tuple[str, str]:
    """Where such a list goes on: last activity and name. Raises InvalidCursor, also for another kind's."""
    match _decode(cursor):
        case [str(found), str(last), str(name)] if found == kind:
            return last, name
    raise InvalidCursor


CursorScope = tuple[str, str, str | None]
"""Mode, query and session of a search."""


def newest_cursor(scope: CursorScope, position: Sequence[int]) -> str:
    """A cursor behind a hit of a search, the newest first."""
    return _encode(["found", _checksum(scope), *position])


def newest_position(cursor: str, scope: CursorScope) -> Position:
    """Where such a search goes on. Raises InvalidCursor, also for the cursor of another search."""
    match _decode(cursor):
        case ["found", int(checksum), *position] if checksum == _checksum(scope):
            places = tuple(place for place in position if type(place) is int and abs(place) < 2**63)
            if len(places) == len(position) == SOURCES:
                return places
    raise InvalidCursor


def ranked_cursor(scope: CursorScope, skip: int) -> str:
    """A cursor behind so many hits of a search, the best first."""
    return _encode(["ranked", _checksum(scope), skip])


def ranked_position(cursor: str, scope: CursorScope) -> int | None:
    """How many hits such a search goes on behind; None if it went on with the newest first.

    Raises InvalidCursor, also for the cursor of another search.
    """
    match _decode(cursor):
        case ["ranked", int(checksum), int(skip)] if checksum == _checksum(scope) and 0 < skip < 2**31:
            return skip
    newest_position(cursor, scope)
    return None


def _checksum(scope: CursorScope) -> int:
    return crc32(json.dumps(scope).encode())


def _encode(place: list[str | int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def _decode(cursor: str) -> object:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise InvalidCursor from None
