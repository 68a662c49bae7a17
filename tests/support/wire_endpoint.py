"""An endpoint without a process: messages go in as values, what it sends is kept."""

import asyncio
import json
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from threadkeep.faces.jsonrpc.endpoint import Endpoint
from threadkeep.faces.jsonrpc.handshake import initialize_result
from threadkeep.faces.jsonrpc.json_text import Body, Encoded
from threadkeep.faces.jsonrpc.messages import classify
from threadkeep.faces.jsonrpc.process import Pump
from threadkeep.faces.lsp import conversion


class Outbox:
    """Keeps what was sent, decoded, in order."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def send(self, body: Body, *, topic: Hashable = None, replaces: Hashable = None) -> None:
        pieces = body.pieces if isinstance(body, Encoded) else (body,)
        self.messages.append(json.loads(b"".join(pieces)))

    def send_piece(self, method: str, params: Mapping[str, Any], *, key: Hashable, topic: Hashable) -> None:
        self.messages.append({"jsonrpc": "2.0", "method": method, "params": dict(params)})

    def flush(self, timeout: float) -> bool:
        return True


def plain_endpoint(load: Callable[[Endpoint], None], **options: Any) -> Endpoint:
    """An endpoint with the product's converter and errors and without its methods."""
    answer = initialize_result("bench", "0", experimental={"threadkeep": {"protocolVersion": 1}})
    return Endpoint(answer, load=load, **{"conversion": conversion} | options)


class Bench:
    """An endpoint with its pump and outbox; `put` sends it values as if they had been read together."""

    def __init__(self, load: Callable[[Endpoint], None], **options: Any) -> None:
        self.outbox = Outbox()
        self.watched: list[int] = []

        def watch(pid: int, on_death: Callable[[], None]) -> Callable[[], None]:
            self.watched.append(pid)
            return lambda: self.watched.remove(pid)

        self.endpoint = plain_endpoint(load, **{"watch_parent": watch} | options)
        self.endpoint.outlet = self.outbox
        self.is_held = False
        self.pump = Pump(self.endpoint.receive, is_held=lambda: self.is_held)

    def put(self, *values: Any) -> None:
        messages = [message for value in values if (message := classify(value)) is not None]
        self.pump.put(messages, then=lambda: None)

    def initialize(self, **params: Any) -> None:
        self.put({"jsonrpc": "2.0", "id": "init", "method": "initialize", "params": params})
        self.take()

    def take(self) -> list[dict[str, Any]]:
        taken, self.outbox.messages = self.outbox.messages, []
        return taken

    async def until_quiet(self, *, seconds: float = 5.0) -> list[dict[str, Any]]:
        """Waits until no request is in flight and nothing is queued; everything sent meanwhile."""
        async with asyncio.timeout(seconds):
            while self.endpoint.dispatch.in_flight._tasks or self.pump._queue:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0)
        return self.take()
