"""What the server asks of the client: requests of the language server protocol in the other direction, by pygls; apart, since only this direction needs pygls."""

import asyncio
import enum
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import attrs
from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from threadkeep.faces.jsonrpc.json_text import encode

ANSWER_SECONDS = 30.0
"""How long a client may take to answer."""

logger = logging.getLogger(__name__)


class ClientRequests(LanguageServer):
    """pygls' server as far as it talks to the client: all its `…_async` methods can be awaited.

    It reads nothing by itself: the endpoint hands it the client's answers. Importing this module takes its
    time (`lsprotocol.types` has 554 classes), so it is left to the first who asks something.
    """

    protocol: "_PendingRequests"

    def __init__(self, *, name: str, version: str, send: Callable[[bytes], None]) -> None:
        """`send` takes an encoded message; it is called on the thread of whoever asks."""
        super().__init__(name, version, protocol_cls=_PendingRequests, converter_factory=get_converter)
        self.protocol.send = send

    async def configuration(self, section: str) -> dict[str, Any] | None:
        """The client's settings in a section, None if it has none.

        Raises TimeoutError, or a JsonRpcException of pygls' if the client refuses.
        """
        params = types.ConfigurationParams(items=[types.ConfigurationItem(section=section)])
        async with asyncio.timeout(ANSWER_SECONDS):
            found = await self.workspace_configuration_async(params)
        return found[0] if found and isinstance(found[0], dict) else None

    def take(self, response: Mapping[str, Any]) -> None:
        """Takes an answer of the client's; one that nobody waits for is ignored."""
        self.protocol.take(response)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """To the log; pygls would show its text to the person at the editor."""
        logger.warning("pygls reports a %s (%s).", type(error).__name__, getattr(source, "__name__", source))

    def feature(self, feature_name: str, options: Any = None) -> NoReturn:
        """Handlers registered with pygls would have its traps: not offered."""
        raise NotImplementedError(f"Register {feature_name} with Endpoint.request.")

    def command(self, command_name: str) -> NoReturn:
        """Commands of pygls are not offered."""
        raise NotImplementedError(f"{command_name}: there are no commands, only requests.")


class _PendingRequests(LanguageServerProtocol):
    """pygls' record of what was asked and is not answered yet."""

    send: Callable[[bytes], None]

    def __init__(self, server: LanguageServer, converter: Any) -> None:
        # it logs every body it sends at INFO and below: prompts are private
        logging.getLogger("pygls").setLevel(logging.WARNING)
        super().__init__(server, converter)

    def take(self, response: Mapping[str, Any]) -> None:
        if response["id"] not in self._request_futures:
            return
        try:
            message = self.structure_message(dict(response))
        except Exception:  # noqa: BLE001 - pygls logged it; whoever waits gets null
            message = None
        self._handle_response(
            response["id"], getattr(message, "result", None), getattr(message, "error", None)
        )

    def notify(self, method: str, params: Any = None) -> None:
        """Sends a notification; `params` is JSON, or an object of lsprotocol's."""
        self._send_data({"jsonrpc": "2.0", "method": method, "params": params})

    def _send_data(self, data: Any) -> None:
        self.send(encode(to_json(data)))


def to_json(value: Any) -> Any:
    """The JSON of lsprotocol's and pygls' own objects; only None is left out, never False, 0 or a tag."""
    if isinstance(value, enum.Enum):
        return value.value
    if attrs.has(type(value)):
        members = ((field.name, getattr(value, field.name)) for field in attrs.fields(type(value)))
        return {_camel(name): to_json(member) for name, member in members if member is not None}
    if isinstance(value, Mapping):
        return {name: to_json(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(member) for member in value]
    return value


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
