"""Filters and sorts of sessions as TinyDB queries and orders of the sessions table."""

from collections.abc import Iterator
from functools import reduce
from operator import and_
from typing import Final, cast

from tinydb.queries import Query, QueryInstance, where

from threadkeep.adapters.store.documents import folded_title
from threadkeep.adapters.store.query_compiler import contains
from threadkeep.adapters.store.session_indexes import SORT_COLUMNS
from threadkeep.adapters.store.sqlite_table import Order
from threadkeep.domain.agents import REPOSITORY_PREFIX
from threadkeep.ports.session_filter import Inclusion, SessionFilter, SessionSort

REPOSITORY_AGENTS: Final = (REPOSITORY_PREFIX, REPOSITORY_PREFIX[:-1] + chr(ord(REPOSITORY_PREFIX[-1]) + 1))
"""Names of repositories' agents: from the first, and below the second."""

LAST_CHARACTER: Final = "\U0010ffff"


def session_query(wanted: SessionFilter) -> QueryInstance:
    """The query that the documents of the wanted sessions match."""
    conditions = (*column_conditions(wanted), *_side_conditions(wanted), *_models(wanted))
    return reduce(and_, (*conditions, *_shelves(wanted.archived, wanted.trashed)), Query().noop())


def session_order(sort: SessionSort) -> Order:
    """The order of the table for the sort."""
    direction: Final = "ASC" if sort.order == "ascending" else "DESC"
    return Order(by=SORT_COLUMNS[sort.by], then="id", direction=direction)


def column_conditions(wanted: SessionFilter) -> Iterator[QueryInstance]:
    """What the filter asks of members that are columns, shelves left out, and models where the default is
    meant too (see `session_plans`)."""
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


def _models(wanted: SessionFilter) -> Iterator[QueryInstance]:
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


def _shelves(archived: Inclusion, trashed: Inclusion) -> Iterator[QueryInstance]:
    if archived == trashed == "exclude":
        yield _equals(where("is_listed"), True)
        return
    if archived != "include":
        yield _equals(where("is_archived"), archived == "only")
    if trashed != "include":
        yield _equals(where("is_trashed"), trashed == "only")


def _equals(field: Query, value: str | bool | None) -> QueryInstance:
    return cast("QueryInstance", field == value)
