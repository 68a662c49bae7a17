"""Clients that measure: a response is stamped when its last byte has come, before it is read as JSON."""

import json
import time
from collections.abc import Iterator

from tests.support.product import Editor
from tests.support.wire import Json, RawClient


class StampingClient(RawClient):
    """A raw client that tells when the last response came, and takes whatever headers a server writes."""

    answered_at: float = 0.0
    """When the last response was there, as `time.perf_counter` tells it."""

    def round_trip(self, method: str, params: Json) -> float:
        """Asks and waits; the seconds from before the request is written to the response's last byte."""
        began = time.perf_counter()
        self.result(method, params)
        return self.answered_at - began

    def _messages(self) -> Iterator[Json]:
        assert self.process.stdout is not None
        with open(self.process.stdout.fileno(), "rb", closefd=False) as stream:
            length = 0
            while line := stream.readline():
                name, _, value = line.decode("ascii").partition(":")
                if name == "Content-Length":
                    length = int(value)
                elif line == b"\r\n":
                    body = stream.read(length)
                    arrived_at = time.perf_counter()
                    message = json.loads(body)
                    if "method" not in message:
                        self.answered_at = arrived_at
                    yield message


class StampingEditor(StampingClient, Editor):
    """The product, started as an editor starts it."""
