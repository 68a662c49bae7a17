"""What every store promises about tokens and costs: its sums are those of the answers, whatever happened to them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.each_store import EACH_STORE
from tests.support.store import a_message, a_session, opened_store, put
from threadkeep.domain.messages import Message, Usage
from threadkeep.domain.sessions import ForkedFrom, Session, SessionKey
from threadkeep.domain.usage import (
    NANO,
    Amount,
    Period,
    Sums,
    Tally,
    UsageGroup,
    UsageQuery,
    amount_of,
    day_of,
    model_key,
    period,
    slot_of,
    sums,
)
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.store import Store
from threadkeep.values import evolve

EVERYTHING = SessionFilter(archived="include", trashed="include")


@pytest.fixture(params=EACH_STORE)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        yield opened


def an_answer(message_id: str = "m1", session_id: str = "s1", **fields: Any) -> Message:
    given: dict[str, Any] = {
        "role": "assistant",
        "agent": "assistant",
        "provider": "p",
        "model": "m",
        "usage": Usage(input_tokens=10, output_tokens=5, cached_tokens=4, reasoning_tokens=2, cost=0.25),
        "created_at": "2026-03-01T10:00:00.000Z",
    }
    return a_message(message_id, session_id=session_id, **given | fields)


def asked(store: Store, by: UsageGroup, wanted: SessionFilter = EVERYTHING, **query: Any) -> Sums:
    with store.reading() as records:
        return records.usage(wanted, UsageQuery(by=by, **query))


def told(found: Sums) -> list[tuple[str, int, int, int]]:
    """Key, sessions, answers and tokens of each row."""
    return [(key, tally.sessions, tally.amount.answers, tally.tokens) for key, tally in found.rows]


def test_an_empty_store_has_no_usage(store: Store) -> None:
    assert asked(store, "model") == Sums()


def test_a_finished_answer_counts_with_all_that_it_took(store: Store) -> None:
    put(store, a_session(), an_answer(), a_message("m0", seq=2, usage=Usage(input_tokens=1)))
    expected = Amount(
        answers=1,
        input_tokens=10,
        output_tokens=5,
        cached_tokens=4,
        reasoning_tokens=2,
        priced=1,
        nanodollars=NANO // 4,
    )
    found = asked(store, "model")
    assert found.rows == (("p:m", Tally(sessions=1, amount=expected)),)
    assert found.total == Tally(sessions=1, amount=expected)
    assert found.total.amount.usage == an_answer().usage


def test_an_answer_counts_once_it_has_ended_and_as_it_is_then(store: Store) -> None:
    put(store, a_session(), an_answer(status="streaming"))
    assert asked(store, "day").count == 0
    put(store, an_answer(status="interrupted", usage=None))
    assert told(asked(store, "day")) == [("2026-03-01", 1, 1, 0)]
    put(store, an_answer())
    assert told(asked(store, "day")) == [("2026-03-01", 1, 1, 15)]
    put(store, an_answer(model="n", usage=Usage(input_tokens=1)))
    assert told(asked(store, "model")) == [("p:n", 1, 1, 1)]
    assert asked(store, "model").total.amount.usage.cost is None
    put(store, an_answer(status="streaming"))
    assert asked(store, "model") == Sums()


def test_every_group_has_its_key(store: Store) -> None:
    other = a_session("s2", key=SessionKey(repository_id="r2", task="docs"))
    put(store, a_session(), other, an_answer(), an_answer("m2", seq=2), an_answer("m3", "s2"))
    put(store, an_answer("m4", "s2", seq=2, agent=None, provider=None, model=None))
    assert told(asked(store, "session")) == [("s1", 1, 2, 30), ("s2", 1, 2, 30)]
    assert told(asked(store, "task")) == [("docs", 1, 2, 30), ("main", 1, 2, 30)]
    assert told(asked(store, "repository")) == [("r1", 1, 2, 30), ("r2", 1, 2, 30)]
    assert told(asked(store, "agent")) == [("assistant", 2, 3, 45), ("", 1, 1, 15)]
    assert told(asked(store, "model")) == [("p:m", 2, 3, 45), ("", 1, 1, 15)]
    assert told(asked(store, "day")) == [("2026-03-01", 2, 4, 60)]
    assert asked(store, "agent").total.sessions == 2


def test_rows_beyond_the_limit_are_counted(store: Store) -> None:
    for number in range(5):
        usage = Usage(input_tokens=number)
        at = f"2026-03-0{number + 1}T10:00:00.000Z"
        put(store, a_session(f"s{number}"), an_answer(f"m{number}", f"s{number}", usage=usage, created_at=at))
    found = asked(store, "session", limit=2)
    assert told(found) == [("s4", 1, 1, 4), ("s3", 1, 1, 3)]
    assert (found.count, found.total.sessions, found.total.tokens) == (5, 5, 10)
    assert [key for key, _ in asked(store, "day", limit=2).rows] == ["2026-03-04", "2026-03-05"]


def test_days_are_those_of_the_one_who_asks(store: Store) -> None:
    put(store, a_session(), an_answer(created_at="2026-03-01T22:50:00.000Z"))
    put(store, an_answer("m2", seq=2, created_at="2026-03-01T18:20:00.000Z"))
    days = {
        offset: [key for key, _ in asked(store, "day", offset_minutes=offset).rows] for offset in (0, 60, 345)
    }
    assert days == {0: ["2026-03-01"], 60: ["2026-03-01"], 345: ["2026-03-02"]}
    assert told(asked(store, "day", offset_minutes=75)) == [
        ("2026-03-01", 1, 1, 15),
        ("2026-03-02", 1, 1, 15),
    ]


def test_only_answers_of_the_period_count(store: Store) -> None:
    put(store, a_session(), an_answer(), an_answer("m2", seq=2, created_at="2026-03-02T10:00:00.000Z"))
    march = period("2026-03-02T00:00:00Z", None)
    assert told(asked(store, "day", period=march)) == [("2026-03-02", 1, 1, 15)]
    first = period(None, "2026-03-02T10:00:00+02:00")
    assert told(asked(store, "day", period=first)) == [("2026-03-01", 1, 1, 15)]


def test_only_the_wanted_sessions_count(store: Store) -> None:
    put(store, a_session(tags=("a",)), an_answer(), a_session("s2", trashed_at="x"), an_answer("m2", "s2"))
    put(store, a_session("s3", archived_at="x", title="Kröte"), an_answer("m3", "s3"))
    assert told(asked(store, "session", SessionFilter())) == [("s1", 1, 1, 15)]
    assert told(asked(store, "session", SessionFilter(tags=frozenset("a")))) == [("s1", 1, 1, 15)]
    assert told(asked(store, "session", SessionFilter(trashed="only"))) == [("s2", 1, 1, 15)]
    titled = SessionFilter(title="krote", archived="include")
    assert told(asked(store, "session", titled)) == [("s3", 1, 1, 15)]
    assert asked(store, "session", SessionFilter(task="no\ud800ne")) == Sums()


def test_what_a_fork_copied_counts_once(store: Store) -> None:
    forked_at = "2026-03-01T11:00:00.000Z"
    put(store, a_session(), an_answer(turn_id="t1"))
    put(store, a_session("s2", forked_from=ForkedFrom(session_id="s1"), created_at=forked_at))
    put(store, an_answer("m2", "s2"), an_answer("m3", "s2", seq=2, turn_id="t2", created_at=forked_at))
    assert told(asked(store, "session")) == [("s1", 1, 1, 15), ("s2", 1, 1, 15)]


def test_an_erased_session_took_nothing(store: Store) -> None:
    put(store, a_session(), an_answer(), a_session("s2"), an_answer("m2", "s2"))
    with store.writing() as changes:
        changes.erase_session("s1")
    assert told(asked(store, "session")) == [("s2", 1, 1, 15)]


def test_private_sessions_count_with_the_others(tmp_path: Path) -> None:
    with opened_store("private", tmp_path) as store:
        put(store, a_session(), an_answer(), a_session("s2", is_private=True), an_answer("m2", "s2"))
        put(store, an_answer("m3", "s2", seq=2))
        assert told(asked(store, "session", limit=1)) == [("s2", 1, 2, 30)]
        assert told(asked(store, "model")) == [("p:m", 2, 3, 45)]
        assert asked(store, "session", limit=1).count == 2


def test_names_that_the_database_cannot_hold_are_told(store: Store) -> None:
    odd = "a\x00b"
    put(store, a_session(key=SessionKey(repository_id="r1", task=odd)), an_answer(agent=odd, model=odd))
    put(store, a_session("s2", key=SessionKey(repository_id="r1", task=odd)), an_answer("m2", "s2"))
    assert told(asked(store, "task")) == [(odd, 2, 2, 30)]
    assert ("p:a\x00b", 1, 1, 15) in told(asked(store, "model"))
    assert (odd, 1, 1, 15) in told(asked(store, "agent"))


def test_what_tells_too_much_spoils_no_sum(store: Store) -> None:
    wild = Usage(input_tokens=2**80, output_tokens=-5, cost=1e300)
    put(store, a_session(), *(an_answer(f"m{number}", seq=number, usage=wild) for number in range(1, 20)))
    found = asked(store, "model").total
    assert (found.amount.output_tokens, found.amount.answers) == (0, 19)
    assert found.amount.usage.cost == 19e6


def a_tally(sessions: dict[str, Session], messages: dict[str, Message], query: UsageQuery, fits: Any) -> Sums:
    """The sums, counted from the messages."""
    keys: dict[UsageGroup, Any] = {
        "session": lambda session, message: session.id,
        "task": lambda session, message: session.key.task,
        "repository": lambda session, message: session.key.repository_id,
        "agent": lambda session, message: message.agent or "",
        "model": lambda session, message: model_key(message.provider, message.model),
        "day": lambda session, message: day_of(slot_of(message.created_at), query.offset_minutes),
    }
    found: dict[str, dict[str, Amount]] = {}
    for message in messages.values():
        session = sessions[message.session_id]
        amount = amount_of(message, session)
        if fits(session) and amount is not None and slot_of(message.created_at) in query.period:
            of_key = found.setdefault(keys[query.by](session, message), {})
            of_key[session.id] = of_key.get(session.id, Amount()) + amount
    rows = {
        key: Tally(sessions=len(parts), amount=sum(parts.values(), Amount())) for key, parts in found.items()
    }
    everyone = {session_id for parts in found.values() for session_id in parts}
    total = sum((tally.amount for tally in rows.values()), Amount())
    return sums(rows, Tally(sessions=len(everyone), amount=total), query)


IDS = st.sampled_from(["s1", "s2", "s3"])
SESSIONS = st.builds(
    lambda id_, task, repository, archived, tags, forked: a_session(
        id_,
        key=SessionKey(repository_id=repository, task=task),
        archived_at="2026-03-01T10:00:00.000Z" if archived else None,
        tags=tags,
        forked_from=ForkedFrom(session_id="s0") if forked else None,
        created_at="2026-03-01T12:00:00.000Z",
    ),
    IDS,
    st.sampled_from(["main", "docs", "a\x00"]),
    st.sampled_from(["r1", "r2"]),
    st.booleans(),
    st.sampled_from([(), ("a",)]),
    st.booleans(),
)
USAGES = st.none() | st.builds(
    Usage,
    input_tokens=st.integers(0, 1000),
    output_tokens=st.integers(0, 1000),
    cost=st.none() | st.sampled_from([0.0, 0.1, 1e-7, 3.14]),
)
TIMES = st.sampled_from(
    [
        "2026-02-28T23:59:59.999Z",
        "2026-03-01T10:07:00.000Z",
        "2026-03-01T10:15:00.000Z",
        "2026-03-01T23:00:00.000Z",
    ]
)
ANSWERS = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["assistant", "assistant", "user"]),
        "status": st.sampled_from(["complete", "failed", "streaming"]),
        "agent": st.sampled_from(["assistant", "reviewer", None]),
        "provider": st.sampled_from(["p", None]),
        "model": st.sampled_from(["m", "n"]),
        "turn_id": st.sampled_from([None, "t"]),
        "usage": USAGES,
        "created_at": TIMES,
    }
)
STEPS = st.lists(
    st.tuples(st.just("session"), SESSIONS)
    | st.tuples(st.just("answer"), st.tuples(IDS, st.integers(1, 3), ANSWERS))
    | st.tuples(st.just("erase"), IDS),
    max_size=20,
)
QUERIES = st.builds(
    UsageQuery,
    by=st.sampled_from(["session", "task", "repository", "agent", "model", "day"]),
    period=st.sampled_from(
        [Period(), period("2026-03-01T10:15:00Z", None), period(None, "2026-03-01T10:20:00Z")]
    ),
    offset_minutes=st.sampled_from([0, 60, -120, 345]),
    limit=st.none() | st.integers(1, 2),
)


@pytest.mark.medium
@given(steps=STEPS, query=QUERIES, is_tagged=st.booleans())
@settings(max_examples=30)
def test_the_sums_are_those_of_the_answers_whatever_was_written(
    steps: list[tuple[str, Any]], query: UsageQuery, is_tagged: bool
) -> None:
    wanted = SessionFilter(tags=frozenset("a")) if is_tagged else EVERYTHING
    sessions: dict[str, Session] = {}
    messages: dict[str, Message] = {}
    with tempfile.TemporaryDirectory() as folder, opened_store("sqlite", Path(folder)) as store:
        for step, value in steps:
            if step == "session":
                before = sessions.get(value.id)  # a session stays what it is: forked or not
                kept = evolve(value, forked_from=before.forked_from) if before else value
                sessions[value.id] = kept
                put(store, kept)
            elif step == "answer" and value[0] in sessions:
                session_id, number, fields = value
                message = an_answer(f"{session_id}-{number}", session_id, seq=number, **fields)
                messages[message.id] = message
                put(store, message)
            elif step == "erase":
                sessions.pop(value, None)
                messages = {id_: each for id_, each in messages.items() if each.session_id != value}
                with store.writing() as changes:
                    changes.erase_session(value)
        with store.reading() as records:
            found = records.usage(wanted, query)
    expected = a_tally(
        sessions,
        messages,
        query,
        lambda session: not is_tagged or (session.tags == ("a",) and session.archived_at is None),
    )
    assert found == expected
