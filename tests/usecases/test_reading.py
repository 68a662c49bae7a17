"""What is read beside the executor is never older than what the client was told before."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from tests.support.surroundings import FakeAudience, InlineLane
from threadkeep.domain.events import Event, StoreWarned, TextStreamed
from threadkeep.usecases.order import TRIES, ChangeCounter, ConsistentReader

T = TypeVar("T")

SOMETHING = StoreWarned(kind="test", message="something happened")
GROWN = TextStreamed(
    session_id="s", turn_id="t", message_id="m", kind="text", index=0, offset=0, text="a", saved_offset=0
)


class EventfulLane(InlineLane):
    """After the work of each call, the next of the events happens."""

    def __init__(self, *events: Event) -> None:
        super().__init__()
        self.events = list(events)
        self.audience = FakeAudience()
        self.news = ChangeCounter(self.audience)

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]:
        done = super().__call__(work)
        if self.events:
            self.news(self.events.pop(0))
        return done


def reads(read_executor: EventfulLane, executor: InlineLane) -> ConsistentReader:
    return ConsistentReader(read_executor=read_executor, executor=executor, news=read_executor.news)


async def test_what_is_read_in_peace_is_read_once() -> None:
    read_executor, executor = EventfulLane(), InlineLane()
    assert await reads(read_executor, executor)(lambda: 42) == 42
    assert (read_executor.calls, executor.calls) == (1, 0)


async def test_what_something_was_announced_after_is_read_again() -> None:
    read_executor, executor = EventfulLane(SOMETHING, SOMETHING), InlineLane()
    seen = iter(range(10))
    assert await reads(read_executor, executor)(lambda: next(seen)) == 2
    assert (read_executor.calls, executor.calls) == (3, 0)
    assert read_executor.audience.events == [SOMETHING, SOMETHING]


async def test_text_that_grows_is_no_reason_to_read_again() -> None:
    read_executor = EventfulLane(GROWN)
    assert await reads(read_executor, InlineLane())(lambda: 42) == 42
    assert read_executor.calls == 1
    assert read_executor.audience.events == [GROWN]


async def test_what_never_comes_to_rest_is_read_in_the_executor() -> None:
    read_executor, executor = EventfulLane(*[SOMETHING] * 20), InlineLane()
    assert await reads(read_executor, executor)(lambda: 42) == 42
    assert (read_executor.calls, executor.calls) == (TRIES, 1)


async def test_whoever_reads_gets_what_reading_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await reads(EventfulLane(), InlineLane())(lambda: 1 / 0)
