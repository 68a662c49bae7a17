"""Tries a model out: asks it a few small things, and says what works."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TypeVar

from threadkeep.adapters.models.configured import ConfiguredModels
from threadkeep.adapters.models.http_model import HttpModel
from threadkeep.adapters.models.key_ring import KeyRing
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.recording import Recorder
from threadkeep.adapters.plugins import provider_kinds
from threadkeep.domain.errors import ProviderBadRequest, ThreadkeepError
from threadkeep.ports.models import (
    AnswerExtras,
    ModelMessage,
    ModelRequest,
    ReasoningDelta,
    Stop,
    TextDelta,
    Tried,
    UsageReport,
)
from threadkeep.ports.provider_settings import Doubts, ProviderSettings
from threadkeep.values import Mutable

T = TypeVar("T")

WORD = "kiwi"
PROBES: tuple[tuple[str, str, str | None], ...] = (
    ("text", "Reply with the single word: ready", None),
    (
        "long text",
        "Count from 1 to 150 in digits, with a space between two numbers, and write nothing else.",
        None,
    ),
    ("system", "Say hello.", f"End each of your answers with the word {WORD}."),
    ("temperature", "Reply with the single word: ready", None),
)
"""(name, what is asked, system prompt). Small, and nobody's own words."""

LONG = 300
"""Characters from which on an answer is a long one."""


class _Heard(Mutable):
    text: str = ""
    thought: str = ""
    stop: Stop | None = None
    usage: UsageReport | None = None
    notices: tuple[str, ...] = ()
    links: int = 0
    deltas: int = 0


async def try_out(
    model: str, providers: Sequence[ProviderSettings], *, doubts: Doubts, environ: Mapping[str, str]
) -> AsyncGenerator[tuple[Tried, list[bytes]]]:
    """Tries `provider:model` out, as `tried`. Raises as `ConfiguredModels.trial`."""
    models = ConfiguredModels(
        providers,
        doubts=doubts,
        environ=environ,
        find=lambda *_: (),
        run=_beside,
        ring=KeyRing(),
    )
    async with aclosing(tried(*models.trial(model))) as results:
        async for result in results:
            yield result


async def _beside(work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)


async def tried(
    settings: ProviderSettings, key: ApiKey, model: str
) -> AsyncGenerator[tuple[Tried, list[bytes]]]:
    """Each thing that was tried, with the raw responses to it. Raises ProviderError for a kind that is not
    spoken over HTTP, or for a key that cannot be read."""
    dialect = getattr(provider_kinds().get(settings.kind), "dialect", None)
    if dialect is None:
        raise ProviderBadRequest(
            f"{settings.name}: Only the kinds openai and anthropic can be tried.", provider=settings.name
        )
    recorder = Recorder(key=key.read())
    asked = HttpModel(settings, key, dialect(), wrap=recorder.wrap)
    try:
        for name, text, system in PROBES:
            result = await _probe(asked, name, model=model, text=text, system=system)
            yield result, recorder.taken()
            if name == "text" and not result.is_working:
                return  # what follows would fail in the same way
    finally:
        await asked.aclose()


async def _probe(asked: HttpModel, name: str, *, model: str, text: str, system: str | None) -> Tried:
    request = ModelRequest(
        model=model,
        messages=(ModelMessage(role="user", content=text),),
        system=system,
        temperature=0.5 if name == "temperature" else None,
        session_id="trial",
        repository_id="trial",
    )
    heard = _Heard()
    try:
        await _listen(asked, request, heard)
    except ThreadkeepError as error:
        return Tried(name=name, is_working=False, told=error.message)
    return Tried(name=name, is_working=_is_right(name, heard), told=_report(heard))


async def _listen(asked: HttpModel, request: ModelRequest, heard: _Heard) -> None:
    async for event in asked.stream(request):
        match event:
            case TextDelta(text=text):
                heard.text += text
                heard.deltas += 1
            case ReasoningDelta(text=text):
                heard.thought += text
            case UsageReport():
                heard.usage = event
            case AnswerExtras(links=links, notices=notices):
                heard.links += len(links)
                heard.notices += notices
            case Stop():
                heard.stop = event


def _is_right(name: str, heard: _Heard) -> bool:
    reason = heard.stop.reason if heard.stop else ""
    if not heard.text.strip() or reason == "error":
        return False
    if name == "long text":
        return len(heard.text) > LONG
    if name == "system":
        return WORD in heard.text.casefold()
    return reason == "endTurn" or name == "temperature"


def _report(heard: _Heard) -> str:
    usage = heard.usage.usage if heard.usage else None
    parts = [
        f"stop reason {heard.stop.reason if heard.stop else 'none'}",
        f"{len(heard.text):,} characters in {heard.deltas:,} pieces",
        f"{len(heard.thought):,} of thoughts" if heard.thought else "",
        f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens" if usage else "no use of tokens reported",
        f"{heard.links} sources" if heard.links else "",
        *heard.notices,
    ]
    return ", ".join(part for part in parts if part)
