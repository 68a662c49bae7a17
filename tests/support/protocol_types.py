"""Finds the protocol's classes, and strategies for their instances and for JSON."""

import enum
import functools
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from threadkeep.protocol.catalog import named_types
from threadkeep.values import is_value_class
from threadkeep.values.json_codec import MAX_INTEGER, JsonReader, JsonWriter

INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
"""Those that the protocol takes."""

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
"""Those that JSON can hold."""

_KEYS = st.text(max_size=8)

_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: _KEYS,
    bool: st.booleans(),
    int: INTEGERS,
    float: FLOATS,
    types.NoneType: st.none(),
}


def all_classes() -> list[type]:
    """Every class of the protocol."""
    return [named.hint for named in named_types().values() if is_value_class(named.hint)]


def json_values(
    *, integers: st.SearchStrategy[int] | None = None, floats: st.SearchStrategy[float] | None = None
) -> st.SearchStrategy[Any]:
    """Any JSON, small; integers of any size unless others are given."""
    return st.recursive(
        st.none()
        | st.booleans()
        | (st.integers() if integers is None else integers)
        | (FLOATS if floats is None else floats)
        | _KEYS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
        max_leaves=8,
    )


@functools.cache
def instances(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type hint, with every member of a class drawn."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    if hint is Any:
        return json_values()
    if not isinstance(hint, type):
        return _generic(get_origin(hint), get_args(hint))
    if is_value_class(hint):
        members = get_type_hints(hint).items()
        return st.builds(hint, **{name: instances(member) for name, member in members})
    assert issubclass(hint, enum.Enum)
    return st.sampled_from(list(hint))


def _generic(origin: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in {Union, types.UnionType}:
        return st.one_of(*(instances(argument) for argument in arguments))
    if origin is tuple:
        return st.lists(instances(arguments[0]), max_size=2).map(tuple)
    assert issubclass(origin, Mapping)
    return st.dictionaries(_KEYS, json_values(), max_size=3)


def build(cls: type) -> None:
    """Makes what reads a class and what writes it. Raises TypeError where JSON cannot tell its types apart."""
    JsonReader().hook(cls)
    JsonWriter().hook(cls)
