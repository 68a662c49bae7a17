"""Lists and counts of sessions: each follows an index, whatever is asked for.

One filter alone has an index for every order. Of several filters the one that fits few sessions is followed
and the others are checked on those; where all fit many, the index that holds every column is read instead.
"""

# ruff: noqa: S608 - names come from session_indexes, conditions from session_plans; values are bound

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

import attrs

from threadkeep.adapters.store.documents import remembered, value_of
from threadkeep.adapters.store.facets import counted
from threadkeep.adapters.store.json_text import json_value
from threadkeep.adapters.store.query_compiler import ALWAYS, Sql
from threadkeep.adapters.store.session_indexes import TAGS, WIDE, index_name
from threadkeep.adapters.store.session_plans import FEW, Arm, Handle, Plan, arms, followed, plan_of
from threadkeep.adapters.store.session_queries import session_order, session_query
from threadkeep.adapters.store.sqlite_storage import SqliteStorage
from threadkeep.adapters.store.sqlite_table import Order, SqliteTable
from threadkeep.domain.sessions import Session
from threadkeep.ports.session_counts import CountedBy
from threadkeep.ports.session_filter import SessionFilter, SessionSort

SortPlace = tuple[str | int, str]
"""The value and the id of the session behind which a page begins."""

_COUNTED: Final[Mapping[CountedBy, str]] = {
    "status": "status",
    "repository": "repository_id",
    "task": "task",
    "agent": "agent",
    "day": "substr(created_at, 1, 10)",
}
_COUNTED_ALONG: Final[Mapping[CountedBy, tuple[str | None, str]]] = {
    **{by: (column, "updated_at") for by, column in _COUNTED.items()},
    "day": (None, "created_at"),
}
"""The filter and the order of the index that holds it in order, for counting everything."""


class SessionLists:
    """Reads lists of the table of sessions."""

    def __init__(self, storage: SqliteStorage, table: SqliteTable, *, few: int = FEW) -> None:
        self._storage = storage
        self._table = table
        self._few = few

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
        order, plan = session_order(sort), plan_of(wanted)
        if plan is None:
            found = self._table.page(session_query(wanted), order, limit=limit, after=after, skip=skip)
            return [value_of(document, Session) for document in found]
        if plan.is_nothing:
            return []
        keys = keys_statement(plan, order, self._handle(plan), after=after)
        values = (*keys.values, limit, skip)
        doc_ids = [row[0] for row in self._storage.rows(f"{keys.text} LIMIT ? OFFSET ?", values)]
        return [remembered(text, Session) for text in self._table.texts(doc_ids)]

    def ids(self, wanted: SessionFilter, sort: SessionSort, *, limit: int | None = None) -> list[str]:
        """The ids of all wanted sessions in order, or of the first `limit`."""
        plan, order = plan_of(wanted), session_order(sort)
        if plan is None:
            count = len(self._table) if limit is None else limit
            found = self._table.page(session_query(wanted), order, limit=count)
            return [document["id"] for document in found]
        if plan.is_nothing:
            return []
        keys = keys_statement(plan, order, self._handle(plan))
        values = (*keys.values, -1 if limit is None else limit)
        return [session_id for _, _, session_id in self._storage.rows(f"{keys.text} LIMIT ?", values)]

    def count(self, wanted: SessionFilter) -> int:
        """How many there are."""
        plan = plan_of(wanted)
        if plan is None:
            return self._table.count(session_query(wanted))
        if plan.is_single:
            (handle,) = plan.handles
            index = index_name(handle.table, handle.column, "updated_at")
            parts = arms(plan, index=index, handle=handle)
        else:
            index = index_name("sessions", None, "created_at")  # smaller than the widest
            parts = self._arms(plan, index=index if plan.is_everything else None)
        return sum(count for (count,) in self._rows(arm.select("count(*)") for arm in parts))

    def count_by(self, wanted: SessionFilter, by: CountedBy) -> dict[str, int]:
        """How many there are with each value."""
        plan = plan_of(wanted)
        found: Counter[str | None] = Counter()
        if plan is not None:
            for value, count in self._counts(plan, by):
                found[value] += count
        if plan is None or None in found:  # a value that SQLite cannot hold
            documents = self._table.search(session_query(wanted))
            return counted((value_of(document, Session) for document in documents), by)
        return {value: count for value, count in found.items() if value is not None}

    def _handle(self, plan: Plan) -> Handle | None:
        # one handle alone has an index in every order, so that it does not matter how many it fits
        return plan.handles[0] if plan.is_single else followed(self._storage, plan, few=self._few)

    def _counts(self, plan: Plan, by: CountedBy) -> Iterator[tuple[str | None, int]]:
        if by == "tag":
            parts = _tags_of_everything(plan) if plan.is_everything else map(_tags_counted, self._arms(plan))
            for tag, count in self._rows(parts):
                yield json_value(tag)[0], count
            return
        index = index_name("sessions", *_COUNTED_ALONG[by]) if plan.is_everything else None
        for value, count in self._rows(_counted(arm, _COUNTED[by]) for arm in self._arms(plan, index=index)):
            yield value, count

    def _arms(self, plan: Plan, *, index: str | None = None) -> Iterator[Arm]:
        """The parts to be counted. Few rows of a handle are read one by one, many from the widest index."""
        handle = followed(self._storage, plan, few=self._few)
        along = index_name(handle.table, handle.column, "updated_at") if handle else index or WIDE
        return arms(plan, index=along, handle=handle)

    def _rows(self, statements: Iterable[Sql]) -> Iterator[tuple[Any, ...]]:
        for statement in statements:
            yield from self._storage.rows(statement.text, statement.values)


def keys_statement(plan: Plan, order: Order, handle: Handle | None, *, after: SortPlace | None = None) -> Sql:
    """The statement that reads the row number, the sort value and the id of each in order."""
    if handle is not None:
        index = index_name(handle.table, handle.column, order.by)
    else:
        index = index_name("sessions", None, order.by) if plan.is_everything else WIDE
    place = order.beyond(after) if after else ALWAYS
    parts = [
        arm.select(f"{arm.row}, {order.by}, id", more=place) for arm in arms(plan, index=index, handle=handle)
    ]
    text = " UNION ALL ".join([part.text for part in parts])
    values = tuple(chain.from_iterable([part.values for part in parts]))
    return Sql(f"{text} ORDER BY 2 {order.direction}, 3 {order.direction}", values)


def _counted(arm: Arm, value: str) -> Sql:
    if arm.table != "sessions":
        value = f"(SELECT {value} FROM sessions WHERE sessions.doc_id = {arm.row})"
    found = arm.select(f"{value}, count(*)")
    return Sql(f"{found.text} GROUP BY 1", found.values)


def _tags_of_everything(plan: Plan) -> Iterator[Sql]:
    index = index_name(TAGS, "tag", "updated_at")
    for arm in arms(plan, index=index, handle=None):
        if arm.index == index:
            found = attrs.evolve(arm, table=TAGS).select("tag, count(*)")
            yield Sql(f"{found.text} GROUP BY 1", found.values)
        else:
            yield _tags_counted(arm)


def _tags_counted(arm: Arm) -> Sql:
    found = arm.select(f"{arm.row} AS session")
    return Sql(
        f"SELECT tag, count(*) FROM ({found.text}) CROSS JOIN {TAGS} USING (session) GROUP BY 1", found.values
    )
