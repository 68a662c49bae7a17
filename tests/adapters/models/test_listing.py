"""The models that an endpoint lists."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.model_plan import Plan
from tests.support.model_server import ModelServer
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.listing import MAX_MODELS, Listed, list_models, read_models
from threadkeep.ports.provider_settings import ProviderSettings


async def listed(server: ModelServer, name: str = "work", **fields: Any) -> tuple[Listed, ...] | None:
    values = {"kind": "openai", "base_url": server.base_url, "api_key": "sk-own", **fields}
    settings = ProviderSettings(name=name, **values)
    return await list_models(settings, ApiKey(settings, {}), seconds=0.5)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"id": "m"}, Listed(name="m")),
        ({"id": "models/gemini-pro"}, Listed(name="gemini-pro")),
        ({"id": "m", "context_length": 8192}, Listed(name="m", context_window=8192)),
        ({"id": "m", "max_input_tokens": 200_000}, Listed(name="m", context_window=200_000)),
        ({"id": "m", "context_window": None, "max_model_len": 4096.0}, Listed(name="m", context_window=4096)),
        ({"id": "m", "context_length": "8k", "context_window": True}, Listed(name="m")),
        ({"id": "m", "context_length": -1}, Listed(name="m")),
    ],
)
def test_a_model_is_read_in_every_form(entry: dict[str, Any], expected: Listed) -> None:
    assert read_models({"data": [entry]}) == (expected,)
    assert read_models([entry]) == (expected,)


def test_what_cannot_be_chatted_with_is_left_out() -> None:
    names = ("gpt-5", "text-embedding-3-small", "whisper-1", "nomic-embed-text:latest", "dall-e-3")
    assert read_models([{"id": name} for name in names]) == (Listed(name="gpt-5"),)


def test_nonsense_is_left_out_and_a_name_is_listed_once() -> None:
    entries = [3, {}, {"id": ""}, {"id": 7}, {"id": "a\nb"}, {"id": "x" * 999}, {"id": "m"}, {"id": "m"}]
    assert read_models({"data": entries}) == (Listed(name="m"),)
    assert read_models({"data": "m"}) is None
    assert read_models(3) is None
    assert len(read_models([{"id": f"m{at}"} for at in range(MAX_MODELS + 9)]) or ()) == MAX_MODELS


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["data", "id"]), inner),
    )
)
def test_any_json_is_taken(told: Any) -> None:
    assert all(each.name for each in read_models(told) or ())


async def test_chat_completions_are_asked_beside_their_path(server: ModelServer) -> None:
    server.plan = Plan(models=({"id": "big"},))
    assert await listed(server, base_url=f"{server.base_url}/chat/completions") == (Listed(name="big"),)
    assert (server.last.method, server.last.path) == ("GET", "/v1/models")
    assert server.last.headers["authorization"] == "Bearer sk-own"


async def test_anthropic_is_asked_in_its_own_way(server: ModelServer) -> None:
    server.plan = Plan(models=({"id": "claude", "type": "model", "max_input_tokens": 1000},))
    base_url = server.base_url.removesuffix("/v1")
    assert await listed(server, kind="anthropic", base_url=base_url) == (
        Listed(name="claude", context_window=1000),
    )
    assert server.last.path == "/v1/models?limit=1000"
    assert server.last.headers["x-api-key"] == "sk-own"


async def test_what_ollama_runs_just_now_is_known_by_its_real_window(server: ModelServer) -> None:
    running = json.dumps({"models": [{"name": "qwen:7b", "context_length": 4096}]})
    server.plan = Plan(models=({"id": "qwen:7b"}, {"id": "llama"}))
    server.next_plans = [server.plan, Plan(body=running)]
    assert await listed(server, name="ollama") == (
        Listed(name="qwen:7b", context_window=4096),
        Listed(name="llama"),
    )
    assert server.last.path == "/api/ps"


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (Plan(status=401), ()),
        (Plan(status=404), None),
        (Plan(status=500), None),
        (Plan(body="<html>"), None),
        (Plan(body="[" * 100_000), None),
        (Plan(first_delay=60), None),
        (Plan(status=302, headers={"location": "http://127.0.0.1:9/"}), None),
    ],
    ids=["refused", "missing", "broken", "a page", "too deep", "silent", "elsewhere"],
)
async def test_a_list_that_cannot_be_had_is_no_failure(
    server: ModelServer, plan: Plan, expected: tuple[Listed, ...] | None
) -> None:
    server.plan = plan
    assert await listed(server) == expected
    await server.closed()


async def test_an_address_or_a_key_that_is_none_is_no_failure(server: ModelServer) -> None:
    assert await listed(server, base_url="nowhere") is None
    assert await listed(server, api_key=None, api_key_command=("/nowhere/at/all",)) is None
    assert server.requests == []
