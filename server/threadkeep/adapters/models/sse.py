"""Splits the bytes of a server-sent event stream into the JSON data of its events."""

MAX_EVENT_BYTES = 16 * 1024 * 1024
"""No event of a chat is near this; a stream without line ends must not fill the memory."""

ERROR_EVENTS = frozenset({b"error", b"exception", b"internalServerException", b"modelStreamErrorException"})
"""Names of events that carry an error in whichever shape."""


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
