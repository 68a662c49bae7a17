"""A provider's HTTP service: its address, its key, and the connections to it."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from threadkeep.adapters.models.failures import Refusal, read_body, redacted, retry_after, status_of
from threadkeep.adapters.models.http_client import is_near, make_client
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.wordings import wait_ms
from threadkeep.domain.errors import ProviderAuth, ProviderBadRequest, ProviderError, ProviderNetwork
from threadkeep.ports.provider_settings import ProviderSettings

if TYPE_CHECKING:
    import httpx2

Wrap = Callable[["httpx2.AsyncClient"], Any]
"""Gives what is used in the place of an HTTP client."""

MAX_REFUSAL_BYTES = 64 * 1024
REFUSAL_SECONDS = 5
"""How much of a refusal's text is read, and for how long: its status says the most."""


class Endpoint:
    """One provider's service. Keeps its connections for the next request."""

    def __init__(self, settings: ProviderSettings, key: ApiKey, *, wrap: Wrap | None = None) -> None:
        """wrap: puts something around the HTTP client."""
        self.settings = settings
        self.key = key
        self._wrap = wrap
        self._client: httpx2.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening = asyncio.Lock()

    def url(self, path: str, *, tails: tuple[str, ...] = ()) -> str:
        """The address of a path. Raises ProviderBadRequest for a base URL that is none."""
        name, base_url = self.settings.name, self.settings.base_url
        parts = _parts(base_url or "")
        if parts is None:
            raise ProviderBadRequest(
                f"{name}: The setting providers.{name}.baseUrl is no http(s) URL: give one, such as"
                " http://127.0.0.1:11434/v1.",
                provider=name,
            )
        base = parts.path.rstrip("/")
        tail = next((tail for tail in tails if base.endswith(tail)), "")
        return urlunsplit(parts._replace(path=base.removesuffix(tail) + path, fragment=""))

    async def read_key(self) -> str | None:
        """The key, None where none is needed. Raises ProviderAuth."""
        key = await asyncio.to_thread(self.key.read) if self.key.may_block else self.key.read()
        # What stands nearby, and what names no place of a key, may well need none.
        if key is None and self.key.is_expected and not is_near(self.settings.base_url or ""):
            name = self.settings.name
            raise ProviderAuth(f"{name}: There is no API key: {self.key.remedy}.", provider=name)
        return key

    async def client(self) -> "httpx2.AsyncClient":
        """The client, made on first use. Raises ProviderBadRequest for a proxy or certificate that cannot be used."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # Connections belong to the loop that made them.
            self._loop, self._client, self._opening = loop, None, asyncio.Lock()
        async with self._opening:
            if self._client is None:
                made = await asyncio.to_thread(
                    make_client, self.settings, base_url=self.settings.base_url or ""
                )
                self._client = self._wrap(made) if self._wrap else made
            return self._client

    async def aclose(self) -> None:
        """Closes the connections that are kept."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def refusal(self, response: "httpx2.Response", *, model: str, key: str | None) -> Refusal:
        """What a response other than a success says; a key that the provider takes no more is forgotten."""
        body = bytearray()
        import httpx2

        with contextlib.suppress(TimeoutError, httpx2.HTTPError):
            async with asyncio.timeout(REFUSAL_SECONDS), aclosing(response.aiter_bytes()) as received:
                async for block in received:
                    body += block
                    if len(body) > MAX_REFUSAL_BYTES:
                        break
        words, message = read_body(body.decode("utf-8", "replace"))
        source = self.key.source
        if response.status_code == 401:
            self.key.forget()
        return Refusal(
            provider=self.settings.name,
            model=model,
            status=response.status_code,
            words=words,
            message=redacted(message, key),
            retry_after_ms=retry_after(response.headers) or wait_ms(words),
            key_source=source,
            key_remedy=self.key.remedy,
        )

    def stream_error(self, error: Any, *, model: str, key: str | None) -> Refusal:
        """What an error inside a stream says, in whichever shape it came."""
        words, message = read_body(json.dumps(error, ensure_ascii=False))
        return Refusal(
            provider=self.settings.name,
            model=model,
            status=status_of(error),
            words=words,
            message=redacted(message, key),
            retry_after_ms=wait_ms(words),
            key_source=self.key.source,
        )

    def unexpected_response(self, data: bytes, *, model: str) -> ProviderError:
        """The error for something that is no answer: a web page means a wrong address."""
        if data.lstrip()[:1] == b"<":
            return Refusal(provider=self.settings.name, model=model, status=200).error()
        return self.network(
            "The provider sent something that is not in its format: check baseUrl and kind, or try again."
        )

    def foreign(self, interface: str) -> ProviderError:
        """The error for an answer of another interface than that of the provider's kind."""
        name, kind = self.settings.name, self.settings.kind
        if interface in ("openai", "anthropic"):
            remedy = f'it speaks as the kind "{interface}" does: set providers.{name}.kind to that'
        else:
            remedy = f"it speaks {interface}: give the baseUrl of its OpenAI-compatible one"
        return ProviderBadRequest(
            f'{name}: The provider is set to the kind "{kind}", but {remedy}, or correct baseUrl.',
            provider=name,
        )

    def network(self, message: str) -> ProviderNetwork:
        """The error for a connection that broke."""
        return ProviderNetwork(f"{self.settings.name}: {message}", provider=self.settings.name)


def _parts(base_url: str) -> SplitResult | None:
    try:
        parts = urlsplit(base_url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    return parts if is_usable else None
