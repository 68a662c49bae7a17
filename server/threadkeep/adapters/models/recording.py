"""Records the responses of a provider as a case that can be played back: their form, without keys and words; apart, since it knows responses and no trial."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import httpx2

from threadkeep.adapters.models.deltas import PAIRS
from threadkeep.domain.secrets import redacted

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Request, Response

MAX_BYTES = 1024 * 1024
"""Of one response; what is longer is cut there."""

KEPT_HEADERS = ("content-type", "retry-after", "retry-after-ms")
KEPT = frozenset(
    [
        *("object", "type", "finish_reason", "native_finish_reason", "stop_reason", "role", "code", "status"),
        *(
            "param",
            "event",
            "kind",
            "error_type",
            "error_code",
            "status_code",
            "retryDelay",
            "@type",
            "format",
        ),
    ]
)
"""Members whose strings are words of the interface."""

MESSAGE_MEMBERS = frozenset({"message", "msg", "detail", "error", "error_msg", "status_msg", "error_message"})
"""Members that say in an error what is wrong: they are kept, without what looks like a key or an account."""

TEXTS = frozenset({"content", "text"})
"""Members that hold what a model says."""

_ACCOUNT = re.compile(
    r"\b(?:org|proj|user|req|acct|key|sk|pk)[-_][\w*.-]+|[\w.+-]+@[\w-]+\.[\w.]+|\b[0-9a-f]{16,}\b"
)
_TAGS = re.compile("|".join(map(re.escape, [*PAIRS, *PAIRS.values()])), re.IGNORECASE)
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")


class Recorder:
    """What came since the last `taken`, response by response."""

    def __init__(self, *, key: str | None) -> None:
        """key: is not to be found in what is recorded, whatever a provider repeats."""
        self._key = key
        self._responses: list[tuple[int, dict[str, str], bytearray]] = []

    def wrap(self, client: "AsyncClient") -> "RecordedClient":
        """The client, recorded."""
        return RecordedClient(client, self)

    def begin(self, response: "Response") -> bytearray:
        """Where the bytes of a response's body are to be put."""
        body = bytearray()
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        self._responses.append((response.status_code, headers, body))
        return body

    def taken(self) -> list[bytes]:
        """The raw responses since the last call, each as it can be played back."""
        responses, self._responses = self._responses, []
        return [self._raw(*response) for response in responses]

    def _raw(self, status: int, headers: Mapping[str, str], body: bytearray) -> bytes:
        kept = {**headers, "connection": "close"}
        lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in kept.items())]
        text = without_words(bytes(body[:MAX_BYTES]).decode("utf-8", "replace"))
        whole = "\r\n".join(lines) + "\r\n\r\n" + text
        return (whole.replace(self._key, "KEY") if self._key else whole).encode()


class RecordedClient:
    """An HTTP client, as far as a model uses one, whose responses are heard along."""

    def __init__(self, client: "AsyncClient", recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder

    def build_request(self, *arguments: Any, **options: Any) -> "Request":
        return self._client.build_request(*arguments, **options)

    async def send(self, request: "Request", *, stream: bool) -> "Response":
        response = await self._client.send(request, stream=stream)
        body = response.stream
        # What is compressed unasked is not worth unpacking.
        if isinstance(body, httpx2.AsyncByteStream) and "content-encoding" not in response.headers:
            response.stream = _Heard(body, self._recorder.begin(response))
        return response

    async def aclose(self) -> None:
        await self._client.aclose()


class _Heard(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, body: bytearray) -> None:
        self._stream = stream
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for block in self._stream:
            if len(self._body) < MAX_BYTES:
                self._body += block
            yield block

    async def aclose(self) -> None:
        await self._stream.aclose()


def without_words(body: str) -> str:
    """A body in which every word of a model or of a person is as many letters `x`, and all else is as it was."""
    if body.lstrip()[:1] == "<":
        return re.sub(r"(?<=>)[^<]+", lambda found: _x(found[0]), body)
    bare = body.lstrip("\ufeff \t\r\n")
    whole = _json(bare)
    if whole is not None:
        masked = _Mask([whole]).masked(whole)
        return body[: len(body) - len(bare)] + json.dumps(masked, ensure_ascii=False)
    lines = [_Line(line) for line in body.splitlines(keepends=True)]
    mask = _Mask([line.json for line in lines])
    return "".join(line.written(mask) for line in lines)


class _Line:
    """A line of a stream of events; the names of its fields, and what is said by a comment, stay."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._name, self._colon, rest = line.partition(":")
        self._text = rest.strip()
        self._space = " " if rest[:1] == " " else ""
        self._end = line[len(line.rstrip("\r\n")) :]
        self.json = _json(self._text)

    def written(self, mask: "_Mask") -> str:
        if not self._colon or self._name == "event" or self._text in ("", "[DONE]"):
            return self._line
        if self.json is None:
            return f"{self._name}:{self._space}{_x(self._text)}{self._end}"
        masked = json.dumps(mask.masked(self.json), ensure_ascii=False)
        return f"{self._name}:{self._space}{masked}{self._end}"


class _Mask:
    """Masks pieces of JSON in their order. A tag that decides what is a thought stays, however it is cut."""

    def __init__(self, pieces: Sequence[Any]) -> None:
        texts = "".join(text for piece in pieces for text in _texts(piece))
        self._kept = [tag.span() for tag in _TAGS.finditer(texts)]
        self._at = 0

    def masked(self, value: Any, name: str = "", *, is_error: bool = False) -> Any:
        if isinstance(value, str):
            return self._string(value, name, is_error=is_error)
        if isinstance(value, Mapping):
            of_error = is_error or _is_error(value)
            return {
                each: self.masked(inner, each, is_error=of_error or each == "error")
                for each, inner in value.items()
            }
        if isinstance(value, list):
            return [self.masked(each, name, is_error=is_error) for each in value]
        return value

    def _string(self, value: str, name: str, *, is_error: bool) -> str:
        if name in TEXTS:
            return self._text(value)
        if name in KEPT:
            return value
        if name in MESSAGE_MEMBERS and is_error:
            return _ACCOUNT.sub("…", redacted(value))
        return "https://example.org/x" if value.startswith(("http://", "https://")) else _x(value)

    def _text(self, text: str) -> str:
        start, self._at = self._at, self._at + len(text)
        masked = list(_x(text))
        for begin, end in self._kept:
            for at in range(max(begin, start), min(end, self._at)):
                masked[at - start] = text[at - start]
        return "".join(masked)


def _texts(value: Any, name: str = "") -> Iterator[str]:
    """The texts in which a tag may stand, in their order."""
    if isinstance(value, str) and name in TEXTS:
        yield value
    elif isinstance(value, Mapping):
        for each, inner in value.items():
            yield from _texts(inner, each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, name)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_error(value: Mapping[str, Any]) -> bool:
    """Whether its own `message` is an error's: it is a string, and no answer stands beside it."""
    return not ({"choices", "content", "delta"} & set(value)) and isinstance(
        value.get("message") or value.get("detail") or value.get("msg") or value.get("status_msg"), str
    )


def _x(text: str) -> str:
    return _DIGIT.sub("0", _LETTER.sub("x", text))
