"""Asks a provider over HTTP in its dialect, as often as one answer takes, and passes the answer on as it comes."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Iterable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from threadkeep.adapters.models.connection_failures import TookTooLong, connection_failure
from threadkeep.adapters.models.dialect import Answer, Change, Changes, Dialect, notice_of
from threadkeep.adapters.models.endpoint import Endpoint, Wrap
from threadkeep.adapters.models.failures import Refusal
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.sse import (
    MAX_EVENT_BYTES,
    ErrorData,
    EventData,
    EventTooLong,
    Received,
    error_of,
    interface_of,
)
from threadkeep.domain.errors import ProviderBadRequest, ProviderError
from threadkeep.domain.messages import Usage
from threadkeep.ports.models import AnswerExtras, ModelEvent, ModelRequest, Stop, UsageReport
from threadkeep.ports.provider_settings import ProviderSettings

if TYPE_CHECKING:
    import httpx2


MAX_PAUSES = 10
"""How often an answer that its provider pauses is asked on within one turn."""

T = TypeVar("T")
FINISHED_SECONDS = 3
"""How long to wait for the usage and the end once the answer is complete."""
DRAIN_SECONDS = 0.05
"""How long to wait for the end of the response after its terminal event, so that the connection can be used again."""
BOM = b"\xef\xbb\xbf"
MAX_CHANGES = 6
"""How often a request is changed and sent again after a refusal; each change is another part or a smaller number."""


HTTP_SETTINGS = (
    *("baseUrl", "apiKeyEnv", "apiKeyCommand", "apiKey", "models", "timeoutSeconds", "totalTimeoutSeconds"),
    *("retries", "proxy", "caFile"),
)
"""What the settings say of a provider that is asked over HTTP."""


class Refused(Exception):
    """The provider refused, by its status or in a good response, before it said anything."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__()
        self.refusal = refusal


def as_raised(failure: Refusal | ProviderError, *, has_said: bool) -> Exception:
    if isinstance(failure, Refusal):
        return failure.error() if has_said else Refused(failure)
    return failure


class Course:
    """What became of one request so far, which may take several responses."""

    def __init__(self) -> None:
        self.made: list[Change] = []
        """Changes of the request that nobody has been told yet."""
        self.so_far: list[Any] = []
        """What a paused answer wants back."""
        self._pauses = 0
        self._usage: Usage | None = None
        self._usage_before = Usage()

    def pass_on(self, event: ModelEvent, answer: Answer) -> ModelEvent | None:
        """The event as it is passed on: the use of all responses together, and one stop."""
        if isinstance(event, UsageReport):
            self._usage = self._usage_before + event.usage
            return UsageReport(usage=self._usage)
        return None if isinstance(event, Stop) and self._is_paused(answer) else event

    def goes_on(self, answer: Answer) -> bool:
        """Whether the provider is to be asked on with what it said."""
        if not self._is_paused(answer):
            return False
        self.so_far += answer.paused
        self._pauses += 1
        self._usage_before = self._usage or Usage()
        return True

    def _is_paused(self, answer: Answer) -> bool:
        return bool(answer.paused) and self._pauses < MAX_PAUSES


