"""Turns JSON into the protocol's types, strictly, and back."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

import attrs
from cattrs import BaseValidationError, ClassValidationError, Converter, IterableValidationError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from threadkeep.protocol import strict
from threadkeep.protocol.hints import (
    accepts_unset,
    default_value,
    is_closed,
    is_omitted,
    values_of,
    wire_name,
)
from threadkeep.protocol.strict import MAX_PROBLEMS, Unexpected

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Problem:
    """One thing that is wrong with a payload."""

    field: str
    """Where, as on the wire: `filter.status[0]`; empty for the payload itself."""
    message: str
    """What is expected there."""


class Malformed(Exception):
    """A payload has not the shape of its type: `problems` says where, at most `MAX_PROBLEMS` of them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.message}" if p.field else p.message for p in problems))
        self.problems = problems


def structure(data: object, cls: type[T]) -> T:
    """The instance of a protocol class that parsed JSON stands for.

    Unknown keys are ignored, save in members that are `CLOSED`, and nothing is coerced. Opaque JSON is kept as it is, uncopied.
    Raises Malformed.
    """
    try:
        return _converter().structure(data, cls)
    except (Unexpected, BaseValidationError) as error:
        raise Malformed(_problems(error)) from None


def unstructure(value: object) -> Any:
    """The JSON of a protocol instance: members that are None or UNSET are left out, all others stay."""
    return _converter().unstructure(value)


def build(cls: type) -> None:
    """Makes now what the first `structure` and the first `unstructure` of a class would make."""
    _converter().get_structure_hook(cls)
    _converter().get_unstructure_hook(cls)


@functools.cache
def _converter() -> Converter:
    converter = Converter()
    strict.register(converter)
    converter.register_structure_hook_factory(attrs.has, _structure_object)
    converter.register_unstructure_hook_factory(attrs.has, _unstructure_object)
    return converter


def _structure_object(cls: type, converter: Converter) -> Callable[[object, Any], Any]:
    hints = get_type_hints(cls)
    members: dict[str, Any] = {
        field.name: override(
            rename=wire_name(field.name),
            struct_hook=_member_hook(field, hints[field.name], converter),
        )
        for field in attrs.fields(cls)
    }
    build_object: Any = make_dict_structure_fn(cls, converter, _cattrs_detailed_validation=True, **members)

    def structure_object(value: object, _: Any) -> Any:
        if not isinstance(value, dict):
            raise Unexpected("an object", value)
        return build_object(value, cls)

    return structure_object


def _member_hook(field: Any, hint: Any, converter: Converter) -> Callable[[object, Any], Any] | None:
    """The hook of a member that is not read by its type alone."""
    hook = _null_is_absent(field, hint, converter)
    if not is_closed(field):
        return hook
    inner = hook or converter.get_structure_hook(hint)
    (cls,) = values_of(hint)
    known = [wire_name(each.name) for each in attrs.fields(cls)]

    def structure_closed(value: object, kind: Any) -> Any:
        if isinstance(value, dict):
            strict.check_members(value, known)
        return inner(value, kind)

    return structure_closed


def _null_is_absent(field: Any, hint: Any, converter: Converter) -> Callable[[object, Any], Any] | None:
    """A hook that takes null for a default that is not None; patches read null by their type."""
    if field.default is attrs.NOTHING or field.default is None or accepts_unset(hint):
        return None
    inner = converter.get_structure_hook(hint)

    def structure_or_default(value: object, kind: Any) -> Any:
        return default_value(field.default) if value is None else inner(value, kind)

    return structure_or_default


def _unstructure_object(cls: type, converter: Converter) -> Callable[[Any], dict[str, Any]]:
    members: dict[str, Any] = {
        field.name: override(rename=wire_name(field.name), omit_if_default=is_omitted(field.default))
        for field in attrs.fields(cls)
    }
    return make_dict_unstructure_fn(cls, converter, **members)


def _problems(error: Exception, path: str = "") -> list[Problem]:
    if isinstance(error, ClassValidationError):
        named, others = error.group_exceptions()
        inner = [(each, _member(path, wire_name(note.name))) for each, note in named]
        inner += [(each, path) for each in others]
    elif isinstance(error, IterableValidationError):
        indexed, others = error.group_exceptions()
        inner = [(each, f"{path}[{note.index}]") for each, note in indexed]
        inner += [(each, path) for each in others]
    elif isinstance(error, KeyError):
        return [Problem(field=path, message="is required")]
    elif isinstance(error, Unexpected):
        return [Problem(field=path, message=str(error))]
    else:
        raise error
    found: list[Problem] = []
    for each, where in inner:
        found += _problems(each, where)
    return found[:MAX_PROBLEMS]


def _member(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
