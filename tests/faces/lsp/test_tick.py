"""What wakes an idle window, counted by a clock that goes on only while nothing is to be done."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from tests.support.fake_models import FakeModel
from tests.support.repositories import checkout
from tests.support.surroundings import InlineLane
from tests.support.world import FOLDER, World
from tests.usecases.test_following import OtherProcess, neighbour
from tests.usecases.test_journal import SkippingLoop
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.domain.events import SessionChanged, StoreWarned, TaskChanged, TurnCompleted
from threadkeep.faces.jsonrpc import parent_watch
from threadkeep.faces.lsp.tick import REST_SECONDS, SETTLING_SECONDS, TICK_SECONDS, Tick
from threadkeep.ports.models import TextDelta
from threadkeep.usecases.chat.turn_start import Outgoing

MINUTE = 60.0


class CountingLoop(SkippingLoop):
    """Counts how often it waits: each wait ends with a wake-up."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = 0
        select = self._selector.select

        def counted(timeout: float | None = None) -> Any:
            self.waits += timeout is None or timeout > 0
            return select(timeout)

        self._selector.select = counted


class RestingStore(OtherProcess):
    """A store as it is on disk: it can tell cheaply that nothing was written, and may have a pipe."""

    def __init__(self, store: Any, *, poked: int | None) -> None:
        super().__init__(store, owner="own")
        self.wakeup_fd = poked
        self.is_blind = False
        """It cannot tell cheaply."""
        self._marked: int | None = None
        self.failure: Exception | None = None
        """What becomes of a look at it."""

    def run_maintenance(self) -> None:
        if self.failure is not None:
            raise self.failure
        self._store.run_maintenance()

    def data_version(self) -> int:
        self._marked = self._store.data_version()
        return self._marked

    def is_at_rest(self) -> bool:
        return not self.is_blind and self.failure is None and self._marked == self._store.data_version()

    def drain(self) -> None:
        assert self.wakeup_fd is not None
        os.read(self.wakeup_fd, 100)


class News:
    """Of branches: what the system would tell, as the test says."""

    def __init__(self, descriptor: int | None) -> None:
        self.descriptor = descriptor
        self.is_reported = False
        self.is_attending = False
        self.same = False

    def attend(self, checkouts: object) -> bool:
        self.is_reported, self.is_attending, self.same = self.descriptor is not None, True, True
        return False

    def look_again(self) -> None:
        self.same = self.is_attending

    def is_same(self) -> bool:
        return self.same

    def drain(self) -> bool:
        assert self.descriptor is not None
        return b"!" in os.read(self.descriptor, 100)

    def close(self) -> None: ...


class Window:
    """A window with its tick, and another one on the same store. Made in a running loop."""

    def __init__(self, *, pipes: tuple[int, int] | None, branches: tuple[int, int] | None) -> None:
        first = World()
        self.news = News(branches[0] if branches else None)
        self.store = RestingStore(first.store, poked=pipes[0] if pipes else None)
        self.world = World(store=self.store, clock=first.clock, branch_news=self.news)
        self.other = neighbour(first)
        self._pipes, self._branches = pipes, branches
        self.executor: InlineLane = self.world.executor
        self.tick = Tick(self.world.cases, self.world.audience)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins, and waits until it may rest."""
        self._task = asyncio.get_running_loop().create_task(self.tick.run(after=asyncio.sleep(0)))
        await asyncio.sleep(SETTLING_SECONDS + 3 * TICK_SECONDS)

    async def stop(self) -> None:
        assert self._task is not None
        self.tick.stop()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def wake(self) -> None:
        assert self._pipes
        os.write(self._pipes[1], b"!")

    def tell_of_branch(self, word: bytes = b"!") -> None:
        assert self._branches
        os.write(self._branches[1], word)

    async def seconds_until(self, is_it: Callable[[], bool], *, most: float = 20.0) -> float:
        """How long it takes, by the loop's time."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not is_it():
            assert loop.time() - began < most, "it never happens"
            await asyncio.sleep(0.01)
        return loop.time() - began


@pytest.fixture
def pipes() -> Iterator[list[tuple[int, int]]]:
    made = [os.pipe() for _ in range(2)]
    for reading, _ in made:
        os.set_blocking(reading, False)
    yield made
    for pair in made:
        for end in pair:
            os.close(end)


Pipes = list[tuple[int, int]]


def run(story: Callable[[CountingLoop], Awaitable[None]]) -> None:
    loop = CountingLoop()
    try:
        loop.run_until_complete(story(loop))
    finally:
        loop.close()


async def idle_minute(loop: CountingLoop, window: Window) -> tuple[float, int]:
    """Wake-ups a second, and hops to the executor, while nothing happens."""
    await window.start()
    waits, hops, began = loop.waits, window.executor.calls, loop.time()
    await asyncio.sleep(MINUTE)
    told = (loop.waits - waits - 1) / (loop.time() - began), window.executor.calls - hops
    await window.stop()
    return told


def test_a_store_that_cannot_be_looked_at_is_told_once_and_again_when_it_fails_anew() -> None:
    async def story(loop: CountingLoop) -> None:
        window = Window(pipes=None, branches=None)
        window.store.is_blind = True  # each second has its look
        await window.start()
        window.store.failure = StoreUnavailable("The disk is full.")
        await asyncio.sleep(MINUTE)
        assert [each.message for each in window.world.audience.of(StoreWarned)] == ["The disk is full."]
        window.store.failure = None
        await asyncio.sleep(3 * TICK_SECONDS)
        window.store.failure = StoreUnavailable("The disk is full.")
        await asyncio.sleep(MINUTE)
        assert len(window.world.audience.of(StoreWarned)) == 2
        await window.stop()

    run(story)


