"""A file system that answers nobody, as a network share whose server is away, or that fails at once."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_NOSUID_NODEV = 2 | 4
_FORCE_DETACH = 1 | 2


@contextmanager
def hanging(folder: Path, *, fails: bool = False) -> Iterator[None]:
    """Within it whoever looks into the folder waits, or gets an error; skips the test where nothing may be
    mounted."""
    if not sys.platform.startswith("linux"):
        pytest.skip("needs FUSE")
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"needs FUSE: {error}")
    library = ctypes.CDLL(None, use_errno=True)
    options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
    mounted = library.mount(b"away", os.fsencode(folder), b"fuse", _NOSUID_NODEV, options.encode())
    if mounted != 0:
        os.close(device)
        pytest.skip(f"may not mount: {os.strerror(ctypes.get_errno())}")
    if fails:
        os.close(device)
    try:
        yield  # nobody reads the requests
    finally:
        library.umount2(os.fsencode(folder), _FORCE_DETACH)
        if not fails:
            os.close(device)
