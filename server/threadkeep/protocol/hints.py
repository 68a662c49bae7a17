"""What the type hints of the protocol's classes say."""

import types
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from threadkeep.protocol.types.common import CLOSED, UNSET, Unset


def wire_name(name: str) -> str:
    """The camelCase key of a member: `session_id` is `sessionId`, `from_` is `from`."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def is_literal(hint: Any) -> bool:
    """Whether a hint is `Literal[...]`."""
    return get_origin(hint) is Literal


def is_union(hint: Any) -> bool:
    """Whether a hint is a union, optional ones included."""
    return get_origin(hint) in {Union, types.UnionType}


def is_array(hint: Any) -> bool:
    """Whether a hint is `tuple[..., ...]`."""
    return get_origin(hint) is tuple


def accepts_null(hint: Any) -> bool:
    """Whether None is one of a hint's types."""
    return types.NoneType in get_args(hint)


def accepts_unset(hint: Any) -> bool:
    """Whether a hint is that of a patch's member: absent and null are not the same."""
    return Unset in get_args(hint)


def values_of(hint: Any) -> tuple[Any, ...]:
    """The types of a hint that stand for a value: neither None nor Unset."""
    if not is_union(hint):
        return (hint,)
    return tuple(kind for kind in get_args(hint) if kind not in {types.NoneType, Unset})


def tag_of(cls: Any) -> str | None:
    """The value of `type` by which a class is told from the others of its union; None without one."""
    if not attrs.has(cls) or "type" not in attrs.fields_dict(cls):
        return None
    hint = attrs.fields_dict(cls)["type"].type
    return str(get_args(hint)[0]) if is_literal(hint) and len(get_args(hint)) == 1 else None


def is_omitted(default: Any) -> bool:
    """Whether a member with this default is left out of the JSON where it has its default."""
    return default is None or default is UNSET


def is_closed(field: Any) -> bool:
    """Whether the object that this member holds may have no unknown keys."""
    return bool(field.metadata.keys() & CLOSED.keys())


def default_value(default: Any) -> Any:
    """What an absent member is read as, made anew where the default is a factory."""
    return default.factory() if isinstance(default, _FACTORY) else default


_FACTORY: Any = attrs.Factory
