"""Counts of repositories and tasks are kept and read without looking at the sessions themselves."""

import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.support.store import a_session, at, opened_store, put
from threadkeep.adapters.store.engine.query_compiler import Sql
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.tables import uses
from threadkeep.adapters.store.tables.session_lists import selection
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.ports.repository_records import Use
from threadkeep.ports.store import Store


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
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_store("sqlite", tmp_path) as opened:
        yield opened


@pytest.fixture
def storage(store: Store, tmp_path: Path) -> Iterator[SqliteStorage]:
    """Another connection to the same store."""
    opened = open_storage(tmp_path / "store", busy_timeout_ms=5_000)
    yield opened
    opened.close()


def summed(sessions: Iterable[Session], by: Callable[[Session], str]) -> dict[str, Use]:
    expected: dict[str, Use] = {}
    for session in sessions:
        expected[by(session)] = expected.get(by(session), Use()) + use_of(session)
    return expected


def test_repositories_are_counted_whatever_becomes_of_their_sessions(
    store: Store, storage: SqliteStorage
) -> None:
    chance = random.Random(3)
    there: dict[str, Session] = {}
    for step in range(300):
        session = a_random_session(chance.randrange(40), chance)
        with store.writing() as changes:
            if chance.random() < 0.25 and there:
                gone = chance.choice(sorted(there))
                changes.erase_session(gone)
                del there[gone]
            changes.put_session(session)
            there[session.id] = session
        if step % 20 == 0:
            expected = summed(there.values(), lambda session: session.key.repository_id)
            assert uses.repository_uses(storage) == expected


def test_a_repository_whose_last_session_is_gone_is_not_counted(store: Store, storage: SqliteStorage) -> None:
    put(store, a_session())
    with store.writing() as changes:
        changes.erase_session("s1")
    assert uses.repository_uses(storage) == {}


def test_tasks_are_counted(store: Store, storage: SqliteStorage) -> None:
    chance = random.Random(3)
    sessions = [a_random_session(number, chance) for number in range(60)]
    put(store, *sessions)
    expected = summed(
        (session for session in sessions if session.key.repository_id == "r1"),
        lambda session: session.key.task,
    )
    assert uses.task_uses(storage, "r1") == expected


def test_repositories_are_read_without_a_look_at_their_sessions(store: Store, storage: SqliteStorage) -> None:
    steps = [row[3] for row in storage.rows(f"EXPLAIN QUERY PLAN {uses._BY_REPOSITORY}")]
    assert steps[0] == "SCAN repository_counts"
    assert steps[2] == "SEARCH sessions USING COVERING INDEX sessions_of_repository (repository_id=?)"


def test_tasks_are_read_from_an_index_alone(store: Store, storage: SqliteStorage) -> None:
    chosen = selection(storage, "task, max(last_activity_at)", Sql("repository_id = ?", ("r1",)))
    (first, *_) = storage.rows(f"EXPLAIN QUERY PLAN {chosen.text} GROUP BY 1", chosen.values)
    assert first[3] == "SCAN sessions USING COVERING INDEX sessions_listed"
