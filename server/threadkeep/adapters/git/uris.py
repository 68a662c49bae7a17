"""`file:` URIs and paths for both families of platforms, and one address for each origin; no file is touched."""

import os
import re
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from threadkeep.domain.errors import InvalidValue

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_DRIVE = re.compile(r"/?([A-Za-z])[:|](?=/|$)")

_F_GETPATH: Final = 50
"""Of macOS's `fcntl`: the path of what is open, as the file system has it."""
_MOST: Final = 1024


def path_from_uri(uri: str, *, windows: bool) -> str:
    """The absolute path that a `file:` URI names.

    Bytes that are not UTF-8 become lone surrogates, as `os.fsdecode` makes them. Raises InvalidValue.
    """
    scheme = _SCHEME.match(uri)
    if scheme is None or len(scheme[1]) == 1:  # one letter is a drive
        raise InvalidValue("uri", f"{uri!r} is no URI: write a folder as file:///path/to/it.")
    if scheme[1].lower() != "file":
        raise InvalidValue(
            "uri", f"{scheme[1]}: URIs name nothing on this computer's disk: give a file: URI."
        )
    rest = re.split(r"[?#]", uri[scheme.end() :], maxsplit=1)[0]
    host, path = "", rest
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        path = slash + path
    host, path = _decoded(host), _decoded(path)
    if "\0" in host or "\0" in path:
        raise InvalidValue("uri", "The URI holds a NUL, which no path has.")
    return _windows_path(uri, host, path) if windows else _posix_path(uri, host, path)


@lru_cache(maxsize=1_024)
def uri_from_path(path: str, *, windows: bool) -> str:
    """The `file:` URI of an absolute path."""
    if not windows:
        return "file://" + quote(path.encode("utf-8", "surrogateescape"), safe="/")
    path = path.replace("\\", "/")
    path = re.sub(r"^//\?/(?:UNC(?=/))?", "", path, flags=re.IGNORECASE)
    if re.match(r"[A-Za-z]:", path):
        return f"file:///{path[:2]}{_quoted(path[2:])}"
    return "file://" + _quoted(path.removeprefix("/") if path[:2] != "//" else path[2:])


def _decoded(text: str) -> str:
    return unquote_to_bytes(text).decode("utf-8", "surrogateescape")


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "surrogatepass"), safe="/")


def _posix_path(uri: str, host: str, path: str) -> str:
    if host.lower() not in ("", "localhost"):
        raise InvalidValue("uri", f"{uri!r} names another computer: give a folder of this one.")
    if not path.startswith("/"):
        raise InvalidValue("uri", f"{uri!r} has no absolute path: write it as file:///path.")
    return "/" + path.lstrip("/")


def _windows_path(uri: str, host: str, path: str) -> str:
    if _DRIVE.fullmatch(host):  # file://C:/x, as some clients write it
        host, path = "", f"/{host}{path}"
    if host.lower() in ("", "localhost"):
        host = ""
        if drive := _DRIVE.match(path):
            return f"{drive[1].upper()}:" + (path[drive.end() :].replace("/", "\\") or "\\")
        host, _, path = path.lstrip("/").partition("/") if path.startswith("//") else ("", "", path)
        path = f"/{path}"
    if not host:
        raise InvalidValue("uri", f"{uri!r} has no drive letter: write it as file:///C:/folder.")
    return f"\\\\{host}" + path.replace("/", "\\")


def canonical(path: Path) -> Path:
    """The path without symbolic links and without a slash at its end, cased as on disk.

    A path that is not there keeps the case it came in. Windows tells the case and the long names with the links.
    """
    real = os.path.realpath(path)
    return Path(as_on_disk(real) if sys.platform == "darwin" else real)


def as_on_disk(path: str, *, tell: Callable[[int], bytes] | None = None) -> str:
    """Case and accents as the file system of a Mac has them, which compares without regard to either.

    tell: the path of an open file, with NULs behind it; raises OSError.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return path
    try:
        return os.fsdecode((tell or _told)(descriptor).rstrip(b"\0")) or path
    except OSError:
        return path
    finally:
        os.close(descriptor)


def _told(descriptor: int) -> bytes:
    import fcntl

    return bytes(fcntl.fcntl(descriptor, _F_GETPATH, bytes(_MOST)))
