"""JSON-RPC over a pair of streams, without methods and processes: requests out, answers and notifications in."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from threadkeep.client.errors import ClientError, RequestFailed
from threadkeep.client.process import Writer

Json = Mapping[str, Any]

_METHOD_NOT_FOUND = -32601


class NotTheProtocol(ClientError):
    """The other side wrote something that is no JSON-RPC frame."""


class Connection:
    """One end of the wire. Requests leave in the order in which they are made."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: Writer,
        *,
        on_notification: Callable[[str, Any], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._on_notification = on_notification
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._next_id = 1
        self._ended: Exception | None = None

    async def request(self, method: str, params: Json | None = None) -> Any:
        """The result, as JSON; cancelling the caller sends `$/cancelRequest`.

        Raises:
            RequestFailed: the server answered with an error.
            ServerGone: the server ended before it answered.
        """
        if self._ended is not None:
            raise self._ended
        request_id = self._next_id
        self._next_id += 1
        answer = asyncio.get_running_loop().create_future()
        self._pending[request_id] = answer
        try:
            self._write({"id": request_id, "method": method}, params)
            return await answer
        except asyncio.CancelledError:
            self._write({"method": "$/cancelRequest"}, {"id": request_id})
            raise
        finally:
            self._pending.pop(request_id, None)

    def notify(self, method: str, params: Json | None = None) -> None:
        """Sends a notification; one to a server that is gone goes nowhere."""
        self._write({"method": method}, params)

    async def run(self) -> None:
        """Reads until the other side closes.

        Raises:
            NotTheProtocol: what came is no frame.
        """
        with contextlib.suppress(ConnectionError):
            while (body := await _read_frame(self._reader)) is not None:
                self._take(_decode(body))

    def end(self, error: Exception) -> None:
        """Fails every request that waits, and every later one, with `error`."""
        self._ended = error
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(error)

    def _write(self, head: Json, params: Json | None) -> None:
        message = {"jsonrpc": "2.0", **head}
        if params is not None:
            message["params"] = params
        # ASCII with escapes carries even a lone surrogate, which UTF-8 cannot
        body = json.dumps(message, separators=(",", ":")).encode("ascii")
        if not self._writer.is_closing():
            self._writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def _take(self, message: Any) -> None:
        if not isinstance(message, dict):
            raise NotTheProtocol("it sent JSON that is not an object")
        method, request_id = message.get("method"), message.get("id")
        if isinstance(method, str):
            if "id" in message:
                self._refuse(request_id, method)
            else:
                self._on_notification(method, message.get("params"))
            return
        answer = self._pending.get(request_id) if isinstance(request_id, int) else None
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(_failure(message["error"]))
        else:
            answer.set_result(message.get("result"))

    def _refuse(self, request_id: Any, method: str) -> None:
        error = {"code": _METHOD_NOT_FOUND, "message": f"this client does not answer {method}"}
        body = json.dumps({"jsonrpc": "2.0", "id": request_id, "error": error}).encode("ascii")
        self._writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)


async def _read_frame(reader: asyncio.StreamReader) -> bytes | None:
    length: int | None = None
    try:
        while line := await reader.readline():
            if not line.strip():
                if length is None:
                    raise NotTheProtocol("it sent a frame without a length")
                return await reader.readexactly(length)
            name, colon, value = line.partition(b":")
            if not colon:
                raise NotTheProtocol(f"it wrote {line[:80]!r} to its standard output")
            if name.strip().lower() == b"content-length":
                length = int(value)
    except asyncio.IncompleteReadError:
        return None
    except ValueError as error:  # an endless line, or a length that is no number
        raise NotTheProtocol(f"it sent a broken frame ({error})") from error
    return None


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotTheProtocol(f"it sent a frame that is not JSON ({error})") from error


def _failure(error: Any) -> RequestFailed:
    error = error if isinstance(error, dict) else {}
    data = error.get("data") if isinstance(error.get("data"), dict) else {}
    return RequestFailed(
        code=error.get("code", 0),
        kind=str(data.get("kind", "unknown")),
        message=str(error.get("message", "the server gave no reason")),
        data=data,
    )
