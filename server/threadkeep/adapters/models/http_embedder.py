"""Asks a provider for the meaning of texts, as OpenAI's `/embeddings` and whatever is compatible with it; loaded when the settings name one."""

import json
from collections.abc import Sequence
from typing import Any, Final

from threadkeep.adapters.models.connection_failures import connection_failure
from threadkeep.adapters.models.endpoint import Endpoint
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.vectors import kept_vector
from threadkeep.domain.errors import ProviderError
from threadkeep.ports.provider_settings import ProviderSettings

MAX_BYTES: Final = 64 * 1024 * 1024
"""An answer of so many bytes is none."""


class HttpEmbedder:
    """Implements the port Embedder; keeps its connections for the next request."""

    def __init__(self, settings: ProviderSettings, key: ApiKey, *, model: str) -> None:
        self._endpoint = Endpoint(settings, key)
        self._model = model

    @property
    def name(self) -> str:
        return f"{self._endpoint.settings.name}:{self._model}"

    async def embed(self, texts: Sequence[str]) -> Sequence[bytes]:
        """As the port says; the texts go in one request."""
        key = await self._endpoint.read_key()
        client = await self._endpoint.client()
        import httpx2

        request = client.build_request(
            "POST",
            self._endpoint.url("/embeddings", tails=("/chat/completions", "/embeddings")),
            json={"model": self._model, "input": list(texts), "encoding_format": "float"},
            headers={"authorization": f"Bearer {key}"} if key is not None else {},
        )
        failure: ProviderError | None = None
        body = b""
        try:
            response = await client.send(request, stream=True)
            try:
                if response.is_success:
                    body = await _body(response)
                else:
                    failure = (await self._endpoint.refusal(response, model=self._model, key=key)).error()
            finally:
                await response.aclose()
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            failure = connection_failure(error, self._endpoint.settings, key=key)
        if failure is not None:
            # outside the handler: the client's exception holds the request, and that the key
            raise failure
        return self._vectors(body, len(texts))

    async def aclose(self) -> None:
        """Closes the connections that are kept."""
        await self._endpoint.aclose()

    def _vectors(self, body: bytes, count: int) -> list[bytes]:
        try:
            entries: Any = json.loads(body)["data"]
            in_order = sorted(entries, key=lambda entry: entry["index"])
            vectors = [kept_vector([float(value) for value in entry["embedding"]]) for entry in in_order]
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            raise self._endpoint.unexpected_response(body, model=self._model) from None
        whole = [vector for vector in vectors if vector]
        if len(whole) != count or len({len(vector) for vector in whole}) > 1:
            raise self._endpoint.unexpected_response(body, model=self._model)
        return whole


async def _body(response: Any) -> bytes:
    body = bytearray()
    async for block in response.aiter_bytes():
        body += block
        if len(body) > MAX_BYTES:
            return b""
    return bytes(body)
