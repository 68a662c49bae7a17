"""What a filter of sessions asks for, in the words of the tables, and which index answers it."""

# ruff: noqa: S608 - names come from session_indexes, conditions from the compiler; values are bound

from collections.abc import Iterator
from functools import lru_cache, reduce
from operator import and_
from typing import Final

import attrs
from tinydb.queries import Query

from threadkeep.adapters.store.layouts import is_plain_text
from threadkeep.adapters.store.query_compiler import ALWAYS, NEVER, Sql, all_of, any_of, compile_query
from threadkeep.adapters.store.schema import SESSIONS
from threadkeep.adapters.store.session_indexes import (
    LINKS,
    LOOSE,
    SHELF,
    SIDES,
    TAGS,
    index_name,
    link_place,
    shelves,
    tag_place,
)
from threadkeep.adapters.store.session_queries import REPOSITORY_AGENTS, column_conditions
from threadkeep.adapters.store.sqlite_storage import SqliteStorage
from threadkeep.ports.session_filter import SessionFilter

FEW: Final = 4_000
"""Sessions that are looked at one by one sooner than the index that holds every column is read."""


@attrs.frozen(kw_only=True)
class Handle:
    """A filter by one value that has indexes of its own."""

    table: str
    column: str
    value: str | int

    @property
    def condition(self) -> Sql:
        return Sql(f"{self.column} = ?", (self.value,))

    def on(self, row: str) -> Sql:
        """The same for a session whose row number stands in another table; this one is a side table."""
        where = f"other.session = {row} AND other.{self.column} = ?"
        return Sql(f"EXISTS (SELECT 1 FROM {self.table} AS other WHERE {where})", (self.value,))


@attrs.frozen(kw_only=True)
class Plan:
    """What is asked for."""

    shelves: tuple[int, ...]
    columns: Sql
    """What the columns of the sessions must say, shelves left out."""
    handles: tuple[Handle, ...]
    is_single: bool
    """Nothing is asked for but the one handle."""

    @property
    def is_everything(self) -> bool:
        """Nothing is asked for but the shelves."""
        return self.columns is ALWAYS and not self.handles

    @property
    def is_nothing(self) -> bool:
        """Nothing fits, an empty set of statuses for one."""
        return self.columns is NEVER

    def sides(self, *, but: Handle | None = None) -> list[Handle]:
        """Handles of side tables."""
        return [handle for handle in self.handles if handle.table != SESSIONS.name and handle is not but]


@attrs.frozen(kw_only=True)
class Arm:
    """A part of a list: the sessions of one shelf, or the loose ones."""

    table: str
    index: str
    where: Sql

    @property
    def row(self) -> str:
        """The row number of the session."""
        return "sessions.doc_id" if self.table == SESSIONS.name else f"{self.table}.session"

    def select(self, what: str, *, more: Sql = ALWAYS) -> Sql:
        """The statement that reads it, and no other row than it must."""
        where = all_of((self.where, more))
        return Sql(
            f"SELECT {what} FROM {self.table} INDEXED BY {self.index} WHERE {where.text}", where.values
        )


@lru_cache(maxsize=64)  # a view asks for the same again whenever something changes
def plan_of(wanted: SessionFilter) -> Plan | None:
    """The plan; None where SQLite cannot compare some value as Python does."""
    conditions = list(column_conditions(wanted))
    compiled = compile_query(reduce(and_, conditions, Query().noop()), SESSIONS.by_path)
    models = _models(wanted)
    if not compiled.is_exact or models is None:
        return None
    handles = tuple(_handles(wanted))
    sides = sum(handle.table != SESSIONS.name for handle in handles)
    return Plan(
        shelves=shelves(wanted.archived, wanted.trashed),
        columns=all_of((compiled.may_hold, models)),
        handles=handles,
        is_single=models is ALWAYS and len(handles) == len(conditions) + sides == 1,
    )


def followed(storage: SqliteStorage, plan: Plan, *, few: int = FEW) -> Handle | None:
    """The handle that fits the fewest sessions, if these are few."""
    if not plan.handles or plan.is_nothing:
        return None
    shelf = ", ".join(map(str, plan.shelves))
    counts = [
        f"(SELECT count(*) FROM (SELECT 1 FROM {handle.table} "
        f"INDEXED BY {index_name(handle.table, handle.column, 'updated_at')} "
        f"WHERE shelf IN ({shelf}) AND {handle.condition.text} LIMIT {few}))"
        for handle in plan.handles
    ]
    ((*found,),) = storage.rows(f"SELECT {', '.join(counts)}", [handle.value for handle in plan.handles])
    fewest = min(found)
    return plan.handles[found.index(fewest)] if fewest < few else None


def arms(plan: Plan, *, index: str, handle: Handle | None) -> Iterator[Arm]:
    """The parts that make up the list, read by that index of the handle or of the sessions."""
    if plan.is_nothing:
        return
    table = handle.table if handle else SESSIONS.name
    for shelf in plan.shelves:
        arm = Arm(table=table, index=index, where=Sql(f"shelf = {shelf}"))
        yield attrs.evolve(arm, where=all_of((arm.where, *_conditions(plan, arm, handle))))
    lying = Sql(f"shelf IS NULL AND {SHELF} IN ({', '.join(map(str, plan.shelves))})")
    loose = Arm(table=SESSIONS.name, index=LOOSE, where=lying)
    yield attrs.evolve(loose, where=all_of((lying, *_conditions(plan, loose, None))))


def _conditions(plan: Plan, arm: Arm, handle: Handle | None) -> Iterator[Sql]:
    if handle is not None:
        yield handle.condition
        if plan.is_single:
            return
    if arm.table == SESSIONS.name:
        yield plan.columns
    elif plan.columns is not ALWAYS:
        # within the parentheses the names are those of the sessions
        where = f"sessions.doc_id = {arm.row} AND ({plan.columns.text})"
        yield Sql(f"EXISTS (SELECT 1 FROM sessions WHERE {where})", plan.columns.values)
    for side in plan.sides(but=handle):
        yield side.on(arm.row)


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


def _handles(wanted: SessionFilter) -> Iterator[Handle]:
    status, activity = wanted.status or (), wanted.activity or ()
    values: dict[str, str | bool | None] = {
        "repository_id": wanted.repository_id,
        "task": wanted.task,
        "workflow": wanted.workflow,
        "status": next(iter(status)) if len(status) == 1 else None,
        "activity": next(iter(activity)) if len(activity) == 1 else None,
        "agent": wanted.agent,
        "model": wanted.model if wanted.unset_but is None else None,
        "provider": wanted.provider if wanted.unset_but is None else None,
        "is_favourite": wanted.is_favourite,
        "forked_from": wanted.forked_from,
    }
    for column, value in values.items():
        if value is not None:
            held = int(value) if isinstance(value, bool) else value
            yield Handle(table=SESSIONS.name, column=column, value=held)
    for tag in sorted(wanted.tags):
        yield Handle(table=TAGS, column=SIDES[TAGS][0], value=tag_place(tag))
    if wanted.link is not None:
        yield Handle(table=LINKS, column=SIDES[LINKS][0], value=link_place(*wanted.link))
