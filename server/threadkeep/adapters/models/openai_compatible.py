"""Asks any endpoint that speaks chat completions, and passes its answer on as it comes."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from threadkeep.adapters.models.chat_completions import Answer, request_body
from threadkeep.adapters.models.connection_failures import connection_failure
from threadkeep.adapters.models.failures import Refusal, read_body, redacted, retry_after, status_of
from threadkeep.adapters.models.http_client import is_loopback, make_client
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.received import Received
from threadkeep.adapters.models.sse import MAX_EVENT_BYTES, EventData, EventTooLong
from threadkeep.domain.errors import ProviderAuth, ProviderBadRequest, ProviderError, ProviderNetwork
from threadkeep.ports.models import ModelEvent, ModelRequest
from threadkeep.ports.provider_settings import ProviderSettings

if TYPE_CHECKING:
    import httpx2

FINISHED_SECONDS = 3
"""How long to wait for the usage and the end once the answer is complete."""

DRAIN_SECONDS = 0.05
"""How long to wait for the end of the response after `[DONE]`, so that the connection can be used again."""

MAX_REFUSAL_BYTES = 64 * 1024
REFUSAL_SECONDS = 5
"""How much of a refusal's text is read, and for how long: its status says the most."""

STREAM_PARAM = re.compile(r'"param":\s*"stream"')


