"""Receives the bytes of an answer and splits them into its events' JSON data, whichever way they are sent; apart, since it knows bytes and no model."""

import asyncio
import contextlib
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2


MAX_EVENT_BYTES = 16 * 1024 * 1024
"""No event of a chat is near this; a stream without line ends must not fill the memory."""

ERROR_EVENTS = frozenset({b"error", b"exception", b"internalServerException", b"modelStreamErrorException"})
"""Names of events that carry an error in whichever shape."""

MAX_WAITING_BYTES = 1024 * 1024
"""No more is taken from the socket while this much waits to be read."""
MESSAGES = ("message", "msg", "detail", "error_msg", "error_message", "errorMessage", "err_msg", "errmsg")
"""What holds the words of an error that has no other sign of being one."""
CODES = ("error_code", "errorCode", "err_code", "errcode", "error_msg", "error_message", "errorMessage")
"""Members that only errors have: FastChat's and Baidu's code, and others' message."""
SIGNS = frozenset(["error", "base_resp", "x_groq", *CODES])
"""Without one of these, a piece with a choice can tell an error there alone."""
BASE_STATUS: Mapping[int, int] = {
    1001: 504,
    1002: 429,
    1004: 401,
    1008: 402,
    1026: 400,
    1027: 400,
    1039: 429,
    2013: 400,
    2049: 401,
    2056: 429,
}
"""MiniMax's codes (its page "Error Codes"), as HTTP statuses; all others are its own trouble."""


class ErrorData(bytes):
    """The data of an event that says by its name that it is an error."""


class EventTooLong(ValueError):
    """The peer sent more than `MAX_EVENT_BYTES` without ending an event."""


class EventData:
    """Collects bytes and hands out the `data` of every event that is complete."""

    def __init__(self) -> None:
        self._tail = b""
        self._data: list[bytes] = []
        self._size = 0
        self._started = False
        self._is_error = False
        """Whether the event that is under way is named an error."""

    def feed(self, received: bytes) -> list[bytes]:
        """The data of the events that these bytes complete. Raises EventTooLong."""
        block = self._tail + received if self._tail else received
        if not self._started:
            block = block.removeprefix(b"\xef\xbb\xbf")
            self._started = bool(block)
        if b"\r" in block:
            block = _with_plain_line_ends(block)
        lines = block.split(b"\n")
        self._tail = lines.pop()
        found: list[bytes] = []
        for line in lines:
            self._take(line, found)
        self._check_size()
        return found

    def end(self) -> list[bytes]:
        """What the stream's end completes: a provider may leave out the last empty line."""
        found = self.feed(b"\n\n") if self._tail.strip() else self.feed(b"\n")
        self._tail = b""
        return found

    def _take(self, line: bytes, found: list[bytes]) -> None:
        if line.startswith(b"data:"):
            value = line[5:].strip()  # what surrounds JSON means nothing
            if self._data and _is_another(value, self._data):
                self._take(b"", found)  # some end no event with an empty line
            self._data.append(value)
            self._size += len(value)
        elif not line:
            if self._data:
                data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                found.append(ErrorData(data) if self._is_error else data)
                self._data = []
                self._size = 0
            self._is_error = False
        elif line.startswith(b"event:"):
            self._is_error = line[6:].strip() in ERROR_EVENTS
        elif line.startswith(b"error:"):  # of llama.cpp until late in 2025; no field of the format
            found.append(ErrorData(line[6:].strip()))

    def _check_size(self) -> None:
        if len(self._tail) + self._size > MAX_EVENT_BYTES:
            raise EventTooLong(f"an event of more than {MAX_EVENT_BYTES} bytes")


def _is_another(value: bytes, waiting: list[bytes]) -> bool:
    """Whether a line begins an event of its own, for what waits is whole already: JSON in several lines is cut
    within itself."""
    begins = value[:1] == b"{" or value == b"[DONE]"
    return begins and len(waiting) == 1 and waiting[0][:1] == b"{" and waiting[0][-1:] == b"}"


def _with_plain_line_ends(block: bytes) -> bytes:
    # A CR at the very end may be half of a CRLF: it stays until more is known.
    held = b"\r" if block.endswith(b"\r") else b""
    body = block[:-1] if held else block
    return body.replace(b"\r\n", b"\n").replace(b"\r", b"\n") + held


