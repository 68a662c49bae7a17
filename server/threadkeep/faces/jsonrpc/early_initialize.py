"""Answers the first request before most of the program is imported: a client waits for that answer."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from threadkeep.faces.jsonrpc.frames import FrameParser, framed
from threadkeep.faces.jsonrpc.json_text import encode
from threadkeep.faces.jsonrpc.messages import Request, read
from threadkeep.faces.jsonrpc.stdio import Stdio, stop_signals

CHUNK_BYTES = 64 * 1024
MAX_BYTES = 1024 * 1024
"""A first message of more bytes is left to the peer."""


def answer_early(
    reading: int, writing: int, *, respond: Callable[[Request], Any], limit: int = MAX_BYTES
) -> Stdio:
    """Waits for the first message and answers it, if it is a request for which `respond` has a result.

    Everything else, be it a mistake or the end of the input, is left to the peer. Until it takes over, a
    signal that asks the process to end is followed at once: nothing is stored yet. respond: gives None for
    what it leaves. limit: in bytes.
    """
    parser = FrameParser(limit=limit)
    begun = b""
    is_answered = False
    with _ended_by_signals(), suppress(OSError):  # the peer meets the same error and knows what to do
        while data := os.read(reading, CHUNK_BYTES):
            begun += data
            found = parser.feed(data)
            request = read(found[0]) if found else None
            result = respond(request) if isinstance(request, Request) else None
            if isinstance(request, Request) and result is not None:
                body = encode({"jsonrpc": "2.0", "id": request.id, "result": result})
                answer = b"".join(framed(body, parser.framing))
                while answer:
                    answer = answer[os.write(writing, answer) :]
                is_answered = True
            if found or len(begun) > limit:
                break
    return Stdio(reading=reading, writing=writing, begun=begun, is_answered=is_answered)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    before = stop_signals()
    for number in before:
        signal.signal(number, _leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _leave(*_: object) -> NoReturn:
    raise SystemExit(0)
