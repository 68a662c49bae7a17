"""Queues of notifications: order, joined deltas, and their end."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.client import FellBehind, Notifications, UnknownNotification
from threadkeep.client.notifications import MOST_WAITING, utf16_length
from threadkeep.protocol.types.messages import Delta
from threadkeep.values import evolve


def delta(text: str, offset: int, *, turn: str = "t1", saved: int = 0) -> Delta:
    return Delta(
        session_id="s1",
        turn_id=turn,
        message_id="m1",
        kind="text",
        offset=offset,
        text=text,
        saved_offset=saved,
    )


async def drain(events: Notifications) -> list[object]:
    events.close()
    return [event async for event in events]


async def test_deltas_that_wait_and_continue_each_other_are_joined() -> None:
    events = Notifications()
    events.add(delta("A🌹", 0))
    events.add(delta("b", 3, saved=3))

    assert await drain(events) == [delta("A🌹b", 0, saved=3)]


@pytest.mark.parametrize("second", [delta("b", 5), delta("b", 1, turn="t2")])
async def test_deltas_with_a_gap_or_of_another_turn_stay_apart(second: Delta) -> None:
    events = Notifications()
    events.add(delta("A", 0))
    events.add(second)

    assert await drain(events) == [delta("A", 0), second]


async def test_outputs_of_calls_are_joined_by_their_bytes_and_those_of_two_calls_stay_apart() -> None:
    one = evolve(delta("ä", 0), kind="toolOutput", tool_call_id="c1", index=1)
    more = evolve(one, text="b", offset=2)
    other = evolve(one, text="c", offset=3, tool_call_id="c2", index=2)
    events = Notifications()
    for each in (one, more, other):
        events.add(each)

    assert await drain(events) == [evolve(one, text="äb"), other]


@given(st.lists(st.text(max_size=5), max_size=20), st.sets(st.integers(0, 19)))
def test_joined_or_not_the_text_is_the_same(texts: list[str], read_after: set[int]) -> None:
    async def run() -> str:
        events = Notifications()
        read, offset = [], 0
        for index, text in enumerate(texts):
            events.add(delta(text, offset))
            offset += utf16_length(text)
            if index in read_after:
                read.append(await anext(events))
        return "".join(each.text for each in [*read, *(await drain(events))])

    assert asyncio.run(run()) == "".join(texts)


async def test_who_reads_nothing_for_too_long_is_told_and_holds_no_more_memory() -> None:
    events = Notifications()
    for number in range(MOST_WAITING + 1):
        events.add(UnknownNotification(method=str(number)))

    assert not events._waiting
    with pytest.raises(FellBehind):
        await anext(events)


async def test_what_waits_is_read_before_the_error() -> None:
    events = Notifications()
    events.add(UnknownNotification(method="a/b"))
    events.close(ValueError("over"))

    assert await anext(events) == UnknownNotification(method="a/b")
    with pytest.raises(ValueError, match="over"):
        await anext(events)


async def test_a_waiting_reader_wakes_when_the_queue_closes() -> None:
    events = Notifications()
    reading = asyncio.create_task(anext(events, "end"))
    await asyncio.sleep(0)
    events.close()

    assert await reading == "end"
