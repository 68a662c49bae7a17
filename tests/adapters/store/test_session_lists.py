"""Lists of sessions follow indexes, and what changes often touches none of them."""

import random
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest

from tests.support.store import a_message, a_session, at, opened_store, put
from threadkeep.adapters.store.documents import session_document
from threadkeep.adapters.store.json_text import json_text
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.schema import SESSIONS
from threadkeep.adapters.store.session_indexes import FILTER_COLUMNS, SORT_COLUMNS, TAGS
from threadkeep.adapters.store.session_lists import SessionLists, keys_statement
from threadkeep.adapters.store.session_plans import FEW, followed, plan_of
from threadkeep.adapters.store.session_queries import session_order
from threadkeep.adapters.store.settling import A_STEP, AT_ONCE, LOOSE_BOUND, LOOSE_MOST, settle
from threadkeep.adapters.store.sqlite_storage import SqliteStorage
from threadkeep.adapters.store.sqlite_table import SqliteTable
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
    "is_favourite": {"is_favourite": True},
    "forked_from": {"forked_from": "s1"},
    "tag": {"tags": frozenset({"t1"})},
    "link": {"link": ("issue", "1")},
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
        activity=chance.choice(["idle", "failed"]),
        agent=chance.choice(["assistant", "coder"]),
        model=chance.choice([None, "m0", "m1"]),
        provider=chance.choice([None, "p"]),
        is_favourite=chance.random() < 0.5,
        forked_from=ForkedFrom(session_id="s1") if chance.random() < 0.5 else None,
        tags=tuple(sorted(chance.sample(["t0", "t1", "t2"], 2))),
        links=(Link(kind="issue", value=str(chance.randrange(2))),),
        message_count=chance.randrange(1000),
        created_at=at(chance.randrange(50_000)),
        updated_at=at(chance.randrange(50_000)),
    )


def fill(store: Store, count: int) -> None:
    chance = random.Random(count)
    put(store, *(a_random_session(number, chance) for number in range(count)))


def plan(storage: SqliteStorage, wanted: SessionFilter, sort: SessionSort, *, after: Any = None) -> list[str]:
    meant = plan_of(wanted)
    assert meant is not None
    handle = meant.handles[0] if meant.is_single else followed(storage, meant)
    statement = keys_statement(meant, session_order(sort), handle, after=after)
    return [row[3] for row in storage.rows(f"EXPLAIN QUERY PLAN {statement.text} LIMIT 21", statement.values)]


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: f"{sort.by}-{sort.order}")
@pytest.mark.parametrize("name", ONE_FILTER)
def test_one_filter_in_any_order_follows_its_index(
    storage: SqliteStorage, name: str, sort: SessionSort
) -> None:
    """It reads as many rows as it shows: no scan, and nothing is sorted but the few loose sessions."""
    wanted = SessionFilter(**ONE_FILTER[name])
    value = 5 if sort.by == "messageCount" else "x"
    for after in (None, (value, "s00001")):
        at_rest, loose = _arms(plan(storage, wanted, sort, after=after))
        column = SORT_COLUMNS[sort.by]
        table = f"session_{name}s" if name in {"tag", "link"} else "sessions"
        index = f"{table}_by_{column}" if name == "none" else f"{table}_{name}_by_{column}"
        assert len(at_rest) == 1
        assert f"SEARCH {table} USING COVERING INDEX {index} (shelf=?" in at_rest[0]
        assert loose[0] == "SEARCH sessions USING INDEX sessions_loose (shelf=?)"
        assert loose[1:] in (
            ["USE TEMP B-TREE FOR ORDER BY"],
            [
                f"SEARCH other EXISTS USING PRIMARY KEY (session=? AND {name}=?)",
                "USE TEMP B-TREE FOR ORDER BY",
            ],
        )


def _arms(steps: list[str]) -> tuple[list[str], list[str]]:
    """The steps of the sessions at rest, and those of the loose ones."""
    assert (steps[0], steps[1]) == ("MERGE (UNION ALL)", "LEFT")
    right = steps.index("RIGHT")
    return steps[2:right], steps[right + 1 :]


