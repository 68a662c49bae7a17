"""Addresses, keys and proxies of a provider of chat completions."""

import asyncio
import json
import urllib.request
from typing import Any

import pytest

from tests.support.model_plan import Plan
from tests.support.model_server import ModelServer
from tests.support.model_wire import token
from tests.support.models import (
    collected,
    failure_of,
    openai_model,
    question,
    served,
    text_of,
)
from threadkeep.adapters.models.http_model import HttpModel
from threadkeep.domain.errors import (
    ProviderAuth,
    ProviderBadRequest,
)


async def test_a_missing_key_is_told_before_anything_is_sent() -> None:
    model = openai_model("https://models.example.invalid/v1", api_key_env="WORK_KEY")
    failure = await failure_of(model)
    assert type(failure) is ProviderAuth
    assert "WORK_KEY" in failure.message


async def test_no_key_is_needed_on_this_machine(server: ModelServer) -> None:
    model = openai_model(server.base_url, api_key_env="WORK_KEY")
    await collected(model.stream(question()))
    await model.aclose()
    assert "authorization" not in server.last.headers


@pytest.mark.parametrize(
    "base_url", [None, "", "models.example.com/v1", "ftp://x/v1", "http://[::1/v1", "http:///v1"]
)
async def test_an_address_that_is_none_is_told(base_url: Any) -> None:
    failure = await failure_of(openai_model(base_url))
    assert type(failure) is ProviderBadRequest
    assert "providers.work.baseUrl" in failure.message


async def test_an_address_keeps_its_query_and_may_be_whole(server: ModelServer) -> None:
    for address in (f"{server.base_url}/?v=1", f"{server.base_url}/chat/completions?v=1"):
        model = openai_model(address)
        await collected(model.stream(question()))
        await model.aclose()
    assert {seen.path for seen in server.requests} == {"/v1/chat/completions?v=1"}


async def test_a_redirect_is_not_followed_with_the_key(model: HttpModel, server: ModelServer) -> None:
    async with ModelServer() as other:
        server.plan = Plan(status=307, headers={"location": f"{other.base_url}/chat/completions"})
        failure = await failure_of(model)
        assert other.requests == []
    assert type(failure) is ProviderBadRequest
    assert "baseUrl" in failure.message


async def test_a_proxy_of_the_settings_is_used(server: ModelServer) -> None:
    model = openai_model("http://models.example.invalid/v1", proxy=server.base_url.removesuffix("/v1"))
    await collected(model.stream(question()))
    await model.aclose()
    assert server.last.path == "http://models.example.invalid/v1/chat/completions"


async def test_this_machine_is_asked_directly_whatever_proxy_the_environment_names(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    model = openai_model(server.base_url)
    assert text_of(await collected(model.stream(question())))
    await model.aclose()


async def test_a_proxy_of_the_environment_is_used_elsewhere(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.base_url.removesuffix("/v1"))
    model = openai_model("http://models.example.invalid/v1")
    await collected(model.stream(question()))
    await model.aclose()
    assert server.last.path.startswith("http://models.example.invalid/")


@pytest.mark.parametrize("fields", [{"ca_file": "/nowhere/ca.pem"}, {"proxy": "gopher://user:hidden@x"}])
async def test_a_proxy_or_certificate_that_cannot_be_used_is_told(fields: dict[str, str]) -> None:
    failure = await failure_of(openai_model("https://models.example.invalid/v1", **fields))
    assert type(failure) is ProviderBadRequest
    assert next(iter({"ca_file": "caFile", "proxy": "proxy"}[name] for name in fields)) in failure.message
    assert "hidden" not in repr(failure)


async def test_after_a_401_a_command_gives_a_new_key(server: ModelServer, tmp_path: Any) -> None:
    import sys

    count = tmp_path / "count"
    script = (
        "import pathlib,sys; p=pathlib.Path(sys.argv[1]);"
        " n=len(p.read_text()) if p.exists() else 0; p.write_text('x'*(n+1)); print(f'key-{n}')"
    )
    model = openai_model(server.base_url, api_key_command=(sys.executable, "-c", script, str(count)))
    server.plan = Plan(status=401)
    await failure_of(model)
    server.plan = Plan()
    await collected(model.stream(question()))
    await collected(model.stream(question()))
    await model.aclose()
    sent = [seen.headers["authorization"] for seen in server.requests]
    assert sent == ["Bearer key-0", "Bearer key-1", "Bearer key-1"]


def test_a_model_can_be_asked_in_one_loop_after_another() -> None:
    async def ask() -> str:
        text = text_of(await collected(model.stream(question())))
        await model.aclose()
        return text

    with served(tokens=2) as base_url:
        model = openai_model(base_url)
        assert [asyncio.run(ask()), asyncio.run(ask())] == [token(0) + token(1)] * 2


def test_a_provider_in_its_own_process_tells_what_it_was_asked() -> None:
    async def ask() -> None:
        await collected(model.stream(question('Hi [[plan {"tokens": 1}]]')))
        await model.aclose()

    with served(tokens=9) as base_url:
        model = openai_model(base_url)
        asyncio.run(ask())
        with urllib.request.urlopen(f"{base_url.removesuffix('/v1')}/requests", timeout=5) as response:
            told = json.loads(response.read())
    assert [(seen["sent"], seen["is_answered"], seen["body"]["model"]) for seen in told] == [
        (1, True, "test-model")
    ]
