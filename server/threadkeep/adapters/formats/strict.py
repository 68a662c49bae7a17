"""Values of the domain as JSON with the names of the wire, and back with nothing taken on trust."""

import functools
import json
import math
import types
from collections.abc import Callable, Mapping
from typing import Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

T = TypeVar("T")

MAX_DEPTH = 200
"""Levels of arrays and objects in a document, as on the wire."""
MAX_INTEGER = 2**53 - 1

_OPAQUE = Mapping[str, Any]


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
    return _converter().unstructure(value)


def from_json(data: object, kind: type[T]) -> T:
    """The value of the domain that JSON stands for. Raises NotAsExpected."""
    try:
        return _converter().structure(data, kind)
    except NotAsExpected:
        raise
    except KeyError as error:
        raise _missing(error) from None
    except (TypeError, ValueError, RecursionError, AttributeError) as error:
        raise NotAsExpected(f"it is no {kind.__name__.lower()} ({type(error).__name__})") from None


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


@functools.cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=False)
    for kind, check in ((str, _string), (bool, _boolean), (int, _integer), (float, _number)):
        converter.register_structure_hook(kind, check)
    converter.register_structure_hook_func(_is_opaque, _object)
    converter.register_structure_hook_func(_is_literal, _one_of)
    converter.register_structure_hook_factory(_is_array, _array)
    converter.register_structure_hook_factory(_is_optional, _optional)
    converter.register_structure_hook_factory(attrs.has, _structure_class)
    converter.register_unstructure_hook_func(_is_opaque, _as_dict)
    converter.register_unstructure_hook_factory(attrs.has, _unstructure_class)
    return converter


def _structure_class(kind: type, converter: Converter) -> Callable[[object, Any], Any]:
    hints = get_type_hints(kind)
    members: dict[str, Any] = {
        field.name: override(
            rename=_name(field.name),
            struct_hook=_telling_where(_name(field.name), converter.get_structure_hook(hints[field.name])),
        )
        for field in attrs.fields(kind)
    }
    build: Any = make_dict_structure_fn(kind, converter, **members)

    def structure(value: object, _: Any) -> Any:
        if not isinstance(value, dict):
            raise NotAsExpected("expected an object")
        return build(value, kind)

    return structure


def _unstructure_class(kind: type, converter: Converter) -> Callable[[Any], dict[str, Any]]:
    members: dict[str, Any] = {
        field.name: override(rename=_name(field.name), omit_if_default=field.default is None)
        for field in attrs.fields(kind)
    }
    return make_dict_unstructure_fn(kind, converter, **members)


def _telling_where(name: str, hook: Callable[[object, Any], Any]) -> Callable[[object, Any], Any]:
    def structure(value: object, kind: Any) -> Any:
        try:
            return hook(value, kind)
        except NotAsExpected as error:
            raise error.inside(name) from None
        except KeyError as error:
            raise _missing(error).inside(name) from None

    return structure


def _optional(hint: Any, converter: Converter) -> Callable[[object, Any], Any]:
    (kind,) = (each for each in get_args(hint) if each is not types.NoneType)
    hook = converter.get_structure_hook(kind)
    return lambda value, _: None if value is None else hook(value, kind)


def _array(hint: Any, converter: Converter) -> Callable[[object, Any], Any]:
    kind = get_args(hint)[0]
    hook = converter.get_structure_hook(kind)

    def structure(value: object, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise NotAsExpected("expected an array")
        read: list[Any] = []
        try:
            for each in value:
                read.append(hook(each, kind))  # noqa: PERF401 - how many were read tells which one failed
        except NotAsExpected as error:
            raise error.inside(f"[{len(read)}]") from None
        except KeyError as error:
            raise _missing(error).inside(f"[{len(read)}]") from None
        return tuple(read)

    return structure


def _one_of(value: object, hint: Any) -> Any:
    if isinstance(value, str) and value in get_args(hint):
        return value
    raise NotAsExpected(f"expected one of {', '.join(get_args(hint))}")


def _string(value: object, _: Any) -> str:
    if isinstance(value, str):
        return value
    raise NotAsExpected("expected a string")


def _boolean(value: object, _: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise NotAsExpected("expected true or false")


def _integer(value: object, _: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER:
        return value
    raise NotAsExpected("expected a whole number that is not negative")


def _number(value: object, _: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_INTEGER:
        return float(value)
    raise NotAsExpected("expected a number")


def _object(value: object, _: Any) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    raise NotAsExpected("expected an object")


def _as_dict(value: Mapping[str, Any]) -> dict[str, Any]:
    return dict(value)


def _is_opaque(hint: Any) -> bool:
    return bool(hint == _OPAQUE)


def _is_literal(hint: Any) -> bool:
    return get_origin(hint) is Literal


def _is_array(hint: Any) -> bool:
    return get_origin(hint) is tuple


def _is_optional(hint: Any) -> bool:
    return get_origin(hint) in {Union, types.UnionType} and types.NoneType in get_args(hint)


def _name(name: str) -> str:
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def _missing(error: KeyError) -> NotAsExpected:
    return NotAsExpected("is missing", where=_name(str(error.args[0])))


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
