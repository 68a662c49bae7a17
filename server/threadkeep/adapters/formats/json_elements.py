"""Cuts the sessions out of a JSON document of any size, while it is read."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from threadkeep.adapters.formats.strict import NotAsExpected, parsed
from threadkeep.domain.errors import ImportInvalid
from threadkeep.values import Value

MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
"""What stands around the sessions, a byte for each of them included."""

_STRUCTURE: Final = re.compile(rb'["{}\[\]]')
_IN_STRING: Final = re.compile(rb'["\\]')
_SESSIONS: Final = re.compile(rb'"sessions"\s*:\s*\Z')
_PLACEHOLDER: Final = b"{}"
"""No other object is left in the array: whatever else is there is no session."""


class Element(Value):
    """An object of the array; `text` is None if it is too large to be held."""

    line: int
    number: int
    """1-based, among all that is in the array."""
    text: bytes | None


class Elements:
    """Iterates over the objects in the array `sessions` of the top-level object."""

    def __init__(self, source: Iterable[bytes], *, most: int) -> None:
        """most: bytes of one object."""
        self._source = source
        self._most = most
        self._frame = bytearray()
        self._element: list[bytes] | None = None
        self._size = 0
        self._element_line = 1
        self._number = 0
        self._counted = 0
        """So far the elements before are counted, in the frame."""
        self._line = 1
        self._depth = 0
        self._is_in_string = self._is_escaped = self._is_in_sessions = False

    @property
    def line(self) -> int:
        """The line that is being read."""
        return self._line

    @property
    def is_cut_off(self) -> bool:
        """After the end: whether it came in the middle of an object."""
        return self._element is not None

    def head(self) -> object:
        """What stands before the first session. Raises NotAsExpected where that is not valid JSON."""
        return parsed(self._frame.decode("utf-8-sig", "replace") + "]}")

    def frame(self) -> object:
        """After the end: the document with `{}` in the place of each session. Raises NotAsExpected."""
        return parsed(self._frame.decode("utf-8-sig", "replace"))

    def __iter__(self) -> Iterator[Element]:
        for chunk in self._source:
            yield from self._cut(chunk)
            if len(self._frame) > MAX_FRAME_BYTES:
                raise ImportInvalid("This is no export of Threadkeep: there is too much beside its sessions.")

    def _cut(self, chunk: bytes) -> Iterator[Element]:
        kept = position = 0
        while (found := self._next(chunk, position)) is not None:
            position, sign = found
            if sign in b"{[":
                if sign == b"{" and self._depth == 2 and self._is_in_sessions and self._element is None:
                    kept = self._keep(chunk, kept, position - 1)
                    self._element, self._size, self._element_line = [], 0, self._line
                    self._count()
                elif sign == b"[" and self._depth == 1:
                    kept = self._keep(chunk, kept, position - 1)
                    self._is_in_sessions = _SESSIONS.search(self._frame[-200:]) is not None
                    self._number, self._counted = 0, len(self._frame)
                self._depth += 1
            elif sign in b"}]":
                self._depth -= 1
                if self._depth == 2 and self._element is not None:
                    kept = self._keep(chunk, kept, position)
                    yield self._taken()
                elif self._depth < 2:
                    self._is_in_sessions = False
        self._keep(chunk, kept, len(chunk))

    def _next(self, chunk: bytes, position: int) -> tuple[int, bytes] | None:
        """The place behind the next bracket or brace that is not in a string, and which it is."""
        while position < len(chunk):
            if self._is_escaped:
                self._is_escaped, position = False, position + 1
                continue
            match = (_IN_STRING if self._is_in_string else _STRUCTURE).search(chunk, position)
            if match is None:
                return None
            position, sign = match.end(), match.group()
            if sign == b'"':
                self._is_in_string = not self._is_in_string
            elif sign == b"\\":
                self._is_escaped = True
            else:
                return position, sign
        return None

    def _keep(self, chunk: bytes, start: int, end: int) -> int:
        """Puts a part of the chunk where it belongs; the place behind it."""
        part = chunk[start:end]
        self._line += part.count(b"\n")
        if self._element is None:
            self._frame += part
        else:
            self._size += len(part)
            if self._size > self._most:
                self._element.clear()
            else:
                self._element.append(part)
        return end

    def _count(self) -> None:
        """Counts what stands between the object before, or the beginning of the array, and the one that begins."""
        between = bytes(self._frame[self._counted :]).decode("utf-8", "replace")
        try:
            before = parsed(f"{'' if self._number == 0 else '[0'}{between}0]")
            self._number += len(before) if self._number == 0 else len(before) - 1
        except NotAsExpected:  # the end will tell
            self._number += 1

    def _taken(self) -> Element:
        text = b"".join(self._element or ()) if self._size <= self._most else None
        self._element = None
        self._frame += _PLACEHOLDER
        self._counted = len(self._frame)
        return Element(line=self._element_line, number=self._number, text=text)


def read_text(raw: bytes) -> str:
    """The text of UTF-8 bytes. Raises NotAsExpected."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise NotAsExpected("it is not in UTF-8") from None
