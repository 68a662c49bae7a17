"""The least there can be: JSON-RPC on asyncio and nothing else, with a client of server-sent events by hand.

Run by its path, with nothing or with a JSON file of results by method: each is answered with its constant
result, and `bench/stream` asks a provider and passes each token on. Whatever else is asked is answered with {}.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any


async def main(answers: str | None = None) -> None:
    """Serves stdio until its end."""
    results = {}
    if answers is not None:
        with open(answers, encoding="utf-8") as file:  # noqa: ASYNC230, PTH123 - nothing waits; pathlib is slow to import
            results = json.load(file)
    streaming = Streaming()
    while message := await asyncio.to_thread(read_message):
        if message["method"] == "bench/stream":
            result = await streaming.pass_on(message["params"])
        else:
            result = results.get(message["method"], {})
        if "id" in message:
            write({"id": message["id"], "result": result})


def read_message() -> Any:
    """The next message; None at the end."""
    length = 0
    while (line := sys.stdin.buffer.readline()) not in (b"", b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def write(message: dict[str, Any]) -> None:
    """Sends a message."""
    body = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    sys.stdout.buffer.flush()


class Streaming:
    """A connection to a provider, kept open from one answer to the next."""

    def __init__(self) -> None:
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def pass_on(self, params: Any) -> int:
        """Sends each token as it comes; the length of the answer."""
        count = 0
        async for data in self._events(params["url"], params["text"]):
            choices = json.loads(data)["choices"]
            if choices and (text := choices[0]["delta"].get("content")):
                write({"method": "bench/delta", "params": {"offset": count, "text": text}})
                count += len(text)
        return count

    async def _events(self, url: str, text: str) -> AsyncIterator[bytes]:
        """The data of an answer's events, up to the chunk that ends it."""
        place, _, path = url.removeprefix("http://").partition("/")
        host, _, port = place.partition(":")
        if self._streams is None:
            self._streams = await asyncio.open_connection(host, int(port))
        reader, writer = self._streams
        asked = {"model": "test", "stream": True, "messages": [{"role": "user", "content": text}]}
        body = json.dumps(asked).encode()
        head = (
            f"POST /{path}/chat/completions HTTP/1.1\r\nHost: {place}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        while (line := await reader.readline()) != b"0\r\n":
            if not line:
                raise ConnectionError("the provider has gone")
            if line.startswith(b"data: {"):
                yield line[6:]
        await reader.readline()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
