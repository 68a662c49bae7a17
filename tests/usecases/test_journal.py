"""A crash loses at most 150 ms of an answer, told by a clock that no machine can slow down."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from tests.support.store import a_message, put
from tests.support.surroundings import FakeAudience
from threadkeep.adapters.store.memory import MemoryStore
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.domain.events import StoreWarned
from threadkeep.usecases.chat.journal import FLUSH_CHARACTERS, FLUSH_SECONDS, AnswerJournal

T = TypeVar("T")

PROMISED = 0.15


class SkippingSelector(selectors.DefaultSelector):  # type: ignore[misc,valid-type]  # which one it is, the platform decides
    """Does not wait, but says how long it would have waited."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.skipped += timeout or 0.0
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time goes on only while nothing is to be done."""

    def __init__(self) -> None:
        self._skipping = SkippingSelector()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.skipped


class SlowLane:
    """Each write is on the disk after so many seconds."""

    def __init__(self, seconds: float, *, fails: bool = False) -> None:
        self.seconds = seconds
        self.writes = self.tries = 0
        self._fails = fails

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]:
        return self._do(work)

    async def _do(self, work: Callable[[], T]) -> T:
        self.tries += 1
        await asyncio.sleep(self.seconds)
        if self._fails:
            raise StoreUnavailable("The store is locked.")
        self.writes += 1
        return work()


def run(coroutine: Awaitable[T]) -> T:
    loop = SkippingLoop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


def journal(store: MemoryStore, executor: SlowLane, audience: FakeAudience | None = None) -> AnswerJournal:
    message = a_message("m", role="assistant", status="streaming")
    put(store, message)
    audience = audience or FakeAudience()
    return AnswerJournal(message, store=store, executor=executor, announce=audience, is_ours=lambda _: True)


def stored(store: MemoryStore) -> str:
    with store.reading() as records:
        return "".join(text for _, text in records.journal("m"))


@pytest.mark.parametrize("write_seconds", [0.0, 0.01, 0.04, FLUSH_SECONDS])
@pytest.mark.parametrize("each", [0.001, 0.02, 0.07, 0.08, 0.2])
def test_what_was_said_150_ms_ago_is_on_the_disk(each: float, write_seconds: float) -> None:
    async def tell() -> None:
        store = MemoryStore()
        journal_ = journal(store, SlowLane(write_seconds))
        loop = asyncio.get_running_loop()
        said: list[tuple[float, str]] = []
        for number in range(min(500, round(2 / each))):
            said.append((loop.time(), f"{number} "))
            journal_.add("text", f"{number} ")
            for _ in range(5):
                await asyncio.sleep(each / 5)
                due = "".join(text for at, text in said if at < loop.time() - PROMISED - 1e-6)
                assert stored(store).startswith(due)
        await journal_.stop()

    run(tell())


def test_much_text_is_written_at_once() -> None:
    async def tell() -> tuple[int, float]:
        store, executor = MemoryStore(), SlowLane(0.0)
        journal_ = journal(store, executor)
        journal_.add("text", "x" * FLUSH_CHARACTERS)
        while not executor.writes:  # noqa: ASYNC110 - a fake has no event to wait for
            await asyncio.sleep(0)
        return len(stored(store)), asyncio.get_running_loop().time()

    assert run(tell()) == (FLUSH_CHARACTERS, 0.0)


def test_a_write_that_failed_is_tried_again_in_the_same_order() -> None:
    async def tell() -> str:
        store = MemoryStore()
        executor = SlowLane(0.0, fails=True)
        journal_ = journal(store, executor)
        journal_.add("text", "one ")
        await asyncio.sleep(0.5)
        executor._fails = False
        journal_.add("text", "two")
        await asyncio.sleep(2)
        await journal_.stop()
        assert journal_.saved_offsets["text"] == 7
        return stored(store)

    assert run(tell()) == "one two"


def test_a_store_that_refuses_each_second_is_told_once() -> None:
    async def tell() -> list[str]:
        audience, executor = FakeAudience(), SlowLane(0.0, fails=True)
        journal_ = journal(MemoryStore(), executor, audience)
        for _ in range(100):
            journal_.add("text", "word ")
            await asyncio.sleep(0.1)
        await journal_.stop()
        assert executor.tries >= 5
        return [each.message for each in audience.of(StoreWarned)]

    assert run(tell()) == ["The store is locked."]
