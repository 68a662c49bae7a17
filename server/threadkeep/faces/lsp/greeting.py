"""Answers `initialize` before most of the server is imported: an editor waits for that answer."""

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import attrs

from threadkeep.faces.lsp.descriptors import write_all
from threadkeep.faces.lsp.frames import FrameParser, framed
from threadkeep.faces.lsp.handshake import initialize_problems
from threadkeep.faces.lsp.json_text import encode
from threadkeep.faces.lsp.messages import Request, read

CHUNK_BYTES = 64 * 1024
MAX_BYTES = 1024 * 1024
"""A first message of more bytes is left to the endpoint."""


@attrs.frozen(kw_only=True)
class Beginning:
    """How far a client and the server have come when the endpoint takes over."""

    reading: int
    """The descriptor that the client writes to."""
    writing: int
    """The descriptor that the client reads from."""
    begun: bytes
    """Everything read so far: the endpoint deals with it as if it had read it itself."""
    is_answered: bool
    """The first message is a valid `initialize`, and its answer is written."""


def greet(reading: int, writing: int, *, result: Mapping[str, Any], limit: int = MAX_BYTES) -> Beginning:
    """Waits for the first message and answers it with `result`, if it is an `initialize` that can be accepted.

    Everything else, be it a mistake or the end of the input, is left to the endpoint. Until it takes over, a
    signal that asks the process to end is followed at once: nothing is stored yet. limit: in bytes.
    """
    parser = FrameParser(limit=limit)
    begun = b""
    is_answered = False
    with _ended_by_signals(), suppress(OSError):  # the endpoint meets the same error and knows what to do
        while data := os.read(reading, CHUNK_BYTES):
            begun += data
            found = parser.feed(data)
            request = read(found[0]) if found else None
            if isinstance(request, Request) and _is_acceptable(request):
                body = encode({"jsonrpc": "2.0", "id": request.id, "result": result})
                write_all(writing, framed(body, parser.framing))
                is_answered = True
            if found or len(begun) > limit:
                break
    return Beginning(reading=reading, writing=writing, begun=begun, is_answered=is_answered)


def stop_signals() -> dict[int, Any]:
    """The signals that ask this process to end, with their handlers; none where they cannot be changed."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    known = [getattr(signal, name, None) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")]
    handlers = {number: signal.getsignal(number) for number in known if number is not None}
    return {number: handler for number, handler in handlers.items() if handler != signal.SIG_IGN}


def _is_acceptable(request: Request) -> bool:
    params = request.params
    return request.method == "initialize" and isinstance(params, dict) and not initialize_problems(params)


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
