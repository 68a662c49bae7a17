"""Asks the long tail of providers through Pydantic AI, which is an extra and is imported on first use."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from threadkeep.adapters.models.connection_failures import TookTooLong, silence_advice
from threadkeep.adapters.models.deltas import Deltas
from threadkeep.adapters.models.dialect import stop_reason, turns_of, words_of
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.pydantic_ai_failures import failure_of
from threadkeep.domain.errors import (
    ExtraMissing,
    ProviderAuth,
    ProviderBadRequest,
    ProviderError,
    ProviderNetwork,
    ProviderTimeout,
    ThreadkeepError,
)
from threadkeep.domain.messages import Usage
from threadkeep.ports.models import ModelEvent, ModelRequest, ReasoningDelta, Stop, TextDelta, UsageReport
from threadkeep.ports.provider_settings import ProviderSettings

if TYPE_CHECKING:
    from pydantic_ai import messages as theirs
    from pydantic_ai.models import Model as TheirModel
    from pydantic_ai.models import StreamedResponse
    from pydantic_ai.providers import Provider
    from pydantic_ai.settings import ModelSettings

EXTRA = "threadkeep[pydantic-ai]"


class PydanticAIModel:
    """Implements the port Model. Its models are named `provider:model`, as Pydantic AI names them."""

    name = "pydantic-ai"
    label = "Whatever Pydantic AI speaks"
    settings = ("baseUrl", "apiKeyEnv", "apiKeyCommand", "apiKey", "models", "totalTimeoutSeconds", "retries")

    def __init__(
        self,
        settings: ProviderSettings,
        key: ApiKey,
        *,
        find: "Callable[[str], TheirModel] | None" = None,
    ) -> None:
        """find gives a model by its name, instead of Pydantic AI's own way."""
        self._settings = settings
        self._key = key
        self._find = find
        self._made: dict[str, TheirModel] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._making = asyncio.Lock()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """The answer as it comes. Raises ProviderError, or ExtraMissing for a package that is not installed."""
        key = await asyncio.to_thread(self._key.read) if self._key.may_block else self._key.read()
        failure: ThreadkeepError | None = None
        try:
            async with aclosing(self._answer(request, key)) as events:
                async for event in events:
                    yield event
        except ThreadkeepError:
            raise
        except Exception as error:  # noqa: BLE001 - some vendor's package behind it raises what it likes
            failure = failure_of(error, self._settings, model=request.model, key=key, source=self._key.source)
        if failure is not None:
            if isinstance(failure, ProviderAuth) and self._key.forget():
                await self._drop(request.model)
            # Outside the handler: a vendor's exception holds the request, and that the key.
            raise failure

    async def aclose(self) -> None:
        """Closes the connections of every model that was made."""
        for name in tuple(self._made):
            await self._drop(name)

    async def _answer(self, request: ModelRequest, key: str | None) -> AsyncGenerator[ModelEvent]:
        deadline = asyncio.get_running_loop().time() + self._settings.total_timeout_seconds
        model = await self._model(request.model, key)
        from pydantic_ai.direct import model_request_stream

        asked = model_request_stream(
            model, _messages(request), model_settings=self._model_settings(request, model)
        )
        opening = asked.__aenter__()
        stream = await self._before(deadline, opening)
        try:
            events, deltas = aiter(stream), Deltas()
            while (event := await self._before(deadline, _next(events))) is not None:
                _take(event, deltas)
                for delta in deltas.take():
                    yield delta
            for delta in deltas.rest():
                yield delta
            reason = _reason(stream)
            # What is on no network gives no reason.
            if stream.state == "incomplete" or (reason is None and stream.provider_url is not None):
                raise self._error(
                    ProviderNetwork, "The connection ended in the middle of the answer: try again."
                )
            usage = _usage(stream)
            if usage != Usage():
                yield UsageReport(usage=usage)
            yield Stop(reason=stop_reason(reason or "stop"), words=words_of(reason or ""))
        finally:
            await asked.__aexit__(None, None, None)

    async def _model(self, name: str, key: str | None) -> "TheirModel":
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # Connections belong to the loop that made them.
            self._loop, self._made, self._making = loop, {}, asyncio.Lock()
        async with self._making:
            if name not in self._made:
                # It imports hundreds of modules, which would keep everybody else waiting.
                model = await asyncio.to_thread(self._find or self._infer(key), self._named(name))
                await model.__aenter__()
                self._made[name] = model
            return self._made[name]

    def _named(self, name: str) -> str:
        mine = self._settings.name
        if self._settings.proxy or self._settings.ca_file:
            # Whoever set one of them would not want it to be passed over in silence.
            raise self._error(
                ProviderBadRequest,
                f"The settings proxy and caFile of providers.{mine} do not reach Pydantic AI: remove them,"
                " and set HTTPS_PROXY and SSL_CERT_FILE where your editor starts.",
            )
        if not name:
            raise self._error(ProviderBadRequest, f"No model is named: choose one as {mine}:PROVIDER:MODEL.")
        return name

    def _infer(self, key: str | None) -> "Callable[[str], TheirModel]":
        def infer(name: str) -> "TheirModel":
            try:
                from pydantic_ai.models import infer_model
            except ImportError:
                raise ExtraMissing(EXTRA, purpose=f"The provider {self._settings.name!r}") from None
            given = {"api_key": key, "base_url": self._settings.base_url}
            wanted = {parameter: value for parameter, value in given.items() if value is not None}
            if not wanted:
                return infer_model(name)
            return infer_model(name, lambda provider: self._provider(provider, wanted))

        return infer

    def _provider(self, provider: str, wanted: dict[str, str]) -> "Provider[Any]":
        from pydantic_ai.providers import infer_provider_class

        maker = infer_provider_class(provider)
        takes = inspect.signature(maker).parameters
        setting = {"api_key": "apiKey", "base_url": "baseUrl"}
        refused = [setting[parameter] for parameter in wanted if parameter not in takes]
        if refused:
            raise self._error(
                ProviderBadRequest, f"{provider} takes no {' and no '.join(refused)}: remove it."
            )
        made: Provider[Any] = maker(**wanted)
        return made

    def _model_settings(self, request: ModelRequest, model: "TheirModel") -> "ModelSettings":
        # Whoever asks us tries again, where people can see it.
        chosen: ModelSettings = {"timeout": self._settings.timeout_seconds, "max_retries": 0}
        if request.temperature is not None:
            chosen["temperature"] = request.temperature
        for name in ("timeout", "max_retries"):
            if name in model.unsupported_settings:
                del chosen[name]  # it would warn
        return chosen

    async def _before(self, deadline: float, waited_for: Any) -> Any:
        """Raises ProviderTimeout when nothing came for long, TookTooLong at the deadline."""
        silent_at = asyncio.get_running_loop().time() + self._settings.timeout_seconds
        try:
            async with asyncio.timeout_at(min(silent_at, deadline)) as limit:
                return await waited_for
        except TimeoutError:
            if not limit.expired():
                raise
        if deadline <= silent_at:
            raise TookTooLong
        raise self._error(ProviderTimeout, silence_advice(self._settings))

    async def _drop(self, name: str) -> None:
        model = self._made.pop(name, None)
        if model is not None:
            await model.__aexit__(None, None, None)

    def _error(self, kind: type[ProviderError], advice: str) -> ProviderError:
        return kind(f"{self._settings.name}: {advice}", provider=self._settings.name)