def test_every_filter_has_an_index_for_every_order(storage: SqliteStorage) -> None:
    assert set(FILTER_COLUMNS) | {"none", "tag", "link"} == ONE_FILTER.keys()
    assert {SORT_COLUMNS[sort.by] for sort in SORTS} == set(SORT_COLUMNS.values())


@pytest.mark.parametrize(
    "fields",
    [{"status": frozenset({"paused", "ended"})}, {"title": "x"}, {"min_messages": 3}, {"id_prefix": "s"}],
    ids=["status", "title", "min_messages", "id_prefix"],
)
def test_what_has_no_index_of_its_own_is_checked_in_the_one_that_has_every_column(
    storage: SqliteStorage, fields: dict[str, Any]
) -> None:
    at_rest, _ = _arms(plan(storage, SessionFilter(**fields), SessionSort()))
    assert at_rest == ["SEARCH sessions USING COVERING INDEX sessions_by_updated_at (shelf=?)"]


def test_filters_that_fit_many_find_the_same(store: Store, storage: SqliteStorage) -> None:
    fill(store, 200)
    rest(storage)
    table = SqliteTable(storage, "sessions")
    few, many = SessionLists(storage, table), SessionLists(storage, table, few=0)
    for one, other in combinations([fields for fields in ONE_FILTER.values() if fields], 2):
        wanted = SessionFilter(**one, **other)
        for sort in SORTS:
            assert few.ids(wanted, sort) == many.ids(wanted, sort)
        for by in get_args(CountedBy):
            assert few.count_by(wanted, by) == many.count_by(wanted, by)
        assert few.count(wanted) == many.count(wanted) == len(few.ids(wanted, SORTS[0]))


def test_of_several_filters_the_one_that_fits_fewest_is_followed(
    store: Store, storage: SqliteStorage
) -> None:
    put(store, *(a_session(f"s{n}", agent="coder", tags=("rare",) if n == 3 else ()) for n in range(9)))
    rest(storage)
    rare = SessionFilter(agent="coder", tags=frozenset({"rare"}))
    at_rest, _ = _arms(plan(storage, rare, SessionSort()))
    assert at_rest[0].startswith(f"SEARCH {TAGS} USING COVERING INDEX session_tags_tag_by_updated_at")
    gone = SessionFilter(agent="nobody", tags=frozenset({"rare"}))
    at_rest, _ = _arms(plan(storage, gone, SessionSort()))
    assert at_rest[0].startswith("SEARCH sessions USING COVERING INDEX sessions_agent_by_updated_at")
    with store.reading() as records:
        assert [found.id for found in records.sessions(rare, SessionSort(), limit=5)] == ["s3"]
        assert records.sessions(gone, SessionSort(), limit=5) == []


def rest(storage: SqliteStorage) -> None:
    with storage.transaction():
        settle(storage, most=0)


def steps_of_a_page(folder: Path, count: int) -> dict[str, int]:
    """The steps that SQLite takes for a page of each list, with that many sessions stored."""
    with opened_store("sqlite", folder) as store:
        fill(store, count)
    storage = open_storage(folder / "store", busy_timeout_ms=5_000)
    rest(storage)
    taken = {}
    for name, fields in ONE_FILTER.items():
        for sort in SORTS:
            meant = plan_of(SessionFilter(**fields))
            assert meant is not None
            keys = keys_statement(meant, session_order(sort), next(iter(meant.handles), None))
            steps = []
            storage.connection.set_progress_handler(lambda: bool(steps.append(1)), 1)  # type: ignore[func-returns-value]  # noqa: B023  # done before the next
            assert len(storage.rows(f"{keys.text} LIMIT 21", keys.values)) == 21
            storage.connection.set_progress_handler(None)
            taken[f"{name} by {sort.by} {sort.order}"] = len(steps)
    storage.close()
    return taken


@pytest.mark.slow
def test_a_page_costs_as_much_in_a_large_store_as_in_a_small_one(tmp_path: Path) -> None:
    small, large = (steps_of_a_page(tmp_path / str(count), count) for count in (300, 3_000))
    assert {name: steps for name, steps in large.items() if steps > 1.2 * small[name]} == {}


# --- loose sessions ---