class Received:
    """The body of a streamed response, from now on. Leaving the context ends the receiving."""

    def __init__(self, response: "httpx2.Response") -> None:
        self._response = response
        self._waiting: list[bytes] = []
        self._size = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._is_over = False
        self._receiving = asyncio.create_task(self._receive())

    async def __aenter__(self) -> "Received":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._receiving.cancel()
        # What broke it was raised by next(), or nobody wants to know any more.
        await asyncio.wait({self._receiving})
        if not self._receiving.cancelled():
            self._receiving.exception()

    async def next(self) -> bytes:
        """All that has come since the last call, once there is something; empty at the end.

        Raises what the HTTP client raises, after everything that came before it.
        """
        await self._news.wait()
        if self._waiting:
            block = b"".join(self._waiting)
            self._waiting = []
            self._size = 0
            self._room.set()
            if not self._is_over:
                self._news.clear()
            return block
        await self._receiving
        return b""

    async def drain(self, seconds: float) -> None:
        """Waits for the end of the body, but no longer than this."""
        self._room.set()
        await asyncio.wait({self._receiving}, timeout=seconds)

    async def _receive(self) -> None:
        response = self._response
        is_encoded = "content-encoding" in response.headers
        async with contextlib.aclosing(
            response.aiter_bytes() if is_encoded else response.aiter_raw()
        ) as body:
            try:
                async for block in body:
                    self._waiting.append(block)
                    self._size += len(block)
                    self._news.set()
                    if self._size > MAX_WAITING_BYTES:
                        self._room.clear()
                        await self._room.wait()
            finally:
                self._is_over = True
                self._news.set()


def error_of(piece: Mapping[str, Any]) -> Any:
    """The error that the piece tells; None where it tells none.

    A dict, a string or a list, in the form that `failures.status_of` and `message_of` read.
    """
    choices = piece.get("choices")
    if choices and SIGNS.isdisjoint(piece) and isinstance(choices, list):
        choice = choices[0]  # as nearly every piece of an answer
        return choice["error"] if isinstance(choice, dict) and choice.get("error") else None
    error = piece.get("error")
    if error and _says_something(error):
        return error if isinstance(error, dict | list) else piece
    choice = choices[0] if isinstance(choices, list) and choices else None
    base = piece.get("base_resp")
    if isinstance(base, dict) and base.get("status_code"):
        return _of_base(base)  # MiniMax
    for holder in (choice, piece.get("x_groq")):  # OpenRouter; Groq
        if isinstance(holder, dict) and holder.get("error"):
            return holder["error"] if isinstance(holder["error"], dict) else holder
    if choice is not None:
        return piece if _has_code(piece) else None
    is_error = (
        piece.get("object") == "error"  # vLLM, FastChat
        or piece.get("type") == "error"
        or piece.get("event") == "error"
        or piece.get("success") is False
        or bool(piece.get("errors"))
        or _has_code(piece)
        or _only_speaks(piece)
    )
    return piece if is_error else None


def interface_of(piece: Mapping[str, Any]) -> str | None:
    """Whose the piece is, by what no other interface has: `openai`, `anthropic`, or a name for people."""
    kind = piece.get("type")
    if isinstance(kind, str):
        if kind.startswith(("content_block", "message_")) or (kind == "message" and "content" in piece):
            return "anthropic"
        if kind.startswith("response."):
            return "the Responses API"
    if "choices" in piece:
        return "openai"
    if "candidates" in piece:
        return "Gemini's own interface"
    if "done" in piece and ("response" in piece or isinstance(piece.get("message"), dict)):
        return "Ollama's own interface"
    return None


def _says_something(error: Any) -> bool:
    return not isinstance(error, dict) or any(error.values())


def _has_code(piece: Mapping[str, Any]) -> bool:
    return any(piece[name] not in (None, "", 0, "0", False) for name in CODES if name in piece)


def _only_speaks(piece: Mapping[str, Any]) -> bool:
    """Whether it is nothing but words for people: `{"detail": …}`, `{"code": …, "message": …}`."""
    if "type" in piece or "usage" in piece or "choices" in piece:
        return False
    return any(isinstance(piece.get(name), str | list) and piece[name] for name in MESSAGES)


def _of_base(base: Mapping[str, Any]) -> dict[str, Any]:
    code = base["status_code"]
    status = BASE_STATUS.get(code, 500) if isinstance(code, int) else 500
    return {"code": status, "message": base.get("status_msg") or f"base_resp {code}", "base_code": code}
