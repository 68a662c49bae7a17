"""Models for tests: they say what they are told to, when they are told to."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from threadkeep.domain.errors import ModelNotFound, ProviderNotFound, SettingsInvalid
from threadkeep.domain.messages import Usage
from threadkeep.ports.models import (
    ApprovalAsked,
    Model,
    ModelEvent,
    ModelInfo,
    ModelRequest,
    ProviderInfo,
    ProviderKind,
    Stop,
    TextDelta,
)
from threadkeep.ports.plugins import Offer
from threadkeep.ports.provider_settings import Doubts
from threadkeep.values import Value

ANSWER: tuple[ModelEvent, ...] = (TextDelta(text="Hello"), TextDelta(text=" world"), Stop(reason="endTurn"))


class Ask(Value):
    """A step of a script: asks for a call, and goes on as is decided."""

    call: str
    yes: tuple[ModelEvent, ...] = ()
    no: tuple[ModelEvent, ...] = ()


class FakeModel:
    """Plays a script: events are yielded, errors raised, a number waits that many seconds, `HOLD` for ever.

    An `asyncio.Event` waits until it is set.
    """

    HOLD = "hold"

    def __init__(self, *script: object) -> None:
        self.script: tuple[object, ...] = script or ANSWER
        self.requests: list[ModelRequest] = []
        """Every request, oldest first."""
        self.closed = 0
        """How many streams have ended, in whichever way."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        self.requests.append(request)
        try:
            for step in self.script:
                if isinstance(step, BaseException):
                    raise step
                if step == self.HOLD:
                    await asyncio.Event().wait()
                elif isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, Ask):
                    asked = ApprovalAsked(step.call)
                    yield asked
                    answer = await asked.answer
                    for each in step.yes if answer.is_allowed else step.no:
                        yield each
                elif isinstance(step, int | float):
                    await asyncio.sleep(step)
                else:
                    await asyncio.sleep(0)
                    yield step  # type: ignore[misc]  # what is left are events
        finally:
            self.closed += 1

    async def aclose(self) -> None:
        """Holds nothing."""


class FakeModels:
    """Providers by name, each with one model named `m`."""

    def __init__(self, **providers: Model) -> None:
        self.by_name: dict[str, Model] = providers or {"fake": FakeModel()}
        self.retry_count = 0
        self.context_window: int | None = None
        self.met: list[str] = []
        self.named: list[str] = []
        self.doubts = Doubts()

    def get(self, provider: str) -> Model:
        if provider not in self.by_name:
            raise ProviderNotFound(provider, known=sorted(self.by_name))
        return self.by_name[provider]

    def split(self, model: str) -> tuple[str, str]:
        provider, colon, name = model.partition(":")
        if not colon or not name:
            raise ModelNotFound(model, known=[info.id for info in self.models()])
        self.get(provider)
        return provider, name

    def check(self, provider: str, *, is_named: bool = False) -> None:
        if is_named:
            self.named.append(provider)
        if provider in self.doubts.providers:
            raise SettingsInvalid(self.doubts.providers[provider], provider=provider, then="Mend it.")

    def problems(self) -> Sequence[str]:
        return ()

    def kinds(self) -> Sequence[Offer[ProviderKind]]:
        return ()

    def retries(self, provider: str) -> int:
        return self.retry_count

    async def probe(self) -> None:
        """There is nothing to find."""

    async def probe_if_new(self, provider: str) -> None:
        self.met.append(provider)

    async def refresh(self, provider: str | None = None, *, anew: bool = False) -> None:
        """There is nothing new."""

    @property
    def default(self) -> tuple[str, str]:
        return next(iter(self.by_name)), "m"

    def models(self, provider: str | None = None) -> Sequence[ModelInfo]:
        return [
            ModelInfo(provider=name, name="m", context_window=self.context_window)
            for name in self.by_name
            if provider in (None, name)
        ]

    def providers(self) -> Sequence[ProviderInfo]:
        return [
            ProviderInfo(name=name, kind="fake", has_key=True, label=name, is_here=True, needs_key=False)
            for name in self.by_name
        ]

    async def take_key(self, provider: str, key: str | None, *, is_kept: bool) -> str | None:
        """Nobody here needs one."""
        return None

    async def try_provider(self, provider: str) -> Sequence[str]:
        return [model.name for model in self.models(provider)]

    async def aclose(self) -> None:
        """Holds nothing."""


class FakePrices:
    """A dollar for a thousand tokens of output, where a test says so."""

    def __init__(self) -> None:
        self.is_known = False

    def cost(self, provider: str, model: str, usage: Usage) -> float | None:
        return usage.output_tokens / 1000 if self.is_known else None
