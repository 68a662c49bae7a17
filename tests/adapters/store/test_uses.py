"""Counts of repositories and tasks are read from an index, at rest and loose alike."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.store import a_session, at, opened_store, put
from threadkeep.adapters.store import uses
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.settling import settle
from threadkeep.adapters.store.sqlite_storage import SqliteStorage
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.ports.repository_records import Use


def a_random_session(number: int, chance: random.Random) -> Session:
    return a_session(
        f"s{number}",
        key=SessionKey(
            repository_id=chance.choice(("r1", "r2")), task=chance.choice(("a", "b", "\ud800", "x\x00"))
        ),
        archived_at=chance.choice((None, at(1))),
        trashed_at=chance.choice((None, None, at(1))),
        last_activity_at=at(chance.randrange(1_000)),
    )


def use_of(session: Session) -> Use:
    return Use(
        sessions=session.archived_at is None and session.trashed_at is None,
        archived=session.archived_at is not None and session.trashed_at is None,
        trashed=session.trashed_at is not None,
        last_activity_at=session.last_activity_at,
    )


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[tuple[SqliteStorage, list[Session]]]:
    """Half of the sessions are at rest."""
    chance = random.Random(3)
    sessions = [a_random_session(number, chance) for number in range(60)]
    with opened_store("sqlite", tmp_path) as store:
        put(store, *sessions[:30])
        opened = open_storage(tmp_path / "store", busy_timeout_ms=5_000)
        with opened.transaction():
            settle(opened, most=0)
        put(store, *sessions[30:])
        yield opened, sessions
        opened.close()


def test_repositories_are_counted(storage: tuple[SqliteStorage, list[Session]]) -> None:
    opened, sessions = storage
    expected: dict[str, Use] = {}
    for session in sessions:
        id_ = session.key.repository_id
        expected[id_] = expected.get(id_, Use()) + use_of(session)
    assert uses.repository_uses(opened) == expected


@pytest.mark.parametrize("few", [0, 1_000])
def test_tasks_are_counted_whether_they_are_few_or_many(
    storage: tuple[SqliteStorage, list[Session]], few: int
) -> None:
    opened, sessions = storage
    expected: dict[str, Use] = {}
    for session in sessions:
        if session.key.repository_id == "r1":
            expected[session.key.task] = expected.get(session.key.task, Use()) + use_of(session)
    assert uses.task_uses(opened, "r1", few=few) == expected


def test_what_is_at_rest_is_read_from_an_index_alone(storage: tuple[SqliteStorage, list[Session]]) -> None:
    opened, _ = storage
    for (at_rest, loose), values in ((uses._BY_REPOSITORY, ()), (uses._BY_TASK, ("r1",))):
        plans = [opened.rows(f"EXPLAIN QUERY PLAN {statement}", values) for statement in (at_rest, loose)]
        (covering, *_), (few, *_) = [[row[3] for row in plan] for plan in plans]
        assert covering == "SEARCH sessions USING COVERING INDEX sessions_by_updated_at (shelf>?)"
        assert few == "SEARCH sessions USING INDEX sessions_loose (shelf=?)"
