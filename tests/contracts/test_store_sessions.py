"""What every store promises about sessions and which of them is current."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.each_store import EACH_STORE
from tests.support.store import KEY, a_session, at, opened_store, put
from threadkeep.domain.messages import Usage
from threadkeep.domain.sessions import ForkedFrom, LastMessage, Link, Session, SessionKey
from threadkeep.domain.text import folded
from threadkeep.ports.session_filter import CursorKey, SessionFilter, SessionSort, SortField, SortOrder
from threadkeep.ports.store import Store
from threadkeep.values import evolve


@pytest.fixture(params=EACH_STORE)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        yield opened


def ids(store: Store, wanted: SessionFilter | None = None, **fields: Any) -> list[str]:
    with store.reading() as records:
        found = records.sessions(wanted or SessionFilter(**fields), SessionSort(), limit=100)
        assert records.count_sessions(wanted or SessionFilter(**fields)) == len(found)
    return sorted(session.id for session in found)


def test_a_session_comes_back_with_every_field(store: Store) -> None:
    full = a_session(
        key=SessionKey(repository_id="r", task="t", workflow="review"),
        links=(Link(kind="issue", value="7", url="https://x/7"),),
        title='Ünïcode "title" \x00 \ud800',
        title_source="user",
        status="paused",
        archived_at=at(1),
        trashed_at=at(2),
        is_private=True,
        activity="interrupted",
        running_turn_id="t1",
        head_id="m1",
        model="gpt",
        provider="openai",
        agent_switch_count=2,
        tags=("a", "b"),
        is_favourite=True,
        note="note",
        metadata={"camelCase": [1, 2.5, None, {"deep": [True, {}]}], "null": None},
        message_count=3,
        last_message=LastMessage(role="user", preview="p", at=at(3)),
        context_summary="sum",
        context_summary_seq=2,
        usage=Usage(input_tokens=1, output_tokens=2, cached_tokens=3, reasoning_tokens=4, cost=0.1),
        forked_from=ForkedFrom(session_id="s0", message_id="m0"),
        revision=4,
        seq=9,
    )
    put(store, full)
    with store.reading() as records:
        assert records.session(full.id) == full


def test_an_unknown_session_is_none(store: Store) -> None:
    with store.reading() as records:
        assert records.session("nobody") is None
        assert records.session("\ud800\x00") is None


def test_a_session_that_is_put_again_is_replaced(store: Store) -> None:
    put(store, a_session(tags=("old",)), a_session(title="new"))
    with store.reading() as records:
        assert records.session("s1") == a_session(title="new")
    assert ids(store) == ["s1"]


def test_archived_and_trashed_sessions_are_listed_only_where_asked_for(store: Store) -> None:
    put(
        store,
        a_session("plain"),
        a_session("archived", archived_at=at(1)),
        a_session("trashed", trashed_at=at(1)),
        a_session("both", archived_at=at(1), trashed_at=at(1)),
    )
    assert ids(store) == ["plain"]
    assert ids(store, archived="include") == ["archived", "plain"]
    assert ids(store, archived="only") == ["archived"]
    assert ids(store, trashed="only") == ["trashed"]
    assert ids(store, archived="only", trashed="only") == ["both"]
    assert ids(store, archived="include", trashed="include") == ["archived", "both", "plain", "trashed"]


@pytest.mark.parametrize(
    ("fields", "match", "other"),
    [
        ({"repository_id": "r"}, {"key": SessionKey(repository_id="r", task="t")}, {}),
        ({"id_prefix": "ma"}, {}, {}),
        ({"id_prefix": "match"}, {}, {}),
        ({"ids": frozenset({"match", "gone"})}, {}, {}),
        ({"task": "t"}, {"key": SessionKey(repository_id="r", task="t")}, {}),
        ({"workflow": "w"}, {"key": evolve(KEY, workflow="w")}, {}),
        ({"status": frozenset({"paused", "ended"})}, {"status": "ended"}, {"status": "active"}),
        ({"activity": frozenset({"failed"})}, {"activity": "failed"}, {}),
        ({"agent": "reviewer"}, {"agent": "reviewer"}, {}),
        ({"model": "gpt"}, {"model": "gpt"}, {"model": "other"}),
        ({"provider": "openai"}, {"provider": "openai"}, {}),
        ({"provider": "p", "unset_but": frozenset()}, {}, {"model": "m", "provider": "other"}),
        ({"model": "m", "unset_but": frozenset({"x"})}, {}, {"agent": "x"}),
        ({"model": "m", "unset_but": frozenset()}, {"agent": "Repo:x"}, {"agent": "repo:x"}),
        ({"provider": "p", "unset_but": frozenset({"x"})}, {"agent": "repo"}, {"agent": "repo:"}),
        (
            {"model": "m", "unset_but": frozenset({"\ud800"})},
            {"agent": "repo:x", "model": "m"},
            {"agent": "repo:\uffff"},
        ),
        ({"model": "m", "unset_but": frozenset({"\ud800"})}, {"agent": "repo;"}, {"agent": "repo:x"}),
        (
            {"model": "m", "provider": "p", "unset_but": frozenset({"x"})},
            {"model": "m", "provider": "p", "agent": "x"},
            {"model": "m", "provider": "other"},
        ),
        ({"is_favourite": True}, {"is_favourite": True}, {}),
        ({"is_favourite": False}, {}, {"is_favourite": True}),
        (
            {"forked_from": "s0"},
            {"forked_from": ForkedFrom(session_id="s0", message_id="m1")},
            {"forked_from": ForkedFrom(session_id="m1", message_id="s0")},
        ),
        ({"forked_from": "s0"}, {"forked_from": ForkedFrom(session_id="s0")}, {}),
        ({"forked_from": "\ud800"}, {"forked_from": ForkedFrom(session_id="\ud800")}, {}),
        ({"min_messages": 2}, {"message_count": 2}, {"message_count": 1}),
        ({"title": "ÄRGER"}, {"title": "Viel arger"}, {"title": "Arg er"}),
        ({"title": "%_"}, {"title": "100%_"}, {"title": "100 x"}),
        ({"created_after": at(5)}, {"created_at": at(6)}, {"created_at": at(5)}),
        ({"created_before": at(5)}, {"created_at": at(4)}, {"created_at": at(5)}),
        ({"updated_after": at(5)}, {"updated_at": at(6)}, {"updated_at": at(5)}),
        ({"updated_before": at(5)}, {"updated_at": at(4)}, {"updated_at": at(5)}),
    ],
)
def test_each_filter_keeps_what_matches(
    store: Store, fields: dict[str, Any], match: dict[str, Any], other: dict[str, Any]
) -> None:
    put(store, a_session("match", **match), a_session("other", **other))
    assert ids(store, **fields) == ["match"]


def test_filters_hold_together(store: Store) -> None:
    put(
        store,
        a_session("a", agent="x", status="paused"),
        a_session("b", agent="x"),
        a_session("c", status="paused"),
    )
    assert ids(store, agent="x", status=frozenset({"paused"})) == ["a"]


def test_an_empty_set_of_statuses_matches_nothing(store: Store) -> None:
    put(store, a_session())
    assert ids(store, status=frozenset()) == []


@pytest.mark.parametrize("order", ["ascending", "descending"])
@pytest.mark.parametrize("by", ["updatedAt", "createdAt", "title", "messageCount"])
def test_pages_go_on_where_the_last_one_ended(store: Store, by: SortField, order: SortOrder) -> None:
    sessions = [
        a_session(
            f"s{n}",
            title=f"{'Éé'[n % 2]}{n % 3}",
            message_count=n % 3,
            created_at=at(n % 3),
            updated_at=at(n % 4),
        )
        for n in range(10)
    ]
    put(store, *sessions)

    def value(session: Session) -> str | int:
        values: dict[str, str | int] = {
            "updatedAt": session.updated_at,
            "createdAt": session.created_at,
            "title": folded(session.title),
            "messageCount": session.message_count,
        }
        return values[by]

    expected = sorted(
        sessions, key=lambda session: (value(session), session.id), reverse=order == "descending"
    )
    found: list[Session] = []
    with store.reading() as records:
        while True:
            after = CursorKey(value=value(found[-1]), id=found[-1].id) if found else None
            page = records.sessions(SessionFilter(), SessionSort(by=by, order=order), limit=3, after=after)
            if not page:
                break
            assert list(page) == list(
                records.sessions(SessionFilter(), SessionSort(by=by, order=order), limit=3, skip=len(found))
            )
            found += page
    assert found == expected


def test_the_latest_open_session_was_last_active(store: Store) -> None:
    put(
        store,
        a_session("old", last_activity_at=at(1)),
        a_session("paused", last_activity_at=at(2), status="paused"),
        a_session("ended", last_activity_at=at(3), status="ended"),
        a_session("archived", last_activity_at=at(4), archived_at=at(4)),
        a_session("trashed", last_activity_at=at(5), trashed_at=at(5)),
        a_session("flow", last_activity_at=at(6), key=evolve(KEY, workflow="w")),
        a_session("task", last_activity_at=at(7), key=evolve(KEY, task="other")),
    )
    with store.reading() as records:
        found = {
            key: session and session.id
            for key in (KEY, evolve(KEY, workflow="w"), evolve(KEY, workflow="x"))
            for session in [records.latest_open_session(key)]
        }
    assert list(found.values()) == ["paused", "flow", None]


def test_a_key_and_each_window_have_their_own_current_session(store: Store) -> None:
    flow = evolve(KEY, workflow="")
    with store.writing() as changes:
        changes.make_current(a_session("a"))
        changes.make_current(a_session("b"), window_id="w1")
        changes.make_current(a_session("c"), window_id="")
        changes.make_current(a_session("d", key=flow))
    with store.reading() as records:
        assert records.current_session_id(KEY) == "a"
        assert records.window_session_id("w1", KEY) == "b"
        assert records.window_session_id("", KEY) == "c"
        assert records.window_session_id("w2", KEY) is None
        assert records.window_session_id("w1", flow) is None
        assert records.current_session_id(flow) == "d"
    with store.writing() as changes:
        changes.make_current(a_session("e"))
    with store.reading() as records:
        assert records.current_session_id(KEY) == "e"
        assert records.window_session_id("w1", KEY) == "b"
