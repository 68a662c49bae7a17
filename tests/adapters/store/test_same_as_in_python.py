"""The same random life in every store: each answer is what a few lines of Python say."""

import tempfile
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.plain_records import (
    SORT_VALUES,
    counted,
    listed,
    newest_below,
    path_to,
    siblings_of,
)
from tests.support.store import STORES, a_message, a_session, at, opened_store, put
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.tables.message_tree import path_documents, path_documents_after
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import ForkedFrom, Link, Session, SessionKey
from threadkeep.ports.session_counts import CountedBy
from threadkeep.ports.session_filter import CursorKey, SessionFilter, SessionSort
from threadkeep.ports.store import Records

IDS = st.sampled_from(["a", "b", "c", "d"])
TITLES = st.sampled_from(
    ["", "Über", "uber alles", "ÜBER", "z%", "日本", "Z", "\ud800", "\ue000", "\ufffd", "\x00"]
)
TIMES = st.integers(0, 3).map(at)
MAYBE_TIME = st.none() | TIMES
KEYS = st.builds(
    SessionKey,
    repository_id=st.sampled_from(["r1", "r2"]),
    task=st.sampled_from(["main", "\ud800"]),
    workflow=st.sampled_from([None, "", "w"]),
)
STATUS = st.sampled_from(["active", "paused", "ended"])
ACTIVITY = st.sampled_from(["idle", "failed"])
NASTY = st.sampled_from(["a", "A", 'a"', "[]", "\x00", "\ud800", "é", ""])
TAGS = st.lists(NASTY, max_size=3).map(tuple)
LINKS = st.builds(Link, kind=st.sampled_from(["issue", "\ud800"]), value=NASTY)
SESSIONS = st.builds(
    Session,
    id=IDS,
    key=KEYS,
    title=TITLES,
    status=STATUS,
    activity=ACTIVITY,
    archived_at=MAYBE_TIME,
    trashed_at=MAYBE_TIME,
    agent=st.sampled_from(["x", "y", "repo:x"]),
    model=st.sampled_from([None, "m"]),
    provider=st.sampled_from([None, "p", ""]),
    tags=TAGS,
    links=st.lists(LINKS, max_size=2).map(tuple),
    is_favourite=st.booleans(),
    message_count=st.integers(0, 3),
    forked_from=st.none() | st.builds(ForkedFrom, session_id=IDS),
    created_at=TIMES,
    updated_at=TIMES,
    last_activity_at=TIMES,
)
INCLUSIONS = st.sampled_from(["exclude", "include", "only"])
FILTERS = st.builds(
    SessionFilter,
    repository_id=st.none() | st.sampled_from(["r1", "r3", "\x00"]),
    id_prefix=st.none() | st.sampled_from(["", "a", "\x00", "\ud800"]),
    ids=st.none() | st.frozensets(IDS, max_size=3),
    task=st.none() | st.sampled_from(["main", "\ud800"]),
    workflow=st.none() | st.sampled_from(["", "w"]),
    status=st.none() | st.frozensets(STATUS),
    activity=st.none() | st.frozensets(ACTIVITY),
    archived=INCLUSIONS,
    trashed=INCLUSIONS,
    agent=st.none() | st.sampled_from(["x", "\x00"]),
    model=st.none() | st.just("m"),
    provider=st.none() | st.sampled_from(["p", "", "\ud800"]),
    unset_but=st.none() | st.frozensets(st.sampled_from(["x", "y", "\ud800"])),
    tags=st.frozensets(NASTY, max_size=2),
    link=st.none() | st.tuples(st.sampled_from(["issue", "\ud800"]), NASTY),
    is_favourite=st.none() | st.booleans(),
    min_messages=st.none() | st.integers(0, 4),
    forked_from=st.none() | IDS,
    title=st.none() | TITLES,
    created_after=MAYBE_TIME,
    created_before=MAYBE_TIME,
    updated_after=MAYBE_TIME,
    updated_before=MAYBE_TIME,
    active_before=MAYBE_TIME,
)
ONE_FILTER = st.sampled_from(
    [
        SessionFilter(**one)
        for one in (
            {"repository_id": "r1"}, {"task": "main"}, {"workflow": "w"}, {"status": frozenset({"paused"})},
            {"activity": frozenset({"failed"})}, {"agent": "x"}, {"model": "m"}, {"provider": "p"},
            {"is_favourite": True}, {"is_favourite": False}, {"tags": frozenset({"a"})},
            {"link": ("issue", "a")}, {"forked_from": "a"},
        )
    ]
)  # fmt: skip
FACETS = st.sampled_from(get_args(CountedBy))
Question = tuple[SessionFilter, SessionSort, CountedBy]
SORTS = st.builds(
    SessionSort,
    by=st.sampled_from(["updatedAt", "createdAt", "title", "messageCount"]),
    order=st.sampled_from(["ascending", "descending"]),
)


