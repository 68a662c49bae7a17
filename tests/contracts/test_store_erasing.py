"""What every store promises about a session that is erased, and about the ids of a filter."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.each_store import EACH_STORE
from tests.support.store import a_message, a_session, a_turn, at, opened_store, put
from threadkeep.domain.events import StoredEvent
from threadkeep.domain.sessions import SessionKey
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Draft, Store

KEY = SessionKey(repository_id="r1", task="main")


@pytest.fixture(params=EACH_STORE)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        yield opened


def fill(store: Store, session_id: str) -> None:
    """A session with a question, two answers, a running turn, an event, drafts and pointers."""
    q, a, b = (f"{session_id}-{name}" for name in ("q", "a", "b"))
    turn = a_turn(f"{session_id}-t", session_id=session_id, message_id=b, status="running")
    session = a_session(session_id, key=KEY, head_id=b, seq=5, trashed_at=at(3))
    with store.writing() as changes:
        changes.put_session(session)
        changes.put_message(a_message(q, session_id=session_id, seq=1, text="Hello"))
        changes.put_message(a_message(a, session_id=session_id, seq=2, parent_id=q, role="assistant"))
        changes.put_message(
            a_message(
                b,
                session_id=session_id,
                seq=3,
                parent_id=q,
                role="assistant",
                status="streaming",
                turn_id=turn.id,
            )
        )
        changes.append_journal(b, "text", "so far")
        changes.put_turn(turn)
        changes.put_event(
            StoredEvent(session_id=session_id, seq=5, at=at(1), kind="sessionChanged", origin="o")
        )
        for window_id in (None, "w"):
            changes.put_draft(
                Draft(session_id=session_id, window_id=window_id, text="typed", scroll=None, at=at(1))
            )
            changes.make_current(session, window_id=window_id)


def test_nothing_of_an_erased_session_is_found(store: Store) -> None:
    fill(store, "s1")
    with store.writing(erasing=True) as changes:
        changes.erase_session("s1")
        assert changes.session("s1") is None
    with store.reading() as records:
        assert records.session("s1") is None
        assert [records.message(f"s1-{name}") for name in ("q", "a", "b")] == [None, None, None]
        assert (records.turn("s1-t"), list(records.running_turns())) == (None, [])
        assert (list(records.journal("s1-b")), list(records.drafts("s1"))) == ([], [])
        assert list(records.events("s1", after_seq=0, limit=9)) == []
        assert (records.current_session_id(KEY), records.window_session_id("w", KEY)) == (None, None)
        assert records.count_sessions(SessionFilter(archived="include", trashed="include")) == 0
        assert list(records.passages("Hello", repository_id="r1", limit=9)) == []


def test_erasing_one_session_leaves_the_others(store: Store) -> None:
    for session_id in ("s1", "s10", "s2"):
        fill(store, session_id)
    with store.writing() as changes:
        changes.erase_session("s1")
        changes.erase_session("nobody")
    with store.reading() as records:
        for session_id in ("s10", "s2"):
            session = records.session(session_id)
            assert session is not None
            path = records.path(session, limit=9)
            assert [message.id for message in path] == [f"{session_id}-q", f"{session_id}-b"]
            assert (path[-1].content, len(records.drafts(session_id))) == ("so far", 2)
            assert len(records.events(session_id, after_seq=0, limit=9)) == 1
        assert [turn.session_id for turn in records.running_turns()] == ["s10", "s2"]
        assert records.current_session_id(KEY) == "s2"


def test_an_erased_session_can_be_made_again(store: Store) -> None:
    fill(store, "s1")
    with store.writing() as changes:
        changes.erase_session("s1")
    fill(store, "s1")
    with store.reading() as records:
        session = records.session("s1")
        assert session is not None
        assert [message.id for message in records.ends(session)] == ["s1-b", "s1-a"]


def test_the_ids_of_a_filter_come_in_order(store: Store) -> None:
    put(store, *(a_session(f"s{n}", title=title, updated_at=at(n)) for n, title in enumerate("bca")))
    put(store, a_session("s9", trashed_at=at(1)))
    with store.reading() as records:
        assert list(records.session_ids(SessionFilter(), SessionSort())) == ["s2", "s1", "s0"]
        by_title = SessionSort(by="title", order="ascending")
        assert list(records.session_ids(SessionFilter(), by_title)) == ["s2", "s0", "s1"]
        assert list(records.session_ids(SessionFilter(trashed="only"), by_title)) == ["s9"]


def test_sessions_are_found_by_when_anything_last_happened(store: Store) -> None:
    put(store, *(a_session(f"s{n}", last_activity_at=at(n)) for n in range(3)))
    with store.reading() as records:
        found = records.session_ids(SessionFilter(active_before=at(2)), SessionSort(order="ascending"))
        assert sorted(found) == ["s0", "s1"]


def test_who_follows_hears_the_next_event_after_a_session_was_erased(store: Store) -> None:
    fill(store, "s1")
    with store.reading() as records:
        place = records.newest_event()
    with store.writing() as changes:
        changes.erase_session("s1")
        changes.put_event(StoredEvent(session_id="s2", seq=1, at=at(1), kind="sessionRemoved", origin="o"))
    with store.reading() as records:
        assert [event.session_id for _, event in records.events_since(place, limit=9)] == ["s2"]
