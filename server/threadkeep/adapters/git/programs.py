"""Where `git` is: on the search path, or where its installers put it."""

import ntpath
import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
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
