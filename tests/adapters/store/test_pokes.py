import os
import select
import selectors
import sys
from pathlib import Path

import pytest

from threadkeep.adapters.store.engine import processes as module
from threadkeep.adapters.store.engine.processes import Wakeups, wakes_at_writes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes of this kind")


def is_readable(pokes: Wakeups) -> bool:
    assert pokes.descriptor is not None
    return bool(select.select([pokes.descriptor], [], [], 1)[0])


def test_who_writes_wakes_the_others_and_not_itself(tmp_path: Path) -> None:
    left, right = Wakeups(tmp_path, "left"), Wakeups(tmp_path, "right")
    left.wake()
    assert is_readable(right)
    right.drain()
    assert not select.select([left.descriptor, right.descriptor], [], [], 0)[0]
    left.close()
    right.close()


def test_a_pipe_of_a_dead_process_stops_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "dead.pipe")
    left, right = Wakeups(tmp_path, "left"), Wakeups(tmp_path, "right")
    left.wake()
    assert is_readable(right)
    left.close()
    right.close()


def test_a_full_pipe_blocks_nobody(tmp_path: Path) -> None:
    left, right = Wakeups(tmp_path, "left"), Wakeups(tmp_path, "right")
    for _ in range(70_000):
        left.wake()
    assert is_readable(right)
    left.close()
    right.close()


def test_without_pipes_nobody_is_told_and_nothing_fails(tmp_path: Path) -> None:
    nowhere = Wakeups(tmp_path / "missing", "left")
    assert nowhere.descriptor is None
    nowhere.wake()
    nowhere.drain()
    nowhere.close()


class DeafSelector(selectors.SelectSelector):
    """As of a system that never tells of a pipe which is open for both directions."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return []


class EagerSelector(selectors.SelectSelector):
    """As of a system on which such a pipe is always readable."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return [(key, selectors.EVENT_READ) for key in self.get_map().values()]


class RefusingSelector(selectors.SelectSelector):
    """As of a system that cannot wait for pipes at all."""

    def register(self, fileobj: object, events: int, data: object = None) -> selectors.SelectorKey:
        raise PermissionError


SELECTORS = {
    each: getattr(selectors, each)
    for each in ("SelectSelector", "PollSelector", "EpollSelector", "KqueueSelector", "DevpollSelector")
    if hasattr(selectors, each)
}


@pytest.mark.parametrize("selector", SELECTORS.values(), ids=SELECTORS)
def test_a_pipe_that_wakes_is_empty_again_after_it_was_tried(selector: type, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x")
    pipe = os.open(tmp_path / "x", os.O_RDWR | os.O_NONBLOCK)
    assert wakes_at_writes(pipe, selector=selector)
    with pytest.raises(BlockingIOError):
        os.read(pipe, 1)
    os.close(pipe)


@pytest.mark.parametrize("selector", [DeafSelector, EagerSelector, RefusingSelector])
def test_where_waiting_for_the_pipe_does_not_work_there_is_none_and_it_is_looked_instead(
    selector: type, tmp_path: Path
) -> None:
    deaf = Wakeups(tmp_path, "deaf", wakes=lambda pipe: wakes_at_writes(pipe, selector=selector))
    assert deaf.descriptor is None
    assert list(tmp_path.iterdir()) == []
    deaf.wake()
    deaf.keep()
    deaf.drain()
    deaf.close()


def test_a_pipe_is_tried_each_time_that_it_is_made(tmp_path: Path) -> None:
    tried: list[int] = []

    def wakes(pipe: int) -> bool:
        tried.append(pipe)
        return len(tried) == 1

    pokes = Wakeups(tmp_path, "left", wakes=wakes)
    assert pokes.descriptor == tried[0]
    (tmp_path / "left.pipe").unlink()
    pokes.keep()
    assert (len(tried), pokes.descriptor) == (2, None)
    pokes.close()


def test_a_pipe_of_a_system_without_them_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(module.os, "mkfifo")
    assert Wakeups(tmp_path, "left").descriptor is None
