import asyncio
import itertools
import logging
import threading
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.surroundings import FakeClock, FakeIds, InlineLane
from threadkeep.adapters.runtime import SystemClock, ThreadExecutor, ThreadExecutors, Uuid7Ids
from threadkeep.domain.folders import FolderAway
from threadkeep.ports.runtime import SerialExecutor

SECONDS = 20
"""How long a test waits for a thread before it fails."""


def test_the_time_is_written_in_utc_with_milliseconds() -> None:
    moment = datetime(2026, 3, 4, 5, 6, 7, 8999, tzinfo=UTC)
    assert SystemClock(lambda: moment).now() == "2026-03-04T05:06:07.008Z"


def test_the_clock_tells_the_present() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    told = datetime.fromisoformat(SystemClock().now())
    assert before <= told <= datetime.now(UTC)


def test_the_clock_never_goes_back() -> None:
    moments = iter([datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC) for second in (5, 3, 6)])
    clock = SystemClock(lambda: next(moments))
    assert [clock.now()[17:19] for _ in range(3)] == ["05", "05", "06"]


def test_an_identifier_is_a_uuid7_of_the_present() -> None:
    made = uuid.UUID(Uuid7Ids(lambda: 1_700_000_000_123).new())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == 1_700_000_000_123


def test_an_identifier_is_written_as_uuids_are() -> None:
    made = Uuid7Ids().new()
    assert str(uuid.UUID(made)) == made


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**47), min_size=2, max_size=50))
def test_later_identifiers_sort_later_whatever_the_clock_does(times: list[int]) -> None:
    clock = iter(times)
    ids = Uuid7Ids(lambda: next(clock))
    made = [ids.new() for _ in times]
    assert made == sorted(set(made))


def test_identifiers_of_one_millisecond_are_not_to_be_guessed_from_each_other() -> None:
    ids = Uuid7Ids(lambda: 7)
    made = [uuid.UUID(ids.new()).int for _ in range(100)]
    assert len({after - before for before, after in itertools.pairwise(made)}) > 90


def test_threads_get_different_identifiers() -> None:
    ids = Uuid7Ids()
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: ids.new(), range(4000)))
    assert len(set(made)) == 4000


@pytest.fixture
async def executor() -> AsyncIterator[ThreadExecutor]:
    executor = ThreadExecutor()
    yield executor
    assert executor.close(SECONDS)


@pytest.fixture(params=["thread", "inline"])
def any_executor(request: pytest.FixtureRequest, executor: ThreadExecutor) -> SerialExecutor:
    return executor if request.param == "thread" else InlineLane()


async def test_work_gives_its_value(any_executor: SerialExecutor) -> None:
    assert await any_executor(lambda: 42) == 42


async def test_work_is_done_in_the_order_of_the_calls_not_of_the_awaits(any_executor: SerialExecutor) -> None:
    done: list[int] = []
    waiting = [any_executor(_appends(done, number)) for number in range(100)]
    for one in reversed(waiting):
        await one
    assert done == list(range(100))


def _appends(done: list[int], number: int) -> Callable[[], None]:
    return lambda: done.append(number)


async def test_whoever_awaits_gets_what_the_work_raised(any_executor: SerialExecutor) -> None:
    with pytest.raises(ZeroDivisionError):
        await any_executor(lambda: 1 / 0)
    assert await any_executor(lambda: "next") == "next"


async def test_a_lane_lets_others_run_before_it_answers(any_executor: SerialExecutor) -> None:
    order: list[str] = []
    asyncio.get_running_loop().call_soon(order.append, "other")
    await any_executor(lambda: None)
    assert order == ["other"]


async def test_all_work_is_done_by_one_thread_that_is_not_the_loops(executor: ThreadExecutor) -> None:
    threads = {await executor(threading.get_ident) for _ in range(5)}
    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_cancelling_the_wait_does_not_stop_the_work(executor: ThreadExecutor) -> None:
    go, done = threading.Event(), threading.Event()

    def work() -> None:
        go.wait(SECONDS)
        done.set()

    waiting = asyncio.ensure_future(executor(work))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go.set()
    await executor(lambda: None)
    assert done.is_set()


async def test_work_that_was_cancelled_before_its_turn_is_done_all_the_same(executor: ThreadExecutor) -> None:
    go = threading.Event()
    done: list[int] = []
    executor(lambda: go.wait(SECONDS))
    asyncio.ensure_future(executor(lambda: done.append(1))).cancel()
    go.set()
    await executor(lambda: None)
    assert done == [1]


async def test_a_failure_that_nobody_waits_for_is_logged_without_its_text(
    executor: ThreadExecutor, caplog: pytest.LogCaptureFixture
) -> None:
    def work() -> None:
        raise ValueError("somebody's words")

    asyncio.ensure_future(executor(work)).cancel()
    with caplog.at_level(logging.WARNING):
        await executor(lambda: None)
        await asyncio.sleep(0)
    assert "ValueError" in caplog.text
    assert "somebody's words" not in caplog.text


