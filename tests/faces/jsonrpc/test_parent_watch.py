"""Watching the parent, by the kernel's word, by asking, and as on Windows."""

import asyncio
import ctypes
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.wire import python
from threadkeep.faces.jsonrpc import parent_watch
from threadkeep.faces.jsonrpc.parent_watch import ancestors


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(python("-c", "import time; time.sleep(60)"))
    yield running
    running.kill()
    running.wait(10)


def refused(pid: int) -> int:
    raise PermissionError(pid)


def nobody_knows() -> None:
    """Which processes are above this one: so these tests may watch processes of their own."""


WAYS: list[dict[str, Any]] = [
    {"above": nobody_knows},
    {"above": nobody_knows, "open_pidfd": None},
    {"above": nobody_knows, "open_pidfd": refused},
]


@pytest.mark.medium
@pytest.mark.parametrize("way", WAYS)
async def test_the_death_is_told_once(way: dict[str, Any], process: subprocess.Popen[bytes]) -> None:
    told: list[int] = []
    died = asyncio.Event()

    def on_death() -> None:
        told.append(1)
        died.set()

    stop = parent_watch.watch(process.pid, on_death, interval=0.01, **way)
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


@pytest.mark.medium
@pytest.mark.parametrize("way", WAYS)
async def test_after_stopping_nothing_is_told(way: dict[str, Any], process: subprocess.Popen[bytes]) -> None:
    told: list[int] = []
    stop = parent_watch.watch(process.pid, lambda: told.append(1), interval=0.01, **way)
    stop()
    process.kill()
    await asyncio.to_thread(process.wait, 10)
    await asyncio.sleep(0.05)
    assert told == []


@pytest.mark.medium
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
    stop = parent_watch.watch(pid, lambda: told.append(1), interval=0.01, **way)
    await asyncio.sleep(0.05)
    assert told == []
    stop()