class HttpModel:
    """Implements the port Model; keeps its connections for the next request."""

    dialect: ClassVar[type[Dialect]]
    """Of a kind of provider: what it speaks."""

    def __init__(
        self, settings: ProviderSettings, key: ApiKey, dialect: Dialect, *, wrap: Wrap | None = None
    ) -> None:
        """wrap: puts something around the HTTP client, such as one that records."""
        self._endpoint = Endpoint(settings, key, wrap=wrap)
        self._dialect = dialect
        self._learned: dict[str, Changes] = {}
        """What was refused before, by model and by session."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """The answer as it comes. Raises ProviderError; never tries again what the provider may have begun."""
        settings = self._endpoint.settings
        deadline = asyncio.get_running_loop().time() + settings.total_timeout_seconds
        url = self._url(request)
        key = await self._endpoint.read_key()
        client = await self._endpoint.client()
        import httpx2

        failure: ProviderError | None = None
        try:
            async with aclosing(self._answer(client, url, request, key, deadline)) as events:
                async for event in events:
                    yield event
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, EventTooLong, TookTooLong) as error:
            failure = connection_failure(error, settings, key=key)
        if failure is not None:
            # Outside the handler: the client's exception holds the request, and that the key.
            raise failure

    async def aclose(self) -> None:
        """Closes the connections that are kept."""
        await self._endpoint.aclose()

    async def _answer(
        self,
        client: "httpx2.AsyncClient",
        url: str,
        request: ModelRequest,
        key: str | None,
        deadline: float,
    ) -> AsyncGenerator[ModelEvent]:
        headers = {
            "accept": "text/event-stream, application/json",
            "accept-encoding": "identity",
            **self._dialect.headers(key),
        }
        changes, course = self._known_changes(request), Course()
        while True:
            body = self._dialect.body(request, changes, course.so_far)
            outgoing = client.build_request("POST", url, json=body, headers=headers)
            answer = self._dialect.answer()
            try:
                async with aclosing(
                    self._respond(client, outgoing, answer, request, key=key, deadline=deadline)
                ) as events:
                    async for event in events:
                        if course.made:
                            yield AnswerExtras(notices=self._learned_by(course, request))
                        if (passed := course.pass_on(event, answer)) is not None:
                            yield passed
            except Refused as error:
                refusal = error.refusal
            else:
                if not course.goes_on(answer):
                    return
                continue
            changes |= {self._change(refusal, body, changes, course)}

    async def _respond(
        self,
        client: "httpx2.AsyncClient",
        outgoing: "httpx2.Request",
        answer: Answer,
        request: ModelRequest,
        *,
        key: str | None,
        deadline: float,
    ) -> AsyncGenerator[ModelEvent]:
        """One response. Raises Refused where the provider says no instead of anything."""
        response = await _before(deadline, client.send(outgoing, stream=True))
        try:
            if not response.is_success:
                raise Refused(await self._endpoint.refusal(response, model=request.model, key=key))
            async with aclosing(self._read(response, answer, request, key=key, deadline=deadline)) as events:
                async for event in events:
                    yield event
        finally:
            await response.aclose()

    def _change(self, refusal: Refusal, body: dict[str, Any], known: Changes, course: "Course") -> Change:
        """How the request is asked again. Raises the refusal's ProviderError where there is no way."""
        change = self._dialect.change(refusal, body)
        if change is None or change in known or len(course.made) >= MAX_CHANGES:
            raise refusal.error()
        course.made.append(change)
        return change

    async def _read(
        self,
        response: "httpx2.Response",
        answer: Answer,
        request: ModelRequest,
        *,
        key: str | None,
        deadline: float,
    ) -> AsyncGenerator[ModelEvent]:
        stream = EventData()
        is_done = is_complete = has_said = False
        until = deadline
        async with Received(response) as received:
            block = await _before(deadline, _begun(received))
            is_plain = block.removeprefix(BOM).lstrip()[:1] in {b"{", b"[", b"<"}
            while not is_done:
                if is_plain:
                    block = await _before(deadline, _rest(block, received))
                    pieces, is_done = _plain(block.removeprefix(BOM).strip()), True
                else:
                    pieces = stream.feed(block) if block else stream.end()
                    is_done = b"[DONE]" in pieces
                failure = self._take(pieces, answer, request, key)
                is_done = is_done or answer.is_over
                if is_plain and not answer.has_begun:
                    failure = failure or self._endpoint.unexpected_response(block, model=request.model)
                for event in answer.events():
                    has_said = True
                    is_complete = False  # some say with every piece that it is the last
                    yield event
                if failure is not None:
                    raise as_raised(failure, has_said=has_said)
                if not block:
                    break
                if answer.is_complete and not is_complete:
                    is_complete = True
                    until = min(deadline, asyncio.get_running_loop().time() + FINISHED_SECONDS)
                if not is_done:
                    block = await _next(received, until if is_complete else deadline, is_complete=is_complete)
            if is_done and block:
                await received.drain(DRAIN_SECONDS)
        for event in self._closing(answer, is_done=is_done):
            yield event

    def _closing(self, answer: Answer, *, is_done: bool) -> Sequence[ModelEvent]:
        if not is_done and not answer.is_complete:
            raise self._endpoint.network("The connection ended in the middle of the answer: try again.")
        if not answer.has_begun:
            raise self._endpoint.network("The provider ended its answer before it began: try again.")
        return answer.closing()

    def _take(
        self, pieces: Iterable[bytes], answer: Answer, request: ModelRequest, key: str | None
    ) -> Refusal | ProviderError | None:
        """Adds the pieces to the answer, up to the first that is an error, or none of the format."""
        for data in pieces:
            if data == b"[DONE]" or not data or data.startswith(b":"):
                continue  # OpenRouter's comments come as data through some proxies
            try:
                piece = json.loads(data.decode("utf-8", "replace"))
            except (ValueError, RecursionError):
                piece = None
            if type(data) is ErrorData:
                reported = data.decode("utf-8", "replace") if piece is None else piece
                error = (isinstance(reported, dict) and error_of(reported)) or reported
                return self._endpoint.stream_error(error, model=request.model, key=key)
            first = piece[0] if isinstance(piece, list) and piece else piece
            if not isinstance(first, dict):
                return self._endpoint.unexpected_response(data, model=request.model)
            error = error_of(first)
            if error is not None:
                return self._endpoint.stream_error(error, model=request.model, key=key)
            if first is not piece:
                return self._endpoint.unexpected_response(data, model=request.model)
            answer.add(first)
            if not answer.has_begun and interface_of(first) not in (None, self._dialect.interface):
                return self._endpoint.foreign(interface_of(first) or "")
        return None

    def _known_changes(self, request: ModelRequest) -> Changes:
        nothing: Changes = frozenset()
        by_session = self._learned.get(f"session {request.session_id}", nothing)
        return self._learned.get(f"model {request.model}", nothing) | by_session

    def _learned_by(self, course: "Course", request: ModelRequest) -> tuple[str, ...]:
        """Remembers what the request is answered without, and tells it for people, once."""
        made, course.made = course.made, []
        lasting = [change for change in made if change.lasts != "request"]
        for change in lasting:
            whose = request.model if change.lasts == "model" else request.session_id
            known = self._learned.get(f"{change.lasts} {whose}", frozenset())
            self._learned[f"{change.lasts} {whose}"] = known | {change}
        return tuple(map(notice_of, lasting))

    def _url(self, request: ModelRequest) -> str:
        url = self._endpoint.url(self._dialect.path, tails=self._dialect.tails)
        if not request.model:
            name = self._endpoint.settings.name
            raise ProviderBadRequest(f"{name}: No model is named: choose one as {name}:MODEL.", provider=name)
        return url