async def test_work_that_raises_stop_iteration_does_not_hang_its_caller(executor: ThreadExecutor) -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await asyncio.wait_for(executor(lambda: next(iter(()))), SECONDS)


async def test_closing_waits_for_all_work_and_takes_no_more() -> None:
    executor = ThreadExecutor()
    done: list[int] = []
    for number in range(50):
        executor(_appends(done, number))
    assert executor.close(SECONDS)
    assert done == list(range(50))
    with pytest.raises(RuntimeError, match="closed"):
        executor(lambda: None)
    assert executor.close(SECONDS)


async def test_closing_does_not_wait_longer_than_it_may() -> None:
    executor, go = ThreadExecutor(), threading.Event()
    executor(lambda: go.wait(SECONDS))
    assert executor.close(0.01) is False
    go.set()
    assert executor.close(SECONDS)


def test_a_lane_that_did_nothing_closes_at_once() -> None:
    assert ThreadExecutor().close(0)


def test_a_loop_that_ended_does_not_stop_the_executor() -> None:
    executor, go = ThreadExecutor(), threading.Event()

    async def leave_work_behind() -> None:
        executor(lambda: go.wait(SECONDS))

    async def come_later() -> int:
        return await executor(lambda: 2)

    asyncio.run(leave_work_behind())
    go.set()
    assert asyncio.run(come_later()) == 2
    assert executor.close(SECONDS)


def test_the_lane_does_not_keep_a_process_from_leaving() -> None:
    daemons: list[bool] = []

    async def look() -> None:
        executor = ThreadExecutor()
        daemons.append(await executor(lambda: threading.current_thread().daemon))
        executor.close(SECONDS)

    asyncio.run(look())
    assert daemons == [True]


def test_the_fakes_can_be_foreseen() -> None:
    clock, ids = FakeClock(), FakeIds()
    assert [clock.now(), clock.now()] == ["2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.001Z"]
    clock.advance(days=1)
    assert clock.now() == "2026-01-03T03:04:05.002Z"
    made = [ids.new() for _ in range(12)]
    assert made == sorted(made)


async def test_of_a_few_lanes_work_goes_where_the_least_waits() -> None:
    executors = ThreadExecutors("executors", count=2)
    gate = threading.Event()
    slow = executors(lambda: gate.wait(10))
    quick = [executors(lambda: threading.current_thread().name) for _ in range(2)]
    first = await quick[0]
    assert first == "executors-2"
    gate.set()
    assert await slow
    assert await quick[1] in {"executors-1", "executors-2"}
    assert await asyncio.gather(*(executors(lambda: 1) for _ in range(20))) == [1] * 20
    assert await asyncio.to_thread(executors.close, 5.0)
    with pytest.raises(RuntimeError):
        await executors(lambda: 1)


async def test_a_few_lanes_are_not_waited_for_longer_than_wanted() -> None:
    executors = ThreadExecutors("executors", count=2)
    gate = threading.Event()
    held = [executors(lambda: gate.wait(10)) for _ in range(2)]
    assert not await asyncio.to_thread(executors.close, 0.05)
    gate.set()
    assert await asyncio.gather(*held) == [True, True]


def away(answer: "Future[None]") -> FolderAway:
    error = FolderAway("/share")
    error.answer = answer
    return error


async def test_work_that_needs_a_folder_that_is_away_lets_others_pass_and_is_done_when_it_answers() -> None:
    executor, answer, done = ThreadExecutor(), Future[None](), []

    def needs_it() -> str:
        if not answer.done():
            raise away(answer)
        done.append("needs it")
        return "there"

    waiting = executor(needs_it)
    await executor(lambda: done.append("another"))
    assert not waiting.done()  # type: ignore[attr-defined]
    answer.set_result(None)
    assert await waiting == "there"
    assert done == ["another", "needs it"]
    assert executor.close(5)


async def test_a_folder_that_stays_away_is_told_after_the_patience() -> None:
    executor = ThreadExecutor(patience=0.05)

    def needs_it() -> None:
        raise away(Future())

    with pytest.raises(FolderAway):
        await executor(needs_it)
    assert executor.close(5)


async def test_who_waits_for_a_folder_is_told_when_the_lane_is_closed() -> None:
    executor, answer = ThreadExecutor(), Future[None]()

    def needs_it() -> None:
        raise away(answer)

    waiting = executor(needs_it)
    await executor(lambda: None)
    assert executor.close(5)
    answer.set_result(None)
    with pytest.raises(FolderAway):
        await waiting


async def test_a_thread_that_cannot_be_started_is_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    executor = ThreadExecutor()
    with monkeypatch.context() as without:
        without.setattr(threading.Thread, "start", _no_thread)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            await executor(lambda: 1)
    assert await asyncio.wait_for(executor(lambda: 2), SECONDS) == 2
    assert executor.close(SECONDS)


def _no_thread(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")
