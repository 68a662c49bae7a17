"""The one command of `git` that is ever run, where nothing of the repository can make it run more."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from threadkeep.adapters.git.files import is_file

SECONDS = 10.0
"""How long `git` may take; most histories take it less than one."""

KILL_SECONDS = 2.0
"""How long one that was killed is waited for."""

MAX_ROOTS = 1_000
"""First commits of one history that are looked at; histories that were joined have several."""

_APPLE_SHIM = Path("/usr/bin/git")
_APPLE_TOOLS = (
    Path("/Library/Developer/CommandLineTools/usr/bin/git"),
    Path("/Applications/Xcode.app/Contents/Developer/usr/bin/git"),
)
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
)


async def first_commit(
    root: str, *, environ: Mapping[str, str], git_dir: str | None = None, seconds: float = SECONDS
) -> str | None:
    """The oldest commit without parents that HEAD leads to; None for whatever `git` refuses.

    git_dir: of a repository that has no HEAD of its own; then that which its branches lead to.

    Raises TimeoutError; `git` is killed then, and when this is cancelled.
    """
    git = found_git(environ.get("PATH", ""), platform=sys.platform)
    if git is None:
        return None
    try:
        process = await asyncio.create_subprocess_exec(
            *(str(git), "-C", root, *_OPTIONS, *((f"--git-dir={git_dir}",) if git_dir else ())),
            *("rev-list", "--max-parents=0", f"--max-count={MAX_ROOTS}"),
            *(("--branches", "--remotes") if git_dir else ("HEAD",)),
            "--",
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
    commits = written.decode("ascii", "replace").split()
    is_answer = process.returncode == 0 and commits
    return commits[-1] if is_answer and re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commits[-1]) else None


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


def found_git(search_path: str, *, platform: str, is_there: Callable[[Path], bool] = is_file) -> Path | None:
    """The `git` of the search path; neither one in the current folder, nor what only offers to install one."""
    name = "git.exe" if platform == "win32" else "git"
    for folder in search_path.split(os.pathsep):
        git = Path(folder) / name
        if not git.is_absolute() or not is_there(git):
            continue
        tools = _APPLE_TOOLS if platform == "darwin" and git == _APPLE_SHIM else (git,)
        if tool := next(filter(is_there, tools), None):
            return tool
    return None
