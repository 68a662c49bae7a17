"""Builders and small tools for tests that ask models."""

import json
import subprocess
import sys
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from threadkeep.adapters.models.chat_completions import ChatCompletions
from threadkeep.adapters.models.http_model import HttpModel
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.messages_api import MessagesApi
from threadkeep.adapters.models.offline import OfflineModel
from threadkeep.adapters.models.pydantic_ai import PydanticAIModel
from threadkeep.domain.errors import ProviderError
from threadkeep.ports.models import (
    Model,
    ModelEvent,
    ModelMessage,
    ModelRequest,
    ReasoningDelta,
    ReasoningText,
    TextDelta,
)
from threadkeep.ports.provider_settings import ProviderSettings
from threadkeep.ports.store import Passage

T = TypeVar("T")

KEY = "sk-very-secret-1234567890"


def question(text: str = "What does the store do?", **fields: Any) -> ModelRequest:
    values: dict[str, Any] = {
        "model": "test-model",
        "messages": (said("user", text),),
        "session_id": "session-1",
        "repository_id": "repository-1",
    }
    return ModelRequest(**{**values, **fields})


def said(role: Any, content: str, *reasoning: ReasoningText) -> ModelMessage:
    return ModelMessage(role=role, content=content, reasoning=reasoning)


def openai_model(
    base_url: str, *, environ: dict[str, str] | None = None, name: str = "work", **fields: Any
) -> HttpModel:
    settings = ProviderSettings(name=name, kind="openai", base_url=base_url, **fields)
    return HttpModel(settings, ApiKey(settings, environ or {}), ChatCompletions())


def anthropic_model(
    base_url: str, *, environ: dict[str, str] | None = None, name: str = "work", **fields: Any
) -> HttpModel:
    settings = ProviderSettings(name=name, kind="anthropic", base_url=base_url, **fields)
    return HttpModel(settings, ApiKey(settings, environ or {}), MessagesApi())


def pydantic_model(base_url: str, *, name: str = "work", **fields: Any) -> PydanticAIModel:
    """Asks through Pydantic AI and OpenAI's own package; needs both."""
    settings = ProviderSettings(name=name, kind="pydantic-ai", **fields)

    def find(model: str) -> Any:
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        return OpenAIChatModel(model, provider=OpenAIProvider(base_url=base_url, api_key=KEY))

    return PydanticAIModel(settings, ApiKey(settings, {}), find=find)


def passage(text: str, **fields: Any) -> Passage:
    values = {
        "session_id": "session-0",
        "session_title": "An earlier one",
        "message_id": "message-0",
        "role": "user",
        "at": "2026-01-02T10:11:12.000Z",
    }
    return Passage(text=text, **{**values, **fields})


def run_here(work: Callable[[], T]) -> Awaitable[T]:
    """An executor without a thread."""

    async def result() -> T:
        return work()

    return result()


class FakePassages:
    """Stands for the store's search: gives what it was made with, and remembers what was asked."""

    def __init__(self, passages: Sequence[Passage] = (), *, failure: Exception | None = None) -> None:
        self.passages = passages
        self.failure = failure
        self.asked: list[tuple[str, str]] = []

    def __call__(self, query: str, repository_id: str) -> Sequence[Passage]:
        self.asked.append((query, repository_id))
        if self.failure is not None:
            raise self.failure
        return self.passages


def offline_model(passages: Sequence[Passage] = (), **fields: Any) -> OfflineModel:
    return OfflineModel(FakePassages(passages), run_here, **fields)


async def collected(events: AsyncIterable[ModelEvent]) -> list[ModelEvent]:
    return [event async for event in events]


async def collected_until_failure(events: AsyncIterable[ModelEvent], into: list[ModelEvent]) -> None:
    """Keeps what came before the exception, which it lets through."""
    async for event in events:
        into.append(event)  # noqa: PERF401 - a comprehension would lose what came before a failure


def text_of(events: Sequence[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def reasoning_of(events: Sequence[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


async def failure_of(model: Model, into: list[ModelEvent] | None = None) -> ProviderError:
    """What asking the model raises; `into` gets what came before it."""
    with pytest.raises(ProviderError) as caught:
        await collected_until_failure(model.stream(question()), [] if into is None else into)
    return caught.value


@contextmanager
def served(**plan: Any) -> Iterator[str]:
    """The base URL of a provider in a process of its own, which `plan` tells what to do (see `model_plan.Plan`)."""
    command = [sys.executable, "-m", "tests.support.model_server", "--plan", json.dumps(plan)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        process.communicate(timeout=10)
