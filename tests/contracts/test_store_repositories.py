"""What every store promises about repositories, and about how much is kept under them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.each_store import EACH_STORE
from tests.support.store import STORES, a_session, at, opened_store, put
from threadkeep.domain.repositories import Alias, Repository, RootCommit
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.ports.repository_records import Current, Use
from threadkeep.ports.store import Store

ORIGIN = Alias(kind="origin", value="https://example.com/app")


@pytest.fixture(params=EACH_STORE)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        yield opened


def a_repository(id_: str = "r1", *aliases: Alias) -> Repository:
    return Repository(id=id_, name="app", aliases=aliases)


def put_repositories(store: Store, *repositories: Repository) -> None:
    with store.writing() as changes:
        for repository in repositories:
            changes.put_repository(repository)


def key(repository_id: str = "r1", task: str = "main", workflow: str | None = None) -> SessionKey:
    return SessionKey(repository_id=repository_id, task=task, workflow=workflow)


def test_a_repository_comes_back_with_every_field(store: Store) -> None:
    full = Repository(
        id="r1",
        name="app",
        aliases=(ORIGIN, Alias(kind="path", value="/ü")),
        roots=("/b", "/a"),
        remote=ORIGIN.value,
        beginnings=(RootCommit(common_dir="/a/.git", commit="0" * 40, at=at(1)),),
        refused=('["alike", "r2"]',),
    )
    put_repositories(store, full)
    with store.reading() as records:
        assert records.repository("r1") == full
        assert records.repositories() == [full]


def test_all_repositories_come_in_the_order_of_their_ids(store: Store) -> None:
    put_repositories(store, a_repository("r2"), a_repository("r10"), a_repository("r1"))
    with store.reading() as records:
        assert [each.id for each in records.repositories()] == ["r1", "r10", "r2"]


def test_a_removed_repository_leaves_nothing_behind(store: Store) -> None:
    other = Alias(kind="name", value="other")
    put_repositories(store, a_repository("r1", ORIGIN), a_repository("r10", other))
    with store.writing() as changes:
        for repository_id in ("r1", "r10"):
            session = a_session(repository_id, key=key(repository_id))
            changes.make_current(session)
        changes.remove_repository("r1")
        changes.remove_repository("nobody")
        assert changes.repository_by_alias(ORIGIN) is None
    with store.reading() as records:
        assert [each.id for each in records.repositories()] == ["r10"]
        assert records.repository_by_alias(ORIGIN) is None
        assert records.repository_by_alias(other) is not None
        assert records.current_session_id(key("r1")) is None
        assert records.current_session_id(key("r10")) == "r10"


def test_a_repository_is_put_again_after_it_was_removed(store: Store) -> None:
    for _ in range(2):
        put_repositories(store, a_repository("r1", ORIGIN))
        with store.writing() as changes:
            changes.remove_repository("r1")
    with store.reading() as records:
        assert records.repositories() == []


def test_each_session_of_a_repository_is_counted_once(store: Store) -> None:
    put(
        store,
        a_session("s1", key=key(), last_activity_at=at(1)),
        a_session("s2", key=key(task="x"), archived_at=at(1), last_activity_at=at(5)),
        a_session("s3", key=key(), archived_at=at(1), trashed_at=at(1), last_activity_at=at(3)),
        a_session("s4", key=key(), trashed_at=at(1), is_private=True, status="ended"),
        a_session("s5", key=key("r2"), last_activity_at=at(2)),
    )
    with store.reading() as records:
        assert records.repository_uses() == {
            "r1": Use(sessions=1, archived=1, trashed=2, last_activity_at=at(5)),
            "r2": Use(sessions=1, last_activity_at=at(2)),
        }


def test_the_tasks_of_a_repository_are_counted_whatever_they_are_called(store: Store) -> None:
    put(
        store,
        a_session("s1", key=key(task="a\x00b"), last_activity_at=at(1)),
        a_session("s2", key=key(task="a\x00b"), trashed_at=at(9), last_activity_at=at(2)),
        a_session("s3", key=key(task="\ud800", workflow="w")),
        a_session("s4", key=key(task="A")),
        a_session("s5", key=key(task="a"), archived_at=at(1)),
        a_session("s6", key=key("r2", task="a")),
    )
    with store.reading() as records:
        assert records.task_uses("r1") == {
            "a\x00b": Use(sessions=1, trashed=1, last_activity_at=at(2)),
            "\ud800": Use(sessions=1, last_activity_at=at(0)),
            "A": Use(sessions=1, last_activity_at=at(0)),
            "a": Use(archived=1, last_activity_at=at(0)),
        }
        assert records.task_uses("nobody") == records.task_uses("\x00") == {}


SOMETIMES = st.none() | st.just(at(1))
SESSIONS = st.builds(
    a_session,
    st.sampled_from("abcdef"),
    key=st.builds(
        SessionKey,
        repository_id=st.sampled_from(["r1", "r2"]),
        task=st.sampled_from(["main", "\ud800", "a\x00"]),
    ),
    archived_at=SOMETIMES,
    trashed_at=SOMETIMES,
    last_activity_at=st.integers(0, 9).map(at),
)


@pytest.mark.medium
@settings(max_examples=25, deadline=None)
@given(st.lists(SESSIONS, max_size=8))
def test_both_stores_count_alike(sessions: list[Session]) -> None:
    counts = []
    for kind in STORES:
        with tempfile.TemporaryDirectory() as folder, opened_store(kind, Path(folder)) as store:
            put(store, *sessions)
            with store.reading() as records:
                counts.append((records.repository_uses(), records.task_uses("r1"), records.task_uses("r2")))
    first, *others = counts
    assert others == [first] * len(others)
    kept = {session.id: session for session in sessions}
    assert sum(use.total for use in first[0].values()) == len(kept)


def test_what_is_current_in_a_repository_is_told_with_its_window(store: Store) -> None:
    sessions = [
        a_session("s1", key=key(task='"], odd')),
        a_session("s2", key=key(workflow="w")),
        a_session("s3", key=key('r1"')),
        a_session("s4", key=key("r")),
    ]
    put(store, *sessions)
    with store.writing() as changes:
        for session in sessions:
            changes.make_current(session)
            changes.make_current(session, window_id="w\n1")
    with store.reading() as records:
        found = records.current_sessions("r1")
    expected = [
        Current(key=session.key, session_id=session.id, window_id=window_id)
        for session in sessions[:2]
        for window_id in (None, "w\n1")
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_repositories_that_began_with_a_commit_are_found_by_it(store: Store) -> None:
    def begun(id_: str, *commits: str) -> Repository:
        beginnings = tuple(RootCommit(common_dir=f"/{id_}", commit=each, at=at(1)) for each in commits)
        return Repository(id=id_, name=id_, aliases=(), beginnings=beginnings)

    one, both, named_so = begun("r2", "a" * 40), begun("r1", "b" * 40, "a" * 40), a_repository("a" * 40)
    put_repositories(store, one, both, begun("r3", "c" * 40), named_so)
    with store.reading() as records:
        assert records.repositories_begun_with("a" * 40) == [both, one]
        assert records.repositories_begun_with("d" * 40) == []