class OpenAICompatibleModel:
    """A provider that speaks chat completions; keeps its connections for the next request."""

    def __init__(self, settings: ProviderSettings, key: ApiKey) -> None:
        self._settings = settings
        self._key = key
        self._client: httpx2.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening = asyncio.Lock()
        self._refused: set[tuple[str, str]] = set()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """The answer as it comes. Raises ProviderError; never tries again what the provider may have begun."""
        url = self._url(request)
        key = await self._read_key()
        client = await self._opened()
        import httpx2

        failure: ProviderError | None = None
        try:
            async with aclosing(self._answer(client, url, request, key)) as events:
                async for event in events:
                    yield event
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, EventTooLong) as error:
            failure = connection_failure(error, self._settings, key=key)
        if failure is not None:
            # Outside the handler: the client's exception holds the request, and that the key.
            raise failure

    async def aclose(self) -> None:
        """Closes the connections that are kept."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _answer(
        self, client: "httpx2.AsyncClient", url: str, request: ModelRequest, key: str | None
    ) -> AsyncGenerator[ModelEvent]:
        without: frozenset[str] = self._optional_parts_refused(request.model)
        while True:
            outgoing = _http_request(client, url, request, key=key, without=without)
            response = await client.send(outgoing, stream=True)
            try:
                if response.is_success:
                    async with aclosing(self._read(response, request, key)) as events:
                        async for event in events:
                            yield event
                    return
                refusal = await self._refusal(response, request, key)
            finally:
                await response.aclose()
            if refusal.status == 401:
                self._key.forget()
            refused = _optional_part(refusal)
            if refused is None or refused in without:
                raise refusal.error()
            self._refused.add((refused, request.model))
            without |= {refused}

    async def _read(
        self, response: "httpx2.Response", request: ModelRequest, key: str | None
    ) -> AsyncGenerator[ModelEvent]:
        answer, stream = Answer(), EventData()
        is_done = False
        async with Received(response) as received:
            block = await received.next()
            is_plain = block.lstrip()[:1] in {b"{", b"[", b"<"}
            while not is_done:
                if is_plain:
                    block = await _rest(block, received)
                    pieces, is_done = [block], True
                else:
                    pieces = stream.feed(block) if block else stream.end()
                    is_done = b"[DONE]" in pieces
                failure = self._take(pieces, answer, request, key)
                if is_plain and not answer.has_begun:
                    failure = failure or self._nonsense(block, request)
                for delta in answer.deltas():
                    yield delta
                if failure is not None:
                    raise failure
                if not block:
                    break
                if not is_done:
                    block = await _next(received, is_finished=answer.finish_reason is not None)
            if is_done and block:
                await received.drain(DRAIN_SECONDS)
        if not is_done and answer.finish_reason is None:
            raise self._network("The connection ended in the middle of the answer: try again.")
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
                return self._told(told, request, key).error()
            if not isinstance(piece, dict):
                return self._nonsense(data, request)
            answer.add(piece)
        return None

    def _nonsense(self, data: bytes, request: ModelRequest) -> ProviderError:
        if data.lstrip()[:1] == b"<":
            return Refusal(provider=self._settings.name, model=request.model, status=200).error()
        return self._network(
            "The provider sent something that is no chat completion: check baseUrl, or try again."
        )

    def _told(self, told: dict[str, Any], request: ModelRequest, key: str | None) -> Refusal:
        words, message = read_body(json.dumps(told, ensure_ascii=False))
        return Refusal(
            provider=self._settings.name,
            model=request.model,
            status=status_of(told["error"]),
            words=words,
            message=redacted(message, key),
        )

    async def _refusal(self, response: "httpx2.Response", request: ModelRequest, key: str | None) -> Refusal:
        body = bytearray()
        import httpx2

        with contextlib.suppress(TimeoutError, httpx2.HTTPError):
            async with asyncio.timeout(REFUSAL_SECONDS), aclosing(response.aiter_bytes()) as received:
                async for block in received:
                    body += block
                    if len(body) > MAX_REFUSAL_BYTES:
                        break
        words, message = read_body(body.decode("utf-8", "replace"))
        return Refusal(
            provider=self._settings.name,
            model=request.model,
            status=response.status_code,
            words=words,
            message=redacted(message, key),
            retry_after_ms=retry_after(response.headers),
            key_source=self._key.source,
        )

    def _optional_parts_refused(self, model: str) -> frozenset[str]:
        return frozenset(part for part, of_model in self._refused if of_model == model)

    def _url(self, request: ModelRequest) -> str:
        name, base_url = self._settings.name, self._settings.base_url
        parts = _parts(base_url or "")
        if parts is None:
            raise ProviderBadRequest(
                f"{name}: The setting providers.{name}.baseUrl is no http(s) URL: give one, such as"
                " http://127.0.0.1:11434/v1.",
                provider=name,
            )
        if not request.model:
            raise ProviderBadRequest(f"{name}: No model is named: choose one as {name}:MODEL.", provider=name)
        path = parts.path.rstrip("/").removesuffix("/chat/completions")
        return urlunsplit(parts._replace(path=f"{path}/chat/completions", fragment=""))

    async def _read_key(self) -> str | None:
        key = await asyncio.to_thread(self._key.read) if self._settings.api_key_command else self._key.read()
        # A provider for which no place of a key is named may well need none: one on the local network.
        if key is None and self._key.is_expected and not is_loopback(self._settings.base_url or ""):
            name = self._settings.name
            raise ProviderAuth(f"{name}: There is no API key: {self._key.remedy}.", provider=name)
        return key

    async def _opened(self) -> "httpx2.AsyncClient":
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # Connections belong to the loop that made them.
            self._loop, self._client, self._opening = loop, None, asyncio.Lock()
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(
                    make_client, self._settings, base_url=self._settings.base_url or ""
                )
            return self._client

    def _network(self, message: str) -> ProviderNetwork:
        return ProviderNetwork(f"{self._settings.name}: {message}", provider=self._settings.name)


def _http_request(
    client: "httpx2.AsyncClient", url: str, request: ModelRequest, *, key: str | None, without: frozenset[str]
) -> "httpx2.Request":
    body = request_body(request, streamed="stream" not in without, with_usage="stream_options" not in without)
    headers = {"accept": "text/event-stream, application/json", "accept-encoding": "identity"}
    if key is not None:
        headers["authorization"] = f"Bearer {key}"
    return client.build_request("POST", url, json=body, headers=headers)


def _optional_part(refusal: Refusal) -> str | None:
    """What the provider refused that the same request may pass without."""
    if refusal.status not in {400, 422}:
        return None
    words = refusal.words.casefold()
    if "stream_options" in words:
        return "stream_options"
    if "to stream this model" in words or STREAM_PARAM.search(words):
        return "stream"
    return None


async def _next(received: Received, *, is_finished: bool) -> bytes:
    if not is_finished:
        return await received.next()
    import httpx2

    try:
        async with asyncio.timeout(FINISHED_SECONDS):
            return await received.next()
    except (TimeoutError, httpx2.TransportError):
        return b""  # the answer itself is complete


async def _rest(block: bytes, received: Received) -> bytes:
    whole = bytearray(block)
    while more := await received.next():
        whole += more
        if len(whole) > MAX_EVENT_BYTES:
            raise EventTooLong
    return bytes(whole)


def _parts(base_url: str) -> SplitResult | None:
    try:
        parts = urlsplit(base_url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    return parts if is_usable else None
