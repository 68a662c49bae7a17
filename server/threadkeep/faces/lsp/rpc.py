"""The gate and the switchboard: what happens with each message, in the order of arrival."""

import functools
import logging
from typing import TYPE_CHECKING, Any

from threadkeep.faces.jsonrpc import errors, messages
from threadkeep.faces.jsonrpc.inflight import InFlight
from threadkeep.faces.lsp.errors import translate
from threadkeep.faces.lsp.handshake import initialize_problems, initialize_result

if TYPE_CHECKING:
    from threadkeep.faces.lsp.endpoint import Endpoint

INITIALIZE, SHUTDOWN, EXIT, CANCEL_REQUEST = "initialize", "shutdown", "exit", "$/cancelRequest"

logger = logging.getLogger(__name__)


class Rpc:
    """The state of the conversation: not begun, initialised, shutting down."""

    def __init__(self, server: "Endpoint") -> None:
        self._server = server
        self._shutdown = False
        self.in_flight = InFlight(self.send_body, translate=translate)
        self.raw_initialize_params: dict[str, Any] | None = None

    def send_body(self, body: bytes, session: str | None = None, replaces: Any = None) -> None:
        """Hands an encoded message to the writer, if there is one."""
        if self._server.outlet is not None:
            self._server.outlet.send(body, topic=session, replaces=replaces)

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
            self._server.take_answer(message.body)
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
            route = self._server.routes[request.method]
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
        routes = self._server.routes
        if request.method not in routes:
            if routes.trouble is not None:
                return translate(routes.trouble, method=request.method)
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
        server = self._server
        self.raw_initialize_params = request.params
        if not server.is_answered:
            result = initialize_result(name=server.name, version=server.version, capability=server.capability)
            self.in_flight.answer(request.id, result)
        server.become_ready()

    async def _wind_down(self) -> None:
        await self._server.wind_down()

    # Notifications

    def _receive_notification(self, notification: messages.Notification) -> None:
        method = notification.method
        if method == EXIT:
            self._server.end(0 if self._shutdown else 1)
            return
        if self.raw_initialize_params is None or self._shutdown or not isinstance(notification.params, dict):
            return
        try:
            if method == CANCEL_REQUEST:
                self.in_flight.cancel(notification.params.get("id"))
            self._server.announce(method, notification.params)
        except Exception as error:  # noqa: BLE001 - nobody can be told but the log; the text of the error may hold a body
            logger.warning("The notification %s was ignored: %s.", method, type(error).__name__)
