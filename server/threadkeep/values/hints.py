"""What the type hints of declared members say."""

import enum
import types
from collections.abc import Mapping
from typing import Any, Final, Literal, Union, get_args, get_origin

from threadkeep.values.classes import Field, fields, is_value_class

OPAQUE: Final = Mapping[str, Any]
"""The type of an opaque JSON object, which is stored and sent back exactly as it came."""


class Unset(enum.Enum):
    """The type of `UNSET`: a key that is absent from a patch (absent keeps, `null` clears)."""

    UNSET = "UNSET"


UNSET: Final = Unset.UNSET

CLOSED: Final[Mapping[str, Any]] = {"threadkeep.closed": True}
"""The metadata of a member whose object must hold nothing unknown: what is misspelt there would be left
out, and the request would do more than was asked. Everywhere else unknown keys are ignored."""

SIGNED: Final[Mapping[str, Any]] = {"threadkeep.signed": True}
"""The metadata of an integer that counts nothing, so that it may be below zero wherever it is read."""


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


def is_opaque(hint: Any) -> bool:
    """Whether a hint is that of an opaque JSON object."""
    return bool(hint == OPAQUE)


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
    declared = {each.name: each.hint for each in fields(cls)} if is_value_class(cls) else {}
    allowed = get_args(declared.get("type"))
    return str(allowed[0]) if is_literal(declared.get("type")) and len(allowed) == 1 else None


def is_omitted(default: Any) -> bool:
    """Whether a member with this default is left out of the JSON where it has its default."""
    return default is None or default is UNSET


def is_signed(field: Field) -> bool:
    """Whether the integer that this member holds may be below zero, whatever holds for others."""
    return bool(field.metadata.keys() & SIGNED.keys())


def is_closed(field: Field) -> bool:
    """Whether the object that this member holds may have no unknown keys."""
    return bool(field.metadata.keys() & CLOSED.keys())
