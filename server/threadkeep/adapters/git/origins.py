"""Where a repository was cloned from: read from its configuration and written in one way; apart, since only here its syntax is known."""

import ntpath
import posixpath
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote_to_bytes

from threadkeep.adapters.git.files import storable
from threadkeep.adapters.git.uris import path_from_uri
from threadkeep.domain.errors import InvalidValue

_NETWORK = frozenset({"ssh", "git+ssh", "ssh+git", "https", "http", "git", "ftp", "ftps"})
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_HELPER = re.compile(r"[A-Za-z0-9+.-]+::")
_HOST = re.compile(r"[\w.-]+|\[[0-9a-f:.]+\]")
_SCP = re.compile(r"(?:(?!\[)[^@/]*@)?(\[[^\]/]+\]|[^:/@]+):(.*)", re.DOTALL)
_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]|\\\\")

MAX_URL = 8 * 1024
"""Characters of an origin; a longer one is none."""

# no two of its parts can share what they match: a configuration of somebody else's is read while others wait
_HEADER = re.compile(r'\[\s*+([\w.-]++)\s*+(?:"((?:[^"\\]|\\.)*+)"\s*+)?\]')


def origin_url(config: str) -> str | None:
    """The first URL of the remote `origin` in the text of a git configuration; nothing else is looked at."""
    for section, key, value in _entries(config):
        if section == 'remote "origin"' and key == "url" and value:
            return value
    return None


def normalised_origin(url: str, *, base: str, windows: bool) -> str | None:
    """The one way to write an origin: `https://host/path` for every protocol, without user, password,
    port and `.git`; an absolute path for a folder, relative ones starting at `base`.

    Idempotent. None for an origin that is no place (`ext::…`). Reads no file: following a path that
    stands in a repository could reach out to another computer.
    """
    if len(url) > MAX_URL or not url.strip() or _HELPER.match(url):
        return None
    if _WINDOWS_PATH.match(url):
        return _folder(url, base=base, windows=True)
    if parts := _URL.fullmatch(url):
        return _from_url(parts[1].lower(), parts[2], base=base, windows=windows)
    if parts := _SCP.fullmatch(url):
        return _place(_unbracketed(parts[1]), _bytes(parts[2]))
    return _folder(url, base=base, windows=windows)


def _from_url(scheme: str, rest: str, *, base: str, windows: bool) -> str | None:
    if scheme == "file":
        try:
            return _folder(path_from_uri(f"file://{rest}", windows=windows), base=base, windows=windows)
        except InvalidValue:
            return None
    if scheme not in _NETWORK:
        return None
    authority, _, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    host = authority.rpartition("@")[2]
    return _place(re.sub(r":\d*$", "", host), unquote_to_bytes(_bytes(path)))


def _unbracketed(host: str) -> str:
    """git's `[host:port]:path`; an IPv6 address keeps its brackets."""
    inner = host[1:-1].rpartition("@")[2] if host.startswith("[") else host
    if inner.count(":") > 1:
        return f"[{inner}]"
    return inner.partition(":")[0]


def _place(host: str, path: bytes) -> str | None:
    parts = [part for part in path.split(b"/") if part not in (b"", b".")]
    name = _unsuffixed(quote(b"/".join(parts), safe="/~@!$&'()*+,;=:"))
    host = host.lower().rstrip(".")
    return f"https://{host}/{name}" if _HOST.fullmatch(host) and name else None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _folder(path: str, *, base: str, windows: bool) -> str | None:
    flavour = ntpath if windows else posixpath
    whole = flavour.normpath(flavour.join(base, path))
    whole = ntpath.normcase(whole) if windows else re.sub("^//+", "/", whole)
    if windows and not _WINDOWS_PATH.match(whole):
        return None
    return storable(_unsuffixed(whole, separators="/\\" if windows else "/"))


def _unsuffixed(path: str, separators: str = "/") -> str:
    """Without the `.git` at its end that git adds by itself, and without slashes there."""
    while path[-4:].lower() == ".git":
        shorter = path[:-4].rstrip(separators)
        name = shorter[max(shorter.rfind("/"), shorter.rfind("\\")) + 1 :]
        if name in ("", ".", "..") or shorter.endswith(":"):
            break  # what is left is no name
        path = shorter
    return path


def _entries(config: str) -> Iterator[tuple[str, str, str]]:
    """(section, key, value) of a git configuration; what cannot be read is passed over."""
    section = ""
    lines = (line.removesuffix("\r") for line in config.split("\n"))
    for line in lines:
        rest = line.strip().removeprefix("\ufeff")
        if header := _HEADER.match(rest):
            section = _section(header[1], header[2])
            rest = rest[header.end() :].strip()
        key, equals, value = rest.partition("=")
        if equals and re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", key.strip()):
            yield section, key.strip().lower(), _value(value, lines)


def _section(name: str, subsection: str | None) -> str:
    if subsection is None:
        # The old spelling [remote.origin], whose case git ignores.
        name, dot, subsection = name.lower().partition(".")
        return f'{name} "{subsection}"' if dot else name
    plain = re.sub(r"\\(.)", lambda found: str(found[1]), subsection)
    return f'{name.lower()} "{plain}"'


def _value(text: str, following: Iterator[str]) -> str:
    """The value at the start of the text, with quotes, escapes, comments and continued lines."""
    result: list[str] = []
    kept, is_quoted, at = 0, False, 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "\\":
            if at == len(text):
                text, at = next(following, ""), 0
                continue
            result.append({"n": "\n", "t": "\t", "b": "\b"}.get(text[at], text[at]))
            kept, at = len(result), at + 1
        elif char == '"':
            is_quoted = not is_quoted
        elif char in "#;" and not is_quoted:
            break
        elif is_quoted or not char.isspace():
            result.append(char)
            kept = len(result)
        elif result:
            result.append(char)
    return "".join(result[:kept])
