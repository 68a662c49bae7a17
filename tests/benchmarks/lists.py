"""Lists, totals, facets and title search with very many sessions, and what it costs to keep them quick."""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any, Final, get_args

from tests.benchmarks.exchanges import a_question, a_text
from tests.benchmarks.figures import Figure, Row, Table, Yardstick, timed
from tests.benchmarks.many_sessions import fill, repository_id
from tests.benchmarks.yardsticks import RawCommits
from threadkeep.adapters.runtime import SystemClock, Uuid7Ids
from threadkeep.adapters.store import open_store
from threadkeep.ports.session_counts import CountedBy
from threadkeep.ports.session_filter import SessionFilter, SessionSort, SortField
from threadkeep.ports.store import Records, Store
from threadkeep.usecases import timeline
from threadkeep.values import Value, evolve

LISTED: Final = 20
COMBINED: Final = 3
"""How often each combination of filters is measured."""

_FILTERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "repository": {"repository_id": repository_id(5)},
    "task": {"task": "feature/task-5"},
    "workflow": {"workflow": "review"},
    "status": {"status": frozenset({"paused"})},
    "activity": {"activity": frozenset({"failed"})},
    "agent": {"agent": "coder"},
    "model": {"model": "older"},
    "provider": {"provider": "three"},
    "favourite": {"is_favourite": True},
    "tag": {"tags": frozenset({"tag3"})},
    "link": {"link": ("issue", "PROJ-17")},
    "forked from": {"forked_from": "f7"},
}
_WIDE: Final[Mapping[str, Mapping[str, Any]]] = {
    "two states": {"status": frozenset({"paused", "ended"})},
    "title": {"title": "gukaba"},
    "messages": {"min_messages": 198},
    "archived too": {"archived": "include"},
    "days": {"created_after": "2020-06-01T00:00:00.000Z", "created_before": "2020-06-02T00:00:00.000Z"},
}
_SORTS: Final = [
    SessionSort(by=by, order=order) for by in get_args(SortField) for order in ("descending", "ascending")
]


SMALL: Final = 10_000
"""Sessions up to which a store is small: what one person has after years."""


class Goals(Value):
    """Milliseconds."""

    page: float
    total: float
    facet: float


_OF_SMALL: Final = Goals(page=3, total=3, facet=20)
_OF_LARGE: Final = Goals(page=50, total=50, facet=120)


def figures(folder: Path, *, sessions: int, count: int, prefix: str) -> tuple[list[Figure], Table]:
    """On a store of their own with that many sessions, each thing measured `count` times.

    prefix: what the ids of the figures begin with.
    """
    fill(folder, sessions)
    store = open_store(folder, clock=SystemClock())
    try:
        table, slowest = _one_filter(store, count=count)
        totals, facets = (_slowest(store, asked, count=count) for asked in (_totals(), _facets()))
        goals = _OF_SMALL if sessions <= SMALL else _OF_LARGE
        asked = (
            ("one_filter", f"list of {LISTED} by one filter, the slowest", slowest, goals.page),
            ("combined", f"list of {LISTED} by several filters, the slowest", _combined(store), goals.page),
            ("total", "total of a filter, the slowest", totals, goals.total),
            ("facet", "facet of a filter, the slowest", facets, goals.facet),
            ("title", "title search that finds nothing", ("", _title(store, count=count)), goals.page),
            ("uses", "sessions of each repository, counted", ("", _uses(store, count=count)), 2),
        )
        found = [
            _figure(f"{prefix}.{id_}", f"{what}, {sessions:,} sessions", named, goal)
            for id_, what, named, goal in asked
        ]
        found.append(_rested(store, folder, count=count * 4, prefix=prefix, sessions=sessions))
    finally:
        store.close()
    return found, table


Ask = Callable[[Records], object]
Named = tuple[str, Sequence[float]]
"""What was asked, and how long it took."""


