"""Where a program's name leads on the search path, for both families of systems, without touching the disk."""

import ntpath
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

_PROGRAMS: Final = (".exe", ".com")
"""What Windows starts by itself."""
_BATCHES: Final = (".cmd", ".bat")
"""What Windows has the command interpreter read, which reads the arguments too."""
_PLAIN: Final = re.compile(r"[\w ./\\:=@+,~-]*")
"""What means nothing to the command interpreter."""


def on_search_path(name: str, environ: Mapping[str, str], *, platform: str) -> Iterator[str]:
    """The paths at which the search path may have the program, in its order; absolute.

    A part that is empty or relative means the current folder, which may be a stranger's repository: nothing is
    looked for there, also not on Windows, which by itself begins with it. platform: as `sys.platform`.
    """
    windows = platform == "win32"
    flavour = ntpath if windows else posixpath
    names = _names(name) if windows else (name,)
    for part in variable(environ, "PATH", windows=windows).split(";" if windows else ":"):
        folder = part.strip().strip('"') if windows else part
        if is_absolute(folder, windows=windows):
            yield from (flavour.join(folder, each) for each in names)


def variable(environ: Mapping[str, str], name: str, *, windows: bool) -> str:
    """A variable of the environment, whose names have no case on Windows (there it is `Path` as a rule)."""
    if name in environ or not windows:
        return environ.get(name, "")
    return next((value for each, value in environ.items() if each.upper() == name.upper()), "")


def is_absolute(path: str, *, windows: bool) -> bool:
    """Whether the path depends on no current folder and no current drive."""
    if not windows:
        return path.startswith("/")
    drive, rest = ntpath.splitdrive(path)
    return bool(drive) and (rest.startswith(("\\", "/")) or drive.startswith(("\\\\", "//")))


def is_batch(path: str) -> bool:
    """Whether Windows has the command interpreter read it."""
    return path.lower().rstrip(". ").endswith(_BATCHES)


def is_plain(argument: str) -> bool:
    """Whether a batch file gets the argument as it is: nothing in it is a command's, a variable's or a quote's."""
    return _PLAIN.fullmatch(argument) is not None and not argument.endswith("\\")


def _names(name: str) -> tuple[str, ...]:
    if name.lower().endswith((*_PROGRAMS, *_BATCHES)):
        return (name,)
    return tuple(name + end for end in (*_PROGRAMS, *_BATCHES))
