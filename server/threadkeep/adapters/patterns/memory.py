"""How much memory another process of ours has, by what each system tells; apart, since each system has a way of its own."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

_QUERY: Final = 0x0400 | 0x0010
"""PROCESS_QUERY_INFORMATION and PROCESS_VM_READ."""


def resident_bytes(pid: int) -> int:
    """Bytes in memory; 0 for a process that is gone, and where it cannot be told."""
    if sys.platform == "win32":
        return by_windows(pid)
    try:
        return _page_bytes() * int(Path(f"/proc/{pid}/statm").read_bytes().split()[1])
    except (OSError, IndexError, ValueError):
        return 0 if Path("/proc/self/statm").exists() else by_ps(pid)


def by_ps(pid: int) -> int:
    """As the program `ps` tells it, which macOS and the BSDs have; takes some milliseconds."""
    try:
        told = subprocess.run(  # noqa: S603 - a number
            ["/bin/ps", "-o", "rss=", "-p", str(pid)], capture_output=True, timeout=5, check=False
        )
        return 1024 * int(told.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def by_windows(pid: int, *, kernel32: Any = None) -> int:
    """As Windows tells it."""
    import ctypes

    class Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS."""

        _fields_ = (
            ("size", ctypes.c_uint32),
            ("faults", ctypes.c_uint32),
            *((name, ctypes.c_size_t) for name in ("most", "resident", "a", "b", "c", "d", "e", "f")),
        )

    if kernel32 is None:
        kernel32 = getattr(ctypes, "windll").kernel32  # noqa: B009 - the stubs of other systems do not know it
        kernel32.OpenProcess.restype = ctypes.c_void_p
        kernel32.CloseHandle.argtypes = (ctypes.c_void_p,)
        kernel32.K32GetProcessMemoryInfo.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)
    handle = kernel32.OpenProcess(_QUERY, False, pid)
    if not handle:
        return 0
    counters = Counters(size=ctypes.sizeof(Counters))
    try:
        is_reported = kernel32.K32GetProcessMemoryInfo(handle, ctypes.byref(counters), counters.size)
    finally:
        kernel32.CloseHandle(handle)
    return int(counters.resident) if is_reported else 0


def _page_bytes() -> int:
    import resource

    return resource.getpagesize()
