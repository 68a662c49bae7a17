"""Where a path that an agent names lies: inside the workspace or not; apart from the rules since it knows none of them.

A path is inside only if every way to read it is. What cannot be told is outside.
"""

import fnmatch
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

from threadkeep.domain.paths import flavour, name_trouble
from threadkeep.values import Value

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")
_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_METADATA: Final = frozenset((".git", ".hg", ".jj", ".svn", "git~1"))


class PathRules(Value):
    """How this computer reads paths."""

    platform: str
    """As `sys.platform`."""
    resolve: Callable[[str], str | None]
    """The absolute path where all links of an absolute path lead to, or None if nobody knows; it may raise OSError
    and ValueError. What does not exist is where it would come to lie."""
    key: Callable[[str], str]
    """Equal for two resolved paths that are the same file, as `paths.path_key`."""
    home: str | None = None
    """The user's home, which `~/` in a rule means."""


class LocatedPath(Value):
    """An absolute path, and its names below the workspace folder that it lies in."""

    path: str
    """With all links resolved."""
    below: tuple[str, ...] | None
    """The names as they are compared, none for the folder itself; None outside."""

    @property
    def is_metadata(self) -> bool:
        """Whether it lies where version control keeps what it runs, such as hooks: never a file like others."""
        return any(_is_metadata(name) for name in self.below or ())


def places(
    path: str, *, cwd: str | None, folders: Sequence[str], rules: PathRules
) -> tuple[LocatedPath, ...]:
    """Where a path or `file:` URI leads: by its links, and as it is written; nothing if that cannot be told.

    cwd: what a relative path begins at; an absolute path. Blocking.
    """
    absolute = _absolute(path, cwd=cwd, rules=rules)
    if absolute is None:
        return ()
    system = flavour(rules.platform)
    # `link/..` is one place to a system, and another to a program that shortens it before
    readings = dict.fromkeys((absolute, system.normpath(absolute)))
    resolved = [_resolved(each, rules) for each in readings]
    roots = [root for folder in folders if (root := _resolved(folder, rules)) is not None]
    found = tuple(
        LocatedPath(path=each, below=_below(each, roots, rules)) for each in resolved if each is not None
    )
    return found if len(found) == len(resolved) else ()


def _absolute(text: str, *, cwd: str | None, rules: PathRules) -> str | None:
    is_windows = rules.platform == "win32"
    try:
        path = _from_uri(text, is_windows=is_windows) if text[:5].lower() == "file:" else text
    except UnicodeEncodeError:  # half of a character
        return None
    if not path or "\0" in path or path[0] == "~" or _SCHEME.match(path):
        return None
    if not _is_absolute(path, is_windows=is_windows):
        if cwd is None or not _is_absolute(cwd, is_windows=is_windows) or "\0" in cwd:
            return None
        if path[0] in "/\\" or (is_windows and path[1:2] == ":"):  # begins where nobody knows
            return None
        path = flavour(rules.platform).join(cwd, path)
    if is_windows:
        names = re.split(r"[\\/]+", path[3:])
        if any(name_trouble(name, platform="win32") for name in names if name not in ("", ".", "..")):
            return None
    return path


def _is_absolute(path: str, *, is_windows: bool) -> bool:
    """Of this computer's own disks: what begins with two slashes may be another computer's."""
    if is_windows:
        return bool(_DRIVE.match(path))
    return path.startswith("/") and not path.startswith("//")


def _from_uri(uri: str, *, is_windows: bool) -> str | None:
    rest = uri[5:]
    if re.search(r"[?#\\]", rest) or _ESCAPE.search(rest):
        return None
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host.lower() not in ("", "localhost"):
            return None
        rest = slash + path
    path = unquote_to_bytes(rest).decode("utf-8", "surrogateescape")
    if is_windows and re.match(r"/[A-Za-z]:", path):
        return path[1:]
    return path if path.startswith("/") else None


def _resolved(path: str, rules: PathRules) -> str | None:
    try:
        found = rules.resolve(path)
    except (OSError, ValueError):
        return None
    return found if found is not None and flavour(rules.platform).isabs(found) else None


def _names(path: str, rules: PathRules) -> list[str]:
    """The names of an absolute path as they are compared; on Windows with the drive, or the share, first."""
    system = flavour(rules.platform)
    drive, rest = system.splitdrive(rules.key(path))
    return [drive, *(name for name in rest.split(system.sep) if name)]


def _below(path: str, roots: Sequence[str], rules: PathRules) -> tuple[str, ...] | None:
    names = _names(path, rules)
    for root in roots:
        outer = _names(root, rules)
        if names[: len(outer)] == outer:
            return tuple(names[len(outer) :])
    return None


def _is_metadata(name: str) -> bool:
    # what some file system takes for the same name: no case, marks that are not seen, dots and streams at the end
    seen = "".join(char for char in name if unicodedata.category(char) != "Cf")
    return seen.casefold().partition(":")[0].rstrip(". ") in _METADATA


class PathGlob:
    """A glob over the names of a path: `**` any number of names, `*`, `?` and `[…]` within one.

    It is relative to a workspace folder, or absolute: `/…`, `~/…`, `C:/…`.
    """

    def __init__(self, text: str, rules: PathRules) -> None:
        is_windows = rules.platform == "win32"
        text = text.replace("\\", "/") if is_windows else text
        if text.startswith("~/"):  # of an unknown home: what no path is like
            text = (rules.home or "\0").rstrip("/\\") + text[1:]
            text = text.replace("\\", "/") if is_windows else text
        self._is_absolute = text.startswith("/") or bool(_DRIVE.match(text))
        parts = [part for part in text.split("/") if part not in ("", ".")]
        self._parts = [part if part == "**" else rules.key(part) for part in parts]
        self._rules = rules

    def matches(self, place: LocatedPath) -> bool:
        """Whether the place lies where the glob says."""
        if not self._is_absolute:
            return place.below is not None and _fits(place.below, self._parts)
        names = [name for name in _names(place.path, self._rules) if name]
        return any(_fits(names, parts) for parts in self._absolute_parts())

    def names_metadata(self) -> bool:
        """Whether it says itself that the files of version control are meant."""
        return any(_is_metadata(part) for part in self._parts)

    def _absolute_parts(self) -> Iterator[list[str]]:
        """The parts as they are written, and with the links of the folder that they begin with resolved."""
        yield self._parts
        plain = next(
            (at for at, part in enumerate(self._parts) if re.search(r"[*?\[]", part)), len(self._parts)
        )
        folder = "/".join(self._parts[:plain])
        folder = folder if self._rules.platform == "win32" else f"/{folder}"
        resolved = _resolved(folder, self._rules) if plain else None
        if resolved is not None:
            yield [*(name for name in _names(resolved, self._rules) if name), *self._parts[plain:]]


def _fits(names: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether the names are what the parts say; in a time of names by parts."""
    reached = {0}
    for part in parts:
        if part == "**":
            reached = set(range(min(reached), len(names) + 1)) if reached else set()
        else:
            pattern = re.compile(fnmatch.translate(part))
            reached = {at + 1 for at in reached if at < len(names) and pattern.match(names[at])}
    return len(names) in reached


def glob_trouble(text: str) -> str | None:
    """Why nothing can be meant by a glob over paths: a clause for people. None for one that can."""
    if ".." in re.split(r"[/\\]", text):
        return "leads upwards with `..`"
    if text[0] == "~" and text[1:2] not in ("", "/"):
        return "begins with ~ and a name: only ~/ is understood, for your own home"
    return None
