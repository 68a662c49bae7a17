"""What every store promises about turns, events, drafts, outcomes and repositories."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.each_store import EACH_STORE
from tests.support.store import (
    a_holder,
    a_session,
    a_turn,
    an_attachment,
    an_event,
    an_outcome,
    at,
    opened_store,
    put,
)
from threadkeep.domain.messages import Failure, Usage, text_part
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.turns import Waiting
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Draft, Store
from threadkeep.values import evolve


@pytest.fixture(params=EACH_STORE)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        yield opened


# --- turns ---


def test_a_turn_comes_back_with_every_field(store: Store) -> None:
    full = a_turn(
        status="failed",
        user_message_id="m1",
        usage=Usage(input_tokens=5),
        error=Failure(kind="providerTimeout", message="late"),
        ended_at=at(1),
        holder=evolve(a_holder("x"), client="editor"),
        waiting=Waiting(
            parts=(text_part("later"), an_attachment(range_=None, stale="missing")),
            agent="reviewer",
            model="p:m",
            metadata={"camelCase": [1, None]},
        ),
    )
    put(store, full)
    with store.reading() as records:
        assert records.turn("t1") == full
        assert records.turn("nobody") is None


def test_running_turns_come_in_the_order_in_which_they_were_stored(store: Store) -> None:
    put(
        store,
        a_turn("z", status="running", started_at=at(2)),
        a_turn("b", status="queued", started_at=at(1), waiting=Waiting(parts=())),
        a_turn("a", status="queued", started_at=at(2)),
        a_turn("c", status="stopping", started_at=at(1)),
    )
    with store.reading() as records:
        assert [turn.id for turn in records.running_turns()] == ["z", "b", "a", "c"]


def test_running_turns_are_those_that_are_not_final(store: Store) -> None:
    statuses = ("running", "queued", "stopping", "completed", "cancelled", "interrupted", "failed")
    put(
        store,
        *(
            a_turn(status, status=status, session_id=status, started_at=at(n))
            for n, status in enumerate(statuses)
        ),
    )
    with store.reading() as records:
        assert [turn.id for turn in records.running_turns()] == ["running", "queued", "stopping"]
    put(store, a_turn("queued", status="completed"))
    with store.reading() as records:
        assert [turn.id for turn in records.running_turns()] == ["running", "stopping"]


# --- events ---


def test_events_come_back_in_their_order_from_a_seq_on(store: Store) -> None:
    events = [an_event(seq, message_id=f"m{seq}", turn_id="t") for seq in (1, 2, 3, 4)]
    put(store, *events, an_event(9, session_id="s2"))
    with store.reading() as records:
        assert list(records.events("s1", after_seq=0, limit=10)) == events
        assert list(records.events("s1", after_seq=2, limit=1)) == events[2:3]
        assert list(records.events("s1", after_seq=4, limit=10)) == []
        assert list(records.events("nobody", after_seq=0, limit=10)) == []
        assert records.oldest_event_seq("s1") == 1
        assert records.oldest_event_seq("nobody") is None


def test_only_the_newest_events_of_a_session_are_kept(store: Store) -> None:
    put(store, an_event(7, session_id="s2"))
    with store.writing() as changes:
        for seq in range(1, 2_501):
            changes.put_event(an_event(seq))
    with store.reading() as records:
        kept = [event.seq for event in records.events("s1", after_seq=0, limit=5_000)]
        assert kept == list(range(kept[0], 2_501))
        assert 1_000 <= len(kept) < 1_100
        assert records.oldest_event_seq("s1") == kept[0]
        assert records.oldest_event_seq("s2") == 7


def test_events_before_a_seq_are_forgotten_and_the_places_of_others_stay(store: Store) -> None:
    put(store, *(an_event(seq) for seq in (1, 2)), an_event(7, session_id="s2"))
    with store.reading() as records:
        seen = records.newest_event()
    with store.writing() as changes:
        changes.put_event(an_event(9))
        changes.forget_events("s1", before_seq=9)
        changes.forget_events("nobody", before_seq=9)
    with store.reading() as records:
        assert [event.seq for event in records.events("s1", after_seq=0, limit=9)] == [9]
        assert records.oldest_event_seq("s1") == 9
        assert records.oldest_event_seq("s2") == 7
        assert [event.seq for _, event in records.events_since(seen, limit=9)] == [9]


# --- drafts ---


def test_a_session_and_each_window_have_their_own_draft(store: Store) -> None:
    own = Draft(session_id="s1", window_id=None, text="own \x00\ud800", scroll=None, at=at(1))
    windows = Draft(session_id="s1", window_id="w", text="window's", scroll="12", at=at(2))
    with store.writing() as changes:
        changes.put_draft(own)
        changes.put_draft(windows)
    with store.reading() as records:
        assert records.draft("s1", None) == own
        assert records.draft("s1", "w") == windows
        assert records.draft("s1", "") is None
        assert records.draft("s2", None) is None


def test_an_empty_draft_is_removed(store: Store) -> None:
    draft = Draft(session_id="s1", window_id=None, text="typed", scroll=None, at=at(1))
    with store.writing() as changes:
        changes.put_draft(draft)
        changes.put_draft(evolve(draft, text=""))
        changes.put_draft(evolve(draft, session_id="s2", text=""))
    with store.reading() as records:
        assert records.draft("s1", None) is None


# --- outcomes ---


def test_an_outcome_is_kept_for_its_method_and_key(store: Store) -> None:
    outcome = an_outcome("k", at(0), result={"a": [None, 1.5, {"ß": "\ud800"}]})
    with store.writing() as changes:
        changes.put_outcome(outcome)
    with store.reading() as records:
        assert records.outcome("chat/send", "k") == outcome
        assert records.outcome("chat/continue", "k") is None
        assert records.outcome("chat/send", "other") is None


def test_outcomes_of_more_than_seven_days_are_forgotten(store: Store) -> None:
    with store.writing() as changes:
        changes.put_outcome(an_outcome("old", "2026-03-01T11:59:59.999Z"))
        changes.put_outcome(an_outcome("week", "2026-03-01T12:00:00.000Z"))
        changes.put_outcome(an_outcome("new", "2026-03-08T12:00:00.000Z"))
    with store.reading() as records:
        kept = [key for key in ("old", "week", "new") if records.outcome("chat/send", key)]
    assert kept == ["week", "new"]


@pytest.mark.parametrize(
    "text", ["m7", 'say "ü"', '{"messageId":"m7"', "\ud800", "\\\n", "ü", json.dumps('say "ü"')[1:-1]]
)
def test_outcomes_that_hold_a_text_are_forgotten(store: Store, text: str) -> None:
    holding = {"messageId": "m7", "list": ['they say "ü"', {"odd \ud800": "back\\\n"}]}
    with store.writing() as changes:
        changes.put_outcome(an_outcome("holding", at(0), result=holding))
        changes.put_outcome(an_outcome("other", at(0), result={"messageId": "m8", "say": None}))
        changes.put_outcome(an_outcome("m7", at(0), result=None, fingerprint="m7"))
        changes.forget_outcomes(text)
    with store.reading() as records:
        kept = [key for key in ("holding", "other", "m7") if records.outcome("chat/send", key)]
    assert kept == ["other", "m7"]


def test_a_text_that_no_outcome_holds_forgets_nothing(store: Store) -> None:
    with store.writing() as changes:
        changes.put_outcome(an_outcome("k", at(0), result={"a%b": "A_"}))
        for text in ("a_b", "a%B", "\x00", "chat/send"):
            changes.forget_outcomes(text)
    with store.reading() as records:
        assert records.outcome("chat/send", "k") is not None


# --- repositories ---

ORIGIN = Alias(kind="origin", value="github.com/x/y")
PATH = Alias(kind="path", value="/home/ü/\udcff")


def test_a_repository_is_found_by_its_id_and_each_alias(store: Store) -> None:
    repository = Repository(id="r1", name="y", aliases=(ORIGIN, PATH), roots=("/a", "/b"), remote="x/y")
    with store.writing() as changes:
        changes.put_repository(repository)
    with store.reading() as records:
        assert records.repository("r1") == repository
        assert records.repository_by_alias(ORIGIN) == repository
        assert records.repository_by_alias(PATH) == repository
        assert records.repository_by_alias(evolve(ORIGIN, kind="path")) is None
        assert records.repository("r2") is None


def test_several_repositories_are_found_at_once_and_missing_ones_left_out(store: Store) -> None:
    with store.writing() as changes:
        for name in ("r1", "r2", "r3"):
            changes.put_repository(Repository(id=name, name=name, aliases=()))
    with store.reading() as records:
        found = records.repositories_of(["r3", "nobody", "r1", "\x00", "\ud800"])
        assert {id_: repository.name for id_, repository in found.items()} == {"r1": "r1", "r3": "r3"}
        assert records.repositories_of([]) == {}


def test_an_alias_belongs_to_the_repository_that_was_put_last(store: Store) -> None:
    with store.writing() as changes:
        changes.put_repository(Repository(id="r1", name="one", aliases=(ORIGIN, PATH)))
        changes.put_repository(Repository(id="r2", name="two", aliases=(ORIGIN,)))
    with store.reading() as records:
        assert records.repository_by_alias(ORIGIN) == Repository(id="r2", name="two", aliases=(ORIGIN,))
        assert records.repository_by_alias(PATH) == Repository(id="r1", name="one", aliases=(PATH,))
        assert records.repository("r1") == records.repository_by_alias(PATH)


def test_an_alias_that_is_dropped_leads_nowhere(store: Store) -> None:
    with store.writing() as changes:
        changes.put_repository(Repository(id="r1", name="one", aliases=(ORIGIN, PATH)))
        changes.put_repository(Repository(id="r1", name="one", aliases=(PATH,)))
    with store.reading() as records:
        assert records.repository_by_alias(ORIGIN) is None


def test_returned_values_do_not_change_what_is_stored(store: Store) -> None:
    put(store, a_session(metadata={"list": [1]}))
    with store.reading() as records:
        first = records.sessions(SessionFilter(), SessionSort(), limit=1)[0]
        with pytest.raises(AttributeError):
            first.title = "x"  # type: ignore[misc]  # what must not work
        assert records.session("s1") == a_session(metadata={"list": [1]})
