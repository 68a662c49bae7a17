"""cattrs hooks that take a value only if it already has the type that is asked for."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

import attrs
from cattrs import Converter, IterableValidationError, IterableValidationNote
from cattrs.fns import identity

from threadkeep.protocol.hints import (
    accepts_null,
    is_array,
    is_literal,
    is_union,
    tag_of,
    values_of,
)
from threadkeep.protocol.types.common import JsonObject

Hook = Callable[[object, Any], Any]

MAX_INTEGER = 2**53 - 1
"""Larger integers are not read alike by all JSON readers; opaque JSON may hold them."""

MAX_PROBLEMS = 20
"""No more are reported, however long a payload is: a person repairs a few at a time."""


MAX_NAME = 50
"""Characters of an unknown member's name that are repeated."""


class Unexpected(ValueError):
    """A value is not what is asked for; the text says what is, and never repeats the value."""

    def __init__(self, expected: str, value: object = ...) -> None:
        """Without `value` the text leaves out what was found: its JSON type is the right one."""
        super().__init__(f"expected {expected}" + ("" if value is ... else f", not {_json_kind(value)}"))


def register(converter: Converter) -> None:
    """Teaches a converter everything that is not a class: scalars, literals, arrays, unions, opaque JSON."""
    converter.register_structure_hook(str, _string)
    converter.register_structure_hook(bool, _boolean)
    converter.register_structure_hook(int, _integer)
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook_func(_is_opaque, _json_object)
    converter.register_structure_hook_factory(is_literal, _one_of)
    converter.register_structure_hook_factory(is_array, _array)
    converter.register_structure_hook_factory(is_union, _union)
    converter.register_unstructure_hook_func(_is_opaque, _plain_object)
    converter.register_unstructure_hook_func(lambda hint: is_literal(hint) or hint is Any, identity)
    converter.register_unstructure_hook_factory(is_array, _to_array)
    converter.register_unstructure_hook_factory(is_union, _from_union)


class UnknownMembers(Unexpected):
    """An object has members that it must not have; the text names them, and those that there are."""

    def __init__(self, unknown: Sequence[str], known: Sequence[str]) -> None:
        names = ", ".join(f'"{name[:MAX_NAME]}"' for name in unknown[:MAX_PROBLEMS])
        ValueError.__init__(self, f"has no member {names}; its members are {', '.join(known)}")


def check_members(value: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raises UnknownMembers where an object has members that are not among the known ones."""
    unknown = [name for name in value if name not in known]
    if unknown:
        raise UnknownMembers(unknown, known)


def _string(value: object, _: Any) -> str:
    if isinstance(value, str):
        return value
    raise Unexpected("a string", value)


def _boolean(value: object, _: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Unexpected("true or false", value)


def _integer(value: object, _: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unexpected("an integer", value)
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise Unexpected(f"an integer between -{MAX_INTEGER} and {MAX_INTEGER}")
    return value


def _number(value: object, _: Any) -> float:
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, float):
        raise Unexpected("a finite number")
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unexpected("a number", value)
    return float(_integer(value, int))


def _is_opaque(hint: Any) -> bool:
    return bool(hint == JsonObject)


def _json_object(value: object, _: Any) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    raise Unexpected("an object", value)


def _plain_object(value: Mapping[str, Any]) -> dict[str, Any]:
    return value if isinstance(value, dict) else dict(value)


def _one_of(hint: Any, _: Converter) -> Hook:
    allowed = get_args(hint)
    expected = ("one of " if len(allowed) > 1 else "") + ", ".join(f'"{each}"' for each in allowed)

    def structure_literal(value: object, _: Any) -> str:
        if not isinstance(value, str):
            raise Unexpected(expected, value)
        if value not in allowed:
            raise Unexpected(expected)
        return value

    return structure_literal


def _array(hint: Any, converter: Converter) -> Hook:
    kind = get_args(hint)[0]
    item = converter.get_structure_hook(kind)

    def structure_array(value: object, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Unexpected("an array", value)
        try:
            return tuple([item(each, kind) for each in value])
        except (Unexpected, ExceptionGroup):
            raise _wrong_items(value, item, kind) from None

    return structure_array


def _wrong_items(values: list[object], item: Hook, kind: Any) -> IterableValidationError:
    wrong: list[Exception] = []
    for index, value in enumerate(values):
        try:
            item(value, kind)
        except (Unexpected, ExceptionGroup) as error:
            error.add_note(IterableValidationNote(f"item {index}", index, kind))
            wrong.append(error)
            if len(wrong) == MAX_PROBLEMS:
                break
    return IterableValidationError("wrong items", wrong, kind)


def _to_array(hint: Any, converter: Converter) -> Callable[[tuple[Any, ...]], list[Any]]:
    kind = get_args(hint)[0]
    if kind is str:
        return list
    item = converter.get_unstructure_hook(kind)
    return lambda values: [item(value) for value in values]


def _union(hint: Any, converter: Converter) -> Hook:
    """Tells the types of a union apart by the JSON they are written in, and classes by their tag."""
    nullable = accepts_null(hint)
    kinds = values_of(hint)
    tagged = {tag: kind for kind in kinds if (tag := tag_of(kind))}
    by_json: dict[Any, tuple[Hook, Any]] = {
        _json_type(kind): (converter.get_structure_hook(kind), kind) for kind in kinds if not tag_of(kind)
    }
    if tagged:
        by_json[dict] = (_tagged(tagged, converter), hint)
    if len(by_json) + max(0, len(tagged) - 1) < len(kinds):
        raise TypeError(f"{hint} cannot be told apart in JSON")
    only = next(iter(by_json.values())) if len(by_json) == 1 else None
    expected = " or ".join(_EXPECTED[json_type] for json_type in by_json)

    def structure_union(value: object, _: Any) -> Any:
        if value is None and nullable:
            return None
        chosen = only or by_json.get(type(value))
        if chosen is None:
            raise Unexpected(expected, value)
        hook, kind = chosen
        return hook(value, kind)

    return structure_union


def _tagged(classes: dict[str, type], converter: Converter) -> Hook:
    hooks = {tag: converter.get_structure_hook(cls) for tag, cls in classes.items()}
    expected = 'an object whose "type" is ' + " or ".join(f'"{tag}"' for tag in classes)

    def structure_tagged(value: object, _: Any) -> Any:
        if not isinstance(value, dict):
            raise Unexpected(expected, value)
        tag = value.get("type")
        if not isinstance(tag, str) or tag not in hooks:
            raise Unexpected(expected)
        return hooks[tag](value, classes[tag])

    return structure_tagged


def _from_union(hint: Any, converter: Converter) -> Callable[[Any], Any]:
    kinds = values_of(hint)
    if len(kinds) == 1:
        value_hook = converter.get_unstructure_hook(kinds[0])
        if value_hook is identity:
            return identity
        return lambda value: None if value is None else value_hook(value)
    hooks = {_runtime_type(kind): converter.get_unstructure_hook(kind) for kind in kinds}
    return lambda value: None if value is None else hooks[type(value)](value)


def _runtime_type(kind: Any) -> Any:
    if attrs.has(kind):
        return kind
    return tuple if is_array(kind) else _json_type(kind)


def _json_type(kind: Any) -> Any:
    if is_literal(kind):
        return str
    if is_array(kind):
        return list
    return dict if attrs.has(kind) or _is_opaque(kind) else kind


_EXPECTED = {
    str: "a string",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    list: "an array",
    dict: "an object",
}


def _json_kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "a number with a fraction or exponent"
    return _EXPECTED.get(type(value), type(value).__name__)
