"""Reads and writes JSON as the wire wants it: strict about the form, safe for every consumer behind it."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn

MAX_DEPTH = 200
"""Levels of arrays and objects in a message."""
HEAD_BYTES = 16 * 1024
"""How far into a message that cannot be read its id is looked for."""

LARGE_PIECE = 64 * 1024
"""Bytes of JSON that are not copied to be joined with what stands beside them."""

_REPLACEMENT = "\\ufffd"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\.",
    re.DOTALL,
)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:"]|[^\s"{}\[\],:]+', re.DOTALL)


class NotJson(ValueError):
    """A text is not valid JSON, or JSON that nothing here could keep; `reason` says why, never what it holds."""

    def __init__(self, reason: str, *, id_: Any = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.id = id_
        """The `id` that the text holds, as far as it can be told; of any type."""


class Encoded:
    """JSON that is text in UTF-8 already, in pieces that may be large."""

    __slots__ = ("pieces",)

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = pieces

    def __len__(self) -> int:
        return sum(map(len, self.pieces))


Body = bytes | Encoded
"""A message as it is written."""


def decode(body: bytes) -> Any:
    """The value of a JSON text in UTF-8, with or without a byte order mark.

    Bytes that are no UTF-8 and lone surrogates become U+FFFD: SQLite takes neither. Of a key that comes
    twice the last counts. Raises NotJson, also for NaN, for numbers out of range, and for nesting deeper
    than `MAX_DEPTH`.
    """
    text = body.decode("utf-8-sig", "replace")
    if _SURROGATE.search(text):
        text = _ESCAPE.sub(_replace_lone_surrogate, text)
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        if text.count("[") + text.count("{") > MAX_DEPTH:
            _refuse_depth(value)
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg}, at character {error.pos}", id_=find_id(body)) from None
    except NotJson as error:
        raise NotJson(error.reason, id_=_id_of(text)) from None
    except RecursionError:
        raise NotJson(_TOO_DEEP, id_=find_id(body)) from None
    except ValueError:  # an integer of thousands of digits
        raise NotJson(_OUT_OF_RANGE, id_=find_id(body)) from None
    return value


def encode(value: Any) -> bytes:
    """The JSON text of a value, in UTF-8. Raises TypeError, ValueError or RecursionError if it has none."""
    text = _ENCODER.encode(value)
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, from a text that was cut or badly decoded
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def encoded(value: Any) -> Encoded:
    """As `encode`, for a value whose objects and arrays may hold Encoded; what is large of it is not copied."""
    return Encoded(list(joined(_pieces(value))))


def joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in as few pieces as may be without copying a large one."""
    small: list[bytes] = []
    for piece in pieces:
        if len(piece) < LARGE_PIECE:
            small.append(piece)
            continue
        if small:
            yield b"".join(small)
            small = []
        yield piece
    if small:
        yield b"".join(small)


def find_id(body: bytes) -> Any:
    """The top-level `id` near the beginning of a message that cannot be read; None where it cannot be told."""
    text = body[:HEAD_BYTES].decode("utf-8-sig", "replace")
    depth, key, before, found = 0, "", "", None
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word == '"' or match.end() == len(text):  # cut off here
            break
        if word in {"{", "["}:
            depth += 1
        elif word in {"}", "]"}:
            depth -= 1
        elif depth == 1 and before == ":" and key == '"id"':
            found, key = _scalar(word), ""
        elif depth == 1 and before in {"{", ","}:
            key = word
        before = word
    return found


def _pieces(value: Any) -> Iterator[bytes]:
    if isinstance(value, Encoded):
        yield from value.pieces
        return
    try:
        yield encode(value)
        return
    except _HoldsEncodedError:
        pass
    if isinstance(value, dict):
        before = b"{"
        for name, member in value.items():
            yield before + encode(name) + b":"
            yield from _pieces(member)
            before = b","
        yield b"}"
    else:
        before = b"["
        for item in value:
            yield before
            yield from _pieces(item)
            before = b","
        yield b"]"


def _id_of(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return find_id(text.encode())
    return value.get("id") if isinstance(value, dict) else None


def _scalar(word: str) -> Any:
    try:
        return json.loads(word)
    except ValueError:
        return None


def _replace_lone_surrogate(match: re.Match[str]) -> str:
    return _REPLACEMENT if match["lone"] else match.group()


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not valid JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise NotJson(_OUT_OF_RANGE)
    return number


def _refuse_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise NotJson(_TOO_DEEP)


_OUT_OF_RANGE = "a number is out of range"
_TOO_DEEP = f"it nests deeper than {MAX_DEPTH} levels"


class _HoldsEncodedError(TypeError):
    """To be put together piece by piece."""


def _no_json(value: object) -> NoReturn:
    if isinstance(value, Encoded):
        raise _HoldsEncodedError
    raise TypeError(f"{type(value).__name__} is not valid JSON")


# what would go round in a circle nests too deep as well
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"), default=_no_json
)