def test_where_the_system_tells_an_idle_window_hardly_wakes_and_never_hops(pipes: Pipes) -> None:
    async def story(loop: CountingLoop) -> None:
        wakes, hops = await idle_minute(loop, Window(pipes=pipes[0], branches=pipes[1]))
        assert wakes <= 0.3
        assert hops == 0

    run(story)


@pytest.mark.parametrize("told", [(None, None), (0, None), (None, 1)])
def test_elsewhere_it_wakes_once_a_second_and_never_hops(
    pipes: Pipes, told: tuple[int | None, int | None]
) -> None:
    async def story(loop: CountingLoop) -> None:
        store, branches = (None if each is None else pipes[each] for each in told)
        wakes, hops = await idle_minute(loop, Window(pipes=store, branches=branches))
        assert wakes <= 1.0
        assert hops == 0

    run(story)


def test_a_parent_that_has_to_be_asked_for_costs_no_wake_up_of_its_own() -> None:
    async def story(loop: CountingLoop) -> None:
        stop = parent_watch.watch(
            1, lambda: None, open_pidfd=None, probe=lambda _: lambda: True, above=lambda: None
        )
        wakes, _ = await idle_minute(loop, Window(pipes=None, branches=None))
        assert wakes <= 1.0
        stop()

    run(story)


def test_what_cannot_be_told_cheaply_is_looked_at_every_second(pipes: Pipes) -> None:
    async def story(loop: CountingLoop) -> None:
        window = Window(pipes=pipes[0], branches=pipes[1])
        window.store.is_blind = True
        _, hops = await idle_minute(loop, window)
        assert hops >= MINUTE - 1

    run(story)


def test_what_another_window_writes_is_heard_at_once(pipes: Pipes) -> None:
    async def story(_: CountingLoop) -> None:
        window = Window(pipes=pipes[0], branches=pipes[1])
        await window.start()
        window.other.new_session()
        window.wake()
        assert await window.seconds_until(lambda: bool(window.world.audience.of(SessionChanged))) <= 0.3
        await window.stop()

    run(story)


def test_a_word_that_is_lost_costs_some_seconds(pipes: Pipes) -> None:
    async def story(_: CountingLoop) -> None:
        window = Window(pipes=pipes[0], branches=pipes[1])
        await window.start()
        window.other.new_session()
        told = window.world.audience.of
        assert await window.seconds_until(lambda: bool(told(SessionChanged))) <= REST_SECONDS + 0.1
        window.world.checkouts.checkouts[FOLDER] = checkout(branch="feature")
        window.news.same = False
        assert await window.seconds_until(lambda: bool(told(TaskChanged))) <= REST_SECONDS + 0.1
        await window.stop()

    run(story)


def test_another_branch_is_seen_within_a_second(pipes: Pipes) -> None:
    async def story(_: CountingLoop) -> None:
        window = Window(pipes=pipes[0], branches=pipes[1])
        await window.start()
        for branch in ("feature", "main"):
            window.world.audience.forget()
            window.world.checkouts.checkouts[FOLDER] = checkout(branch=branch)
            window.tell_of_branch()
            assert await window.seconds_until(lambda: bool(window.world.audience.of(TaskChanged))) < 1.0
        await window.stop()

    run(story)


def test_a_folder_that_changes_all_the_time_wakes_nobody_all_the_time(pipes: Pipes) -> None:
    async def story(loop: CountingLoop) -> None:
        window = Window(pipes=pipes[0], branches=pipes[1])
        await window.start()
        hops, heard = window.executor.calls, 0
        original = window.news.drain

        def drain_once() -> bool:
            nonlocal heard
            heard += 1
            return original()

        window.news.drain = drain_once  # type: ignore[method-assign]
        until = loop.time() + 10
        while loop.time() < until:
            window.tell_of_branch(b".")
            await asyncio.sleep(0.01)
        assert heard <= 55
        assert window.executor.calls == hops
        await window.stop()

    run(story)


def test_while_an_answer_runs_elsewhere_its_process_is_watched(pipes: Pipes) -> None:
    async def story(loop: CountingLoop) -> None:
        window = Window(pipes=pipes[0], branches=pipes[1])
        window.other.model.script = (TextDelta(text="Half"), FakeModel.HOLD)
        await window.start()
        session = window.other.new_session()
        begun = await window.other.chat.send(Outgoing(session_id=session.id, text="Hi"))
        window.wake()
        await asyncio.sleep(30)
        window.store.dead.add(begun.turn.holder.owner)
        ended = window.world.audience.of
        assert await window.seconds_until(lambda: bool(ended(TurnCompleted))) <= 2.0
        hops = window.executor.calls
        await asyncio.sleep(2 * TICK_SECONDS)
        hops = window.executor.calls
        await asyncio.sleep(MINUTE)
        assert window.executor.calls == hops  # and then it rests again
        assert loop.time() > 0
        await window.stop()
        await window.other.chat.stop_all()

    run(story)


def test_an_answer_that_is_shown_in_its_midst_is_followed_at_once(pipes: Pipes) -> None:
    async def story(_: CountingLoop) -> None:
        window = Window(pipes=pipes[0], branches=pipes[1])
        window.other.model.script = (TextDelta(text="Half"), FakeModel.HOLD)
        await window.start()
        session = window.other.new_session()
        await window.other.chat.send(Outgoing(session_id=session.id, text="Hi"))
        await asyncio.sleep(2 * REST_SECONDS)
        hops = window.executor.calls
        window.world.followed.add(session.id)
        window.world.following.shown(window.world.messages(session.id))
        assert await window.seconds_until(lambda: window.executor.calls > hops + 2) < 0.5
        await window.stop()
        await window.other.chat.stop_all()

    run(story)
