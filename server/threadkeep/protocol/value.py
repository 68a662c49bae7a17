"""What every class of the protocol is: a value, equal to another one with the same members."""

from typing import Any, Generic, TypeVar, get_args, get_origin

import attrs

R_co = TypeVar("R_co", covariant=True)


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


class Request(Value, Generic[R_co]):
    """The base of a request's params: `class ListSessionsParams(Request[ListSessionsResult])`.

    It names the result, so that a type checker knows what a client gets for these params. Each request has a class
    of params of its own; those that say the same inherit their members from one class.
    """

    __slots__ = ()


def result_of(params: type[Request[R_co]]) -> type[R_co]:
    """The class of the result of the request that has these params."""
    for base in params.__dict__["__orig_bases__"]:
        if get_origin(base) is Request:
            result: type[R_co] = get_args(base)[0]
            return result
    raise TypeError(f"{params.__name__} does not name its result")


def _members(value: Any) -> tuple[Any, ...]:
    return attrs.astuple(value, recurse=False)
