"""Asks an endpoint which models it has, and reads its answer in the forms that providers give it."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from threadkeep.adapters.models.connection_failures import connection_failure
from threadkeep.adapters.models.dialect import Dialect
from threadkeep.adapters.models.endpoint import Endpoint
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.plugins import provider_kinds
from threadkeep.domain.errors import ProviderBadRequest, ProviderError, ProviderTimeout
from threadkeep.ports.provider_settings import ProviderSettings
from threadkeep.values import Value, evolve

if TYPE_CHECKING:
    import httpx2

MAX_BYTES = 16 * 1024 * 1024
MAX_MODELS = 2000
"""No provider has nearly as many: what says otherwise must not fill the memory."""

WINDOW_FIELDS = (
    "context_length",
    "context_window",
    "max_context_length",
    "max_model_len",
    "max_input_tokens",
)
"""What providers call the number of tokens that a model can read."""

NOT_FOR_CHAT = (
    "embed",
    "whisper",
    "tts",
    "transcribe",
    "dall-e",
    "image",
    "moderation",
    "realtime",
    "rerank",
    "sora",
    "audio",
)
"""Words in the names of models that cannot be chatted with."""


def lists_models(kind: Any) -> bool:
    """Whether providers of a kind can be asked which models they have."""
    return getattr(kind, "dialect", None) is not None or getattr(kind, "list_models", None) is not None


class Listed(Value):
    """A model that an endpoint has."""

    name: str
    context_window: int | None = None
    """Tokens, if the endpoint says."""


async def list_models(
    settings: ProviderSettings, key: ApiKey, *, seconds: float, with_key: bool = True
) -> tuple[Listed, ...] | None:
    """The endpoint's models, in its order; none if it wants another key, None for anything else that went wrong.

    Takes as long as `seconds`, and as reading the key takes before.
    """
    try:
        return await ask_for_models(settings, key, seconds=seconds, with_key=with_key)
    except ProviderError as error:
        return () if error.data.get("status") in {401, 403} else None
    except Exception:  # noqa: BLE001 - a list that cannot be had, for whatever reason, is no list
        return None


async def ask_for_models(
    settings: ProviderSettings, key: ApiKey, *, seconds: float, with_key: bool = True
) -> tuple[Listed, ...]:
    """The endpoint's models, in its order. Takes as long as `list_models`. Raises ProviderError for what went wrong."""
    kind = provider_kinds()[settings.kind]
    speaks: type[Dialect] | None = getattr(kind, "dialect", None)
    if speaks is None:
        return await _asked(kind, settings, key, seconds=seconds)
    dialect = speaks()
    endpoint = Endpoint(evolve(settings, timeout_seconds=seconds), key)
    value = await endpoint.read_key() if with_key else None
    try:
        client = await endpoint.client()
        async with asyncio.timeout(seconds):
            listed = await _listed_by(client, endpoint, dialect, value)
            if listed and settings.name == "ollama":
                listed = await _with_running(client, endpoint, listed)
            return listed
    except ProviderError:
        raise
    except TimeoutError:
        failure: ProviderError = _too_late(settings.name, seconds)
    except Exception as error:  # noqa: BLE001 - the HTTP client and what is below it raise many
        failure = connection_failure(error, endpoint.settings, key=value)
    finally:
        await endpoint.aclose()
    raise failure  # outside the handlers: what was caught may hold the key


async def _asked(kind: Any, settings: ProviderSettings, key: ApiKey, *, seconds: float) -> tuple[Listed, ...]:
    """What the `list_models` of a kind gives."""
    try:
        async with asyncio.timeout(seconds):
            names = await kind.list_models(settings, key)
    except TimeoutError:
        raise _too_late(settings.name, seconds) from None
    return read_models([{"id": name} for name in names]) or ()


def _too_late(name: str, seconds: float) -> ProviderTimeout:
    return ProviderTimeout(f"{name}: No list of models came within {seconds:g} s: try again.", provider=name)


def read_models(body: Any) -> tuple[Listed, ...] | None:
    """The models that can be chatted with, from `{"data": [{"id": …}]}` or a list; None for anything else."""
    entries = body.get("data") if isinstance(body, dict) else body
    if not isinstance(entries, list):
        return None
    return tuple({each.name: each for each in _listed(entries[:MAX_MODELS])}.values())


def _listed(entries: Iterable[Any]) -> Iterator[Listed]:
    for entry in entries:
        name = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > 300:
            continue
        name = name.removeprefix("models/")  # Gemini's way to name them
        if not any(word in name.casefold() for word in NOT_FOR_CHAT):
            yield Listed(name=name, context_window=_window(entry))


def _window(entry: Mapping[str, Any]) -> int | None:
    for field in WINDOW_FIELDS:
        number = entry.get(field)
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if is_number and number is not None and 0 < number < 1e9:
            return int(number)
    return None


async def _listed_by(
    client: "httpx2.AsyncClient", endpoint: Endpoint, dialect: Dialect, key: str | None
) -> tuple[Listed, ...]:
    url = endpoint.url(dialect.models_path, tails=dialect.tails)
    query = dict(dialect.models_query) or None
    request = client.build_request("GET", url, params=query, headers=dialect.headers(key))
    body = await _get_json(client, request, endpoint, key)
    listed = read_models(body)
    if listed is None:
        raise _no_list(endpoint, "sent something else than a list of models")
    return listed


async def _get_json(
    client: "httpx2.AsyncClient", request: "httpx2.Request", endpoint: Endpoint, key: str | None
) -> Any:
    response = await client.send(request, stream=True)
    try:
        if response.status_code in {404, 405}:
            raise _no_list(endpoint, f"has no list of models there ({response.status_code})")
        if not response.is_success:
            raise (await endpoint.refusal(response, model="", key=key)).error()
        body = bytearray()
        async for block in response.aiter_bytes():
            body += block
            if len(body) > MAX_BYTES:
                raise _no_list(endpoint, "sent a list of models without an end")
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise endpoint.unexpected_response(bytes(body), model="") from None
    finally:
        await response.aclose()


def _no_list(endpoint: Endpoint, what: str) -> ProviderBadRequest:
    name = endpoint.settings.name
    return ProviderBadRequest(
        f"{name}: The provider {what}: check baseUrl. If that is right, name the models yourself, in "
        f"providers.{name}.models.",
        provider=name,
    )


async def _with_running(
    client: "httpx2.AsyncClient", endpoint: Endpoint, listed: tuple[Listed, ...]
) -> tuple[Listed, ...]:
    """With the windows of the models that Ollama runs just now: it gives a model less than it could read."""
    url = endpoint.url("/api/ps", tails=("/v1/chat/completions", "/v1"))
    try:
        body = await _get_json(client, client.build_request("GET", url), endpoint, None)
    except ProviderError:
        return listed  # other programs speak as Ollama does, and need not know this
    running = body.get("models") if isinstance(body, dict) else None
    entries = running if isinstance(running, list) else []
    windows = {entry.get("name"): _window(entry) for entry in entries if isinstance(entry, dict)}
    return tuple(
        evolve(each, context_window=windows.get(each.name) or each.context_window) for each in listed
    )
