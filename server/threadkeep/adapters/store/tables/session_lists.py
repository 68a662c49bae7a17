"""Lists, counts and facets of sessions, beside the documents of their table.

All of them are read from the one index that holds every column that is asked for: a page in the order of the last
change from its end, anything else by looking at all of it, some 20 ms for 100,000 sessions.
"""

# ruff: noqa: S608 - names come from list_schema, conditions from the compiler; values are bound

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, reduce
from operator import and_
from typing import Final, cast

from tinydb.queries import Query, QueryInstance, where

from threadkeep.adapters.store.engine.json_text import json_value
from threadkeep.adapters.store.engine.layouts import is_plain_text
from threadkeep.adapters.store.engine.query_compiler import (
    ALWAYS,
    Sql,
    all_of,
    any_of,
    compile_query,
    contains,
)
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.engine.table import Order, SqliteTable
from threadkeep.adapters.store.tables.documents import folded_title, remembered, value_of
from threadkeep.adapters.store.tables.list_schema import COUNTS, LINKS, LISTED, TAGS, link_place, tag_place
from threadkeep.adapters.store.tables.schema import SESSIONS
from threadkeep.domain.agents import REPOSITORY_PREFIX
from threadkeep.domain.sessions import Session
from threadkeep.ports.session_counts import CountedBy
from threadkeep.ports.session_filter import Inclusion, SessionFilter, SessionSort, SortField

SortPlace = tuple[str | int, str]
"""The value and the id of the session behind which a page begins."""

SORT_COLUMNS: Final[Mapping[SortField, str]] = {
    "updatedAt": "updated_at",
    "createdAt": "created_at",
    "title": "title_folded",
    "messageCount": "message_count",
}
_COUNTED: Final[Mapping[CountedBy, str]] = {
    "status": "status",
    "repository": "repository_id",
    "task": "task",
    "agent": "agent",
    "day": "substr(created_at, 1, 10)",
}
FACETS: Final[Mapping[CountedBy, Callable[[Session], Iterable[str]]]] = {
    "status": lambda session: (session.status,),
    "repository": lambda session: (session.key.repository_id,),
    "task": lambda session: (session.key.task,),
    "agent": lambda session: (session.agent,),
    "tag": lambda session: set(session.tags),
    "day": lambda session: (session.created_at[:10],),
}
"""The values under which one session is counted."""

REPOSITORY_AGENTS: Final = (REPOSITORY_PREFIX, REPOSITORY_PREFIX[:-1] + chr(ord(REPOSITORY_PREFIX[-1]) + 1))
"""Names of repositories' agents: from the first, and below the second."""
LAST_CHARACTER: Final = "\U0010ffff"


