"""What a request's params say besides their members: which result they ask for."""

from typing import Generic, TypeVar, get_args, get_origin

from threadkeep.values import Value

R_co = TypeVar("R_co", covariant=True)


class Request(Value, Generic[R_co]):
    """The base of a request's params: `class ListSessionsParams(Request[ListSessionsResult])`.

    It names the result, so that a type checker knows what a client gets for these params. Each request has a class
    of params of its own; those that say the same inherit their members from one class.
    """


def result_of(params: type[Request[R_co]]) -> type[R_co]:
    """The class of the result of the request that has these params."""
    for base in params.__dict__["__orig_bases__"]:
        if get_origin(base) is Request:
            result: type[R_co] = get_args(base)[0]
            return result
    raise TypeError(f"{params.__name__} does not name its result")
