"""A member of an object that is made, and imported, when it is first asked for."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Made = TypeVar("Made")


class lazy(Generic[Made]):  # noqa: N801 - used as a decorator, like `property`
    """Makes a method's result an attribute: the method is called at the first access, once.

    A second thread that asks meanwhile waits for the same result. After that the attribute costs no more than
    another one. If the method raises, the next access calls it again. The class needs a `__dict__`.
    """

    def __init__(self, make: Callable[[Any], Made]) -> None:
        self._make = make
        self._lock = threading.RLock()
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "lazy[Made]": ...

    @overload
    def __get__(self, instance: object, owner: type) -> Made: ...

    def __get__(self, instance: object | None, owner: type) -> "lazy[Made] | Made":
        if instance is None:
            return self
        members = instance.__dict__
        with self._lock:
            if self._name not in members:
                members[self._name] = self._make(instance)
            made: Made = members[self._name]
        return made
