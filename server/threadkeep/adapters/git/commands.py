"""The one command of `git` that is ever run, which program that is, and where nothing of the repository can make it run more; apart, since only here anything is started."""

import asyncio
import ntpath
import os
import posixpath
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from threadkeep.adapters.git.files import is_file
from threadkeep.domain.programs import is_absolute, on_search_path, variable

_APPLE_SHIM: Final = "/usr/bin/git"
"""It only offers to install one, in a window, where Apple's tools are not there."""
_APPLE_TOOLS: Final = (
    "/Library/Developer/CommandLineTools/usr/bin/git",
    "/Applications/Xcode.app/Contents/Developer/usr/bin/git",
)
_USUAL_APPLE: Final = ("/opt/homebrew/bin", "/usr/local/bin", "/opt/local/bin", "/run/current-system/sw/bin")
"""An editor that no terminal started knows a shorter search path than people do."""
_USUAL_WINDOWS: Final = (
    ("ProgramFiles", r"Git\cmd"),
    ("ProgramW6432", r"Git\cmd"),
    ("ProgramFiles(x86)", r"Git\cmd"),
    ("LOCALAPPDATA", r"Programs\Git\cmd"),
    ("USERPROFILE", r"scoop\shims"),
)

SECONDS = 10.0
"""How long `git` may take; most histories take it less than one."""
KILL_SECONDS = 2.0
"""How long one that was killed is waited for."""
MAX_ROOTS = 1_000
"""First commits of one history that are looked at; histories that were joined have several."""
_NOT_STARTED = (126, 127)
"""How a stand-in ends that finds no `git` to start."""
_OPTIONS = (
    "--no-pager",
    "--no-replace-objects",
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "protocol.allow=never",
    "-c",
    "safe.bareRepository=explicit",
    # a container's or a share's repository belongs to another user, and all that could be run is off
    "-c",
    "safe.directory=*",
)


def git_programs(
    environ: Mapping[str, str],
    *,
    platform: str,
    outside: str | None = None,
    is_there: Callable[[str], bool] = lambda path: is_file(Path(path)),
    real: Callable[[str], str] = os.path.realpath,
) -> list[str]:
    """Every `git` that is there, the search path's first; absolute paths.

    Never one of the current folder, never a batch file, and never what only offers to install one.
    platform: as `sys.platform`. outside: a canonical folder that is not trusted, of which none is taken, also by
    way of a link; one that the home lies in holds the user's own programs.
    """
    windows = platform == "win32"
    home = variable(environ, "USERPROFILE" if windows else "HOME", windows=windows)
    if outside is not None and _is_in(home, outside, windows=windows):
        outside = None
    found: dict[str, None] = {}
    for git in _places(environ, platform):
        tools = _APPLE_TOOLS if platform == "darwin" and git == _APPLE_SHIM else (git,)
        for tool in filter(is_there, tools):
            ways = () if outside is None else (tool, real(tool))
            if not any(_is_in(way, outside or "", windows=windows) for way in ways):
                found[tool] = None
    return list(found)


def _places(environ: Mapping[str, str], platform: str) -> Iterator[str]:
    if platform != "win32":
        yield from on_search_path("git", environ, platform=platform)
        usual = _USUAL_APPLE if platform == "darwin" else ()
        yield from (posixpath.join(folder, "git") for folder in usual)
        return
    yield from on_search_path("git.exe", environ, platform=platform)
    for name, folder in _USUAL_WINDOWS:
        base = variable(environ, name, windows=True)
        if is_absolute(base, windows=True):
            yield ntpath.join(base, folder, "git.exe")


def _is_in(path: str, folder: str, *, windows: bool) -> bool:
    """Whether a path is a folder or lies in it; neither is looked at."""
    flavour = ntpath if windows else posixpath
    inner, outer = (flavour.normcase(flavour.normpath(each)) for each in (path, folder))
    return bool(path) and (inner == outer or inner.startswith(flavour.join(outer, "")))


async def first_commit(
    root: str,
    *,
    environ: Mapping[str, str],
    git_dir: str | None = None,
    has_head: bool = True,
    seconds: float = SECONDS,
) -> str | None:
    """The oldest commit without parents that HEAD leads to; None for whatever `git` refuses.

    git_dir: of the repository, which `git` then takes for granted, whoever owns it. has_head: False for one
    without a HEAD of its own; then it is that which its branches lead to.

    Raises TimeoutError; `git` is killed then, and when this is cancelled.
    """
    arguments = (
        *("-C", root, *_OPTIONS, *((f"--git-dir={git_dir}",) if git_dir else ())),
        *("rev-list", "--max-parents=0", f"--max-count={MAX_ROOTS}"),
        *(("HEAD",) if has_head else ("--branches", "--remotes")),
        "--",
    )
    for git in git_programs(environ, platform=sys.platform, outside=root):
        ended = await _run(git, arguments, environ=environ, seconds=seconds)
        if ended is None or ended[0] in _NOT_STARTED:
            continue  # what stands first on the search path need not be the one that works
        commits = ended[1].decode("ascii", "replace").split()
        is_answer = ended[0] == 0 and commits
        return commits[-1] if is_answer and re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commits[-1]) else None
    return None


async def _run(
    git: str, arguments: Sequence[str], *, environ: Mapping[str, str], seconds: float
) -> tuple[int | None, bytes] | None:
    """(exit status, what it wrote); None for what cannot be started. Raises TimeoutError."""
    try:
        process = await asyncio.create_subprocess_exec(
            git,
            *arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=safe_environment(environ),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, ValueError, NotImplementedError):  # the last: an event loop that starts no processes
        return None
    try:
        async with asyncio.timeout(seconds):
            written, _ = await process.communicate()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            with suppress(TimeoutError):  # one that a share holds fast dies when the share is back
                await asyncio.wait_for(process.wait(), KILL_SECONDS)
    return process.returncode, written


def safe_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What `git` is told: where programs are, and to heed no settings but those of the repository.

    No setting can make it run a program, reach another computer or ask a person something.
    """
    kept = {name: environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP", "TMP") if name in environ}
    return {
        **kept,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
