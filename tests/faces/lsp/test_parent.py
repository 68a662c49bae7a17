"""Watching the parent, by the kernel's word, by asking, and as on Windows."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.wire import python
from threadkeep.faces.lsp import parent


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(python("-c", "import time; time.sleep(60)"))
    yield running
    running.kill()
    running.wait(10)


def refused(pid: int) -> int:
    raise PermissionError(pid)


WAYS: list[dict[str, Any]] = [{}, {"open_pidfd": None}, {"open_pidfd": refused}]


@pytest.mark.parametrize("way", WAYS)
async def test_the_death_is_told_once(way: dict[str, Any], process: subprocess.Popen[bytes]) -> None:
    told: list[int] = []
    died = asyncio.Event()

    def on_death() -> None:
        told.append(1)
        died.set()

    stop = parent.watch(process.pid, on_death, interval=0.01, **way)
    await asyncio.sleep(0.05)
    assert told == []
    process.kill()
    await asyncio.to_thread(process.wait, 10)  # without it, asking finds the dead process until it is reaped
    async with asyncio.timeout(10):
        await died.wait()
    await asyncio.sleep(0.05)
    assert told == [1]
    stop()
    stop()


@pytest.mark.parametrize("way", WAYS)
async def test_after_stopping_nothing_is_told(way: dict[str, Any], process: subprocess.Popen[bytes]) -> None:
    told: list[int] = []
    stop = parent.watch(process.pid, lambda: told.append(1), interval=0.01, **way)
    stop()
    process.kill()
    await asyncio.to_thread(process.wait, 10)
    await asyncio.sleep(0.05)
    assert told == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "pid", [None, 0, -1, -(2**70), 2**22 + 1, 2**31 - 1, 2**32 - 1, 2**31, 2**70], ids=str
)
async def test_one_that_is_unknown_at_the_start_is_ignored(
    way: dict[str, Any], pid: int | None, process: subprocess.Popen[bytes]
) -> None:
    if pid is None:  # of a container's other side, or gone already: nobody can tell
        process.kill()
        process.wait(10)
        pid = process.pid
    told: list[int] = []
    stop = parent.watch(pid, lambda: told.append(1), interval=0.01, **way)
    await asyncio.sleep(0.05)
    assert told == []
    stop()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only the kernel tells it")
async def test_one_that_has_ended_but_was_not_reaped_is_ignored(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    await asyncio.to_thread(os.waitid, os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    told: list[int] = []
    parent.watch(process.pid, lambda: told.append(1))
    await asyncio.sleep(0.05)
    assert told == []


@pytest.mark.parametrize("way", WAYS)
async def test_our_own_number_is_no_parent(way: dict[str, Any]) -> None:
    told: list[int] = []
    asked: list[int] = []

    def probe(pid: int) -> parent.Probe:
        asked.append(pid)
        return lambda: False

    parent.watch(os.getpid(), lambda: told.append(1), interval=0.01, probe=probe, **way)
    await asyncio.sleep(0.05)
    assert (told, asked) == ([], [])


async def test_one_of_another_user_is_watched() -> None:
    answers = iter([True, True, False])
    died = asyncio.Event()
    parent.watch(4242, died.set, open_pidfd=refused, probe=lambda pid: lambda: next(answers), interval=0.01)
    async with asyncio.timeout(10):
        await died.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="signal 0 ends a process there")
def test_asking_knows_our_own_parent_and_others() -> None:
    assert parent.posix_probe(os.getppid())()
    assert parent.posix_probe(os.getpid())()
    assert parent.posix_probe(1)()  # another user's, as a rule
    assert not parent.posix_probe(2**31 - 1)()
    assert not parent.posix_probe(2**40)()


class FakeKernel32:
    """Knows one process."""

    def __init__(self, *, pid: int, error: int = 87) -> None:
        self.pid = pid
        self.error = error
        self.is_running = True

    def OpenProcess(self, access: int, inherit: bool, pid: int) -> int:  # noqa: N802 - Windows' name
        assert access == 0x00100000
        return 7 if pid == self.pid else 0

    def GetLastError(self) -> int:  # noqa: N802
        return self.error

    def WaitForSingleObject(self, handle: int, milliseconds: int) -> int:  # noqa: N802
        assert (handle, milliseconds) == (7, 0)
        return 258 if self.is_running else 0


def test_windows_is_asked_through_a_handle() -> None:
    kernel32 = FakeKernel32(pid=42)
    is_alive = parent.windows_probe(42, kernel32=kernel32)
    assert is_alive()
    kernel32.is_running = False
    assert not is_alive()


def test_a_process_that_windows_does_not_know_is_dead() -> None:
    assert not parent.windows_probe(41, kernel32=FakeKernel32(pid=42))()


def test_a_process_that_windows_does_not_let_us_watch_is_alive() -> None:
    assert parent.windows_probe(41, kernel32=FakeKernel32(pid=42, error=5))()