def _messages(request: ModelRequest) -> "list[theirs.ModelMessage]":
    """The conversation in Pydantic AI's words; empty messages, and all reasoning, are left out."""
    from pydantic_ai import messages as theirs

    said: list[theirs.ModelMessage] = []
    for role, group in turns_of(request.messages):
        content = "\n\n".join(message.content for message in group)
        if role == "user":
            said.append(theirs.ModelRequest(parts=[theirs.UserPromptPart(content=content)]))
        else:
            said.append(theirs.ModelResponse(parts=[theirs.TextPart(content=content)]))
    last = said[-1] if said else None
    if request.system and request.system.strip() and isinstance(last, theirs.ModelRequest):
        last.instructions = request.system
    return said


async def _next(events: "AsyncIterator[theirs.ModelResponseStreamEvent]") -> Any:
    return await anext(events, None)


def _take(event: Any, deltas: Deltas) -> None:
    """Adds the text of an event: that with which a part begins, or by which it grows."""
    from pydantic_ai import messages as theirs

    grown: Any = getattr(event, "part" if isinstance(event, theirs.PartStartEvent) else "delta", None)
    if isinstance(grown, theirs.TextPart | theirs.ThinkingPart):
        text: str | None = grown.content
    elif isinstance(grown, theirs.TextPartDelta | theirs.ThinkingPartDelta):
        text = grown.content_delta
    else:
        return
    is_text = isinstance(grown, theirs.TextPart | theirs.TextPartDelta)
    deltas.add(TextDelta if is_text else ReasoningDelta, text or "")


def _reason(stream: "StreamedResponse") -> str | None:
    """Why it stopped: Pydantic AI's word, else the provider's own."""
    own = (stream.provider_details or {}).get("finish_reason")
    return stream.finish_reason or (str(own) if own else None)


def _usage(stream: "StreamedResponse") -> Usage:
    usage = stream.usage
    return Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=min(usage.cache_read_tokens, usage.input_tokens),
        reasoning_tokens=min(usage.output_reasoning_tokens, usage.output_tokens),
    )
