"""The adapter over Pydantic AI: its own test models, and real HTTP through it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.model_plan import Plan
from tests.support.model_server import ModelServer
from tests.support.model_wire import token
from tests.support.models import (
    KEY,
    collected,
    collected_until_failure,
    failure_of,
    pydantic_model,
    question,
    reasoning_of,
    said,
    text_of,
)
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.pydantic_ai import PydanticAIModel
from threadkeep.domain.errors import (
    ContextTooLong,
    ExtraMissing,
    ProviderAuth,
    ProviderBadRequest,
    ProviderError,
    ProviderNetwork,
    ProviderOverloaded,
    ProviderRateLimited,
    ProviderTimeout,
)
from threadkeep.domain.messages import Usage
from threadkeep.ports.models import ModelEvent, ReasoningText, Stop, TextDelta, UsageReport
from threadkeep.ports.provider_settings import ProviderSettings

theirs = pytest.importorskip("pydantic_ai")
pytest.importorskip("openai")


def tail(*, find: Any = None, environ: dict[str, str] | None = None, **fields: Any) -> PydanticAIModel:
    settings = ProviderSettings(name="tail", kind="pydantic-ai", **fields)
    return PydanticAIModel(settings, ApiKey(settings, environ or {}), find=find)


def scripted(*script: Any, **fields: Any) -> tuple[PydanticAIModel, list[Any]]:
    """A model that says what it is told to, or raises it; and the list that gets what it was sent."""
    from pydantic_ai.models.function import DeltaThinkingPart, FunctionModel

    sent: list[Any] = []

    async def play(messages: list[Any], info: Any) -> AsyncIterator[Any]:
        sent.append((messages, info))
        for step in script:
            if isinstance(step, BaseException):
                raise step
            if isinstance(step, float):
                await asyncio.sleep(step)
            else:
                yield {0: DeltaThinkingPart(content=step[1:])} if step.startswith("?") else step

    return tail(find=lambda _: FunctionModel(stream_function=play), **fields), sent


async def test_the_packages_own_test_model_answers() -> None:
    events = await collected(tail().stream(question(model="test")))
    assert text_of(events) == "success (no tool calls)"
    assert isinstance(events[-2], UsageReport)
    assert events[-1] == Stop(reason="endTurn")


async def test_text_and_reasoning_are_kept_apart() -> None:
    model, _ = scripted("?Hm. ", "?Well.", "So ", "it is.")
    events = await collected(model.stream(question()))
    assert (reasoning_of(events), text_of(events)) == ("Hm. Well.", "So it is.")
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["So ", "it is."]


async def test_the_request_says_what_was_asked() -> None:
    from pydantic_ai import messages

    model, sent = scripted("Yes.")
    thought = ReasoningText(text="Hm.", signature="anthropic/thinking:c2ln")
    asked = (said("user", "Why?"), said("assistant", " "), said("assistant", "Because", thought))
    await collected(model.stream(question(messages=asked, system="Be brief.", temperature=0.3)))
    history, info = sent[0]
    assert [type(message) for message in history] == [
        messages.ModelRequest,
        messages.ModelResponse,
        messages.ModelRequest,
    ]
    assert [part.content for part in history[1].parts] == ["Because"]
    assert info.instructions == "Be brief."
    assert info.model_settings["temperature"] == 0.3
    assert info.model_settings["max_retries"] == 0


def raised(name: str, *arguments: Any, **fields: Any) -> Exception:
    from pydantic_ai import exceptions

    error: Exception = getattr(exceptions, name)(*arguments, **fields)
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (("ModelHTTPError", 401, "m", {"error": {"message": f"What is {KEY}?"}}), ProviderAuth),
        (("ModelHTTPError", 404, "m", None), ProviderBadRequest),
        (("ModelHTTPError", 503, "m", None), ProviderOverloaded),
        (("ModelContextWindowExceededError", "m", "too long"), ContextTooLong),
        (("ModelAuthenticationError", "m", f"no {KEY}"), ProviderAuth),
        (("ModelQuotaExceededError", "m", "pay"), ProviderAuth),
        (("ModelOverloadedError", "m", "busy"), ProviderOverloaded),
        (("ModelServerError", "m", "oops"), ProviderOverloaded),
        (("ModelRequestRejectedError", "m", "no"), ProviderBadRequest),
        (("ModelTimeoutError", "m", "late"), ProviderTimeout),
        (("ModelRequestTimeout", "m", 3), ProviderTimeout),
        (("ModelConnectionError", "m", "reset"), ProviderNetwork),
        (("UnexpectedModelBehavior", "odd"), ProviderNetwork),
        (("UserError", "Set the `MISTRAL_API_KEY` environment variable"), ProviderAuth),
        (("UserError", "Unknown model: x"), ProviderBadRequest),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
async def test_every_exception_of_the_package_has_its_kind(
    error: tuple[Any, ...], kind: type[ProviderError]
) -> None:
    model, _ = scripted("So ", raised(*error), api_key=KEY)
    events: list[ModelEvent] = []
    failure = await failure_of(model, events)
    assert type(failure) is kind
    assert text_of(events) == "So "
    assert failure.data["provider"] == "tail"
    assert KEY not in f"{failure!r} {failure.data}"
    assert (failure.__cause__, failure.__context__) == (None, None)


async def test_the_time_to_wait_is_told() -> None:
    model, _ = scripted(raised("ModelRateLimitError", "m", "slow", retry_after=2.5))
    failure = await failure_of(model)
    assert type(failure) is ProviderRateLimited
    assert failure.data["retry_after_ms"] == 2500


async def test_whatever_a_vendors_package_raises_is_a_broken_connection() -> None:
    class VendorError(Exception):
        pass

    model, _ = scripted(VendorError("grpc went away"))
    assert type(await failure_of(model)) is ProviderNetwork


async def test_a_silent_model_is_a_timeout() -> None:
    model, _ = scripted("So ", 30.0, timeout_seconds=0.2)
    failure = await failure_of(model)
    assert type(failure) is ProviderTimeout
    assert "timeoutSeconds" in failure.message


async def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic_ai.models", None)
    with pytest.raises(ExtraMissing) as caught:
        await collected(tail().stream(question(model="mistral:large")))
    assert caught.value.data == {"extra": "threadkeep[pydantic-ai]"}
    assert "pip install 'threadkeep[pydantic-ai]'" in caught.value.message


async def test_a_vendors_package_that_is_missing_is_named() -> None:
    text = 'Please install `x`, you can use the optional group — `pip install "pydantic-ai-slim[mistral]"`'

    def find(_: str) -> Any:
        raise ImportError(text)

    with pytest.raises(ExtraMissing) as caught:
        await collected_until_failure(tail(find=find).stream(question(model="mistral:large")), [])
    assert caught.value.data == {"extra": "pydantic-ai-slim[mistral]"}


@pytest.mark.parametrize("model", ["", "nonsense", "nobody:x"])
async def test_a_model_that_is_none_is_told(model: str) -> None:
    for key in (None, KEY):
        with pytest.raises(ProviderBadRequest):
            await collected(tail(api_key=key).stream(question(model=model)))


async def test_a_setting_that_a_provider_does_not_take_is_told() -> None:
    with pytest.raises(ProviderBadRequest, match="deepseek takes no baseUrl"):
        await collected(tail(base_url="http://127.0.0.1:9").stream(question(model="deepseek:x")))


@pytest.mark.parametrize("fields", [{"proxy": "http://127.0.0.1:9"}, {"ca_file": "/ca.pem"}])
async def test_a_setting_that_does_not_reach_the_package_is_told(fields: dict[str, str]) -> None:
    with pytest.raises(ProviderBadRequest, match="HTTPS_PROXY"):
        await collected(tail(**fields).stream(question(model="test")))


async def test_key_and_address_of_the_settings_are_used(server: ModelServer) -> None:
    server.plan = Plan(reasoning=("Hm.",))
    model = tail(base_url=server.base_url, api_key_env="TAIL_KEY", environ={"TAIL_KEY": KEY})
    events = await collected(model.stream(question(model="openai-chat:gpt-x")))
    await model.aclose()
    assert text_of(events) == token(0) + token(1) + token(2)
    assert reasoning_of(events) == "Hm."
    assert events[-2:] == [
        UsageReport(usage=Usage(input_tokens=10, output_tokens=3, cached_tokens=4, reasoning_tokens=2)),
        Stop(reason="endTurn"),
    ]
    assert server.last.headers["authorization"] == f"Bearer {KEY}"
    assert server.last.body["model"] == "gpt-x"


@pytest.mark.parametrize(
    ("reason", "expected"), [("length", "maxTokens"), ("content_filter", "contentFilter"), ("odd", "odd")]
)
async def test_the_stop_tells_why(server: ModelServer, reason: str, expected: str) -> None:
    server.plan = Plan(finish_reason=reason)
    model = pydantic_model(server.base_url)
    assert (await collected(model.stream(question())))[-1] == Stop(reason=expected)
    await model.aclose()


async def test_after_a_401_the_key_is_read_anew(server: ModelServer, tmp_path: Any) -> None:
    count = tmp_path / "count"
    script = (
        "import pathlib,sys; p=pathlib.Path(sys.argv[1]);"
        " n=len(p.read_text()) if p.exists() else 0; p.write_text('x'*(n+1)); print(f'key-{n}')"
    )
    model = tail(base_url=server.base_url, api_key_command=(sys.executable, "-c", script, str(count)))
    asked = question(model="openai-chat:gpt-x")
    server.next_plans = [Plan(status=401, body=json.dumps({"error": {"message": "old"}}))]
    with pytest.raises(ProviderAuth):
        await collected(model.stream(asked))
    await collected(model.stream(asked))
    await model.aclose()
    assert [seen.headers["authorization"] for seen in server.requests] == ["Bearer key-0", "Bearer key-1"]
