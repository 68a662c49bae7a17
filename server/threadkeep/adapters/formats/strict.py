"""Values of the domain as JSON with the names of the wire, and back with nothing taken on trust."""

import json
import math
from typing import Any, Final, NoReturn, TypeVar

from threadkeep.values.json_codec import MAX_INTEGER, JsonReader, JsonWriter, Malformed

T = TypeVar("T")

MAX_DEPTH = 200
"""Levels of arrays and objects in a document, as on the wire."""

_READER: Final = JsonReader(nulls="checked", least_integer=0, greatest_number=MAX_INTEGER)
"""An export was written by a program: null stands only where it was, and nothing is counted below zero."""
_WRITER: Final = JsonWriter()


class NotAsExpected(ValueError):
    """JSON is not what it should be; the text says where and how, for people: `key.task: expected a string`."""

    def __init__(self, reason: str, *, where: str = "") -> None:
        between = " " if reason.startswith("is ") else ": "
        super().__init__(f"{where}{between}{reason}" if where else reason)
        self.reason = reason
        self.where = where

    def inside(self, name: str) -> "NotAsExpected":
        """The same, told from further out; name: of a member, or `[0]` of an element."""
        between = "." if self.where and not self.where.startswith("[") else ""
        return NotAsExpected(self.reason, where=f"{name}{between}{self.where}")


def to_json(value: object) -> Any:
    """The JSON of a value of the domain; members that are None are left out."""
    return _WRITER.write(value)


def from_json(data: object, kind: type[T]) -> T:
    """The value of the domain that JSON stands for. Raises NotAsExpected for the first thing that is wrong."""
    try:
        return _READER.read(data, kind)
    except Malformed as error:
        first = error.problems[0]
        raise NotAsExpected(first.message, where=first.field) from None


def json_text(value: object) -> str:
    """JSON on one line, which UTF-8 can hold: half of a surrogate pair is escaped."""
    text = _PLAIN(value)
    return text if _is_encodable(text) else _ESCAPED(value)


def parsed(text: str) -> Any:
    """The value of a JSON text. Raises NotAsExpected: for what is none, for numbers out of range, and for
    nesting deeper than MAX_DEPTH."""
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise NotAsExpected(f"it is not valid JSON: {error.msg}, at character {error.pos}") from None
    except RecursionError:
        raise NotAsExpected(_TOO_DEEP) from None
    except ValueError:  # an integer of thousands of digits
        raise NotAsExpected("a number is out of range") from None
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(value)
    return value


def _is_encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_constant(name: str) -> NoReturn:
    raise NotAsExpected(f"{name} is not valid JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise NotAsExpected("a number is out of range")
    return number


def _check_depth(value: Any) -> None:
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
    raise NotAsExpected(_TOO_DEEP)


_TOO_DEEP = f"it nests deeper than {MAX_DEPTH} levels"
_PLAIN = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_ESCAPED = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode
