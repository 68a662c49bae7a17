"""What every class of the protocol is: a value, equal to another one with the same members."""

from typing import Any

import attrs


class Value:
    """The base of the protocol's classes, declared with `attrs.frozen(kw_only=True, eq=False, repr=False)`.

    Equal, hashed and shown as attrs does it, by one method for all: compiling three of them for each of more
    than a hundred classes takes half the time of their import, while an editor waits.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return _members(self) == _members(other)

    def __hash__(self) -> int:
        return hash((self.__class__, *_members(self)))

    def __repr__(self) -> str:
        fields = attrs.fields(self.__class__)  # type: ignore[arg-type]  # see the docstring
        named = zip(fields, _members(self), strict=True)
        shown = (f"{field.name}={value!r}" for field, value in named if field.repr)
        return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _members(value: Any) -> tuple[Any, ...]:
    return attrs.astuple(value, recurse=False)