Answers = tuple[int, dict[str, int], list[str], list[Session], list[list[Session]]]


def place_of(session: Session, sort: SessionSort) -> CursorKey:
    return CursorKey(value=SORT_VALUES[sort.by](session), id=session.id)


def asked(
    records: Records, sessions: list[Session], wanted: SessionFilter, sort: SessionSort, by: CountedBy
) -> Answers:
    return (
        records.count_sessions(wanted),
        dict(records.count_sessions_by(wanted, by)),
        list(records.session_ids(wanted, sort)),
        list(records.sessions(wanted, sort, limit=2, skip=1)),
        [
            list(records.sessions(wanted, sort, limit=3, after=place_of(session, sort)))
            for session in sessions[-2:]
        ],
    )


def expected(sessions: list[Session], wanted: SessionFilter, sort: SessionSort, by: CountedBy) -> Answers:
    found = listed(sessions, wanted, sort)

    def place(session: Session) -> tuple[str | int, str]:
        return SORT_VALUES[sort.by](session), session.id

    def after(bound: Session) -> list[Session]:
        is_below = sort.order == "descending"
        return [
            each for each in found if place(each) != place(bound) and (place(each) < place(bound)) == is_below
        ]

    return (
        len(found),
        counted(found, by),
        [session.id for session in found],
        found[1:3],
        [after(session)[:3] for session in sessions[-2:]],
    )


def check_sessions(kind: str, sessions: list[Session], questions: list[Question], key: SessionKey) -> None:
    with tempfile.TemporaryDirectory() as folder, opened_store(kind, Path(folder)) as store:
        put(store, *sessions)
        with store.reading() as records:
            for question in questions:
                assert asked(records, sessions, *question) == expected(sessions, *question)
            everything = SessionFilter(archived="include", trashed="include")
            stored = listed(sessions, everything, SessionSort())
            of_key = [each for each in stored if each.key == key and each.is_open]
            latest = max(of_key, key=lambda each: (each.last_activity_at, each.id), default=None)
            assert records.latest_open_session(key) == latest
        assert store.facts().sessions == len(stored)


few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
many = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
some_sessions = given(
    sessions=st.lists(SESSIONS, max_size=8),
    questions=st.lists(st.tuples(FILTERS | ONE_FILTER, SORTS, FACETS), min_size=1, max_size=5),
    key=KEYS,
)


@pytest.mark.parametrize("kind", STORES)
@few
@some_sessions
def test_sessions_are_found_alike(
    kind: str, sessions: list[Session], questions: list[Question], key: SessionKey
) -> None:
    check_sessions(kind, sessions, questions, key)


@pytest.mark.slow
@pytest.mark.parametrize("kind", STORES)
@many
@some_sessions
def test_very_many_sessions_are_found_alike(
    kind: str, sessions: list[Session], questions: list[Question], key: SessionKey
) -> None:
    check_sessions(kind, sessions, questions, key)