def loose(storage: SqliteStorage) -> int:
    ((count,),) = storage.rows("SELECT count(*) FROM sessions WHERE shelf IS NULL")
    return int(count)


def test_few_sessions_are_loose_however_many_change(store: Store, storage: SqliteStorage) -> None:
    fill(store, LOOSE_BOUND + 40)
    assert LOOSE_BOUND - AT_ONCE <= loose(storage) <= LOOSE_BOUND
    for number in range(LOOSE_BOUND + 40):
        with store.writing() as changes:
            session = changes.session(f"s{number:05}")
            assert session is not None
            changes.put_session(attrs.evolve(session, message_count=session.message_count + 1))
        assert loose(storage) <= LOOSE_BOUND


def test_quiet_moments_bring_sessions_to_their_shelves_a_few_at_a_time(
    store: Store, storage: SqliteStorage
) -> None:
    fill(store, LOOSE_MOST + A_STEP + 1)
    store.tidy()
    assert loose(storage) == LOOSE_MOST + 1
    store.tidy()
    assert loose(storage) == LOOSE_MOST
    store.tidy()
    assert loose(storage) == LOOSE_MOST


def test_tidying_leaves_it_for_later_while_another_process_writes(
    store: Store, storage: SqliteStorage
) -> None:
    fill(store, LOOSE_MOST + 1)
    with storage.transaction():
        store.tidy()
    assert loose(storage) == LOOSE_MOST + 1
    store.tidy()
    assert loose(storage) == LOOSE_MOST


def test_the_sessions_that_changed_last_stay_loose(store: Store, storage: SqliteStorage) -> None:
    put(store, *(a_session(f"s{n}", updated_at=at(n)) for n in range(4)))
    with storage.transaction():
        settle(storage, most=2)
    rows = storage.rows("SELECT id FROM sessions WHERE shelf IS NULL ORDER BY id")
    assert rows == [("s2",), ("s3",)]


def test_a_message_in_a_loose_session_touches_no_index(store: Store, storage: SqliteStorage) -> None:
    session = a_session()
    put(store, session)
    message = a_message("m1", session_id=session.id, seq=session.seq + 1)
    document = session_document(session.with_message(message))
    quiet = (json_text(document), *SESSIONS.values(document))
    with storage.transaction():
        storage.rows(SESSIONS.quiet_update, quiet)
        assert storage.rows("SELECT changes()") == [(1,)]
    changing = {column.name for column in SESSIONS.columns if not column.is_steady}
    for name, text in storage.rows(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'sessions'"
    ):
        held = {column for (column,) in storage.rows("SELECT name FROM pragma_index_info(?)", (name,))}
        assert "WHERE shelf NOTNULL" in text or not held & changing


def test_a_change_takes_a_session_from_its_shelf_and_its_tags_with_it(
    store: Store, storage: SqliteStorage
) -> None:
    put(store, a_session(tags=("a",), archived_at=at(1)))
    rest(storage)
    assert storage.rows(f"SELECT shelf FROM sessions UNION ALL SELECT shelf FROM {TAGS}") == [(1,), (1,)]
    put(store, a_session(tags=("a",), archived_at=at(1), message_count=1))
    assert storage.rows(f"SELECT shelf FROM sessions UNION ALL SELECT shelf FROM {TAGS}") == [
        (None,),
        (None,),
    ]
    rest(storage)
    assert storage.rows(f"SELECT message_count FROM {TAGS}") == [(1,)]


def test_lists_show_loose_sessions_and_those_at_rest_in_one_order(
    store: Store, storage: SqliteStorage
) -> None:
    chance = random.Random(5)
    sessions = [a_random_session(number, chance) for number in range(40)]
    put(store, *sessions[:20])
    rest(storage)
    put(store, *sessions[20:])
    with store.reading() as records:
        found = records.sessions(SessionFilter(), SessionSort(by="messageCount"), limit=100)
        assert (
            records.sessions(SessionFilter(), SessionSort(by="messageCount"), limit=7, skip=15)
            == found[15:22]
        )
    assert [each.id for each in found] == [
        each.id for each in sorted(sessions, key=lambda each: (each.message_count, each.id), reverse=True)
    ]


def test_few_is_more_than_a_page() -> None:
    assert FEW > 200
