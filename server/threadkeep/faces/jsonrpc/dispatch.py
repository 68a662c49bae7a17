"""The gate and the switchboard: who answers a method, and what happens with each message, in order of arrival; apart, since it knows no stream."""

import functools
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any, Final, Protocol

from threadkeep.faces.jsonrpc import errors, messages
from threadkeep.faces.jsonrpc.handshake import initialize_problems
from threadkeep.faces.jsonrpc.inflight import InFlight, Translate
from threadkeep.faces.jsonrpc.json_text import Body
from threadkeep.values import Value

INITIALIZE: Final = "initialize"
SHUTDOWN: Final = "shutdown"
EXIT: Final = "exit"
CANCEL_REQUEST: Final = "$/cancelRequest"

logger = logging.getLogger(__name__)


class LifeCycle(Protocol):
    """Who is told how far the conversation has come."""

    def initialize_result(self) -> Mapping[str, Any] | None:
        """The answer to an `initialize` that is accepted; None if the client has it already."""
        ...

    def become_ready(self) -> None:
        """The answer to `initialize` is queued."""
        ...

    def announce(self, method: str, params: dict[str, Any]) -> None:
        """A notification has come."""
        ...

    def take_answer(self, response: Mapping[str, Any]) -> None:
        """The client has answered something that it was asked."""
        ...

    async def wind_down(self) -> None:
        """Lets requests finish and stores what is under way, in bounded time."""
        ...

    def end(self, exit_code: int) -> None:
        """The client wants the end."""
        ...


class Route(Value):
    """How a method is answered."""

    answer: Callable[[Any], Coroutine[Any, Any, Any]]
    """From raw params to the JSON of the result."""
    is_cancellable: bool


class Routes:
    """The table of them. Everything runs on the event loop's thread."""

    def __init__(self, *, is_passing: Callable[[Exception], bool]) -> None:
        """is_passing: whether what failed with an error may go well the next time, such as for want of memory."""
        self._is_passing = is_passing
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
        return self.trouble is not None and self._is_passing(self.trouble)

    def names(self) -> list[str]:
        """All methods, also those that nobody has asked for yet."""
        return [*self._known, *self._later]


class Dispatch:
    """The state of the conversation: not begun, initialised, shutting down."""

    def __init__(
        self, server: LifeCycle, routes: Routes, send: Callable[[Body], None], *, translate: Translate
    ) -> None:
        """send: takes an encoded response. translate: makes the error object of what a handler raised."""
        self._life_cycle = server
        self._routes = routes
        self._translate = translate
        self._shutdown = False
        self.in_flight = InFlight(send, translate=translate)
        self.raw_initialize_params: dict[str, Any] | None = None

    def receive(self, message: messages.Message) -> bool:
        """Deals with one message; True if that started a task, which is to take its first step before the next."""
        if isinstance(message, messages.Request):
            try:
                return self._receive_request(message)
            except Exception:  # whatever it is, an answer is due, and the next message as well
                logger.exception("The request %s could not be begun.", message.method)
                self.in_flight.refuse(message.id, errors.internal_error())
                return False
        if isinstance(message, messages.Notification):
            self._receive_notification(message)
        elif isinstance(message, messages.Response):
            self._life_cycle.take_answer(message.body)
        else:
            self.in_flight.refuse(message.id, message.error)
        return False

    # Requests

    def _receive_request(self, request: messages.Request) -> bool:
        error = self._refusal(request)
        if error is not None:
            self.in_flight.refuse(request.id, error)
            return False
        if request.method == INITIALIZE:
            self._initialize(request)
            return False
        is_cancellable = False
        work = self._wind_down
        if request.method == SHUTDOWN:
            self._shutdown = True
        else:
            route = self._routes[request.method]
            is_cancellable = route.is_cancellable
            work = functools.partial(route.answer, request.params)
        self.in_flight.start(request, work, is_cancellable=is_cancellable)
        return True

    def _refusal(self, request: messages.Request) -> errors.Error | None:
        if request.id in self.in_flight:
            return errors.invalid_request("A request with this id is being answered.")
        if self._shutdown:
            return errors.invalid_request("The server is shutting down.")
        if request.method == INITIALIZE:
            return self._initialize_refusal(request.params)
        if self.raw_initialize_params is None:
            return errors.not_initialized()
        if request.method == SHUTDOWN:
            return None
        return self._route_refusal(request)

    def _route_refusal(self, request: messages.Request) -> errors.Error | None:
        routes = self._routes
        if request.method not in routes:
            if routes.trouble is not None:
                return self._translate(routes.trouble, method=request.method)
            return errors.method_not_found(request.method, known=[*routes.names(), INITIALIZE, SHUTDOWN])
        if not isinstance(request.params, dict):
            return errors.invalid_params([{"field": "", "message": "must be an object"}])
        return None

    def _initialize_refusal(self, params: Any) -> errors.Error | None:
        if self.raw_initialize_params is not None:
            return errors.invalid_request("The server is initialised already.")
        if not isinstance(params, dict):
            return errors.invalid_params([{"field": "", "message": "must be an object"}])
        problems = initialize_problems(params)
        return errors.invalid_params(problems) if problems else None

    def _initialize(self, request: messages.Request) -> None:
        self.raw_initialize_params = request.params
        result = self._life_cycle.initialize_result()
        if result is not None:
            self.in_flight.answer(request.id, result)
        self._life_cycle.become_ready()

    async def _wind_down(self) -> None:
        await self._life_cycle.wind_down()

    # Notifications

    def _receive_notification(self, notification: messages.Notification) -> None:
        method = notification.method
        if method == EXIT:
            self._life_cycle.end(0 if self._shutdown else 1)
            return
        if self.raw_initialize_params is None or self._shutdown or not isinstance(notification.params, dict):
            return
        try:
            if method == CANCEL_REQUEST:
                self.in_flight.cancel(notification.params.get("id"))
            self._life_cycle.announce(method, notification.params)
        except Exception as error:  # noqa: BLE001 - nobody can be told but the log; the text of the error may hold a body
            logger.warning("The notification %s was ignored: %s.", method, type(error).__name__)
