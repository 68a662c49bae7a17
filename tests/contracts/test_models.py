"""The promises of the port Model, held by every adapter."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest

from tests.support.model_plan import Plan
from tests.support.model_server import ModelServer
from tests.support.models import (
    anthropic_model,
    collected,
    failure_of,
    offline_model,
    openai_model,
    passage,
    pydantic_model,
    question,
    said,
    text_of,
)
from threadkeep.domain.errors import ProviderError
from threadkeep.ports import models as port
from threadkeep.ports.models import (
    Model,
    ModelEvent,
    ReasoningDelta,
    ReasoningText,
    Stop,
    TextDelta,
    UsageReport,
)

pytestmark = pytest.mark.medium

ON_A_NETWORK: dict[str, Callable[..., Model]] = {
    "openai": openai_model,
    "anthropic": anthropic_model,
    "pydantic-ai": pydantic_model,
}
"""What each makes takes a base URL and fields of the settings."""


def made(kind: str, server: ModelServer, **fields: Any) -> Model:
    if kind == "pydantic-ai":
        pytest.importorskip("pydantic_ai")
        pytest.importorskip("openai")
    return ON_A_NETWORK[kind](server.base_url, **fields)


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer(Plan(tokens=60, token_delay=0.0005)) as server:
        yield server


@pytest.fixture(params=["offline", *ON_A_NETWORK])
async def model(request: pytest.FixtureRequest, server: ModelServer) -> AsyncIterator[Model]:
    if request.param == "offline":
        model: Model = offline_model([passage("The store keeps sessions. " * 20)])
    else:
        model = made(request.param, server)
    yield model
    await model.aclose()


async def test_the_stop_is_the_last_event_and_the_only_one(model: Model) -> None:
    events = await collected(model.stream(question()))
    assert [index for index, event in enumerate(events) if isinstance(event, Stop)] == [len(events) - 1]
    assert events[-1] == Stop(reason="endTurn")


async def test_every_event_is_one_of_the_port(model: Model) -> None:
    for event in await collected(model.stream(question())):
        assert type(event).__module__ == port.__name__


async def test_an_answer_comes_in_pieces_that_are_never_empty(model: Model) -> None:
    deltas = [event for event in await collected(model.stream(question())) if isinstance(event, TextDelta)]
    assert len(deltas) > 5
    assert all(delta.text for delta in deltas)


async def test_reasoning_comes_with_words_or_a_signature(model: Model, server: ModelServer) -> None:
    server.plan = Plan(reasoning=("Let me ", "think."))
    deltas = [
        event for event in await collected(model.stream(question())) if isinstance(event, ReasoningDelta)
    ]
    assert all(delta.text or delta.signature for delta in deltas)


async def test_usage_holds_cached_within_input_and_reasoning_within_output(model: Model) -> None:
    events = await collected(model.stream(question()))
    for usage in (event.usage for event in events if isinstance(event, UsageReport)):
        assert 0 <= usage.cached_tokens <= usage.input_tokens
        assert 0 <= usage.reasoning_tokens <= usage.output_tokens


async def test_a_stream_begins_no_work_before_it_is_read(model: Model, server: ModelServer) -> None:
    stream = model.stream(question())
    await asyncio.sleep(0.02)
    assert server.requests == []
    await stream.aclose()


async def test_closing_early_leaves_no_task_and_no_socket(model: Model, server: ModelServer) -> None:
    before = asyncio.all_tasks()
    stream = model.stream(question())
    await anext(stream)
    await stream.aclose()
    await server.closed()
    assert asyncio.all_tasks() - server.tasks == before
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_a_cancelled_reader_leaves_no_task_and_no_socket(model: Model, server: ModelServer) -> None:
    before = asyncio.all_tasks()
    seen: list[ModelEvent] = []
    begun = asyncio.Event()

    async def read() -> None:
        async for event in model.stream(question()):
            seen.append(event)
            begun.set()

    reader = asyncio.create_task(read())
    await begun.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await server.closed()
    assert asyncio.all_tasks() - server.tasks == before
    assert not any(isinstance(event, Stop) for event in seen)


async def test_streams_at_the_same_time_do_not_mix(model: Model) -> None:
    alone = [text_of(await collected(model.stream(question(text)))) for text in QUESTIONS]
    together = await asyncio.gather(*(collected(model.stream(question(text))) for text in QUESTIONS))
    assert [text_of(events) for events in together] == alone
    assert len(set(alone)) == len(QUESTIONS)


async def test_a_partial_answer_is_carried_on_with(model: Model) -> None:
    messages = (said("user", "What does the store do?"), said("assistant", "It keeps"))
    events = await collected(model.stream(question(messages=messages)))
    assert text_of(events)
    assert isinstance(events[-1], Stop)


async def test_what_another_vendor_signed_does_no_harm(model: Model) -> None:
    foreign = ReasoningText(text="Hm.", signature="somebody-else:c2lnbmVk")
    messages = (said("user", "Why?"), said("assistant", "So.", foreign), said("user", "What does it do?"))
    assert isinstance((await collected(model.stream(question(messages=messages))))[-1], Stop)


async def test_a_model_can_be_asked_again_after_it_was_closed(model: Model) -> None:
    await collected(model.stream(question()))
    await model.aclose()
    events = await collected(model.stream(question()))
    assert isinstance(events[-1], Stop)


async def test_closing_a_model_that_was_never_used_does_nothing(model: Model) -> None:
    await model.aclose()
    await model.aclose()


def _error(status: int, **error: Any) -> Plan:
    return Plan(status=status, body=json.dumps({"error": error}))


@pytest.mark.parametrize(
    ("kind", "plan"),
    [
        ("providerAuth", _error(401, message="Incorrect API key provided")),
        ("providerRateLimited", _error(429, message="Slow down")),
        ("providerOverloaded", _error(529, message="Overloaded")),
        ("providerBadRequest", _error(400, message="temperature is out of range")),
        ("contextTooLong", _error(400, message="Too long", code="context_length_exceeded")),
        ("providerNetwork", Plan(cut_after=1)),
        ("providerTimeout", Plan(stall_after=1)),
    ],
)
@pytest.mark.parametrize("provider", ON_A_NETWORK)
async def test_every_kind_of_failure_is_named(provider: str, kind: str, plan: Plan) -> None:
    async with ModelServer(plan) as server:
        model = made(provider, server, timeout_seconds=0.3)
        failure = await failure_of(model)
        await model.aclose()
        await server.closed()
    assert failure.kind == kind
    assert failure.data["provider"] == "work"
    assert (failure.__cause__, failure.__context__) == (None, None)


@pytest.mark.parametrize("provider", ON_A_NETWORK)
async def test_an_answer_that_trickles_for_ever_ends(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    clock, passed = loop.time, [0.0]
    monkeypatch.setattr(loop, "time", lambda: clock() + sum(passed))
    async with ModelServer(Plan(tokens=10_000, token_delay=0.02)) as server:
        model = made(provider, server, timeout_seconds=1000, total_timeout_seconds=600)
        async with aclosing(model.stream(question())) as answer:
            while not isinstance(await anext(answer), TextDelta):
                pass
            passed.append(600.0)
            with pytest.raises(ProviderError) as caught:
                await collected(answer)
        await model.aclose()
        await server.closed()
    assert caught.value.kind == "providerTimeout"
    assert "totalTimeoutSeconds" in caught.value.message


@pytest.mark.parametrize("provider", ON_A_NETWORK)
async def test_a_provider_says_when_to_come_back(provider: str) -> None:
    async with ModelServer(Plan(status=429, headers={"retry-after": "7"}, body="{}")) as server:
        model = made(provider, server)
        failure = await failure_of(model)
        await model.aclose()
        assert len(server.requests) == 1
    assert failure.data["retry_after_ms"] == 7000


QUESTIONS = tuple(
    f'What about subject{number}? [[plan {{"texts": ["answer ", "{number}", " words"], "token_delay": 0.002}}]]'
    for number in range(5)
)