@pytest.mark.medium
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only the kernel tells it")
async def test_one_that_has_ended_but_was_not_reaped_is_ignored(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    await asyncio.to_thread(os.waitid, os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    told: list[int] = []
    parent_watch.watch(process.pid, lambda: told.append(1), above=nobody_knows)
    await asyncio.sleep(0.05)
    assert told == []


@pytest.mark.parametrize("way", WAYS)
async def test_our_own_number_is_no_parent(way: dict[str, Any]) -> None:
    told: list[int] = []
    asked: list[int] = []

    def probe(pid: int) -> parent_watch.Probe:
        asked.append(pid)
        return lambda: False

    parent_watch.watch(os.getpid(), lambda: told.append(1), interval=0.01, probe=probe, **way)
    await asyncio.sleep(0.05)
    assert (told, asked) == ([], [])


async def test_one_of_another_user_is_watched() -> None:
    answers = iter([True, True, False])
    died = asyncio.Event()
    parent_watch.watch(
        4242,
        died.set,
        open_pidfd=refused,
        probe=lambda pid: lambda: next(answers),
        interval=0.01,
        above=nobody_knows,
    )
    async with asyncio.timeout(10):
        await died.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="signal 0 ends a process there")
def test_asking_knows_our_own_parent_and_others() -> None:
    assert parent_watch.posix_probe(os.getppid())()
    assert parent_watch.posix_probe(os.getpid())()
    assert parent_watch.posix_probe(1)()  # another user's, as a rule
    assert not parent_watch.posix_probe(2**31 - 1)()
    assert not parent_watch.posix_probe(2**40)()


class FunctionOfWindows:
    """As ctypes gives it: types can be declared, and calling it loses what the system said last."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call
        self.argtypes: tuple[Any, ...] | None = None
        self.restype: Any = ctypes.c_int

    def __call__(self, *arguments: Any) -> Any:
        assert self.argtypes is not None, "a handle has 64 bits, and is cut to 32 unless it is declared"
        assert len(arguments) == len(self.argtypes)
        return self._call(*arguments)


class Kernel32:
    """Knows one process, whose handle does not fit into 32 bits."""

    HANDLE = 2**40 + 7

    def __init__(self, *, pid: int, error: int = 87) -> None:
        self.pid, self.error = pid, error
        self.is_running = True
        self.last_error = 0
        self.OpenProcess = FunctionOfWindows(self._open)
        self.WaitForSingleObject = FunctionOfWindows(self._wait)

    def _open(self, access: int, inherit: bool, pid: int) -> int | None:
        assert (access, inherit) == (0x00100000, False)
        self.last_error = 0 if pid == self.pid else self.error
        return self.HANDLE if pid == self.pid else None

    def _wait(self, handle: int, milliseconds: int) -> int:
        assert (handle, milliseconds) == (self.HANDLE, 0)
        return 258 if self.is_running else 0


Windows = Callable[..., Kernel32]


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Windows:
    """Gives ctypes what it has on Windows, where the reason of a failure is kept only on request."""

    def play(**known: int) -> Kernel32:
        kernel32 = Kernel32(**known)

        def load(name: str, *, use_last_error: bool = False) -> Kernel32:
            assert name == "kernel32"
            assert use_last_error
            return kernel32

        monkeypatch.setattr(ctypes, "WinDLL", load, raising=False)
        monkeypatch.setattr(ctypes, "get_last_error", lambda: kernel32.last_error, raising=False)
        return kernel32

    return play


def test_windows_is_asked_through_a_handle(windows: Windows) -> None:
    kernel32 = windows(pid=42)
    is_alive = parent_watch.windows_probe(42)
    assert is_alive is not None
    assert is_alive()
    assert kernel32.OpenProcess.restype is ctypes.c_void_p
    kernel32.is_running = False
    assert not is_alive()


def test_a_process_that_windows_does_not_know_is_dead(windows: Windows) -> None:
    windows(pid=42)
    is_alive = parent_watch.windows_probe(41)
    assert is_alive is not None
    assert not is_alive()


async def test_an_elevated_editor_that_windows_does_not_let_us_watch_ends_nothing_and_is_in_the_log(
    windows: Windows, caplog: pytest.LogCaptureFixture
) -> None:
    windows(pid=42, error=5)
    told: list[int] = []
    caplog.set_level(logging.INFO)
    stop = parent_watch.watch(
        41,
        lambda: told.append(1),
        open_pidfd=None,
        probe=parent_watch.windows_probe,
        interval=0.01,
        above=nobody_knows,
    )
    assert len(asyncio.all_tasks()) == 1  # nothing is asked again and again for no answer
    stop()
    assert told == []
    assert (
        "Process 41 is elevated, it seems, and may not be watched: the end of the input tells" in caplog.text
    )


@pytest.mark.medium
@pytest.mark.parametrize("way", [{}, {"open_pidfd": None}])
async def test_the_number_of_somebody_else_on_this_machine_is_not_watched(
    way: dict[str, Any], process: subprocess.Popen[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    told: list[int] = []
    parent_watch.watch(process.pid, lambda: told.append(1), interval=0.01, above=lambda: [7, 1], **way)
    process.kill()
    await asyncio.to_thread(process.wait, 10)
    await asyncio.sleep(0.05)
    assert told == []
    assert f"No process {process.pid} has started this one" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it")
def test_linux_tells_who_started_this_process() -> None:
    above = ancestors()
    assert above is not None
    assert next(iter(above)) == os.getppid()


def stat_of(folder: Path, pid: int, parent_of_it: int, *, name: str = "sh") -> None:
    (folder / str(pid)).mkdir()
    (folder / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent_of_it} 1 1 0 -1 4194560\n")


def test_starters_are_read_one_after_another_whatever_they_are_called(tmp_path: Path) -> None:
    stat_of(tmp_path, 30, 20, name="a) S 99 (b")
    stat_of(tmp_path, 20, 10)
    stat_of(tmp_path, 10, 0)  # of outside a container, as with `docker exec`
    assert ancestors(proc=tmp_path, own=30) == [20, 10, 0]


def test_who_starts_one_another_in_a_circle_comes_to_an_end(tmp_path: Path) -> None:
    stat_of(tmp_path, 30, 20)
    stat_of(tmp_path, 20, 30)
    found = ancestors(proc=tmp_path, own=30)
    assert found is not None
    assert set(found) == {20, 30}


def test_where_the_system_does_not_tell_nobody_knows_the_starters(tmp_path: Path) -> None:
    assert ancestors(proc=tmp_path / "missing") is None
    stat_of(tmp_path, 30, 20)  # the next one is another user's, and hidden
    assert ancestors(proc=tmp_path, own=30) is None
