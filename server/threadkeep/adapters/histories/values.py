"""Values of strangers' JSON: what is not as expected reads as absent, and never raises."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, TextIO

MOST_TOKENS = 10**12
MAX_ELEMENT = 128 * 1024 * 1024
"""Characters of one element of a list; a conversation that is larger is refused."""

_CHUNK = 1024 * 1024
_DECODER = json.JSONDecoder()


def parsed(data: bytes | str) -> Any:
    """The JSON value. Raises ValueError, also for what is nested too deep."""
    try:
        text = data.decode("utf-8-sig", "replace") if isinstance(data, bytes) else data
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except ValueError:
        raise ValueError("it is not valid JSON") from None


def unpacked(value: Any) -> Any:
    """What a string holds as JSON; the value itself where it is no string, or no JSON."""
    if not isinstance(value, str):
        return value
    try:
        return parsed(value)
    except ValueError:
        return value


def mapping(value: Any) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """The string, with every lone surrogate as U+FFFD; or an empty one."""
    if not isinstance(value, str):
        return ""
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def named(value: Any) -> str | None:
    """The string if it says anything."""
    return text(value).strip() or None


def tokens(value: Any) -> int:
    """The count; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 <= value <= MOST_TOKENS else 0


def price(value: Any) -> float | None:
    """US dollars; None for what is no amount."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value <= MOST_TOKENS else None


def moment(value: Any) -> str | None:
    """RFC 3339 UTC with milliseconds, from ISO 8601 or from seconds or milliseconds since 1970."""
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value.strip())
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            at = datetime.fromtimestamp(value / 1000 if abs(value) > 10**11 else value, UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    if at.year < 1970:
        return None
    return f"{at.strftime('%Y-%m-%dT%H:%M:%S').zfill(19)}.{at.microsecond // 1000:03d}Z"


def folder(value: Any) -> str | None:
    """The absolute path, on whichever system it was written."""
    path = text(value)
    if not path or "\0" in path:
        return None
    return path if PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute() else None


def branch(value: Any) -> str | None:
    """The branch; None where none was checked out."""
    name = named(value)
    return None if name == "HEAD" else name


def elements(source: TextIO) -> Iterator[Any]:
    """The elements of a JSON list, one at a time; or the one value that there is instead of a list.

    Raises ValueError at what cannot be read: nothing after it can be found.
    """
    buffer = source.read(_CHUNK).lstrip("\ufeff \t\r\n")
    if not buffer.startswith("["):
        yield _only(buffer, source)
        return
    position = 1
    while True:
        buffer, position = _at_next(buffer, position, source)
        if position >= len(buffer):
            raise ValueError("it ends too early")
        if buffer[position] == "]":
            return
        value, buffer, position = _element(buffer, position, source)
        yield value


def _only(buffer: str, source: TextIO) -> Any:
    rest = source.read(MAX_ELEMENT)
    if len(rest) == MAX_ELEMENT:
        raise ValueError("it is too large")
    return parsed(buffer + rest)


def _at_next(buffer: str, position: int, source: TextIO) -> tuple[str, int]:
    """The place of the next value or of the end, read on if need be."""
    while True:
        while position < len(buffer) and buffer[position] in ", \t\r\n":
            position += 1
        if position < len(buffer):
            return buffer, position
        buffer, position = source.read(_CHUNK), 0
        if not buffer:
            return buffer, position


def _element(buffer: str, position: int, source: TextIO) -> tuple[Any, str, int]:
    while True:
        try:
            value, end = _DECODER.raw_decode(buffer, position)
        except RecursionError:
            raise ValueError("it is nested too deep") from None
        except ValueError:
            value, end = None, -1
        if 0 <= end < len(buffer):  # a number at the very end might go on
            return value, buffer, end
        held = len(buffer) - position
        if held > MAX_ELEMENT:
            raise ValueError("a conversation is too large")
        # As much again as there is: each retry reads what was read before, so they must get fewer.
        more = source.read(max(_CHUNK, held))
        if not more:
            if end >= 0:
                return value, buffer, end
            raise ValueError("it is not valid JSON")
        buffer, position = buffer[position:] + more, 0
