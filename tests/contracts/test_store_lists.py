"""What every store promises about lists: tags, links, counts, and pages while sessions change."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.each_store import EACH_STORE
from tests.support.store import a_session, at, opened_store, put
from threadkeep.domain.sessions import Link, Session, SessionKey
from threadkeep.domain.text import folded
from threadkeep.ports.session_filter import CursorKey, SessionFilter, SessionSort, SortField, SortOrder
from threadkeep.ports.store import Store
from threadkeep.values import evolve


@pytest.fixture(params=EACH_STORE)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        yield opened


def ids(store: Store, **fields: Any) -> list[str]:
    wanted = SessionFilter(**fields)
    with store.reading() as records:
        found = records.sessions(wanted, SessionSort(by="createdAt", order="ascending"), limit=100)
        assert records.count_sessions(wanted) == len(found)
        assert sorted(records.session_ids(wanted, SessionSort())) == sorted(session.id for session in found)
    return [session.id for session in found]


def test_a_list_by_tags_has_sessions_with_all_of_them(store: Store) -> None:
    put(
        store,
        a_session("both", tags=("a", "b")),
        a_session("one", tags=("a",)),
        a_session("other", tags=("ab", 'x"a"')),
        a_session("none"),
    )
    assert ids(store, tags=frozenset({"a"})) == ["both", "one"]
    assert ids(store, tags=frozenset({"a", "b"})) == ["both"]
    assert ids(store, tags=frozenset({"c"})) == []


def test_a_list_by_a_link_takes_kind_and_value_together(store: Store) -> None:
    put(
        store,
        a_session("issue", links=(Link(kind="issue", value="7"), Link(kind="pullRequest", value="8"))),
        a_session("other", links=(Link(kind="issue", value="8"), Link(kind="pullRequest", value="7"))),
        a_session("url", links=(Link(kind="issue", value="9", url="7"),)),
    )
    assert ids(store, link=("issue", "7")) == ["issue"]
    assert ids(store, link=("pullRequest", "7")) == ["other"]
    assert ids(store, link=("url", "7")) == []


def test_tags_and_links_of_a_session_are_replaced_with_it(store: Store) -> None:
    put(store, a_session(tags=("old", "kept"), links=(Link(kind="issue", value="1"),)))
    put(store, a_session(tags=("kept", "new"), links=(Link(kind="issue", value="2"),)))
    assert ids(store, tags=frozenset({"old"})) == []
    assert ids(store, tags=frozenset({"kept", "new"})) == ["s1"]
    assert ids(store, link=("issue", "1")) == []
    assert ids(store, link=("issue", "2")) == ["s1"]


def test_an_erased_session_leaves_no_tag_and_no_link(store: Store) -> None:
    put(store, a_session(tags=("a",), links=(Link(kind="issue", value="1"),)))
    with store.writing() as changes:
        changes.erase_session("s1")
    assert ids(store, tags=frozenset({"a"})) == []
    assert ids(store, link=("issue", "1")) == []
    with store.reading() as records:
        assert records.count_sessions_by(SessionFilter(), "tag") == {}


def test_tags_and_links_hold_together_with_everything_else(store: Store) -> None:
    link = (Link(kind="issue", value="7"),)
    put(
        store,
        a_session("all", tags=("a",), links=link, status="paused"),
        a_session("no tag", links=link, status="paused"),
        a_session("no link", tags=("a",), status="paused"),
        a_session("active", tags=("a",), links=link),
        a_session("archived", tags=("a",), links=link, status="paused", archived_at=at(1)),
    )
    fields = {"tags": frozenset({"a"}), "link": ("issue", "7"), "status": frozenset({"paused"})}
    assert ids(store, **fields) == ["all"]
    assert ids(store, **fields, archived="only") == ["archived"]


def test_sessions_are_counted_by_each_thing(store: Store) -> None:
    put(
        store,
        a_session("a", tags=("x", "y"), created_at="2026-01-31T23:59:59.999Z"),
        a_session("b", tags=("x",), agent="coder", key=SessionKey(repository_id="r2", task="\ud800")),
        a_session("c", status="ended", created_at="2026-02-01T00:00:00.000Z"),
        a_session("d", status="ended", archived_at=at(1), tags=("x",)),
    )
    with store.reading() as records:
        counted = {
            by: dict(records.count_sessions_by(SessionFilter(), by))
            for by in ("status", "repository", "task", "agent", "tag", "day")
        }
        ended = SessionFilter(status=frozenset({"ended"}), archived="include")
        assert records.count_sessions_by(ended, "tag") == {"x": 1}
        assert records.count_sessions_by(SessionFilter(tags=frozenset({"x"})), "agent") == {
            "assistant": 1,
            "coder": 1,
        }
    assert counted == {
        "status": {"active": 2, "ended": 1},
        "repository": {"r1": 2, "r2": 1},
        "task": {"main": 2, "\ud800": 1},
        "agent": {"assistant": 2, "coder": 1},
        "tag": {"x": 2, "y": 1},
        "day": {"2026-01-31": 1, "2026-02-01": 1, "2026-03-01": 1},
    }


def test_titles_that_sqlite_cannot_hold_are_paged_like_others(store: Store) -> None:
    titles = ("\ud800", "\x00", "\ufffd", "z", "猫", "\U0001f600")
    put(store, *(a_session(f"s{n}", title=title) for n, title in enumerate(titles)))
    sort = SessionSort(by="title", order="ascending")
    found: list[Session] = []
    with store.reading() as records:
        whole = list(records.sessions(SessionFilter(), sort, limit=9))
        while page := records.sessions(SessionFilter(), sort, limit=1, after=_place(found, sort)):
            found += page
    assert found == whole
    assert len(whole) == len(titles)


@pytest.mark.parametrize("order", ["ascending", "descending"])
@pytest.mark.parametrize("by", ["updatedAt", "title", "messageCount"])
@pytest.mark.parametrize("changed", range(6))
@pytest.mark.parametrize("to", [-1, 2, 9])
def test_a_session_that_changes_between_pages_moves_alone(
    store: Store, by: SortField, order: SortOrder, changed: int, to: int
) -> None:
    """Those that stay come once each, in order; the one that moves is found where it was or where it went."""
    sort = SessionSort(by=by, order=order)
    sessions = [_session(n, n) for n in range(6)]
    put(store, *sessions)
    found: list[Session] = []
    for turn in range(9):
        with store.reading() as records:
            page = records.sessions(SessionFilter(), sort, limit=2, after=_place(found, sort))
        found += page
        if turn == 0:
            put(store, _session(changed, to))
    numbers = [session.id for session in found]
    still = [session.id for session in sessions if session.id != f"s{changed}"]
    expected = still if order == "ascending" else still[::-1]
    assert [id_ for id_ in numbers if id_ != f"s{changed}"] == expected
    end = _value(found[1], sort)
    was_shown = f"s{changed}" in numbers[:2]
    goes_behind = (_value(_session(changed, to), sort), f"s{changed}") > (end, found[1].id)
    comes_again = goes_behind == (order == "ascending")
    assert numbers.count(f"s{changed}") == was_shown + comes_again


def _session(number: int, place: int) -> Session:
    return a_session(f"s{number}", title=f"{place + 1}", message_count=place + 1, updated_at=at(place + 1))


def _value(session: Session, sort: SessionSort) -> str | int:
    values: dict[str, str | int] = {
        "updatedAt": session.updated_at,
        "title": folded(session.title),
        "messageCount": session.message_count,
    }
    return values[sort.by]


def _place(found: list[Session], sort: SessionSort) -> CursorKey | None:
    return CursorKey(value=_value(found[-1], sort), id=found[-1].id) if found else None


def test_a_change_of_tags_keeps_the_session_in_its_other_lists(store: Store) -> None:
    put(store, a_session(is_favourite=True, tags=("a",)))
    with store.writing() as changes:
        session = changes.session("s1")
        assert session is not None
        changes.put_session(evolve(session, tags=()))
    assert ids(store, is_favourite=True) == ["s1"]
    assert ids(store, tags=frozenset({"a"})) == []
