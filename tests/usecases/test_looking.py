"""While a transaction holds the store, no folder is looked at: it may lie on a slow disk."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from tests.support.agent_files import FakeAgentFiles
from tests.support.repositories import FakeCheckouts, checkout
from tests.support.world import FOLDER, World
from threadkeep.adapters.store.memory import MemoryStore
from threadkeep.domain.agents import Agent, BrokenAgent
from threadkeep.domain.errors import RepositoryNotFound, ThreadkeepError
from threadkeep.domain.repositories import Checkout
from threadkeep.ports.store import Changes
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.usecases.repositories.prefetch import CheckoutSnapshot
from threadkeep.usecases.repositories.repositories import RepositoryChoice, Where
from threadkeep.usecases.sessions.branches import NewFork
from threadkeep.usecases.sessions.sessions import NewSession, SessionPatch

OTHER = "file:///code/other"


class WatchedStore(MemoryStore):
    """Knows whether a transaction is open."""

    is_writing = False

    @contextmanager
    def writing(self, *, durable: bool = True, erasing: bool = False) -> Iterator[Changes]:
        with super().writing(durable=durable, erasing=erasing) as changes:
            self.is_writing = True
            try:
                yield changes
            finally:
                self.is_writing = False


class SlowDisk(FakeCheckouts, FakeAgentFiles):
    """Must not be used while a transaction is open."""

    def __init__(self, store: WatchedStore) -> None:
        FakeCheckouts.__init__(
            self,
            {FOLDER: checkout(origin="host/app"), OTHER: checkout("/code/other", origin="host/other")},
        )
        FakeAgentFiles.__init__(self)
        self.store = store
        self.looks = 0

    def read(self, uri: str) -> Checkout:
        self._look()
        return super().read(uri)

    def is_present(self, root: str) -> bool:
        self._look()
        return super().is_present(root)

    def holds(self, checkout: Checkout, commit: str) -> bool | None:
        self._look()
        return super().holds(checkout, commit)

    def user(self) -> Sequence[Agent | BrokenAgent]:
        self._look()
        return super().user()

    def repository(self, root: str) -> Sequence[Agent | BrokenAgent]:
        self._look()
        return super().repository(root)

    def _look(self) -> None:
        assert not self.store.is_writing, "a folder is looked at while the store is locked"
        self.looks += 1


@pytest.fixture
def disk() -> SlowDisk:
    return SlowDisk(WatchedStore())


@pytest.fixture
def world(disk: SlowDisk) -> World:
    world = World(store=disk.store, checkouts=disk, agent_files=disk)
    world.trusted_roots = ["/code/app", "/code/other"]
    disk.commits = {"/code/app": ["first"], "/code/other": ["other"]}
    return world


def test_opening_looks_before(world: World, disk: SlowDisk) -> None:
    first = world.opening.open(Where())
    assert not world.opening.open(Where(), window_id="w").created
    assert world.opening.open(Where(repository=RepositoryChoice(uri=OTHER))).created
    disk.missing = {"/code/app", "/code/other"}
    disk.checkouts = {}
    gone = world.opening.open(Where())
    assert first.view is not None
    assert gone.view is not None
    assert gone.view.repository.repository == first.view.repository.repository
    assert [root.is_present for root in gone.view.repository.roots] == [False]


def test_making_and_changing_a_session_looks_before(world: World) -> None:
    session = world.sessions.create(NewSession()).session
    this = session.id
    world.sessions.update(this, SessionPatch(fields={"title": "New"}))
    moved = world.sessions.update(this, SessionPatch(repository=RepositoryChoice(uri=OTHER)))
    assert moved.repository.repository.name == "other"
    world.sessions.set_archived(this, archived=True)
    world.sessions.set_model(this, "fake:model")
    world.sessions.switch_agent(this, "reviewer")
    with pytest.raises(RepositoryNotFound):
        world.sessions.create(NewSession(where=Where(repository=RepositoryChoice(id="none"))))


async def test_a_conversation_looks_before(world: World) -> None:
    session_id = world.new_session().id
    await world.say(session_id, "Hello")
    await world.lifecycle.move(session_id, "paused")
    await world.lifecycle.move(session_id, "active")
    await world.branches.fork(NewFork(session_id=session_id))
    answer = world.messages(session_id)[1]
    begun = await world.chat.retry(session_id, answer.id)
    await world.chat.send(Outgoing(session_id=session_id, text="Later", when_busy="queue"))
    await world.chat.queue(session_id, clear=[turn.id for turn in await world.chat.queue(session_id)])
    await world.chat.wait(session_id, begun.turn.id)
    await world.at_rest()
    world.branches.clear(session_id)
    await world.annotations.erase(answer.id)
    await world.lifecycle.move(session_id, "ended")


async def test_relocating_and_a_new_branch_look_before(world: World, disk: SlowDisk) -> None:
    session = world.new_session()
    world.branch_watch.check()
    disk.checkouts[FOLDER] = checkout(origin="host/app", branch="feature")
    world.branch_watch.check()
    assert "TaskChanged" in world.audience.names
    relocated = await world.moving.relocate(RepositoryChoice(id=session.key.repository_id), OTHER)
    assert relocated.repository.roots[0].uri == OTHER


async def test_learning_how_a_repository_began_looks_before(world: World) -> None:
    session = world.new_session()
    world.root_commits.begin()
    resolution = await world.moving.resolve(None)
    assert resolution.first_commit == "first"
    with world.store.reading() as records:
        repository = records.repository(session.key.repository_id)
    assert repository is not None
    assert [each.commit for each in repository.beginnings] == ["first"]


def test_a_glance_is_remembered_and_a_failure_is_not(world: World, disk: SlowDisk) -> None:
    glances = CheckoutSnapshot(disk, disk)
    before = disk.looks
    assert [glances.read(FOLDER) for _ in range(2)] == [disk.checkouts[FOLDER]] * 2
    assert [glances.is_present("/code/app") for _ in range(2)] == [True, True]
    assert [list(glances.user()) for _ in range(2)] == [[], []]
    assert disk.looks == before + 3
    for _ in range(2):
        with pytest.raises(ThreadkeepError):
            glances.read("https://no.folder")
    assert disk.looks == before + 5
    assert glances.uri("/code") == disk.uri("/code")