@st.composite
def trees(draw: st.DrawFn) -> list[Message]:
    """Messages in a tree, with gaps between their seqs; long stems are likely."""
    messages: list[Message] = []
    seq = 0
    for n in range(draw(st.integers(1, 40))):
        seq += draw(st.integers(1, 3))
        back = draw(st.sampled_from([1, 1, 1, 1, 2, 5, 30]))
        parent_id = messages[-back].id if back <= len(messages) else None
        role = draw(st.sampled_from(["user", "assistant", "event"]))
        messages.append(a_message(f"m{n}", seq=seq, parent_id=parent_id, role=role))
    return messages


def check_tree(kind: str, messages: list[Message], head: int, bounds: list[tuple[int, int]]) -> None:
    session = a_session(head_id=messages[head % len(messages)].id)
    visible = path_to(session.head_id, messages)
    followed = {message.parent_id for message in messages}
    with tempfile.TemporaryDirectory() as folder, opened_store(kind, Path(folder)) as store:
        put(store, session, *messages, a_message("elsewhere", session_id="s2"))
        with store.reading() as records:
            assert list(records.path(session, limit=100)) == visible
            families = [(message, siblings_of(message, messages)) for message in messages]
            assert records.siblings(messages) == {
                message.id: (family.index(message.id), len(family))
                for message, family in families
                if len(family) > 1
            }
            ends = [message for message in reversed(messages) if message.id not in followed]
            assert list(records.ends(session)) == ends
            for message in messages:
                assert records.newest_below(message) == newest_below(message, messages)
            for bound, limit in bounds:
                before = [message for message in visible if message.seq < bound]
                newest = before[max(0, len(before) - limit) :]
                assert list(records.path(session, limit=limit, before_seq=bound)) == newest
                shown = records.entries(session, limit=limit, before_seq=bound)
                assert [entry.id for entry in shown] == [message.id for message in newest]
                after = [message for message in visible if message.seq > bound]
                assert list(records.path_after(session, limit=limit, after_seq=bound)) == after[:limit]
                shown = records.entries_after(session, limit=limit, after_seq=bound)
                assert [entry.id for entry in shown] == [message.id for message in after[:limit]]
            entries = records.entries(session, limit=100)
            assert records.siblings(entries) == records.siblings(visible)


some_trees = given(
    messages=trees(),
    head=st.integers(-3, 40),
    bounds=st.lists(st.tuples(st.integers(-1, 125), st.integers(0, 12)), max_size=8),
)


@pytest.mark.parametrize("kind", STORES)
@few
@some_trees
def test_paths_are_the_same(
    kind: str, messages: list[Message], head: int, bounds: list[tuple[int, int]]
) -> None:
    check_tree(kind, messages, head, bounds)


@pytest.mark.slow
@pytest.mark.parametrize("kind", STORES)
@many
@some_trees
def test_very_many_paths_are_the_same(
    kind: str, messages: list[Message], head: int, bounds: list[tuple[int, int]]
) -> None:
    check_tree(kind, messages, head, bounds)


def steps_of_pages(folder: Path, count: int) -> int:
    """The steps that SQLite takes for two pages in the middle of a history of that many messages."""
    with opened_store("sqlite", folder) as store, store.writing(durable=False) as changes:
        for n in range(1, count + 1):
            changes.put_message(a_message(f"m{n}", seq=n, parent_id=f"m{n - 1}" if n > 1 else None))
    storage = open_storage(folder / "store", busy_timeout_ms=1_000)
    steps = 0

    def step() -> bool:
        nonlocal steps
        steps += 1
        return False

    storage.connection.set_progress_handler(step, 1)
    head = f"m{count}"
    assert len(path_documents(storage, "s1", head, limit=20, before_seq=count // 2)) == 20
    assert len(path_documents_after(storage, "s1", head, limit=20, after_seq=count // 2)) == 20
    storage.close()
    return steps


@pytest.mark.slow
def test_a_page_of_a_long_history_costs_about_as_much_as_of_a_short_one(tmp_path: Path) -> None:
    assert steps_of_pages(tmp_path / "long", 6_000) < 2 * steps_of_pages(tmp_path / "short", 60)
