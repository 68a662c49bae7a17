"""What lists of sessions are read from: one index that holds all they ask for, and side tables kept by triggers.

Whatever writes to the sessions, be it a repair or another program, the side tables go with them.
"""

# ruff: noqa: S608 - the names spliced into SQL are constants

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from threadkeep.adapters.store.engine.json_text import json_text, place

LISTED: Final = "sessions_listed"
"""The index in the order of the last change, with every column by which lists are filtered and sorted."""

_LISTED_COLUMNS: Final = (
    "updated_at",
    "id",
    "is_archived",
    "is_trashed",
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
    "message_count",
    "created_at",
    "last_activity_at",
    "title_folded",
)

OF_REPOSITORY: Final = "sessions_of_repository"
"""The index that tells when anything last happened in a repository."""

INDEXES: Final[Mapping[str, str]] = {
    LISTED: f"CREATE INDEX {LISTED} ON sessions({', '.join(_LISTED_COLUMNS)})",
    OF_REPOSITORY: f"CREATE INDEX {OF_REPOSITORY} ON sessions(repository_id, last_activity_at)",
}
"""By name, the statements that make them."""

TAGS: Final = "session_tags"
LINKS: Final = "session_links"
SIDES: Final[Mapping[str, tuple[str, str]]] = {TAGS: ("tag", "tags"), LINKS: ("link", "links")}
"""Side tables: their column, and the column of the sessions from which it is filled."""

COUNTS: Final = "repository_counts"
"""How many sessions each repository has: those that are shown, archived ones, and those in the trash."""

COUNTED: Final[Mapping[str, str]] = {
    "sessions": "{0}is_archived IS NOT 1 AND {0}is_trashed IS NOT 1",
    "archived": "{0}is_archived IS 1 AND {0}is_trashed IS NOT 1",
    "trashed": "{0}is_trashed IS 1",
}
"""The columns of the counts, and what each session of them says; each is in one of them."""

SUMS: Final = ", ".join(f"sum({each.format('')})" for each in COUNTED.values())
"""The counts of some sessions."""

COUNTS_NOW: Final = (
    f"SELECT repository_id, {SUMS} FROM sessions INDEXED BY {LISTED} WHERE repository_id NOTNULL GROUP BY 1"
)
"""What the table of counts has to hold."""

FILL_COUNTS: Final = f"INSERT INTO {COUNTS}(repository_id, {', '.join(COUNTED)}) {COUNTS_NOW}"
"""Fills the table, which is empty, from what is there."""


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


@lru_cache(maxsize=256)  # every message puts its session again
def _tag_places(tags: tuple[Any, ...]) -> str | None:
    return _places([tag_place(tag) for tag in tags if isinstance(tag, str)])


def _places(places: Sequence[str]) -> str | None:
    return json_text(places) if places else None


def creation() -> Iterator[str]:
    """The statements that make all of this in an empty file, beside the table of the sessions."""
    yield from INDEXES.values()
    yield from tables()
    yield from triggers()


def tables() -> Iterator[str]:
    """The statements that make the side tables, empty."""
    for table, (column, _) in SIDES.items():
        yield (
            f"CREATE TABLE {table}({column} TEXT NOT NULL, session INTEGER NOT NULL, "
            f"PRIMARY KEY({column}, session)) WITHOUT ROWID"
        )
    numbers = ", ".join(f"{name} INTEGER NOT NULL" for name in COUNTED)
    yield f"CREATE TABLE {COUNTS}(repository_id TEXT PRIMARY KEY, {numbers}) WITHOUT ROWID"


def triggers() -> Iterator[str]:
    """The statements that make what keeps the side tables."""
    for table, (column, source) in SIDES.items():
        yield from _side_triggers(table, column, source)
    yield from _count_triggers()


def _side_triggers(table: str, column: str, source: str) -> Iterator[str]:
    fill = (
        f"INSERT OR IGNORE INTO {table}({column}, session) "
        f"SELECT value, new.doc_id FROM json_each(new.{source});"
    )
    clear = (
        f"DELETE FROM {table} WHERE session = old.doc_id AND {column} IN "
        f"(SELECT value FROM json_each(old.{source}));"
    )
    yield _trigger(f"{table}_insert", "INSERT", f"new.{source} NOTNULL", fill)
    yield _trigger(f"{table}_delete", "DELETE", f"old.{source} NOTNULL", clear)
    yield _trigger(
        f"{table}_update", f"UPDATE OF {source}", f"old.{source} IS NOT new.{source}", f"{clear} {fill}"
    )


def _count_triggers() -> Iterator[str]:
    more = ", ".join(f"{name} = {name} + excluded.{name}" for name in COUNTED)
    add = (
        f"INSERT INTO {COUNTS}(repository_id, {', '.join(COUNTED)}) "
        f"SELECT new.repository_id, {', '.join(each.format('new.') for each in COUNTED.values())} "
        f"WHERE new.repository_id NOTNULL ON CONFLICT(repository_id) DO UPDATE SET {more};"
    )
    less = ", ".join(f"{name} = {name} - ({each.format('old.')})" for name, each in COUNTED.items())
    remove = (
        f"UPDATE {COUNTS} SET {less} WHERE repository_id = old.repository_id; "
        f"DELETE FROM {COUNTS} WHERE repository_id = old.repository_id AND {' + '.join(COUNTED)} < 1;"
    )
    yield _trigger("sessions_counted", "INSERT", "1", add)
    yield _trigger("sessions_uncounted", "DELETE", "1", remove)
    decides = ("repository_id", "is_archived", "is_trashed")
    before, after = (", ".join(f"{row}.{name}" for name in decides) for row in ("old", "new"))
    yield _trigger(
        "sessions_recounted",
        f"UPDATE OF {', '.join(decides)}",
        f"({before}) IS NOT ({after})",
        f"{remove} {add}",
    )


def _trigger(name: str, event: str, when: str, action: str) -> str:
    return f"CREATE TRIGGER {name} AFTER {event} ON sessions WHEN {when} BEGIN {action} END"
