"""Tells when the process that started the server is gone, be it killed without a word."""

import asyncio
import contextlib
import functools
import logging
import os
import select
import sys
from collections.abc import Callable
from typing import Any

POLL_SECONDS = 1.0

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


_OPEN_PIDFD: OpenPidfd | None = getattr(os, "pidfd_open", None)


def watch(
    pid: int,
    on_death: Callable[[], None],
    *,
    open_pidfd: OpenPidfd | None = _OPEN_PIDFD,
    probe: Callable[[int], Probe] | None = None,
    interval: float = POLL_SECONDS,
) -> Callable[[], None]:
    """Calls `on_death` once, on the running loop, when process `pid` has ended; gives a way to stop watching.

    A number that is no process here *now* is not watched: it is one of a container's or another machine's other
    side, or of an editor that was gone before we looked, and the end of the input tells of both. The kernel
    tells where it can (`open_pidfd`), else `probe` is asked each `interval` seconds.
    """
    if not 0 < pid <= _HIGHEST or pid == os.getpid():
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
    if not is_alive():
        return _not_watched(pid)
    task = loop.create_task(_poll(is_alive, on_death, interval))
    return functools.partial(_cancel, task)


def _not_watched(pid: int) -> Callable[[], None]:
    logger.info("No process %s is here: the end of the input tells when the client is gone.", pid)
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


def windows_probe(pid: int, *, kernel32: Any = None) -> Probe:
    """Keeps a handle, so that the number cannot pass to another process, and asks without waiting."""
    kernel32 = kernel32 or _kernel32()
    handle = kernel32.OpenProcess(_SYNCHRONIZE, False, pid)
    if not handle:
        is_there = kernel32.GetLastError() == _ERROR_ACCESS_DENIED
        return lambda: is_there
    return lambda: kernel32.WaitForSingleObject(handle, 0) == _WAIT_TIMEOUT


def _kernel32() -> Any:
    import ctypes

    kernel32 = getattr(ctypes, "windll").kernel32  # noqa: B009 - the stubs of other systems do not know it
    kernel32.OpenProcess.restype = ctypes.c_void_p
    kernel32.WaitForSingleObject.argtypes = (ctypes.c_void_p, ctypes.c_uint32)
    return kernel32


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