class SessionLists:
    """Reads lists of the table of sessions."""

    def __init__(self, storage: SqliteStorage, table: SqliteTable) -> None:
        self._storage = storage
        self._table = table

    def page(
        self,
        wanted: SessionFilter,
        sort: SessionSort,
        *,
        limit: int,
        after: SortPlace | None = None,
        skip: int = 0,
    ) -> list[Session]:
        """At most `limit` of them in order, from the place on, without the first `skip`."""
        order, condition = session_order(sort), condition_of(wanted)
        if condition is None:
            found = self._table.page(session_query(wanted), order, limit=limit, after=after, skip=skip)
            return [value_of(document, Session) for document in found]
        condition = all_of((condition, order.beyond(after) if after else ALWAYS))
        chosen = selection(self._storage, "doc_id", condition)
        sql = f"{chosen.text} ORDER BY {order.clause()} LIMIT ? OFFSET ?"
        doc_ids = [row[0] for row in self._storage.rows(sql, (*chosen.values, limit, skip))]
        return [remembered(text, Session) for text in self._table.texts(doc_ids)]

    def ids(self, wanted: SessionFilter, sort: SessionSort, *, limit: int | None = None) -> list[str]:
        """The ids of all wanted sessions in order, or of the first `limit`."""
        order, condition = session_order(sort), condition_of(wanted)
        if condition is None:
            count = len(self._table) if limit is None else limit
            found = self._table.page(session_query(wanted), order, limit=count)
            return [document["id"] for document in found]
        chosen = selection(self._storage, "id", condition)
        sql = f"{chosen.text} ORDER BY {order.clause()} LIMIT ?"
        return [row[0] for row in self._storage.rows(sql, (*chosen.values, -1 if limit is None else limit))]

    def count(self, wanted: SessionFilter) -> int:
        """How many there are."""
        condition = condition_of(wanted)
        if condition is None:
            return self._table.count(session_query(wanted))
        chosen = selection(self._storage, "count(*)", condition)
        ((count,),) = self._storage.rows(chosen.text, chosen.values)
        return int(count)

    def count_by(self, wanted: SessionFilter, by: CountedBy) -> dict[str, int]:
        """How many there are with each value."""
        condition = condition_of(wanted)
        found = {None: 0} if condition is None else self._counts(condition, by)
        if None in found:  # a value that SQLite cannot hold
            documents = self._table.search(session_query(wanted))
            return counted((value_of(document, Session) for document in documents), by)
        return {value: count for value, count in found.items() if value is not None}

    def _counts(self, condition: Sql, by: CountedBy) -> dict[str | None, int]:
        if by == "tag":
            chosen = selection(self._storage, "doc_id", condition)
            sql = f"SELECT tag, count(*) FROM {TAGS} WHERE session IN ({chosen.text}) GROUP BY tag"
            return {json_value(tag)[0]: count for tag, count in self._storage.rows(sql, chosen.values)}
        chosen = selection(self._storage, f"{_COUNTED[by]}, count(*)", condition)
        return dict(self._storage.rows(f"{chosen.text} GROUP BY 1", chosen.values))


def counted(sessions: Iterable[Session], by: CountedBy) -> dict[str, int]:
    """How many of the sessions have each value."""
    return Counter(value for session in sessions for value in FACETS[by](session))


def selection(storage: SqliteStorage, what: str, condition: Sql) -> Sql:
    """The statement that reads columns of the sessions that fit, from the index alone.

    A store of version 1 lacks the index: there SQLite chooses.
    """
    index = f" INDEXED BY {LISTED}" if storage.has_table(COUNTS) else ""
    return Sql(f"SELECT {what} FROM sessions{index} WHERE {condition.text}", condition.values)


@lru_cache(maxsize=64)  # a view asks for the same again whenever something changes
def condition_of(wanted: SessionFilter) -> Sql | None:
    """What the columns of the wanted sessions say; None where SQLite cannot compare some value as Python does."""
    query = reduce(and_, (*_column_conditions(wanted), *_shelves(wanted)), Query().noop())
    compiled, models = compile_query(query, SESSIONS.by_path), _models(wanted)
    if not compiled.is_exact or models is None:
        return None
    return all_of((compiled.may_hold, models, *_sides(wanted)))


def session_query(wanted: SessionFilter) -> QueryInstance:
    """The query that the documents of the wanted sessions match."""
    conditions = (*_column_conditions(wanted), *_side_conditions(wanted), *_model_conditions(wanted))
    return reduce(and_, (*conditions, *_shelves(wanted)), Query().noop())


def session_order(sort: SessionSort) -> Order:
    """The order of the table for the sort."""
    direction: Final = "ASC" if sort.order == "ascending" else "DESC"
    return Order(by=SORT_COLUMNS[sort.by], then="id", direction=direction)


