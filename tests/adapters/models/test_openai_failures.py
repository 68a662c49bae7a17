"""What breaks while a provider answers, and what is said about it."""

import asyncio
import json
from typing import Any

import pytest

from tests.support.model_plan import Plan
from tests.support.model_server import ModelServer
from tests.support.model_wire import chunk, sse, token
from tests.support.models import (
    KEY,
    collected,
    failure_of,
    openai_model,
    question,
    text_of,
)
from threadkeep.adapters.models.http_model import HttpModel
from threadkeep.domain.errors import (
    ContextTooLong,
    ProviderBadRequest,
    ProviderError,
    ProviderNetwork,
    ProviderOverloaded,
    ProviderRateLimited,
    ProviderTimeout,
)
from threadkeep.ports.models import ModelEvent, Stop


async def test_what_came_before_a_failure_is_kept(model: HttpModel, server: ModelServer) -> None:
    for plan in (
        Plan(tokens=9, cut_after=2),
        Plan(tokens=9, end_after=2),
        Plan(tokens=9, error_after=2),
        Plan(raw="".join(sse(chunk({"content": token(at)})).decode() for at in (0, 1)) + "data: {oh no\n\n"),
    ):
        server.plan = plan
        events: list[ModelEvent] = []
        await failure_of(model, events)
        assert text_of(events) == token(0) + token(1)


async def test_a_stream_without_an_end_is_a_broken_connection(model: HttpModel, server: ModelServer) -> None:
    for plan in (Plan(end_after=2), Plan(cut_after=0), Plan(raw="garbage\n\n"), Plan(raw="")):
        server.plan = plan
        assert type(await failure_of(model)) is ProviderNetwork


@pytest.mark.parametrize("body", ["{}", '{"odd": "one"}', "[]", '{"choices": []}', "{"])
async def test_json_that_is_no_answer_is_a_failure(model: HttpModel, server: ModelServer, body: str) -> None:
    server.plan = Plan(body=body)
    assert type(await failure_of(model)) is ProviderNetwork


async def test_a_plain_error_with_a_good_status_is_an_error(model: HttpModel, server: ModelServer) -> None:
    server.plan = Plan(body='[{"error": {"code": 429, "message": "slow down"}}]')
    assert type(await failure_of(model)) is ProviderRateLimited


async def test_a_connection_that_breaks_after_the_last_word_does_no_harm(
    model: HttpModel, server: ModelServer
) -> None:
    server.plan = Plan(finish_reason="stop", done=False, hang_at_end=True)
    reader = asyncio.create_task(collected(model.stream(question())))
    await server.came.wait()
    await asyncio.sleep(0.2)
    for task in server.tasks:
        task.cancel()
    assert (await reader)[-1] == Stop(reason="endTurn")


async def test_a_web_page_means_a_wrong_address(model: HttpModel, server: ModelServer) -> None:
    server.plan = Plan(body="<html><title>Welcome</title></html>", headers={"content-type": "text/html"})
    failure = await failure_of(model)
    assert type(failure) is ProviderBadRequest
    assert "baseUrl" in failure.message


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "Overloaded", "type": "overloaded_error"}, ProviderOverloaded),
        ({"message": "Slow down", "code": 429}, ProviderRateLimited),
        ({"message": "Slow down", "type": "rate_limit_error"}, ProviderRateLimited),
        ({"message": "maximum context length is 8192 tokens"}, ContextTooLong),
        ("something broke", ProviderOverloaded),
    ],
)
async def test_an_error_inside_the_stream_is_named(
    model: HttpModel, server: ModelServer, error: Any, kind: type[ProviderError]
) -> None:
    server.plan = Plan(error_after=1, error=error)
    assert type(await failure_of(model)) is kind


async def test_silence_is_a_timeout(server: ModelServer) -> None:
    server.plan = Plan(stall_after=1)
    model = openai_model(server.base_url, timeout_seconds=0.2)
    failure = await failure_of(model)
    await model.aclose()
    assert type(failure) is ProviderTimeout
    assert "timeoutSeconds" in failure.message


async def test_a_provider_that_is_not_there_is_asked_after() -> None:
    async with ModelServer() as server:
        address = server.base_url
    model = openai_model(address)
    failure = await failure_of(model)
    await model.aclose()
    assert type(failure) is ProviderNetwork
    assert "is it running?" in failure.message


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
async def test_the_key_is_in_no_failure(model: HttpModel, server: ModelServer, status: int) -> None:
    server.plan = Plan(status=status, body=json.dumps({"error": {"message": f"What is {KEY}?"}}))
    failure = await failure_of(model)
    assert KEY not in f"{failure!r} {failure.data} {failure.message}"
    assert (failure.__cause__, failure.__context__) == (None, None)
    assert "What is •••?" in failure.message


async def test_the_key_is_in_no_failure_of_the_connection(model: HttpModel, server: ModelServer) -> None:
    server.plan = Plan(cut_after=1)
    failure = await failure_of(model)
    assert (failure.__cause__, failure.__context__) == (None, None)


async def test_a_model_must_be_named(model: HttpModel) -> None:
    with pytest.raises(ProviderBadRequest, match="work:MODEL"):
        await collected(model.stream(question(model="")))
