"""A loopback provider that answers, stalls, refuses or breaks as a test asks: chat completions, or messages.

In a test: `async with ModelServer() as server:`, with `server.plan` set to what it shall do.
As a process: `python -m tests.support.model_server [--plan JSON]` prints its port and ends with its stdin;
`GET /requests` tells what came in, `POST /plan` changes the plan. Either way a last user message may say
`[[plan {"tokens": 2000}]]`, which holds for that request alone.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from threadkeep.values import Mutable, field

if __name__ == "__main__":
    # Run by its path: the other helpers are found from the project's root.
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.model_plan import Plan, planned
from tests.support.model_wire import ChatWire, sse, token
from tests.support.model_wire_messages import MessagesWire

ANSWERS = ("/completions", "/messages")
"""How the paths end that give answers."""

Wire = ChatWire | MessagesWire


class Seen(Mutable):
    """A request as it came, and what became of it."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    port: int
    """The client's port: the same for a connection that is used again."""
    at: float = field(factory=time.monotonic)
    sent: int = 0
    closed_at: float | None = None
    """When the client closed before the end of the answer."""
    is_answered: bool = False
    closed: asyncio.Event = field(factory=asyncio.Event, repr=False)

    def told(self) -> dict[str, Any]:
        names = ("method", "path", "headers", "body", "port", "at", "sent", "closed_at", "is_answered")
        return {name: getattr(self, name) for name in names}


