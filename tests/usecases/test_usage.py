"""What answers took is told by session, task, agent, model and day, whatever became of the sessions."""

import pytest

from tests.support.fake_models import FakeModel
from tests.support.world import World
from threadkeep.domain.errors import InvalidValue, RepositoryNotFound
from threadkeep.domain.messages import Usage
from threadkeep.domain.usage import UsageGroup
from threadkeep.ports.models import Stop, TextDelta, UsageReport
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.usecases.repositories.repositories import RepositoryChoice
from threadkeep.usecases.sessions.branches import NewFork
from threadkeep.usecases.usage import UsageTable

EVERYTHING = SessionFilter(archived="include", trashed="include")
GROUPS: tuple[UsageGroup, ...] = ("session", "task", "repository", "agent", "model", "day")


@pytest.fixture
def world() -> World:
    """Every answer takes 10 tokens in, 5 out and 0.5 dollars."""
    took = Usage(input_tokens=10, output_tokens=5, cost=0.5)
    return World(FakeModel(TextDelta(text="So."), UsageReport(usage=took), Stop(reason="endTurn")))


def told(world: World, by: UsageGroup, **asked: object) -> list[tuple[str, int, int]]:
    """Label, answers and tokens of each row."""
    table = world.cases.usage.summarise(EVERYTHING, by, **asked)  # type: ignore[arg-type] # as the test names them
    return [(line.label, line.tally.amount.answers, line.tally.tokens) for line in table.lines]


async def test_an_answer_is_told_in_every_group(world):
    session = world.new_session(title="Tea")
    await world.say(session.id)
    labels = {by: told(world, by) for by in GROUPS}
    assert labels == {
        "session": [("Tea", 1, 15)],
        "task": [(session.key.task, 1, 15)],
        "repository": [("app", 1, 15)],
        "agent": [("assistant", 1, 15)],
        "model": [("fake:m", 1, 15)],
        "day": [(world.clock.now()[:10], 1, 15)],
    }


async def test_another_answer_counts_beside_the_first_and_a_fork_does_not(world):
    session = world.new_session()
    await world.say(session.id)
    begun = await world.chat.retry(session.id)
    await world.chat.wait(session.id, begun.turn.id)
    fork = (await world.branches.fork(NewFork(session_id=session.id))).session
    assert told(world, "day") == [(world.clock.now()[:10], 2, 30)]
    await world.say(fork.id)
    table = world.cases.usage.summarise(EVERYTHING, "model")
    assert (table.total.sessions, table.total.amount.answers, table.total.amount.usage.cost) == (2, 3, 1.5)


async def test_private_sessions_are_told_with_the_others(world):
    session = world.new_session(is_private=True)
    await world.say(session.id)
    assert told(world, "model") == [("fake:m", 1, 15)]


async def test_only_the_wanted_repository_counts(world):
    await world.say(world.new_session().id)
    await world.say(world.new_session(repository=RepositoryChoice(name="notes")).id)
    assert told(world, "repository", repository=RepositoryChoice(name="notes")) == [("notes", 1, 15)]
    nobody = RepositoryChoice(name="nobody")
    assert world.cases.usage.summarise(EVERYTHING, "model", repository=nobody) == UsageTable()
    with pytest.raises(RepositoryNotFound):
        told(world, "model", repository=RepositoryChoice(id="nobody"))


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("after", {"after": "yesterday"}),
        ("before", {"before": "2026-03-01T00:00:00"}),
        ("utcOffsetMinutes", {"offset_minutes": 841}),
    ],
)
def test_what_cannot_be_meant_is_refused(world, field, asked):
    with pytest.raises(InvalidValue) as caught:
        told(world, "day", **asked)
    assert field in str(caught.value.data)
