"""The gate and the switchboard: what happens with each message, in the order of arrival."""

import functools
import inspect
import logging
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.protocol import LanguageServerProtocol

from threadkeep.faces.lsp import documents, errors, messages
from threadkeep.faces.lsp.inflight import InFlight
from threadkeep.faces.lsp.json_text import encode

if TYPE_CHECKING:
    from cattrs import Converter

    from threadkeep.faces.lsp.endpoint import Endpoint

logger = logging.getLogger(__name__)


class Rpc(LanguageServerProtocol):
    """pygls' protocol with another front: nothing of it reads, structures or answers by itself."""

    _server: "Endpoint"

    def __init__(self, server: "Endpoint", converter: "Converter") -> None:
        self._full_converter: Converter | None = None
        super().__init__(server, converter)
        for method in documents.UNSUPPORTED:
            self.fm.builtin_features.pop(method, None)
        self.in_flight = InFlight(self.send_body)
        self.raw_initialize_params: dict[str, Any] | None = None

    def structure_message(self, data: Any) -> Any:
        """Leaves every object as it is: pygls would turn whatever has a key `jsonrpc` into a message."""
        return data

    def send_body(self, body: bytes, session: str | None = None, replaces: Any = None) -> None:
        """Hands an encoded message to the writer, if there is one."""
        if self._server.outlet is not None:
            self._server.outlet.send(body, session=session, replaces=replaces)

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
            self._receive_response(message)
        else:
            self.in_flight.refuse(message.id, message.error)
        return False

    # Requests

    def _receive_request(self, request: messages.Request) -> bool:
        error = self._refusal(request)
        if error is not None:
            self.in_flight.refuse(request.id, error)
            return False
        if request.method == types.INITIALIZE:
            self._initialize(request)
            return False
        is_cancellable = False
        work = self._wind_down
        if request.method == types.SHUTDOWN:
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
        if request.method == types.INITIALIZE:
            return self._initialize_refusal(request.params)
        if self.raw_initialize_params is None:
            return errors.not_initialized()
        if request.method == types.SHUTDOWN:
            return None
        return self._route_refusal(request)

    def _route_refusal(self, request: messages.Request) -> errors.Error | None:
        known = self._server.routes
        if request.method not in known and self._server.is_broken:
            return errors.internal_error()
        if request.method not in known:
            return errors.method_not_found(request.method, known=[*known, types.INITIALIZE, types.SHUTDOWN])
        if not isinstance(request.params, dict):
            return errors.invalid_params([{"field": "", "message": "must be an object"}])
        return None

    def _initialize_refusal(self, params: Any) -> errors.Error | None:
        if self.raw_initialize_params is not None:
            return errors.invalid_request("The server is initialised already.")
        if not isinstance(params, dict):
            return errors.invalid_params([{"field": "", "message": "must be an object"}])
        problems = documents.initialize_problems(params)
        return errors.invalid_params(problems) if problems else None

    def _initialize(self, request: messages.Request) -> None:
        params = documents.initialize_params(request.params)
        try:
            result = _exhaust(self.lsp_initialize(params))
        except ValueError:  # a root that is no URI: pygls' workspace does without
            params.root_uri = None
            result = _exhaust(self.lsp_initialize(params))
        self.raw_initialize_params = request.params
        answer = documents.to_json(result)
        answer["capabilities"].pop("executeCommandProvider")  # pygls announces it even without a command
        answer["capabilities"].setdefault("experimental", {})["threadkeep"] = dict(self._server.capability)
        self.in_flight.answer(request.id, answer)
        self._server.become_ready()

    async def _wind_down(self) -> None:
        await self._server.wind_down()

    # Notifications

    def _receive_notification(self, notification: messages.Notification) -> None:
        method = notification.method
        if method == types.EXIT:
            self._server.end(0 if self._shutdown else 1)
            return
        if self.raw_initialize_params is None or self._shutdown or not isinstance(notification.params, dict):
            return
        try:
            if method == types.CANCEL_REQUEST:
                self.in_flight.cancel(notification.params.get("id"))
            elif method in documents.MIRRORED:
                self._mirror(method, notification.params)
            self._server.announce(method, notification.params)
        except Exception as error:  # noqa: BLE001 - nobody can be told but the log; the text of the error may hold a body
            logger.warning("The notification %s was ignored: %s.", method, type(error).__name__)

    def _mirror(self, method: str, params: dict[str, Any]) -> None:
        structured: Any = self._lsp_converter().structure(
            params, cast(type, types.METHOD_TO_TYPES[method][2])
        )
        _exhaust(self.fm.builtin_features[method](structured))

    # What pygls sends, and the answers to it

    def _receive_response(self, response: messages.Response) -> None:
        if isinstance(response.id, float) or response.id not in self._request_futures:
            return
        self._converter = self._lsp_converter()
        try:
            message = super().structure_message(dict(response.body))
        except Exception:  # noqa: BLE001 - pygls logged it; whoever waits gets null
            message = None
        self._handle_response(response.id, getattr(message, "result", None), getattr(message, "error", None))

    def notify(self, method: str, params: Any = None) -> None:
        """Sends a notification; `params` is JSON, or an object of lsprotocol's."""
        self.send_body(encode({"jsonrpc": "2.0", "method": method, "params": documents.to_json(params)}))

    def _send_data(self, data: Any) -> None:
        self.send_body(encode(documents.to_json(data)))

    def _lsp_converter(self) -> "Converter":
        """lsprotocol's converter, made at the first use: it is not needed to answer `initialize`."""
        if self._full_converter is None:
            self._full_converter = get_converter()
        return self._full_converter


def _exhaust(steps: Any) -> Any:
    """Runs a handler of pygls' own. It is a generator that would yield what a user registered: nobody did."""
    if not inspect.isgenerator(steps):
        return steps
    try:
        next(steps)
    except StopIteration as end:
        return end.value
    raise RuntimeError("A handler was registered with pygls: use Endpoint.request.")
