"""A process that may open nothing more."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

FURTHER = 4
"""How many are left before they are used up, so that little has to be opened for it."""


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Inside, this process can open no file and make no connection. Not for Windows."""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/dev/fd"))  # noqa: PTH208 - names are enough
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + FURTHER, limit[1]))
    held = []
    try:
        try:
            while True:
                held.append(os.dup(0))
        except OSError as error:
            assert error.errno == errno.EMFILE  # noqa: PT017 - it ends in no other way
        yield
    finally:
        for each in held:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)
