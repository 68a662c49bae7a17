"""How methods are answered: by handlers that are there, or by some that are imported when they are asked for."""

import logging
from collections.abc import Callable, Collection, Coroutine
from typing import Any

import attrs

logger = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Route:
    """How a method is answered."""

    answer: Callable[[Any], Coroutine[Any, Any, Any]]
    """From raw params to the JSON of the result."""
    is_cancellable: bool


class Routes:
    """The table of them. Everything runs on the event loop's thread."""

    def __init__(self) -> None:
        self._known: dict[str, Route] = {}
        self._later: dict[str, Callable[[], None]] = {}
        self.trouble: Exception | None = None
        """Why handlers could not be registered the last time; methods without one are answered with it."""

    def add(self, method: str, route: Route) -> None:
        """Raises ValueError if the method has a route."""
        if method in self._known:
            raise ValueError(f"{method} has a handler already")
        self._known[method] = route

    def add_later(self, methods: Collection[str], register: Callable[[], None]) -> None:
        """Leaves some methods to a function that adds them; it is called when one of them is asked for, and again if
        it failed: there may have been too little memory, or too many open files."""
        self._later |= dict.fromkeys(methods, register)

    def __getitem__(self, method: str) -> Route:
        return self._known[method]

    def __contains__(self, method: str) -> bool:
        register = self._later.get(method)
        if register is not None and (self.register(register) or not self._may_go_well_later):
            self._later = {name: other for name, other in self._later.items() if other is not register}
        return method in self._known

    def register(self, register: Callable[[], None]) -> bool:
        """Calls what adds routes; if it fails, the log tells it, and every client at its next request. Whether
        it went well."""
        before = dict(self._known)
        try:
            register()
        except Exception as error:  # whatever it is, the client is connected and must hear of it
            self._known, self.trouble = before, error
            logger.exception("The server cannot load its handlers.")
            return False
        self.trouble = None
        return True

    @property
    def _may_go_well_later(self) -> bool:
        from threadkeep.domain.exhaustion import lack  # only a failure needs it

        return self.trouble is not None and lack(self.trouble) is not None

    def names(self) -> list[str]:
        """All methods, also those that nobody has asked for yet."""
        return [*self._known, *self._later]
