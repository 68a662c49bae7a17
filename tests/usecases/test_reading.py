"""What is read beside the lane is never older than what the client was told before."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from tests.support.surroundings import FakeAudience, InlineLane
from threadkeep.domain.events import Event, StoreWarned, TextStreamed
from threadkeep.usecases.order import TRIES, News, Reads

T = TypeVar("T")

SOMETHING = StoreWarned(kind="test", message="something happened")
GROWN = TextStreamed(
    session_id="s", turn_id="t", message_id="m", kind="text", offset=0, text="a", saved_offset=0
)


class EventfulLane(InlineLane):
    """After the work of each call, the next of the events happens."""

    def __init__(self, *events: Event) -> None:
        super().__init__()
        self.events = list(events)
        self.audience = FakeAudience()
        self.news = News(self.audience)

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]:
        done = super().__call__(work)
        if self.events:
            self.news(self.events.pop(0))
        return done


def reads(read_lane: EventfulLane, lane: InlineLane) -> Reads:
    return Reads(read_lane=read_lane, lane=lane, news=read_lane.news)


async def test_what_is_read_in_peace_is_read_once() -> None:
    read_lane, lane = EventfulLane(), InlineLane()
    assert await reads(read_lane, lane)(lambda: 42) == 42
    assert (read_lane.calls, lane.calls) == (1, 0)


async def test_what_something_was_announced_after_is_read_again() -> None:
    read_lane, lane = EventfulLane(SOMETHING, SOMETHING), InlineLane()
    seen = iter(range(10))
    assert await reads(read_lane, lane)(lambda: next(seen)) == 2
    assert (read_lane.calls, lane.calls) == (3, 0)
    assert read_lane.audience.events == [SOMETHING, SOMETHING]


async def test_text_that_grows_is_no_reason_to_read_again() -> None:
    read_lane = EventfulLane(GROWN)
    assert await reads(read_lane, InlineLane())(lambda: 42) == 42
    assert read_lane.calls == 1
    assert read_lane.audience.events == [GROWN]


async def test_what_never_comes_to_rest_is_read_in_the_lane() -> None:
    read_lane, lane = EventfulLane(*[SOMETHING] * 20), InlineLane()
    assert await reads(read_lane, lane)(lambda: 42) == 42
    assert (read_lane.calls, lane.calls) == (TRIES, 1)


async def test_whoever_reads_gets_what_reading_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await reads(EventfulLane(), InlineLane())(lambda: 1 / 0)
