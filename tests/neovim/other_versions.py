"""Neovims of other versions than that of the development requirements: Debian's, unpacked beside the system."""

import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RECIPE = Path(__file__).with_name("debian.sh")

RELEASES = {"oldest": ("trixie", (0, 10), (0, 11)), "newest": ("forky", (0, 12), (1, 0))}
"""The release of Debian that has a version, the least that it may be, and what it is below."""

needs_debian = pytest.mark.skipif(
    not shutil.which("apt-get") or platform.machine() != "x86_64",
    reason="other Neovims are unpacked from Debian's packages",
)


def unpacked(which: str) -> str:
    """The oldest or the newest program; unpacked once into the user's cache folder, which others may use at the same time."""
    release, least, below = RELEASES[which]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "threadkeep-tests"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"nvim-{release}"
    program = folder / "usr" / "bin" / "nvim"
    with (cache / f"nvim-{release}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            done = subprocess.run(
                ["bash", str(RECIPE), release, str(folder), "neovim"],
                env={**os.environ, "PATH": tools},
                capture_output=True,
                text=True,
                timeout=170,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            (folder / "complete").touch()
    told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=True)
    found = re.match(r"NVIM v(\d+)\.(\d+)\.", told.stdout)
    assert found, told.stdout
    assert least <= (int(found[1]), int(found[2])) < below, told.stdout
    return str(program)


def runtime_files(program: str) -> str:
    """Where the runtime files of an unpacked program lie: what $VIMRUNTIME is to say."""
    return str(Path(program).parents[1] / "share" / "nvim" / "runtime")