def _one_filter(store: Store, *, count: int) -> tuple[Table, Named]:
    rows = []
    slowest: Named = ("", (0.0,))
    for name, fields in {"none": {}, **_FILTERS}.items():
        values: dict[str, float | str] = {}
        for sort in _SORTS:
            taken = _timed(store, _list(fields, sort), count=count)
            order = f"{sort.by} {'↓' if sort.order == 'descending' else '↑'}"
            values[f"{order}, ms"] = round(median(taken), 2)
            slowest = max(slowest, (f"{name}, {order}", taken), key=_time)
        rows.append(Row(what=name, values=values))
    return Table(id="lists", title="one filter", rows=rows), slowest


def _combined(store: Store) -> Named:
    asked = {
        f"{name} and {other}, {sort.by}": _list({**fields, **others}, sort)
        for (name, fields), (other, others) in combinations({**_FILTERS, **_WIDE}.items(), 2)
        if not fields.keys() & others.keys()
        for sort in (SessionSort(), SessionSort(by="title", order="ascending"))
    }
    return _slowest(store, asked, count=COMBINED)


def _totals() -> dict[str, Ask]:
    def total(fields: Mapping[str, Any]) -> Ask:
        return lambda records: records.count_sessions(SessionFilter(**fields))

    return {name: total(fields) for name, fields in {"none": {}, **_FILTERS, **_WIDE}.items()}


def _facets() -> dict[str, Ask]:
    def facet(fields: Mapping[str, Any], by: CountedBy) -> Ask:
        return lambda records: records.count_sessions_by(SessionFilter(**fields), by)

    return {
        f"{name}, by {by}": facet(fields, by)
        for name, fields in {
            "none": {},
            **{each: _FILTERS[each] for each in ("status", "agent", "tag")},
        }.items()
        for by in get_args(CountedBy)
    }


def _title(store: Store, *, count: int) -> Sequence[float]:
    return _timed(store, _list({"title": "nothing has this title"}, SessionSort()), count=count)


def _uses(store: Store, *, count: int) -> Sequence[float]:
    return _timed(store, lambda records: records.repository_uses(), count=count)


def _rested(store: Store, folder: Path, *, count: int, prefix: str, sessions: int) -> Figure:
    """Each call appends to another session, whose places in the indexes nobody has just been at."""
    with store.reading() as records:
        ids = iter(records.session_ids(SessionFilter(), SessionSort(by="title")))
    clock, new, text = SystemClock(), Uuid7Ids(), a_text(random.Random(3), 300)
    raw = RawCommits(folder, size=2_000)

    def append() -> None:
        with store.writing() as changes:
            session = changes.session(next(ids))
            assert session is not None
            session = evolve(session, head_id=None)
            message = a_question(session, new.new(), text, at=clock.now())
            timeline.put_message(changes, session, message, origin=store.owner)

    taken = timed({"ours": append, "raw": raw.commit}, count, unit="µs")
    raw.close()
    return Figure(
        id=f"{prefix}.append_rested",
        what=f"append to a session that has rested, durable, {sessions:,} sessions",
        unit="µs",
        values=taken["ours"],
        yardstick=Yardstick(what="raw SQLite FULL commit of as many bytes", values=taken["raw"]),
        ratio_goal=2.6,
    )


def _list(fields: Mapping[str, Any], sort: SessionSort) -> Ask:
    return lambda records: records.sessions(SessionFilter(**fields), sort, limit=LISTED)


def _slowest(store: Store, asked: Mapping[str, Ask], *, count: int) -> Named:
    return max(((name, _timed(store, ask, count=count)) for name, ask in asked.items()), key=_time)


def _time(named: Named) -> float:
    return median(named[1])


def _timed(store: Store, ask: Ask, *, count: int) -> Sequence[float]:
    def one() -> None:
        with store.reading() as records:
            ask(records)

    return timed({"ours": one}, count, unit="ms")["ours"]


def _figure(id_: str, what: str, named: Named, goal: float) -> Figure:
    name, values = named
    told = f"{what} ({name})" if name else what
    return Figure(id=id_, what=told, unit="ms", values=values, goal=goal)
