import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.domain.agents import BUILTIN, REPOSITORY_PREFIX, BrokenAgent, switch_agent
from threadkeep.domain.messages import TimelineEvent
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.values import evolve

BEFORE, LATER = "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"


def a_session(**fields: object) -> Session:
    times = dict.fromkeys(("created_at", "updated_at", "last_activity_at"), BEFORE)
    return Session(
        id="s",
        key=SessionKey(repository_id="r", task="main"),
        **{"agent": "assistant", **times, **fields},
    )


def test_the_built_in_agents_are_these_and_the_assistant_is_first():
    names = [agent.name for agent in BUILTIN]
    assert names == ["assistant", "coder", "architect", "reviewer", "tester", "writer"]


@pytest.mark.parametrize("agent", BUILTIN, ids=lambda agent: agent.name)
def test_a_built_in_agent_says_on_one_line_what_it_is_for_and_leaves_the_model_open(agent):
    assert re.fullmatch(r"[A-Z][^\n]{10,78}\.", agent.description)
    assert 100 < len(agent.prompt) < 1_000
    assert (agent.source, agent.model, agent.temperature) == ("builtin", None, None)
    assert not agent.name.startswith(REPOSITORY_PREFIX)


def test_a_switch_counts_and_tells_from_whom_to_whom_and_why():
    session, event = switch_agent(
        a_session(revision=3, seq=7, agent_switch_count=1), to="reviewer", reason="Check it", at=LATER
    )
    assert event == TimelineEvent(
        kind="agentSwitched", at=LATER, from_="assistant", to="reviewer", reason="Check it"
    )
    assert (session.agent, session.agent_switch_count) == ("reviewer", 2)
    assert (session.revision, session.seq, session.updated_at) == (4, 8, LATER)


def test_a_switch_needs_no_reason():
    _, event = switch_agent(a_session(), to="coder", at=LATER)
    assert event == TimelineEvent(kind="agentSwitched", at=LATER, from_="assistant", to="coder")


def test_the_agent_that_a_session_has_already_changes_nothing():
    session = a_session(agent_switch_count=4)
    assert switch_agent(session, to="assistant", reason="again", at=LATER) == (session, None)


@given(st.lists(st.sampled_from("abc"), max_size=12))
def test_as_many_switches_are_counted_as_entries_are_made(names):
    session, entries = a_session(agent="a"), []
    for name in names:
        session, event = switch_agent(session, to=name, at=LATER)
        entries += [event] if event else []
    assert session.agent_switch_count == len(entries)
    assert session.agent == (names[-1] if names else "a")
    told = [(event.from_, event.to) for event in entries]
    assert [to for _, to in told[:-1]] == [from_ for from_, _ in told[1:]]
    assert all(from_ != to for from_, to in told)


def test_a_broken_agent_is_told_with_its_place():
    broken = BrokenAgent(name="x", source="user", path="/a/x.md", line=3, problem="model has no value.")
    assert broken.message == "/a/x.md:3: model has no value."
    assert evolve(broken, line=None).message == "/a/x.md: model has no value."
