"""Takes stdin and stdout for the wire alone, so that a stray `print` or a child process cannot touch it."""

import os
import signal
import sys
import threading
from typing import Any

from threadkeep.values import Value

STDIN, STDOUT, STDERR = 0, 1, 2


class Stdio(Value):
    """How far a client and this process have come when the peer takes over."""

    reading: int
    """The descriptor that the client writes to."""
    writing: int
    """The descriptor that the client reads from."""
    begun: bytes = b""
    """Everything read so far: the peer deals with it as if it had read it itself."""
    is_answered: bool = False
    """The first message is answered already."""


def take_stdio() -> tuple[int, int]:
    """Own descriptors of what were stdin and stdout, in binary mode and not inherited by child processes.

    From now on descriptor 0 is empty and descriptor 1 is stderr, here and in every child.
    """
    reading, writing = os.dup(STDIN), os.dup(STDOUT)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(reading, os.O_BINARY)
        msvcrt.setmode(writing, os.O_BINARY)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, STDIN)
    try:
        os.dup2(STDERR, STDOUT)
    except OSError:  # started without a stderr
        os.dup2(nothing, STDOUT)
    if nothing > STDERR:
        os.close(nothing)
    return reading, writing


def stop_signals() -> dict[int, Any]:
    """The signals that ask this process to end, with their handlers; none where they cannot be changed."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    known = [getattr(signal, name, None) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")]
    handlers = {number: signal.getsignal(number) for number in known if number is not None}
    return {number: handler for number, handler in handlers.items() if handler != signal.SIG_IGN}
