"""First commits are learned beside everything else, and not too often."""

import asyncio

import pytest

from tests.support.repositories import FakeCheckouts, checkout
from tests.support.world import FOLDER, World
from threadkeep.domain.repositories import Checkout, Repository, RootCommit
from threadkeep.usecases.repositories.repositories import RepositoryChoice
from threadkeep.usecases.repositories.root_commits import MAX_TRIES

ROOT = "/code/app"
PLACE = f"{ROOT}/.git"


@pytest.fixture
def world() -> World:
    world = World()
    world.checkouts.commits[ROOT] = ["c1"]
    return world


def seen(world: World, uri: str = FOLDER) -> Repository:
    with world.store.writing() as changes:
        return world.repositories.resolve_or_create(changes, RepositoryChoice(uri=uri))


def beginnings(world: World, repository: Repository) -> tuple[RootCommit, ...]:
    with world.store.reading() as records:
        return records.repository(repository.id).beginnings


async def learn(world: World) -> None:
    """What a tick starts, to its end."""
    world.root_commits.begin()
    async with asyncio.timeout(5):
        while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110 - no fake has an event for it
            await asyncio.sleep(0)


async def test_a_repository_that_was_seen_gets_its_first_commit(world):
    repository = seen(world)
    assert world.checkouts.asked == []
    await learn(world)
    assert [(each.common_dir, each.commit) for each in beginnings(world, repository)] == [(PLACE, "c1")]


async def test_what_is_known_is_asked_again_after_a_week(world):
    repository = seen(world)
    await learn(world)
    seen(world)
    await learn(world)
    assert len(world.checkouts.asked) == 1
    first = beginnings(world, repository)[0].at
    world.clock.advance(days=8)
    seen(world)
    await learn(world)
    assert len(world.checkouts.asked) == 2
    (again,) = beginnings(world, repository)
    assert again.at > first


async def test_without_an_answer_it_is_not_asked_for_ever(world):
    world.checkouts.commits[ROOT] = []
    for _ in range(MAX_TRIES + 2):
        seen(world)
        await learn(world)
    assert len(world.checkouts.asked) == MAX_TRIES


async def test_a_folder_without_git_is_not_asked_about():
    world = World(checkouts=FakeCheckouts({FOLDER: Checkout(root=ROOT)}))
    seen(world)
    await learn(world)
    assert world.checkouts.asked == []
    assert await world.root_commits.first_commit(Checkout(root=ROOT)) is None


async def test_it_is_asked_once_for_all_who_want_to_know(world):
    world.checkouts.hanging = asyncio.Event()
    seen(world)
    found = world.checkouts.read(FOLDER)
    waiting = [asyncio.create_task(world.root_commits.first_commit(found)) for _ in range(3)]
    world.root_commits.begin()
    world.root_commits.begin()
    await asyncio.sleep(0)
    world.checkouts.hanging.set()
    assert [await each for each in waiting] == ["c1"] * 3
    assert world.checkouts.asked == [ROOT]
    await learn(world)


async def test_who_gives_up_waiting_does_not_end_the_question(world):
    world.checkouts.hanging = asyncio.Event()
    repository = seen(world)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(world.root_commits.first_commit(world.checkouts.read(FOLDER)), 0.01)
    world.checkouts.hanging.set()
    await learn(world)
    assert [each.commit for each in beginnings(world, repository)] == ["c1"]


async def test_one_that_takes_too_long_is_not_asked_about_again(world):
    class Slow(FakeCheckouts):
        async def first_commit(self, checkout: Checkout) -> str | None:
            self.asked.append(checkout.root)
            raise TimeoutError

    world = World(checkouts=Slow({FOLDER: checkout()}))
    for _ in range(2):
        seen(world)
        await learn(world)
    assert await world.root_commits.first_commit(world.checkouts.read(FOLDER)) is None
    assert world.checkouts.asked == [ROOT]


async def test_what_is_not_in_the_folder_any_more_is_not_stored(world):
    world.checkouts.hanging = asyncio.Event()
    repository = seen(world)
    found = world.checkouts.read(FOLDER)
    asking = asyncio.create_task(world.root_commits.first_commit(found))
    await asyncio.sleep(0)
    world.checkouts.hanging.set()
    world.checkouts.holds = lambda checkout, commit: False  # another repository lies there by now
    assert await asking == "c1"
    assert beginnings(world, repository) == ()


async def test_a_folder_that_was_never_seen_stays_unknown(world):
    assert await world.root_commits.first_commit(world.checkouts.read(FOLDER)) == "c1"
    with world.store.reading() as records:
        assert records.repositories() == []


async def test_what_was_noted_is_learned_before_the_end(world):
    repository = seen(world)
    await world.root_commits.stop()
    assert [each.commit for each in beginnings(world, repository)] == ["c1"]


async def test_at_the_end_nothing_goes_on(world, monkeypatch):
    monkeypatch.setattr("threadkeep.usecases.repositories.root_commits.END_SECONDS", 0.01)
    world.checkouts.hanging = asyncio.Event()
    seen(world)
    world.root_commits.begin()
    await asyncio.sleep(0)
    await world.root_commits.stop()
    assert len(asyncio.all_tasks()) == 1


async def test_a_store_that_cannot_be_written_is_no_disaster(world):
    seen(world)
    world.store.close()
    await learn(world)
    assert world.checkouts.asked == [ROOT]
