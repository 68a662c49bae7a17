"""The indexes by which sessions are listed, and the side tables of their tags and links.

A session at rest stands on a shelf, and with it in the index of every filter and order. One that changed lately
is loose: it stands on no shelf and in none of these indexes, so that changing it again touches none. Lists look
at the loose ones, which are few, one by one (see `session_lists` and `settling`).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from threadkeep.adapters.store.json_text import json_text, place
from threadkeep.ports.session_filter import Inclusion, SortField

SORT_COLUMNS: Final[Mapping[SortField, str]] = {
    "updatedAt": "updated_at",
    "createdAt": "created_at",
    "title": "title_folded",
    "messageCount": "message_count",
}

FILTER_COLUMNS: Final = (
    "repository_id",
    "task",
    "workflow",
    "status",
    "activity",
    "agent",
    "model",
    "provider",
    "is_favourite",
    "forked_from",
)
"""Columns with an index for each order; a list that is filtered by one of them alone follows that index."""

TAGS: Final = "session_tags"
LINKS: Final = "session_links"
SIDES: Final[Mapping[str, tuple[str, str]]] = {TAGS: ("tag", "tags"), LINKS: ("link", "links")}
"""Side tables: their column, and the column of the sessions from which it is filled."""

LOOSE: Final = "sessions_loose"
WIDE: Final = "sessions_by_updated_at"
"""The index that holds every column that a filter may ask for: no other row is read to check a combination."""

SHELF: Final = "is_archived + 2 * is_trashed"
"""The number of a session's shelf."""

_WIDE_COLUMNS: Final = (*FILTER_COLUMNS, "created_at", "title_folded", "message_count", "last_activity_at")
_MAY_LACK: Final = {"workflow", "model", "provider", "forked_from"}


def index_name(table: str, column: str | None, sort: str) -> str:
    """The index for the order by a column, within a value of another column if one is given."""
    return f"{table}_{column}_by_{sort}" if column else f"{table}_by_{sort}"


def shelves(archived: Inclusion, trashed: Inclusion) -> tuple[int, ...]:
    """The shelves of the sessions that are meant."""
    flags: Mapping[Inclusion, tuple[int, ...]] = {"exclude": (0,), "include": (0, 1), "only": (1,)}
    return tuple(first + 2 * second for second in flags[trashed] for first in flags[archived])


def tag_place(tag: str) -> str:
    """The tag in its side table, whatever it holds."""
    return place(tag)


def link_place(kind: str, value: str) -> str:
    """The link in its side table, whatever it holds."""
    return place(kind, value)


def tag_places(tags: Sequence[Any]) -> str | None:
    """All tags of a session for the column from which the side table is filled."""
    return _tag_places(tuple(tags))


def link_places(links: Sequence[Any]) -> str | None:
    """All links of a session for the column from which the side table is filled."""
    return _places([link_place(link["kind"], link["value"]) for link in links if isinstance(link, Mapping)])


def creation() -> str:
    """The statements that create all of this; the table of the sessions is there."""
    return "\n".join((*_session_indexes(), *(text for table in SIDES for text in _side_table(table))))


@lru_cache(maxsize=256)  # every message puts its session again
def _tag_places(tags: tuple[Any, ...]) -> str | None:
    return _places([tag_place(tag) for tag in tags if isinstance(tag, str)])


def _places(places: Sequence[str]) -> str | None:
    return json_text(places) if places else None


def _session_indexes() -> Iterator[str]:
    yield f"CREATE INDEX {LOOSE} ON sessions(shelf) WHERE shelf IS NULL;"
    for sort in SORT_COLUMNS.values():
        name = index_name("sessions", None, sort)
        further = f", {', '.join(_WIDE_COLUMNS)}" if name == WIDE else ""
        yield f"CREATE INDEX {name} ON sessions(shelf, {sort}, id{further}) WHERE shelf NOTNULL;"
        for column in FILTER_COLUMNS:
            given = f" AND {column} NOTNULL" if column in _MAY_LACK else ""
            yield (
                f"CREATE INDEX {index_name('sessions', column, sort)} ON sessions(shelf, {column}, {sort}, id) "
                f"WHERE shelf NOTNULL{given};"
            )


def _side_table(table: str) -> Iterator[str]:
    column, source = SIDES[table]
    copied = ("shelf", *SORT_COLUMNS.values(), "id")
    yield (
        f"CREATE TABLE {table}(session INTEGER NOT NULL, {column} TEXT NOT NULL, {', '.join(copied)}, "
        f"PRIMARY KEY(session, {column})) WITHOUT ROWID;"
    )
    for sort in SORT_COLUMNS.values():
        yield (
            f"CREATE INDEX {index_name(table, column, sort)} ON {table}(shelf, {column}, {sort}, id) "
            "WHERE shelf NOTNULL;"
        )
    yield from _triggers(table, source, column, copied)


def _triggers(table: str, source: str, column: str, copied: Sequence[str]) -> Iterator[str]:
    """Whatever writes to the sessions, the side table goes with them."""
    fill = (
        f"INSERT OR IGNORE INTO {table}(session, {column}, {', '.join(copied)}) "  # noqa: S608 - constants
        f"SELECT new.doc_id, value, {', '.join(f'new.{name}' for name in copied)} FROM json_each(new.{source});"
    )
    clear = f"DELETE FROM {table} WHERE session = old.doc_id;"  # noqa: S608 - constants
    has_any = f"old.{source} NOTNULL"
    copies = ", ".join(f"{name} = new.{name}" for name in copied)
    copy = f"UPDATE {table} SET {copies} WHERE session = new.doc_id;"  # noqa: S608 - constants
    for event, when, action in (
        ("INSERT", f"new.{source} NOTNULL", fill),
        ("DELETE", has_any, clear),
        (f"UPDATE OF {source}", f"old.{source} IS NOT new.{source}", f"{clear} {fill}"),
        ("UPDATE OF shelf", f"new.{source} NOTNULL AND old.shelf IS NOT new.shelf", copy),
    ):
        name = f"{table}_{event.lower().replace(' ', '_')}"
        yield f"CREATE TRIGGER {name} AFTER {event} ON sessions WHEN {when} BEGIN {action} END;"
