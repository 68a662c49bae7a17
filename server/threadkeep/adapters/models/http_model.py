"""Asks a provider over HTTP in its dialect, and passes the answer on as it comes."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

from threadkeep.adapters.models.connection_failures import TookTooLong, connection_failure
from threadkeep.adapters.models.dialect import Answer, Change, Changes, Dialect
from threadkeep.adapters.models.endpoint import Endpoint
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.received import Received
from threadkeep.adapters.models.sse import MAX_EVENT_BYTES, EventData, EventTooLong
from threadkeep.domain.errors import ProviderBadRequest, ProviderError
from threadkeep.ports.models import ModelEvent, ModelRequest
from threadkeep.ports.provider_settings import ProviderSettings

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")

FINISHED_SECONDS = 3
"""How long to wait for the usage and the end once the answer is complete."""

DRAIN_SECONDS = 0.05
"""How long to wait for the end of the response after its terminal event, so that the connection can be used again."""

MAX_CHANGES = 6
"""How often a request is changed and sent again after a refusal; each change is another part or a smaller number."""


class HttpModel:
    """Implements the port Model; keeps its connections for the next request."""

    def __init__(self, settings: ProviderSettings, key: ApiKey, dialect: Dialect) -> None:
        self._endpoint = Endpoint(settings, key)
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
        changes = self._known_changes(request)
        headers = {
            "accept": "text/event-stream, application/json",
            "accept-encoding": "identity",
            **self._dialect.headers(key),
        }
        for _ in range(MAX_CHANGES + 1):
            body = self._dialect.body(request, changes)
            outgoing = client.build_request("POST", url, json=body, headers=headers)
            response = await _before(deadline, client.send(outgoing, stream=True))
            try:
                if response.is_success:
                    async with aclosing(self._read(response, request, key, deadline)) as events:
                        async for event in events:
                            yield event
                    return
                refusal = await self._endpoint.refusal(response, model=request.model, key=key)
            finally:
                await response.aclose()
            change = self._dialect.change(refusal, body)
            if change is None or change in changes:
                break
            self._learn(change, request)
            changes |= {change}
        raise refusal.error()

    async def _read(
        self, response: "httpx2.Response", request: ModelRequest, key: str | None, deadline: float
    ) -> AsyncGenerator[ModelEvent]:
        answer, stream = self._dialect.answer(), EventData()
        is_done = is_complete = False
        async with Received(response) as received:
            block = await _before(deadline, received.next())
            is_plain = block.lstrip()[:1] in {b"{", b"[", b"<"}
            while not is_done:
                if is_plain:
                    block = await _before(deadline, _rest(block, received))
                    pieces, is_done = [block], True
                else:
                    pieces = stream.feed(block) if block else stream.end()
                    is_done = b"[DONE]" in pieces
                failure = self._take(pieces, answer, request, key)
                is_done = is_done or answer.is_over
                if is_plain and not answer.has_begun:
                    failure = failure or self._endpoint.nonsense(block, model=request.model)
                for event in answer.events():
                    yield event
                if failure is not None:
                    raise failure
                if not block:
                    break
                if answer.is_complete and not is_complete:
                    is_complete = True
                    deadline = min(deadline, asyncio.get_running_loop().time() + FINISHED_SECONDS)
                if not is_done:
                    block = await _next(received, deadline, is_complete=is_complete)
            if is_done and block:
                await received.drain(DRAIN_SECONDS)
        if not is_done and not answer.is_complete:
            raise self._endpoint.network("The connection ended in the middle of the answer: try again.")
        for event in answer.closing():
            yield event

    def _take(
        self, pieces: Iterable[bytes], answer: Answer, request: ModelRequest, key: str | None
    ) -> ProviderError | None:
        """Adds the pieces to the answer, up to the first that is an error, or none of the format."""
        for data in pieces:
            if data in {b"[DONE]", b""}:
                continue
            try:
                piece = json.loads(data.decode("utf-8", "replace"))
            except (ValueError, RecursionError):
                piece = None
            told = piece[0] if isinstance(piece, list) and piece else piece
            if isinstance(told, dict) and told.get("error"):
                return self._endpoint.told(told, model=request.model, key=key).error()
            if not isinstance(piece, dict):
                return self._endpoint.nonsense(data, model=request.model)
            answer.add(piece)
        return None

    def _known_changes(self, request: ModelRequest) -> Changes:
        nothing: Changes = frozenset()
        by_session = self._learned.get(f"session {request.session_id}", nothing)
        return self._learned.get(f"model {request.model}", nothing) | by_session

    def _learn(self, change: Change, request: ModelRequest) -> None:
        if change.lasts == "request":
            return
        whose = request.model if change.lasts == "model" else request.session_id
        known = self._learned.get(f"{change.lasts} {whose}", frozenset())
        self._learned[f"{change.lasts} {whose}"] = known | {change}

    def _url(self, request: ModelRequest) -> str:
        url = self._endpoint.url(self._dialect.path, tails=self._dialect.tails)
        if not request.model:
            name = self._endpoint.settings.name
            raise ProviderBadRequest(f"{name}: No model is named: choose one as {name}:MODEL.", provider=name)
        return url


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


async def _rest(block: bytes, received: Received) -> bytes:
    whole = bytearray(block)
    while more := await received.next():
        whole += more
        if len(whole) > MAX_EVENT_BYTES:
            raise EventTooLong
    return bytes(whole)