async def _begun(received: Received) -> bytes:
    """The first bytes that are more than white space, with what came before them; fewer at the end."""
    block = b""
    while more := await received.next():
        block += more
        if (block.strip() and not BOM.startswith(block)) or len(block) > MAX_EVENT_BYTES:
            break
    return block


async def _before(deadline: float, waited_for: Awaitable[T]) -> T:
    """Raises TookTooLong at the deadline, a time of the loop."""
    try:
        async with asyncio.timeout_at(deadline) as limit:
            return await waited_for
    except TimeoutError:
        if limit.expired():
            raise TookTooLong from None
        raise


async def _next(received: Received, deadline: float, *, is_complete: bool) -> bytes:
    if not is_complete:
        return await _before(deadline, received.next())
    import httpx2

    try:
        return await _before(deadline, received.next())
    except (TookTooLong, httpx2.TransportError):
        return b""  # the answer itself is complete


def _plain(block: bytes) -> list[bytes]:
    """A whole body as pieces: one, or one a line where each is JSON of its own."""
    lines = [line for line in block.splitlines() if line.strip()]
    is_lines = len(lines) > 1 and all(line[:1] == b"{" and line.rstrip()[-1:] == b"}" for line in lines)
    return lines if is_lines else [block]


async def _rest(block: bytes, received: Received) -> bytes:
    whole = bytearray(block)
    while more := await received.next():
        whole += more
        if len(whole) > MAX_EVENT_BYTES:
            raise EventTooLong
    return bytes(whole)
