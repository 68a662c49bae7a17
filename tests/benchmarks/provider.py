"""A provider of chat completions that does nothing but stream as fast as it can, and says when it began.

Run by its path: prints its port and ends with its stdin. The last user message names the number of tokens.
The first token is the moment at which it is sent, as `time.monotonic` tells it.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Self

if __name__ == "__main__":
    # run by its path: the other helpers are found from the project's root
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.model_wire import chunk, sse, token, usage_block

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_LIST = b'{"object": "list", "data": [{"id": "test", "object": "model"}]}'
MODELS = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
    len(_LIST),
    _LIST,
)
"""The answer to a question for its models."""


class Provider:
    """The provider in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.base_url = f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=10)


def began_at(text: str) -> float:
    """The moment that an answer's first token tells."""
    found = re.match(r"@([0-9.]+) ", text)
    assert found, text
    return float(found[1])


async def _serve() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if head.startswith(b"get "):
                writer.write(MODELS)
                continue
            length = re.search(rb"content-length: *(\d+)", head)
            body = json.loads(await reader.readexactly(int(length[1]) if length else 0))
            asked = re.search(r"tokens=(\d+)", body["messages"][-1]["content"])
            rest = _rest(int(asked[1]) if asked else 1)
            first = _chunked(sse(chunk({"content": f"@{time.monotonic():.6f} "})))
            writer.write(HEAD + first)
            writer.write(rest)
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


@cache
def _rest(tokens: int) -> bytes:
    pieces = [sse(chunk({"content": token(index)})) for index in range(1, tokens)]
    pieces.append(sse(chunk({}, finish_reason="stop")))
    pieces.append(sse({**chunk(None), "usage": usage_block(tokens)}) + b"data: [DONE]\n\n")
    return b"".join(_chunked(piece) for piece in pieces) + b"0\r\n\r\n"


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


if __name__ == "__main__":
    asyncio.run(_serve())
