"""What an answer adds to the sums, when it was begun, and in which order sums are told."""

import pytest

from tests.support.store import a_message, a_session
from threadkeep.domain.messages import Usage
from threadkeep.domain.sessions import ForkedFrom
from threadkeep.domain.usage import (
    MOST_DOLLARS,
    MOST_TOKENS,
    Amount,
    Period,
    Sums,
    Tally,
    UsageQuery,
    amount_of,
    day_of,
    model_key,
    period,
    slot_of,
    sums,
    together,
)


def test_only_finished_answers_add_something():
    answer = a_message(role="assistant", usage=Usage(input_tokens=3, cost=0.5))
    expected = Amount(answers=1, input_tokens=3, priced=1, nanodollars=500_000_000)
    assert amount_of(answer, None) == expected
    assert amount_of(a_message(role="assistant", status="failed"), None) == Amount(answers=1)
    assert amount_of(a_message(role="assistant", status="streaming"), None) is None
    assert amount_of(a_message(role="user", usage=Usage(input_tokens=3)), None) is None


def test_figures_that_cannot_be_are_bounded():
    wild = a_message(role="assistant", usage=Usage(input_tokens=10**30, output_tokens=-1, cost=1e99))
    found = amount_of(wild, None)
    assert found is not None
    assert (found.input_tokens, found.output_tokens) == (MOST_TOKENS, 0)
    assert found.usage.cost == MOST_DOLLARS


def test_a_copy_in_a_fork_adds_nothing():
    fork = a_session(forked_from=ForkedFrom(session_id="s0"), created_at="2026-03-01T10:00:00.000Z")
    old = a_message(role="assistant", created_at="2026-03-01T09:00:00.000Z")
    new = a_message(role="assistant", created_at="2026-03-01T10:00:00.000Z", turn_id="t")
    assert amount_of(old, fork) is None
    assert amount_of(new, fork) == Amount(answers=1)
    assert amount_of(old, a_session()) == Amount(answers=1)


def test_what_was_added_can_be_taken_away():
    amount = Amount(answers=1, input_tokens=2, priced=1, nanodollars=3)
    assert amount + -amount == Amount()


@pytest.mark.parametrize("at", ["", "yesterday", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_is_none_counts_as_the_first(at):
    assert day_of(slot_of(at), 0) == "1970-01-02"
    assert day_of(slot_of(at), -840) == "1970-01-01"


def test_a_quarter_of_an_hour_has_one_day_in_every_time_zone():
    slot = slot_of("2026-03-01T18:14:59.999Z")
    assert [day_of(slot, offset) for offset in (0, 345, 360)] == ["2026-03-01", "2026-03-01", "2026-03-02"]
    assert slot_of("2026-03-01T19:14:59.999+01:00") == slot


def test_a_period_takes_in_every_quarter_that_it_touches():
    first, second = slot_of("2026-03-01T10:00:00Z"), slot_of("2026-03-01T10:15:00Z")
    assert period("2026-03-01T10:00:00Z", "2026-03-01T10:15:00Z") == Period(first=first, end=second)
    assert period("2026-03-01T10:01:00Z", "2026-03-01T10:15:01Z") == Period(first=first, end=second + 1)
    assert period(None, None) == Period()


@pytest.mark.parametrize(
    ("provider", "model", "key"), [("p", "m", "p:m"), (None, "m", "m"), ("p", None, "p"), (None, None, "")]
)
def test_a_model_is_called_as_it_is_asked_for(provider, model, key):
    assert model_key(provider, model) == key


def tally(tokens: int) -> Tally:
    return Tally(sessions=1, amount=Amount(answers=1, input_tokens=tokens))


def test_the_most_tokens_come_first_and_days_in_their_order():
    rows = {"a": tally(1), "b": tally(2), "c": tally(2)}
    assert [key for key, _ in sums(rows, Tally(), UsageQuery(by="task")).rows] == ["b", "c", "a"]
    cut = sums(rows, Tally(), UsageQuery(by="day", limit=2))
    assert ([key for key, _ in cut.rows], cut.count) == (["b", "c"], 3)


def test_sums_of_two_stores_are_put_together():
    asked = UsageQuery(by="task", limit=1)
    one = sums({"a": tally(1), "b": tally(2)}, tally(3), UsageQuery(by="task"))
    two = sums({"a": tally(5)}, tally(5), UsageQuery(by="task"))
    total = Tally(sessions=2, amount=Amount(answers=2, input_tokens=8))
    row = Tally(sessions=2, amount=Amount(answers=2, input_tokens=6))
    assert together((one, two), asked) == Sums(rows=(("a", row),), total=total, count=2)


def test_a_period_holds_every_slot_that_it_touches_and_no_other() -> None:
    within = period("2026-03-01T12:05:00Z", "2026-03-01T13:00:01Z")
    first, last = slot_of("2026-03-01T12:00:00Z"), slot_of("2026-03-01T13:00:00Z")
    assert [slot in within for slot in (first - 1, first, last, last + 1)] == [False, True, True, False]
    assert first - 1 in period(None, None)
    assert last not in period(None, "2026-03-01T13:00:00Z")


def test_a_time_that_cannot_be_read_ends_before_all() -> None:
    assert slot_of("2026-03-01T12:00:00Z") not in period(None, "whenever")
