"""Sums over the side table of what answers took."""

# ruff: noqa: S608 - names come from usage_rows, conditions from session_lists; values are bound

from collections.abc import Iterator, Sequence
from typing import Any, Final

from threadkeep.adapters.store.engine.json_text import json_text, json_value
from threadkeep.adapters.store.engine.query_compiler import ALWAYS, Sql, all_of
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.engine.table import SqliteTable
from threadkeep.adapters.store.tables.pending import HIDDEN_ROWS, PENDING
from threadkeep.adapters.store.tables.session_lists import condition_of, selection, session_query
from threadkeep.adapters.store.tables.usage_rows import USAGE
from threadkeep.domain.usage import (
    AMOUNTS,
    SLOT_MINUTES,
    Amount,
    Period,
    Sums,
    Tally,
    UsageGroup,
    UsageQuery,
    day_of,
    sums,
)
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.values import Value

FEW: Final = 4_000
"""Sessions whose rows are looked up one by one sooner than the table of all is read."""

_EVERYTHING: Final = SessionFilter(archived="include", trashed="include")
_KEYS: Final[dict[UsageGroup, str]] = {
    "session": f"{USAGE}.session",
    "task": "wanted.name",
    "repository": "wanted.name",
    "agent": f"{USAGE}.agent",
    "model": f"{USAGE}.model",
    "day": f"({USAGE}.slot * {SLOT_MINUTES} + ?) / 1440",
}
_NAMES: Final[dict[UsageGroup, tuple[str, str]]] = {
    "task": ("task", "task"),
    "repository": ("repository_id", "repository_id"),
}
"""The column of the sessions, and the member of their key, for what SQLite cannot hold in a column."""
_TALLY: Final = f"count(DISTINCT {USAGE}.session), {', '.join(f'sum({name})' for name in AMOUNTS[:-1])}, "
_COST: Final = f"total({AMOUNTS[-1]})"  # no overflow, whatever an import tells


class _Source(Value):
    """What is summed up: the rows of the table, joined to the wanted sessions."""

    storage: SqliteStorage
    wanted: Sql | None
    """Row numbers and names of the sessions; None: all of them."""
    are_few: bool
    within: Sql

    def tallies(
        self, key: str, *, values: Sequence[int] = (), more: Sql = ALWAYS, order: str = ""
    ) -> Iterator[tuple[Any, Tally]]:
        """The tally of each value of the key."""
        where = all_of((self.within, more))
        table, head, bound = USAGE, "", ()
        if self.wanted is not None:
            head, bound = (
                f"WITH wanted(session, name) AS MATERIALIZED ({self.wanted.text})",
                self.wanted.values,
            )
            # few sessions lead to their rows; else each row is looked up among the sessions
            parts = ("wanted", USAGE) if self.are_few else (USAGE, "wanted")
            table = f"{' CROSS JOIN '.join(parts)} ON wanted.session = {USAGE}.session"
        sql = f"{head} SELECT {key}, {_TALLY}{_COST} FROM {table} WHERE {where.text} {order}"
        for found, *told in self.storage.rows(sql, (*bound, *values, *where.values)):
            if told[0]:
                yield found, _tally(told)


def usage_sums(
    storage: SqliteStorage, sessions: SqliteTable, wanted: SessionFilter, asked: UsageQuery
) -> Sums:
    """See the port."""
    source = _source(storage, sessions, wanted, asked)
    total = next((tally for _, tally in source.tallies("NULL")), Tally())
    if asked.by == "session":
        return _by_session(storage, source, asked, total)
    tallies: dict[str, Tally] = {}
    offset = (asked.offset_minutes,) if asked.by == "day" else ()
    for key, tally in source.tallies(_KEYS[asked.by], values=offset, order="GROUP BY 1"):
        if key is not None:
            tallies[_named(asked.by, key)] = tally
            continue
        unnamed = source.tallies(_KEYS["session"], more=Sql("wanted.name ISNULL"), order="GROUP BY 1")
        for number, part in unnamed:
            name = _name(sessions, number, asked.by)
            tallies[name] = tallies.get(name, Tally()) + part
    return sums(tallies, total, asked)


def _by_session(storage: SqliteStorage, source: _Source, asked: UsageQuery, total: Tally) -> Sums:
    tie = f"(SELECT id FROM sessions WHERE doc_id = {USAGE}.session)"
    order = f"GROUP BY 1 ORDER BY sum(input_tokens + output_tokens) DESC, {tie}"
    most = -1 if asked.limit is None else asked.limit
    found = dict(source.tallies(_KEYS["session"], order=f"{order} LIMIT {most}"))
    ids = storage.rows(
        "SELECT doc_id, id FROM sessions WHERE doc_id IN (SELECT value FROM json_each(?))",
        (json_text(list(found)),),
    )
    return sums({session_id: found[number] for number, session_id in ids}, total, asked, count=total.sessions)


def _source(
    storage: SqliteStorage, sessions: SqliteTable, wanted: SessionFilter, asked: UsageQuery
) -> _Source:
    within = all_of(tuple(_within(asked.period)))
    if wanted == _EVERYTHING and asked.by not in _NAMES:
        if storage.has_table(PENDING):
            within = all_of((within, Sql(f"{USAGE}.session NOT IN ({HIDDEN_ROWS})")))
        return _Source(storage=storage, wanted=None, are_few=False, within=within)
    column, _ = _NAMES.get(asked.by, ("NULL", ""))
    condition = condition_of(wanted)
    if condition is None:  # SQLite cannot compare some value as Python does
        numbers = json_text([document.doc_id for document in sessions.search(session_query(wanted))])
        text = f"SELECT doc_id, {column} FROM sessions WHERE doc_id IN (SELECT value FROM json_each(?))"
        return _Source(storage=storage, wanted=Sql(text, (numbers,)), are_few=False, within=within)
    chosen = selection(storage, f"doc_id, {column}", condition)
    some = selection(storage, "1", condition)
    ((are_few,),) = storage.rows(f"SELECT count(*) < {FEW} FROM ({some.text} LIMIT {FEW})", some.values)
    return _Source(storage=storage, wanted=chosen, are_few=bool(are_few), within=within)


def _tally(told: Sequence[Any]) -> Tally:
    sessions, *amounts = told
    given = {name: int(value) for name, value in zip(AMOUNTS, amounts, strict=True)}
    return Tally(sessions=sessions, amount=Amount(**given))


def _named(by: UsageGroup, key: Any) -> str:
    """The key as it is told."""
    if by == "day":
        return day_of(key * 24 * 60 // SLOT_MINUTES, 0)
    return str(json_value(key)[0] if by in ("agent", "model") else key)


def _name(sessions: SqliteTable, number: int, by: UsageGroup) -> str:
    document = next(iter(sessions.by_ids([number])))
    return str(document["key"][_NAMES[by][1]])


def _within(period: Period) -> Iterator[Sql]:
    if period.first is not None:
        yield Sql(f"{USAGE}.slot >= ?", (period.first,))
    if period.end is not None:
        yield Sql(f"{USAGE}.slot < ?", (period.end,))
