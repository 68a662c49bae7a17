"""The promises of the port Model, held by every adapter."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.support.model_plan import Plan
from tests.support.model_server import ModelServer
from tests.support.models import (
    collected,
    offline_model,
    openai_model,
    passage,
    question,
    said,
    text_of,
)
from threadkeep.domain.errors import ProviderError
from threadkeep.ports import models as port
from threadkeep.ports.models import Model, ModelEvent, Stop, TextDelta, UsageReport


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer(Plan(tokens=60, token_delay=0.0005)) as server:
        yield server


@pytest.fixture(params=["offline", "openai"])
async def model(request: pytest.FixtureRequest, server: ModelServer) -> AsyncIterator[Model]:
    makers: dict[str, Callable[[], Model]] = {
        "offline": lambda: offline_model([passage("The store keeps sessions. " * 20)]),
        "openai": lambda: openai_model(server.base_url),
    }
    model = makers[request.param]()
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
async def test_every_kind_of_failure_is_named(kind: str, plan: Plan) -> None:
    async with ModelServer(plan) as server:
        model = openai_model(server.base_url, timeout_seconds=0.3)
        with pytest.raises(ProviderError) as caught:
            await collected(model.stream(question()))
        await model.aclose()
    assert caught.value.kind == kind
    assert caught.value.data["provider"] == "work"


QUESTIONS = tuple(
    f'What about subject{number}? [[plan {{"texts": ["answer ", "{number}", " words"], "token_delay": 0.002}}]]'
    for number in range(5)
)
