"""Memory of large documents, which is to go back to the system as soon as it is free. Used for messages alone."""

import functools
import sys
from typing import Final

LARGE: Final = 1024 * 1024
"""Characters of a document, and bytes of a block of memory."""

_M_MMAP_THRESHOLD: Final = -3


@functools.cache
def keep_apart() -> None:
    """From now on each large block gets a mapping of its own from the C library, as far as it can be told so.

    glibc begins like that, but stops with the first large block that is freed: then those of the threads that read
    would stay with the process for good.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes  # seldom needed, and almost a megabyte

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # musl has none, and needs none
        mallopt(_M_MMAP_THRESHOLD, LARGE)
