"""Cuts a stream of bytes into messages, in either framing, without reading or writing anything."""

import re
from collections.abc import Callable, Sequence
from typing import Literal

from threadkeep.faces.jsonrpc.json_text import HEAD_BYTES, Body, Encoded
from threadkeep.values import Value

Framing = Literal["headers", "lines"]

MAX_HEADER_BYTES = 8 * 1024

_BOM = b"\xef\xbb\xbf"
_WHITE = b" \t\r\n"
_BLANK_LINE = re.compile(rb"\n[ \t]*\r?\n")
# A length may stand right behind the remains of a body whose own length was wrong, never inside another name.
_LENGTH = re.compile(rb"(?<![\w-])content-length[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)
_DIGITS = re.compile(rb"[0-9]{1,12}")
_NEXT_HEADER = re.compile(rb"content-length[ \t]{0,8}:[ \t]{0,8}[0-9]{1,12}[ \t]{0,8}\r?\n", re.IGNORECASE)
_LONGEST_NEXT_HEADER = 64


class Frame(Value, kw_only=False):
    """The bytes of one message."""

    body: bytes


class Fault(Value, kw_only=False):
    """Bytes that are no message; what follows is read on."""

    reason: str
    """For people."""
    head: bytes = b""
    """How the message began, at most `HEAD_BYTES`."""
    too_large: bool = False
    """Well framed but over the limit: it was drained."""


class FrameParser:
    """Takes bytes in any cuts and gives frames and faults in their order.

    The first byte that is not white decides: `{` or `[` means one message a line, all else means headers.
    It holds at most one message of up to `limit` bytes; a larger one is drained as it comes.
    """

    def __init__(self, *, limit: int) -> None:
        self.framing: Framing | None = None
        self._limit = limit
        self._buffer = bytearray()
        self._step: Callable[[], bool] = self._skip_bom
        self._wanted = 0
        self._scanned = 0
        self._head = b""
        self._found: list[Frame | Fault] = []

    def feed(self, data: bytes) -> list[Frame | Fault]:
        """The messages that are complete with `data`."""
        self._buffer += data
        while self._step():
            pass
        return self._take()

    def end(self) -> list[Frame | Fault]:
        """A last line without its line break; the rest of a frame that was cut off is no message."""
        if self.framing == "lines" and self._step == self._line:
            self._add_line(bytes(self._buffer))
        elif self.framing == "lines":
            self._drop_line()
        self._buffer.clear()
        return self._take()

    def _take(self) -> list[Frame | Fault]:
        found, self._found = self._found, []
        return found

    def _skip_bom(self) -> bool:
        if len(self._buffer) < len(_BOM) and _BOM.startswith(self._buffer):
            return False
        if self._buffer.startswith(_BOM):
            del self._buffer[: len(_BOM)]
        self._step = self._detect
        return True

    def _detect(self) -> bool:
        self._drop_white()
        if not self._buffer:
            return False
        self.framing = "lines" if self._buffer.startswith((b"{", b"[")) else "headers"
        self._step = self._line if self.framing == "lines" else self._headers
        return True

    # One message a line

    def _line(self) -> bool:
        longest = self._limit + 1  # one more for a CR
        end = self._buffer.find(b"\n", self._scanned, longest + 1)
        if end < 0 and len(self._buffer) <= longest:
            self._scanned = len(self._buffer)
            return False
        self._scanned = 0
        if end < 0:
            self._head = bytes(self._buffer[: min(HEAD_BYTES, longest)])  # however much is here already
            self._step = self._rest_of_line
        else:
            self._add_line(self._cut(end + 1))
        return True

    def _rest_of_line(self) -> bool:
        end = self._buffer.find(b"\n")
        if end < 0:
            self._buffer.clear()
            return False
        del self._buffer[: end + 1]
        self._drop_line()
        self._step = self._line
        return True

    def _add_line(self, line: bytes) -> None:
        body = line.strip(_WHITE)
        if len(body) > self._limit:
            self._head = line[:HEAD_BYTES]
            self._drop_line()
        elif body:
            self._found.append(Frame(body))

    def _drop_line(self) -> None:
        self._found.append(Fault(_too_large(self._limit), head=self._head, too_large=True))
        self._head = b""

    # Headers

    def _headers(self) -> bool:
        self._drop_white()
        blank = _BLANK_LINE.search(self._buffer, 0, MAX_HEADER_BYTES)
        if blank is not None:
            block = bytes(self._buffer[: blank.start()])
            del self._buffer[: blank.end()]
            self._begin_body(block)
            return True
        if len(self._buffer) < MAX_HEADER_BYTES:
            return False
        del self._buffer[:MAX_HEADER_BYTES]
        self._resynchronise("The headers of a message do not end.")
        return True

    def _begin_body(self, block: bytes) -> None:
        lengths = {value.strip(b" \t") for value in _LENGTH.findall(block)}
        if len(lengths) != 1:
            what = "has no Content-Length" if not lengths else "has more than one Content-Length"
            self._resynchronise(f"A message {what}.")
            return
        digits = lengths.pop()
        if not _DIGITS.fullmatch(digits):
            self._resynchronise("A message has a Content-Length that is no length.")
            return
        self._wanted = int(digits)
        self._step = self._body if self._wanted <= self._limit else self._drain

    def _body(self) -> bool:
        if len(self._buffer) < self._wanted:
            return False
        self._found.append(Frame(self._cut(self._wanted)))
        self._step = self._headers
        return True

    def _drain(self) -> bool:
        gone = min(len(self._buffer), self._wanted)
        self._head += bytes(self._buffer[: min(gone, HEAD_BYTES - len(self._head))])
        del self._buffer[:gone]
        self._wanted -= gone
        if self._wanted:
            return False
        self._found.append(Fault(_too_large(self._limit), head=self._head, too_large=True))
        self._head = b""
        self._step = self._headers
        return True

    def _cut(self, count: int) -> bytes:
        with memoryview(self._buffer) as view:
            cut = bytes(view[:count])
        del self._buffer[:count]
        return cut

    def _drop_white(self) -> None:
        del self._buffer[: len(self._buffer) - len(self._buffer.lstrip(_WHITE))]

    def _resynchronise(self, reason: str) -> None:
        self._found.append(Fault(reason))
        self._step = self._seek

    def _seek(self) -> bool:
        header = _NEXT_HEADER.search(self._buffer)
        if header is None:
            del self._buffer[:-_LONGEST_NEXT_HEADER]
            return False
        del self._buffer[: header.start()]
        self._step = self._headers
        return True


def framed(body: Body, framing: Framing | None) -> Sequence[bytes]:
    """The bytes of a message, in pieces so that nothing large is copied; with headers, unless the client sends
    lines."""
    pieces = body.pieces if isinstance(body, Encoded) else (body,)
    if framing == "lines":
        return (*pieces, b"\n")
    return (b"Content-Length: %d\r\n\r\n" % len(body), *pieces)


def _too_large(limit: int) -> str:
    return f"A message is larger than {limit} bytes."
