"""Lists of sessions are read from one index alone, whatever they are filtered and sorted by."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.support.store import a_session, at, opened_store, put
from threadkeep.adapters.store.engine.query_compiler import all_of
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.tables.list_schema import TAGS
from threadkeep.adapters.store.tables.session_lists import (
    SORT_COLUMNS,
    condition_of,
    selection,
    session_order,
)
from threadkeep.domain.sessions import ForkedFrom, Link, Session, SessionKey
from threadkeep.ports.session_counts import CountedBy
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Store

ONE_FILTER: dict[str, dict[str, Any]] = {
    "none": {},
    "repository_id": {"repository_id": "r1"},
    "task": {"task": "t1"},
    "workflow": {"workflow": "review"},
    "status": {"status": frozenset({"paused"})},
    "activity": {"activity": frozenset({"failed"})},
    "agent": {"agent": "coder"},
    "model": {"model": "m1"},
    "provider": {"provider": "p"},
    "model or none": {"model": "m1", "unset_but": frozenset({"coder"})},
    "is_favourite": {"is_favourite": True},
    "forked_from": {"forked_from": "s1"},
    "tag": {"tags": frozenset({"t1"})},
    "link": {"link": ("issue", "1")},
    "id_prefix": {"id_prefix": "s"},
    "ids": {"ids": frozenset({"s00001", "s00002"})},
    "title": {"title": "x"},
    "min_messages": {"min_messages": 3},
    "archived": {"archived": "only", "trashed": "include"},
    "created": {"created_after": at(1), "created_before": at(9)},
    "updated": {"updated_after": at(1), "updated_before": at(9)},
    "active": {"active_before": at(9)},
}
SORTS = [SessionSort(by=by, order=order) for by in SORT_COLUMNS for order in ("ascending", "descending")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_store("sqlite", tmp_path) as opened:
        yield opened


@pytest.fixture
def storage(store: Store, tmp_path: Path) -> Iterator[SqliteStorage]:
    """Another connection to the same store."""
    opened = open_storage(tmp_path / "store", busy_timeout_ms=5_000)
    yield opened
    opened.close()


def a_random_session(number: int, chance: random.Random) -> Session:
    return a_session(
        f"s{number:05}",
        key=SessionKey(
            repository_id=f"r{chance.randrange(3)}",
            task=f"t{chance.randrange(3)}",
            workflow=chance.choice([None, "review"]),
        ),
        title=f"Title {chance.randrange(1000)}",
        status=chance.choice(["active", "paused", "ended"]),
        agent=chance.choice(["assistant", "coder"]),
        is_favourite=chance.random() < 0.5,
        forked_from=ForkedFrom(session_id="s1") if chance.random() < 0.5 else None,
        tags=tuple(sorted(chance.sample(["t0", "t1", "t2"], 2))),
        links=(Link(kind="issue", value=str(chance.randrange(2))),),
        message_count=chance.randrange(1000),
        updated_at=at(chance.randrange(50_000)),
    )


def plan(storage: SqliteStorage, wanted: SessionFilter, sort: SessionSort, *, after: Any = None) -> list[str]:
    condition = condition_of(wanted)
    assert condition is not None
    order = session_order(sort)
    chosen = selection(storage, "doc_id", all_of((condition, *([order.beyond(after)] if after else ()))))
    statement = f"EXPLAIN QUERY PLAN {chosen.text} ORDER BY {order.clause()} LIMIT 21"
    return [row[3] for row in storage.rows(statement, chosen.values)]


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: f"{sort.by}-{sort.order}")
@pytest.mark.parametrize("name", ONE_FILTER)
def test_any_filter_in_any_order_looks_at_no_session_but_those_it_shows(
    storage: SqliteStorage, name: str, sort: SessionSort
) -> None:
    value = 5 if sort.by == "messageCount" else "x"
    for after in (None, (value, "s00001")):
        first, *others = plan(storage, SessionFilter(**ONE_FILTER[name]), sort, after=after)
        assert first.split(" (")[0].endswith("sessions USING COVERING INDEX sessions_listed")
        assert not [step for step in others if "sessions" in step]


@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_the_newest_or_oldest_are_read_from_their_end_without_sorting(
    storage: SqliteStorage, order: Any
) -> None:
    for name, fields in ONE_FILTER.items():
        steps = plan(storage, SessionFilter(**fields), SessionSort(order=order), after=("x", "s1"))
        assert steps[0].startswith("SEARCH"), name
        assert "USE TEMP B-TREE FOR ORDER BY" not in steps


@pytest.mark.parametrize("by", sorted(set(get_args(CountedBy)) - {"tag"}))
def test_counts_are_read_from_the_index_alone(storage: SqliteStorage, by: CountedBy) -> None:
    columns = {"repository": "repository_id", "day": "substr(created_at, 1, 10)"}
    condition = condition_of(SessionFilter(agent="coder"))
    assert condition is not None
    chosen = selection(storage, f"{columns.get(by, by)}, count(*)", condition)
    (first, *_) = storage.rows(f"EXPLAIN QUERY PLAN {chosen.text} GROUP BY 1", chosen.values)
    assert first[3] == "SCAN sessions USING COVERING INDEX sessions_listed"


def steps_of_a_page(folder: Path, count: int) -> int:
    """The steps that SQLite takes for a page of the newest, with that many sessions stored."""
    chance = random.Random(count)
    with opened_store("sqlite", folder) as store:
        put(store, *(a_random_session(number, chance) for number in range(count)))
    storage = open_storage(folder / "store", busy_timeout_ms=5_000)
    condition = condition_of(SessionFilter())
    assert condition is not None
    chosen = selection(storage, "doc_id", condition)
    steps = 0

    def step() -> bool:
        nonlocal steps
        steps += 1
        return False

    storage.connection.set_progress_handler(step, 1)
    sql = f"{chosen.text} ORDER BY {session_order(SessionSort()).clause()} LIMIT 21"
    assert len(storage.rows(sql, chosen.values)) == 21
    storage.close()
    return steps


def test_the_newest_cost_as_much_in_a_large_store_as_in_a_small_one(tmp_path: Path) -> None:
    small, large = (steps_of_a_page(tmp_path / str(count), count) for count in (30, 600))
    assert large <= small


def test_lists_go_on_where_a_page_ended(store: Store) -> None:
    chance = random.Random(5)
    sessions = [a_random_session(number, chance) for number in range(40)]
    put(store, *sessions)
    with store.reading() as records:
        found = records.sessions(SessionFilter(), SessionSort(by="messageCount"), limit=100)
        assert (
            records.sessions(SessionFilter(), SessionSort(by="messageCount"), limit=7, skip=15)
            == found[15:22]
        )
    assert [each.id for each in found] == [
        each.id for each in sorted(sessions, key=lambda each: (each.message_count, each.id), reverse=True)
    ]


def test_whoever_writes_the_side_tables_go_along(store: Store, storage: SqliteStorage) -> None:
    put(store, a_session(tags=("a", "b")))
    assert storage.rows(f"SELECT tag, session FROM {TAGS}") == [('["a"]', 1), ('["b"]', 1)]
    storage.rows("""UPDATE sessions SET tags = '["[\\"b\\"]","[\\"c\\"]"]'""")
    assert storage.rows(f"SELECT tag, session FROM {TAGS}") == [('["b"]', 1), ('["c"]', 1)]
    storage.rows("DELETE FROM sessions")
    assert storage.rows(f"SELECT tag, session FROM {TAGS}") == []
