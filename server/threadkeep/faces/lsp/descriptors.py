"""Takes stdin and stdout for the wire alone, so that a stray `print` or a child process cannot touch it."""

import os
import sys

STDIN, STDOUT, STDERR = 0, 1, 2


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


def write_all(descriptor: int, data: bytes) -> None:
    """Writes everything, however long that takes; raises OSError if the other end is gone."""
    with memoryview(data) as view:
        done = 0
        while done < len(data):
            done += os.write(descriptor, view[done:])
