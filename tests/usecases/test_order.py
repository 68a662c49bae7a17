"""Requests of one session follow each other, and what is read shows what was asked for before."""

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest

from threadkeep.usecases.order import SessionOrder


class Doing:
    """Places that are taken in the order of the calls, and held until they are let go."""

    def __init__(self) -> None:
        self.order = SessionOrder()
        self.inside: list[str] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._may_go: dict[str, asyncio.Event] = {}

    async def begin(self, name: str, place: AbstractAsyncContextManager[None]) -> None:
        self._may_go[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._hold(name, place))
        await self.at_rest()

    async def end(self, name: str) -> None:
        self._may_go[name].set()
        await self._tasks[name]
        await self.at_rest()

    @staticmethod
    async def at_rest() -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def _hold(self, name: str, place: AbstractAsyncContextManager[None]) -> None:
        async with place:
            self.inside.append(name)
            await self._may_go[name].wait()


@pytest.fixture
def doing() -> Doing:
    return Doing()


async def test_changes_of_one_session_follow_each_other(doing: Doing) -> None:
    await doing.begin("first", doing.order.changing("s"))
    await doing.begin("second", doing.order.changing("s"))
    await doing.begin("other", doing.order.changing("t"))
    assert doing.inside == ["first", "other"]
    await doing.end("first")
    assert doing.inside == ["first", "other", "second"]


async def test_reading_a_session_waits_for_its_own_changes_only(doing: Doing) -> None:
    await doing.begin("change", doing.order.changing("s"))
    await doing.begin("read s", doing.order.reading("s"))
    await doing.begin("read t", doing.order.reading("t"))
    assert doing.inside == ["change", "read t"]
    await doing.end("change")
    assert doing.inside == ["change", "read t", "read s"]


async def test_reading_the_whole_store_waits_for_every_earlier_change_and_no_later_one(doing: Doing) -> None:
    await doing.begin("change s", doing.order.changing("s"))
    await doing.begin("change anything", doing.order.changing(None))
    await doing.begin("list", doing.order.reading(None))
    await doing.begin("later", doing.order.changing("t"))
    assert doing.inside == ["change s", "change anything", "later"]
    await doing.end("change anything")
    assert doing.inside == ["change s", "change anything", "later"]
    await doing.end("change s")
    assert doing.inside == ["change s", "change anything", "later", "list"]


async def test_reading_a_session_waits_for_changes_that_name_none(doing: Doing) -> None:
    await doing.begin("erase", doing.order.changing(None))
    await doing.begin("read", doing.order.reading("s"))
    assert doing.inside == ["erase"]
    await doing.end("erase")
    assert doing.inside == ["erase", "read"]


async def test_reading_waits_for_no_other_reading_of_the_store(doing: Doing) -> None:
    await doing.begin("one", doing.order.reading(None))
    await doing.begin("two", doing.order.reading(None))
    assert doing.inside == ["one", "two"]


async def test_a_change_does_not_overtake_what_is_read_of_its_session(doing: Doing) -> None:
    await doing.begin("read", doing.order.reading("s"))
    await doing.begin("change", doing.order.changing("s"))
    assert doing.inside == ["read"]
    await doing.end("read")
    assert doing.inside == ["read", "change"]


async def test_a_change_that_fails_or_is_given_up_holds_up_nobody(doing: Doing) -> None:
    with pytest.raises(ZeroDivisionError):
        async with doing.order.changing("s"):
            raise ZeroDivisionError
    waiting = asyncio.ensure_future(doing._hold("never", doing.order.changing("s")))
    waiting.cancel()
    await doing.at_rest()
    await doing.begin("list", doing.order.reading(None))
    assert doing.inside == ["list"]


async def test_what_goes_on_by_itself_can_be_waited_for(doing: Doing) -> None:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    assert doing.order.reads_wait_for(done) is done
    await doing.begin("list", doing.order.reading(None))
    assert doing.inside == []
    done.set_result(None)
    await doing.at_rest()
    assert doing.inside == ["list"]
    await doing.begin("list again", doing.order.reading(None))
    assert doing.inside == ["list", "list again"]


async def test_what_is_read_later_does_not_wait_for_a_change_that_was_set_aside() -> None:
    order, answers = SessionOrder(), asyncio.Event()

    async def change() -> None:
        async with order.changing("a"):
            order.set_aside()
            await answers.wait()

    changing = asyncio.create_task(change())
    await asyncio.sleep(0)
    async with asyncio.timeout(5), order.reading(None):
        assert not changing.done()
    answers.set()
    await changing


def test_nothing_is_set_aside_outside_of_a_change() -> None:
    SessionOrder().set_aside()
