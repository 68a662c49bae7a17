"""Paths as each system compares and names them, without touching the disk. platform: as `sys.platform`."""

import ntpath
import posixpath
import re
import unicodedata
from types import ModuleType
from typing import Final
from urllib.parse import quote

MOST_IN_A_NAME: Final = 255
"""Bytes on Linux, UTF-16 code units on macOS and Windows."""
MOST_IN_A_PATH: Final = 259
"""On a Windows that has not switched long paths on."""
_DEVICES: Final = re.compile(
    r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE
)
_LONG: Final = re.compile(r"[\\/]{2}\?[\\/](?:(UNC)[\\/])?", re.IGNORECASE)
"""What begins a Windows path that is to be taken as it is."""
_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


def flavour(platform: str) -> ModuleType:
    """`ntpath` or `posixpath`."""
    return ntpath if platform == "win32" else posixpath


def plain(path: str, *, platform: str) -> str:
    """The path without what Windows has before one that is to be taken as it is (`\\\\?\\`)."""
    found = _LONG.match(path) if platform == "win32" else None
    if found is None:
        return path
    return ("\\\\" if found[1] else "") + path[found.end() :]


def path_key(path: str, *, platform: str) -> str:
    """Equal for two paths that the system takes for the same name: Windows has no case and two kinds of slashes,
    macOS neither case nor one way to compose an accent. Links and short names are not followed."""
    if platform == "win32":
        return ntpath.normcase(ntpath.normpath(plain(path, platform=platform)))
    normal = posixpath.normpath(path)
    return unicodedata.normalize("NFC", normal).casefold() if platform == "darwin" else normal


def below(folder: str, path: str, *, platform: str) -> str | None:
    """The names that lead from a folder to a path, with `/` between them and as the path writes them; `.` for the
    folder itself, None for a path elsewhere."""
    system = flavour(platform)
    outer, inner = (path_key(each, platform=platform) for each in (folder, path))
    if outer == inner:
        return "."
    outer = outer if outer.endswith(system.sep) else outer + system.sep
    if not inner.startswith(outer):
        return None
    count = inner[len(outer) :].count(system.sep) + 1
    names = system.normpath(plain(path, platform=platform)).split(system.sep)
    return "/".join(names[-count:])


def sqlite_uri(path: str, query: str, *, platform: str) -> str:
    """The URI by which SQLite opens an absolute path. It takes a computer's name between the slashes for a mistake,
    so that a share's path begins behind them."""
    if platform != "win32":
        return f"file://{quote(path.encode('utf-8', 'surrogateescape'))}?{query}"
    forward = plain(path, platform=platform).replace("\\", "/")
    quoted = quote(forward.encode("utf-8", "surrogatepass"), safe="/:")
    return f"file://{'' if forward.startswith('/') else '/'}{quoted}?{query}"


def name_trouble(name: str, *, platform: str) -> str | None:
    """Why a file would not lie where its name says: a clause for people. None for a name that is as it looks."""
    if platform != "win32":
        size = len(name.encode("utf-16-le", "surrogatepass")) // 2 if platform == "darwin" else None
        size = size if size is not None else len(name.encode("utf-8", "surrogateescape"))
        return _too_long(size)
    if found := _FORBIDDEN.search(name):
        sign = found[0] if found[0].isprintable() else f"U+{ord(found[0]):04X}"
        return f"holds {sign!r}, which no name may hold on Windows" + (
            " (what follows a colon is a hidden stream of the file before it)" if sign == ":" else ""
        )
    if name.endswith((".", " ")):
        return "ends with a dot or a space, which Windows leaves out"
    stem = name.partition(".")[0].rstrip(" ")
    if _DEVICES.fullmatch(stem):
        return f"is that of a device on Windows ({stem}), whatever it ends with"
    return _too_long(len(name.encode("utf-16-le", "surrogatepass")) // 2)


def length_hint(path: str, *, platform: str) -> str:
    """What to add to the system's word on a path that it did not take: nothing, unless it may be too long."""
    if platform != "win32" or len(path) <= MOST_IN_A_PATH:
        return ""
    return (
        f" The path has {len(path)} characters, and Windows takes {MOST_IN_A_PATH} unless long paths are switched "
        "on: choose a folder nearer to the drive."
    )


def _too_long(size: int) -> str | None:
    return f"is too long ({size} of {MOST_IN_A_NAME})" if size > MOST_IN_A_NAME else None
