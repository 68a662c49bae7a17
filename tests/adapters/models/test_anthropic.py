"""A provider of the Messages API, over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.model_plan import Plan
from tests.support.model_server import ModelServer
from tests.support.model_wire import token
from tests.support.models import (
    KEY,
    anthropic_model,
    collected,
    failure_of,
    question,
    reasoning_of,
    said,
    text_of,
)
from threadkeep.adapters.models.http_model import FINISHED_SECONDS, HttpModel
from threadkeep.domain.errors import (
    ContextTooLong,
    ProviderAuth,
    ProviderBadRequest,
    ProviderError,
    ProviderNetwork,
    ProviderOverloaded,
    ProviderRateLimited,
    ProviderTimeout,
)
from threadkeep.domain.messages import Usage
from threadkeep.ports.models import ModelEvent, ReasoningDelta, ReasoningText, Stop, UsageReport

USAGE = Usage(input_tokens=10, output_tokens=3, cached_tokens=4, reasoning_tokens=2)
THOUGHT = ReasoningText(text="Hm.", signature="anthropic/thinking:c2ln")


@pytest.fixture
async def model(server: ModelServer) -> AsyncIterator[HttpModel]:
    base_url = server.base_url.removesuffix("/v1")
    model = anthropic_model(base_url, timeout_seconds=5, api_key_env="WORK_KEY", environ={"WORK_KEY": KEY})
    yield model
    await model.aclose()


def refusal(message: str, kind: str = "invalid_request_error", status: int = 400) -> Plan:
    return Plan(
        status=status, body=json.dumps({"type": "error", "error": {"type": kind, "message": message}})
    )


async def test_an_answer_is_what_it_cost_so_far_then_text_then_usage_then_stop(model: HttpModel) -> None:
    events = await collected(model.stream(question()))
    assert text_of(events) == token(0) + token(1) + token(2)
    assert events[0] == UsageReport(usage=Usage(input_tokens=10, output_tokens=1, cached_tokens=4))
    assert events[-2:] == [UsageReport(usage=USAGE), Stop(reason="endTurn")]


async def test_the_key_and_the_version_go_in_headers(model: HttpModel, server: ModelServer) -> None:
    await collected(model.stream(question()))
    assert server.last.path == "/v1/messages"
    assert server.last.headers["x-api-key"] == KEY
    assert server.last.headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in server.last.headers


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/", "/v1/messages"])
async def test_an_address_may_say_part_of_the_path(server: ModelServer, tail: str) -> None:
    model = anthropic_model(server.base_url.removesuffix("/v1") + tail)
    await collected(model.stream(question()))
    await model.aclose()
    assert server.last.path == "/v1/messages"


async def test_reasoning_comes_with_its_signature_and_goes_back(
    model: HttpModel, server: ModelServer
) -> None:
    server.plan = Plan(reasoning=("Let me ", "think."), signature="c2ln")
    events = await collected(model.stream(question()))
    assert reasoning_of(events) == "Let me think."
    seals = [event.signature for event in events if isinstance(event, ReasoningDelta) and event.signature]
    thought = ReasoningText(text="Let me think.", signature=seals[0])
    messages = (said("user", "Why?"), said("assistant", "So.", thought), said("user", "And?"))
    await collected(model.stream(question(messages=messages)))
    assert server.last.body["messages"][1]["content"][0] == {
        "type": "thinking",
        "thinking": "Let me think.",
        "signature": "c2ln",
    }


@pytest.mark.parametrize(
    "plan",
    [
        Plan(done=False),
        Plan(line_end="\r\n"),
        Plan(plain_json=True),
    ],
    ids=["no message_stop", "CRLF", "plain JSON"],
)
async def test_an_answer_in_another_form_is_complete(
    model: HttpModel, server: ModelServer, plan: Plan
) -> None:
    server.plan = plan
    events = await collected(model.stream(question()))
    assert text_of(events) == token(0) + token(1) + token(2)
    assert events[-2:] == [UsageReport(usage=USAGE), Stop(reason="endTurn")]


async def test_an_answer_that_said_it_is_over_is_not_waited_for(
    model: HttpModel, server: ModelServer
) -> None:
    server.plan = Plan(hang_at_end=True)
    async with asyncio.timeout(FINISHED_SECONDS / 2):
        await collected(model.stream(question()))
    await server.closed()


async def test_no_usage_is_no_report(model: HttpModel, server: ModelServer) -> None:
    server.plan = Plan(usage="none")
    assert not any(isinstance(event, UsageReport) for event in await collected(model.stream(question())))


async def test_what_a_model_refuses_is_left_out_at_once_and_from_then_on(
    model: HttpModel, server: ModelServer
) -> None:
    server.plan = Plan(tokens=1)
    server.next_plans = [
        refusal("`temperature` is deprecated for this model."),
        refusal("max_tokens: 64000 > 8192, which is the maximum"),
    ]
    for _ in range(2):
        assert text_of(await collected(model.stream(question(temperature=0.5)))) == token(0)
    asked = [(seen.body.get("temperature"), seen.body["max_tokens"]) for seen in server.requests]
    assert asked == [(0.5, 64_000), (None, 64_000), (None, 8192), (None, 8192)]


async def test_reasoning_that_is_refused_is_left_out_of_that_session_alone(
    model: HttpModel, server: ModelServer
) -> None:
    server.next_plans = [refusal("The block is bound to a different conversation: thinking")]
    messages = (said("user", "Why?"), said("assistant", "So.", THOUGHT), said("user", "And?"))
    for session in ("one", "one", "two"):
        await collected(model.stream(question(messages=messages, session_id=session)))
    with_reasoning = [isinstance(seen.body["messages"][1]["content"], list) for seen in server.requests]
    assert with_reasoning == [True, False, False, True]


async def test_a_provider_that_refuses_whatever_is_changed_is_not_asked_for_ever(
    model: HttpModel, server: ModelServer
) -> None:
    server.plan = refusal("max_tokens: 64000 > 8192, temperature is not supported, thinking is not supported")
    assert type(await failure_of(model)) is ProviderBadRequest
    assert len(server.requests) < 8


@pytest.mark.parametrize(
    ("plan", "kind"),
    [
        (refusal("invalid x-api-key", "authentication_error", 401), ProviderAuth),
        (refusal("not allowed", "permission_error", 403), ProviderAuth),
        (refusal("Your credit balance is too low to access the API"), ProviderAuth),
        (refusal("pay", "billing_error", 402), ProviderAuth),
        (refusal("model: m", "not_found_error", 404), ProviderBadRequest),
        (refusal("messages: required"), ProviderBadRequest),
        (refusal("prompt is too long: 210000 tokens > 200000 maximum"), ContextTooLong),
        (refusal("`max_tokens` exceed context limit: 199999 + 64000 > 200000"), ContextTooLong),
        (refusal("too big", "request_too_large", 413), ContextTooLong),
        (refusal("slow down", "rate_limit_error", 429), ProviderRateLimited),
        (refusal("oops", "api_error", 500), ProviderOverloaded),
        (refusal("late", "timeout_error", 504), ProviderTimeout),
        (refusal("Overloaded", "overloaded_error", 529), ProviderOverloaded),
    ],
)
async def test_every_refusal_has_its_kind(
    model: HttpModel, server: ModelServer, plan: Plan, kind: type[ProviderError]
) -> None:
    server.plan = plan
    failure = await failure_of(model)
    assert type(failure) is kind
    assert failure.data["status"] == plan.status


@pytest.mark.parametrize(
    ("kind_of_error", "kind"),
    [
        ("overloaded_error", ProviderOverloaded),
        ("rate_limit_error", ProviderRateLimited),
        ("api_error", ProviderOverloaded),
        ("timeout_error", ProviderTimeout),
        ("authentication_error", ProviderAuth),
        ("billing_error", ProviderAuth),
        ("request_too_large", ContextTooLong),
        ("invalid_request_error", ProviderBadRequest),
    ],
)
async def test_an_error_inside_the_stream_is_named_and_what_came_before_is_kept(
    model: HttpModel, server: ModelServer, kind_of_error: str, kind: type[ProviderError]
) -> None:
    server.plan = Plan(tokens=9, error_after=2, error={"type": kind_of_error, "message": f"What is {KEY}?"})
    events: list[ModelEvent] = []
    failure = await failure_of(model, events)
    assert type(failure) is kind
    assert text_of(events) == token(0) + token(1)
    assert KEY not in f"{failure!r} {failure.data}"


@pytest.mark.parametrize(
    "plan", [Plan(end_after=2), Plan(cut_after=1), Plan(raw="garbage\n\n"), Plan(raw=""), Plan(body="{}")]
)
async def test_a_stream_without_an_end_is_a_broken_connection(
    model: HttpModel, server: ModelServer, plan: Plan
) -> None:
    server.plan = plan
    assert type(await failure_of(model)) is ProviderNetwork


async def test_pings_keep_an_answer_alive_but_not_for_ever(server: ModelServer) -> None:
    server.plan = Plan(tokens=0, token_delay=0.05, texts=("",) * 400)
    model = anthropic_model(server.base_url, timeout_seconds=2, total_timeout_seconds=0.5)
    failure = await failure_of(model)
    await model.aclose()
    assert type(failure) is ProviderTimeout


async def test_a_missing_key_is_told_before_anything_is_sent() -> None:
    model = anthropic_model("https://models.example.invalid", api_key_env="ANTHROPIC_API_KEY")
    failure: Any = await failure_of(model)
    assert type(failure) is ProviderAuth
    assert "ANTHROPIC_API_KEY" in failure.message