def _column_conditions(wanted: SessionFilter) -> Iterator[QueryInstance]:
    """What the filter asks of members that are columns, but for models where the default is meant too."""
    has_default = wanted.unset_but is not None
    equal = (
        (where("key")["repository_id"], wanted.repository_id),
        (where("key")["task"], wanted.task),
        (where("key")["workflow"], wanted.workflow),
        (where("agent"), wanted.agent),
        (where("model"), None if has_default else wanted.model),
        (where("provider"), None if has_default else wanted.provider),
        (where("is_favourite"), wanted.is_favourite),
        (where("forked_from")["session_id"], wanted.forked_from),
    )
    for field, value in equal:
        if value is not None:
            yield _equals(field, value)
    if wanted.id_prefix:
        yield (where("id") >= wanted.id_prefix) & (where("id") < wanted.id_prefix + LAST_CHARACTER)
    within = (
        (where("id"), wanted.ids),
        (where("status"), wanted.status),
        (where("activity"), wanted.activity),
    )
    for field, values in within:
        if values is not None:
            yield field.one_of(sorted(values))
    if wanted.min_messages is not None:
        yield where("message_count") >= wanted.min_messages
    if wanted.title is not None:
        # TinyDB's signature says that only mappings are tested
        yield where("title_folded").test(contains, folded_title(wanted.title))  # type: ignore[arg-type]
    yield from _times(wanted)


def _model_conditions(wanted: SessionFilter) -> Iterator[QueryInstance]:
    if wanted.unset_but is None:
        return
    given = (("model", wanted.model), ("provider", wanted.provider))
    conditions = [_equals(where(name), value) for name, value in given if value is not None]
    if not conditions:
        return
    unset = (~where(name).exists() | _equals(where(name), None) for name, _ in given)
    first, end = REPOSITORY_AGENTS
    others = ~where("agent").one_of(sorted(wanted.unset_but)) & ~(
        (where("agent") >= first) & (where("agent") < end)
    )
    yield reduce(and_, conditions) | reduce(and_, unset, others)


def _models(wanted: SessionFilter) -> Sql | None:
    """What a filter asks that means sessions without a model too; None where SQLite cannot compare it."""
    given = (("model", wanted.model), ("provider", wanted.provider))
    equal = [Sql(f"{name} = ?", (value,)) for name, value in given if value is not None]
    if wanted.unset_but is None or not equal:
        return ALWAYS
    agents = tuple(sorted(wanted.unset_but))
    if not all(map(is_plain_text, (*agents, wanted.model or "", wanted.provider or ""))):
        return None
    unset = Sql("model IS NULL AND provider IS NULL")
    others = Sql(f"agent NOT IN ({', '.join('?' * len(agents))})", agents) if agents else ALWAYS
    unlisted = Sql("NOT (agent >= ? AND agent < ?)", REPOSITORY_AGENTS)
    return any_of((all_of(equal), all_of((unset, others, unlisted))))


def _sides(wanted: SessionFilter) -> Iterator[Sql]:
    for tag in sorted(wanted.tags):
        yield Sql(f"doc_id IN (SELECT session FROM {TAGS} WHERE tag = ?)", (tag_place(tag),))
    if wanted.link is not None:
        yield Sql(f"doc_id IN (SELECT session FROM {LINKS} WHERE link = ?)", (link_place(*wanted.link),))


def _side_conditions(wanted: SessionFilter) -> Iterator[QueryInstance]:
    if wanted.tags:
        yield where("tags").all(sorted(wanted.tags))
    if wanted.link is not None:
        kind, value = wanted.link
        yield where("links").any(_equals(where("kind"), kind) & _equals(where("value"), value))


def _times(wanted: SessionFilter) -> Iterator[QueryInstance]:
    if wanted.created_after is not None:
        yield where("created_at") > wanted.created_after
    if wanted.created_before is not None:
        yield where("created_at") < wanted.created_before
    if wanted.updated_after is not None:
        yield where("updated_at") > wanted.updated_after
    if wanted.updated_before is not None:
        yield where("updated_at") < wanted.updated_before
    if wanted.active_before is not None:
        yield where("last_activity_at") < wanted.active_before


def _shelves(wanted: SessionFilter) -> Iterator[QueryInstance]:
    shelves: Mapping[str, Inclusion] = {"is_archived": wanted.archived, "is_trashed": wanted.trashed}
    for name, inclusion in shelves.items():
        if inclusion != "include":
            yield _equals(where(name), inclusion == "only")


def _equals(field: Query, value: str | bool | None) -> QueryInstance:
    return cast("QueryInstance", field == value)
