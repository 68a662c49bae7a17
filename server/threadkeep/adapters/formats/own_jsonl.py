"""The format `jsonl`: a header, then a line for each session and each of its messages; lossless."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from threadkeep.adapters.formats.json_elements import read_text
from threadkeep.adapters.formats.own import (
    HEADER,
    MAX_SESSION_BYTES,
    check_header,
    message_of,
    names_our_format,
    repository_of,
    session_of,
)
from threadkeep.adapters.formats.strict import NotAsExpected, json_text, parsed, to_json
from threadkeep.domain.errors import ImportInvalid
from threadkeep.domain.messages import Message
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session
from threadkeep.domain.transfer import Transcript, TransferProblem
from threadkeep.values import Mutable, field

MAX_LINE_BYTES: Final = 128 * 1024 * 1024
"""A message of the largest frame that the wire takes, with room for its escapes."""


class JsonlFormat:
    """Writes it, and reads it. A session's line says how many messages follow: one cut short is told."""

    name = "jsonl"
    label = "JSON Lines"
    extensions = (".jsonl", ".ndjson")
    is_text = True

    def __init__(
        self, *, max_session_bytes: int = MAX_SESSION_BYTES, max_line_bytes: int = MAX_LINE_BYTES
    ) -> None:
        self._max_session_bytes = max_session_bytes
        self._max_line_bytes = max_line_bytes

    def pieces(self, transcripts: Iterable[Transcript], *, is_single: bool) -> Iterator[bytes]:
        del is_single  # one layout for both, so that readers need not care
        yield _line({"type": "header", **HEADER})
        for transcript in transcripts:
            yield _line(
                {
                    "type": "session",
                    "session": to_json(transcript.session),
                    "repository": to_json(transcript.repository),
                    "messages": len(transcript.messages),
                }
            )
            for message in transcript.messages:
                yield _line({"type": "message", "message": to_json(message)})

    def recognises(self, head: bytes) -> bool:
        first = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0]
        return b'"header"' in first and names_our_format(first)

    def read(self, source: Iterable[bytes]) -> Iterator[Transcript | TransferProblem]:
        reading: _Reading | None = None
        is_begun = False
        for number, raw in _lines(source, most=self._max_line_bytes):
            if raw is not None and not raw.strip():
                continue
            data, problem = _data(raw, number)
            if not is_begun:
                if not isinstance(data, dict) or data.get("type") != "header":
                    raise ImportInvalid("This is no export of Threadkeep: its first line is no header.")
                check_header(data)
                is_begun = True
                continue
            if _begins(data, problem, reading):
                yield from _ended(reading)
                reading = _Reading(line=number)
                problem = problem or _begin(reading, data, number)
                reading.is_spoilt = problem is not None
            elif problem is None:
                problem = _add(reading, data, number, size=len(raw or b""), most=self._max_session_bytes)
            if problem is not None:
                yield problem
        if not is_begun:
            raise ImportInvalid("There is nothing in the file: give another one.")
        yield from _ended(reading)


class _Reading(Mutable):
    """A session whose lines are being read; without `session` it only takes up its messages' lines."""

    line: int
    session: Session | None = None
    repository: Repository | None = None
    count: int = 0
    messages: list[Message] = field(factory=list)
    size: int = 0
    is_spoilt: bool = False
    """Whether it was told already that the session is not imported."""

    def spoil(self) -> None:
        """Lets go of what was read."""
        self.messages.clear()
        self.is_spoilt = True


def _line(data: dict[str, Any]) -> bytes:
    return json_text(data).encode() + b"\n"


def _data(raw: bytes | None, number: int) -> tuple[Any, TransferProblem | None]:
    if raw is None:
        return None, TransferProblem(message="The line is too long to be read.", line=number)
    try:
        return parsed(read_text(raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw)), None
    except NotAsExpected as error:
        return None, TransferProblem(message=f"The line cannot be read: {error}.", line=number)


def _begins(data: Any, problem: TransferProblem | None, reading: "_Reading | None") -> bool:
    """Whether a session begins with the line; one that cannot be read stands for a session where the one
    before has all its messages."""
    if problem is not None:
        return reading is None or (not reading.is_spoilt and len(reading.messages) >= reading.count)
    return isinstance(data, dict) and data.get("type") == "session"


def _begin(reading: "_Reading", data: Any, number: int) -> TransferProblem | None:
    """Takes a session's line; what is wrong with it."""
    try:
        reading.session, reading.repository = session_of(data), repository_of(data)
        count = data.get("messages")
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise NotAsExpected("expected how many follow", where="messages")
    except NotAsExpected as error:
        return TransferProblem(message=f"The session cannot be read: {error}.", line=number)
    reading.count = count
    return None


def _add(reading: _Reading | None, data: Any, number: int, *, size: int, most: int) -> TransferProblem | None:
    """Takes a message's line; what is wrong with it."""
    if not isinstance(data, dict) or data.get("type") != "message":
        return TransferProblem(message="The line is no session and no message.", line=number)
    if reading is None:
        return TransferProblem(message="The message has no session before it.", line=number)
    if reading.is_spoilt:
        return None
    reading.size += size
    if reading.size > most:
        reading.spoil()
        return TransferProblem(
            message=f"The session is larger than {most // (1024 * 1024)} MiB and is not imported.",
            line=reading.line,
        )
    try:
        reading.messages.append(message_of(data.get("message")))
    except NotAsExpected as error:
        reading.spoil()
        return TransferProblem(
            message=f"The message cannot be read, so its session (line {reading.line:,}) is not imported: {error}.",
            line=number,
        )
    return None


def _ended(reading: _Reading | None) -> Iterator[Transcript | TransferProblem]:
    if reading is None or reading.is_spoilt or reading.session is None or reading.repository is None:
        return
    if len(reading.messages) != reading.count:
        yield TransferProblem(
            message=f"The session was written with {reading.count:,} messages, of which"
            f" {len(reading.messages):,} can be read here: it is not imported.",
            line=reading.line,
        )
        return
    yield Transcript(session=reading.session, repository=reading.repository, messages=tuple(reading.messages))


def _lines(source: Iterable[bytes], *, most: int) -> Iterator[tuple[int, bytes | None]]:
    """The lines with their numbers; None for one that is too long."""
    number, held, size = 1, list[bytes](), 0
    for chunk in source:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            size += end - start
            yield number, b"".join([*held, chunk[start:end]]) if size <= most else None
            number, held, size, start = number + 1, [], 0, end + 1
        size += len(chunk) - start
        if size <= most:
            held.append(chunk[start:])
        else:
            held = []
    if size:
        yield number, b"".join(held) if size <= most else None