class ModelServer:
    """The server. `requests` holds all that came, in order."""

    def __init__(self, plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self.next_plans: list[Plan] = []
        """For the next requests, one each; `plan` holds again after them."""
        self.requests: list[Seen] = []
        self.came = asyncio.Event()
        """Set once a request has come."""
        self._connections = 0
        self._nobody = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._nobody.set()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def tasks(self) -> set["asyncio.Task[None]"]:
        """The server's own tasks, one a connection."""
        return set(self._tasks)

    @property
    def last(self) -> Seen:
        return self.requests[-1]

    async def __aenter__(self) -> "ModelServer":
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def closed(self, *, within: float = 5) -> None:
        """Waits until no client is connected any more."""
        await asyncio.wait_for(self._nobody.wait(), within)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        self._nobody.clear()
        try:
            while (seen := await self._read(reader, writer)) is not None:
                self.requests.append(seen)
                self.came.set()
                if not await self._watched(seen, reader, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            self._connections -= 1
            if not self._connections:
                self._nobody.set()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Seen | None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = head.rstrip().split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        port = writer.get_extra_info("peername")[1]
        return Seen(method=method, path=path, headers=headers, body=json.loads(body or b"null"), port=port)

    async def _watched(self, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answers, unless the client goes away first; whether the connection can be used again."""
        answer = asyncio.ensure_future(self._answer(seen, writer))
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                seen.is_answered = True
                return answer.result()
            seen.closed_at = time.monotonic()
            seen.closed.set()
            return False
        finally:
            for task in (answer, gone):
                task.cancel()
            await asyncio.gather(answer, gone, return_exceptions=True)

    async def _answer(self, seen: Seen, writer: asyncio.StreamWriter) -> bool:
        if seen.path == "/requests":
            told = [request.told() for request in self.requests if request.path.endswith(ANSWERS)]
            return await _respond(writer, 200, json.dumps(told))
        if seen.path == "/plan":
            self.plan = Plan(**seen.body)
            return await _respond(writer, 200, "{}")
        plan = planned(self.next_plans.pop(0) if self.next_plans else self.plan, seen.body)
        await asyncio.sleep(plan.first_delay)
        refusal = _refusal(seen, plan)
        if refusal is not None:
            status, error = refusal
            return await _respond(writer, status, json.dumps({"error": error}))
        if plan.status != 200 or plan.body is not None:
            return await _respond(writer, plan.status, plan.body or "", plan.headers)
        wire = MessagesWire() if "/messages" in seen.path else ChatWire()
        if seen.method == "GET" or plan.plain_json:
            whole = {"object": "list", "data": plan.models} if seen.method == "GET" else wire.whole(plan)
            return await _respond(writer, 200, json.dumps(whole), plan.headers)
        return await self._stream(seen, plan, wire, writer)

    async def _stream(self, seen: Seen, plan: Plan, wire: Wire, writer: asyncio.StreamWriter) -> bool:
        writer.write(
            _head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked", **plan.headers})
        )
        if plan.raw is not None:
            writer.write(_chunked(plan.raw.encode()))
            return await _finished(writer)
        for piece in wire.opening(plan):
            writer.write(_chunked(sse(piece, plan.line_end)))
        texts = plan.texts if plan.texts is not None else tuple(token(index) for index in range(plan.tokens))
        step = plan.tokens_per_write
        before, after = sse(wire.text("@"), plan.line_end).split(b"@")
        for start in range(0, len(texts), step):
            if await self._broken(plan, wire, start, writer):
                return False
            if plan.end_after == start:
                return await _finished(writer)
            pieces = [
                before + json.dumps(text)[1:-1].encode() + after for text in texts[start : start + step]
            ]
            writer.write(_chunked(b"".join(pieces)))
            seen.sent += len(pieces)
            if plan.token_delay:
                await asyncio.sleep(plan.token_delay)
            elif start % 64 == 0:
                await writer.drain()
        if await self._broken(plan, wire, len(texts), writer):
            return False
        if plan.end_after != len(texts):
            writer.write(_chunked(_ending(plan, wire, len(texts))))
            if plan.hang_at_end:
                await asyncio.sleep(3600)
        return await _finished(writer)

    async def _broken(self, plan: Plan, wire: Wire, sent: int, writer: asyncio.StreamWriter) -> bool:
        if plan.stall_after == sent:
            await writer.drain()
            await asyncio.sleep(3600)
        if plan.cut_after == sent:
            await writer.drain()
            writer.transport.abort()
            return True
        if plan.error_after == sent:
            writer.write(_chunked(sse(wire.error(plan.error), plan.line_end)))
            await _finished(writer)
            return True
        return False


def _refusal(seen: Seen, plan: Plan) -> tuple[int, dict[str, str]] | None:
    sent = (seen.headers.get("authorization"), seen.headers.get("x-api-key"))
    if plan.key is not None and sent not in ((f"Bearer {plan.key}", None), (None, plan.key)):
        return 401, {"message": "Incorrect API key provided.", "code": "invalid_api_key"}
    refused = [name for name in plan.refuses if (seen.body or {}).get(name)]
    if refused:
        return 400, {"message": f"Unknown parameter: '{refused[0]}'.", "param": refused[0]}
    return None


def _ending(plan: Plan, wire: Wire, count: int) -> bytes:
    ending = b"".join(sse(piece, plan.line_end) for piece in wire.ending(plan, count))
    done = f"{wire.done}{plan.line_end * 2}" if plan.done and wire.done else ""
    return ending + done.encode()


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Planned", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


async def _finished(writer: asyncio.StreamWriter) -> bool:
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


async def _respond(
    writer: asyncio.StreamWriter, status: int, body: str, headers: Mapping[str, str] | None = None
) -> bool:
    data = body.encode()
    kind = {"content-type": "application/json", "content-length": str(len(data))}
    writer.write(_head(status, {**kind, **(headers or {})}) + data)
    await writer.drain()
    return True


async def _serve_until_end_of_input(plan: Plan) -> None:
    async with ModelServer(plan) as server:
        print(server.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="A loopback provider for tests; ends with its stdin.")
    arguments.add_argument("--plan", default="{}", help="the fields of Plan as JSON")
    asyncio.run(_serve_until_end_of_input(Plan(**json.loads(arguments.parse_args().plan))))
