"""Tells when the process that started the server is gone, be it killed without a word."""

import asyncio
import contextlib
import functools
import logging
import os
import select
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

POLL_SECONDS = 1.0
MOST_ANCESTORS: Final = 64
"""No chain of starters is longer; one that seems to be goes in a circle."""

_SYNCHRONIZE = 0x00100000
_ERROR_ACCESS_DENIED = 5
_WAIT_TIMEOUT = 258
_HIGHEST = 2**31 - 1
"""No system numbers a process higher."""

logger = logging.getLogger(__name__)

OpenPidfd = Callable[[int], int]
_PHASE = os.getpid() % 997 / 997
Probe = Callable[[], bool]
"""Tells whether the process still runs."""
Above = Callable[[], Collection[int] | None]
"""Tells which processes are above this one; None where nobody knows."""


_OPEN_PIDFD: OpenPidfd | None = getattr(os, "pidfd_open", None)


def ancestors(*, proc: Path = Path("/proc"), own: int | None = None) -> Collection[int] | None:
    """The processes above this one; None where the system does not tell (only Linux has such a folder)."""
    found: list[int] = []
    pid = os.getpid() if own is None else own
    try:
        while pid > 1 and len(found) < MOST_ANCESTORS:
            # the name of a program stands in parentheses and may hold anything, closing ones too
            pid = int((proc / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[1])
            found.append(pid)
    except (OSError, ValueError, IndexError):
        return None
    return found


def watch(
    pid: int,
    on_death: Callable[[], None],
    *,
    open_pidfd: OpenPidfd | None = _OPEN_PIDFD,
    probe: Callable[[int], Probe | None] | None = None,
    interval: float = POLL_SECONDS,
    above: Above = ancestors,
) -> Callable[[], None]:
    """Calls `on_death` once, on the running loop, when process `pid` has ended; gives a way to stop watching.

    A number that is no process here *now* is not watched: it is one of a container's or another machine's other
    side, or of an editor that was gone before we looked, and the end of the input tells of both. Nor is one that
    is a process here, but not one that started us, even through others: through `docker exec`, `wsl` or `ssh` the
    client's number comes from another machine, and means somebody else on this one. The kernel tells where it
    can (`open_pidfd`), else `probe` is asked each `interval` seconds.
    """
    if not 0 < pid <= _HIGHEST or pid == os.getpid() or _is_somebody_else(pid, above()):
        return _not_watched(pid)
    loop = asyncio.get_running_loop()
    if open_pidfd is not None:
        try:
            descriptor = open_pidfd(pid)
        except ProcessLookupError:
            return _not_watched(pid)
        except (OSError, ValueError, OverflowError):
            pass  # an old kernel or a sandbox: ask instead
        else:
            if _has_ended(descriptor):
                os.close(descriptor)
                return _not_watched(pid)
            return _wait_for(descriptor, on_death, loop)
    is_alive = (probe or (windows_probe if sys.platform == "win32" else posix_probe))(pid)
    if is_alive is None or not is_alive():
        return _not_watched(pid, is_refused=is_alive is None)
    task = loop.create_task(_poll(is_alive, on_death, interval))
    return functools.partial(_cancel, task)


def _is_somebody_else(pid: int, starters: Collection[int] | None) -> bool:
    return starters is not None and pid not in starters


def _not_watched(pid: int, *, is_refused: bool = False) -> Callable[[], None]:
    why = (
        f"Process {pid} is elevated, it seems, and may not be watched"
        if is_refused
        else f"No process {pid} has started this one"
    )
    logger.info("%s: the end of the input tells when the client is gone.", why)
    return lambda: None


def _has_ended(descriptor: int) -> bool:
    """Whether it is one that ended and whose parent has not asked for it yet."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def posix_probe(pid: int) -> Probe:
    """Asks with signal 0; of our own parent we know better, even if its number is given to another process."""
    if pid == os.getppid():
        return lambda: os.getppid() == pid

    def is_alive() -> bool:
        try:
            os.kill(pid, 0)
        except PermissionError:
            return True
        except (OSError, OverflowError):
            return False
        return True

    return is_alive


def windows_probe(pid: int) -> Probe | None:
    """Keeps a handle, so that the number cannot pass to another process, and asks without waiting.

    None where the process is there, and the system does not let us watch it.
    """
    import ctypes

    # Python calls the system between our call and our question why it failed: the reason is kept only on request
    windows: Any = vars(ctypes)
    kernel32 = windows["WinDLL"]("kernel32", use_last_error=True)
    kernel32.OpenProcess.argtypes = (ctypes.c_uint32, ctypes.c_int, ctypes.c_uint32)
    kernel32.OpenProcess.restype = ctypes.c_void_p
    kernel32.WaitForSingleObject.argtypes = (ctypes.c_void_p, ctypes.c_uint32)
    kernel32.WaitForSingleObject.restype = ctypes.c_uint32
    handle = kernel32.OpenProcess(_SYNCHRONIZE, False, pid)
    if not handle:
        return None if windows["get_last_error"]() == _ERROR_ACCESS_DENIED else _is_not_there
    return lambda: kernel32.WaitForSingleObject(handle, 0) == _WAIT_TIMEOUT


def _is_not_there() -> bool:
    return False


def _wait_for(
    descriptor: int, on_death: Callable[[], None], loop: asyncio.AbstractEventLoop
) -> Callable[[], None]:
    is_open = True

    def stop() -> None:
        nonlocal is_open
        if is_open:
            is_open = False
            loop.remove_reader(descriptor)
            os.close(descriptor)

    def died() -> None:
        stop()
        on_death()

    loop.add_reader(descriptor, died)
    return stop


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()


async def _poll(is_alive: Probe, on_death: Callable[[], None], interval: float) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        while is_alive():  # noqa: ASYNC110 - what is asked is outside this process
            await asyncio.sleep(until_beat(interval))
        on_death()


def until_beat(interval: float) -> float:
    """Seconds to the next of the moments, `interval` apart, at which all that looks around in this process does so:
    it wakes once for all of it. Processes differ."""
    left = interval - (asyncio.get_running_loop().time() + _PHASE) % interval
    return left if left > interval / 100 else left + interval  # a timer may go off a little early
