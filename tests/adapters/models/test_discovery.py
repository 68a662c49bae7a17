"""Providers on this machine that are found by themselves, and lists that are asked for."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.model_plan import Plan
from tests.support.model_server import ModelServer
from tests.support.models import FakePassages, collected, question, run_here, text_of
from threadkeep.adapters.models.configured import ConfiguredModels
from threadkeep.adapters.models.discovery import LISTED_FOR_SECONDS, PROBED_FOR_SECONDS, Discovery
from threadkeep.adapters.models.key_ring import KeyRing
from threadkeep.domain.errors import ProviderNotFound
from threadkeep.ports.provider_settings import ProviderSettings

NOBODY = "http://127.0.0.1:1/v1"
"""Where nothing listens."""


class Clock:
    """Tells the time that a test wants."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def configured(
    ollama: str = NOBODY,
    lmstudio: str = NOBODY,
    *others: ProviderSettings,
    environ: dict[str, str] | None = None,
    clock: Clock | None = None,
    **fields: Any,
) -> ConfiguredModels:
    local = (provider("ollama", base_url=ollama), provider("lmstudio", base_url=lmstudio))
    return ConfiguredModels(
        (*local, *others),
        environ=environ or {},
        find=FakePassages(),
        run=run_here,
        discovery=Discovery(clock=clock or Clock()),
        **fields,
    )


def provider(name: str, **fields: Any) -> ProviderSettings:
    return ProviderSettings(name=name, **{"kind": "openai", **fields})


def reachable(models: ConfiguredModels) -> dict[str, bool | None]:
    return {each.name: each.is_reachable for each in models.providers()}


@pytest.fixture
async def local(server: ModelServer) -> ModelServer:
    server.plan = Plan(models=({"id": "nomic-embed-text"}, {"id": "qwen3:8b"}, {"id": "llama"}))
    return server


async def test_before_anybody_looked_nothing_is_known(local: ModelServer) -> None:
    models = configured(local.base_url)
    assert models.default == ("offline", "offline")
    assert reachable(models)["ollama"] is None
    assert local.requests == []


async def test_one_that_answers_becomes_the_default(local: ModelServer) -> None:
    models = configured(local.base_url)
    await models.probe()
    assert models.default == ("ollama", "qwen3:8b")
    assert (reachable(models)["ollama"], reachable(models)["lmstudio"]) == (True, False)
    assert [each.id for each in models.models() if each.provider == "ollama"] == [
        "ollama:qwen3:8b",
        "ollama:llama",
    ]
    assert all(each.is_available for each in models.models() if each.provider == "ollama")
    assert reachable(models)["openai"] is None


async def test_a_provider_that_nobody_looked_at_is_met_once(local: ModelServer) -> None:
    models = configured(local.base_url)
    await models.probe_if_new("ollama")
    asked = len(local.requests)
    assert (asked > 0, reachable(models)["ollama"], reachable(models)["lmstudio"]) == (True, True, None)
    await models.probe_if_new("ollama")
    await models.probe_if_new("openai")
    await models.probe_if_new("nowhere")
    assert len(local.requests) == asked


async def test_the_second_is_found_too(local: ModelServer) -> None:
    models = configured(NOBODY, local.base_url)
    await models.probe()
    assert models.default == ("lmstudio", "qwen3:8b")


async def test_a_provider_with_a_key_goes_first(local: ModelServer) -> None:
    models = configured(local.base_url, environ={"ANTHROPIC_API_KEY": "a"})
    await models.probe()
    assert models.default[0] == "anthropic"


async def test_the_setting_goes_before_all(local: ModelServer) -> None:
    models = configured(local.base_url, default_model="offline:offline")
    await models.probe()
    assert models.default == ("offline", "offline")


async def test_the_offline_model_names_what_is_ready_after_a_look(
    local: ModelServer,
) -> None:
    models = configured(local.base_url)
    assert "qwen3" not in text_of(await collected(models.get("offline").stream(question())))
    await models.probe()
    assert "`ollama:qwen3:8b`" in text_of(await collected(models.get("offline").stream(question())))


async def test_what_listens_but_lists_nothing_is_no_default(local: ModelServer) -> None:
    local.plan = Plan(status=404)
    models = configured(local.base_url)
    await models.probe()
    assert models.default == ("offline", "offline")
    assert reachable(models)["ollama"] is False


async def test_one_that_wants_a_key_is_there_but_no_default(local: ModelServer) -> None:
    local.plan = Plan(status=401)
    models = configured(local.base_url)
    await models.probe()
    assert models.default == ("offline", "offline")
    assert reachable(models)["ollama"] is True


async def test_a_silent_one_holds_nobody_up(local: ModelServer) -> None:
    local.plan = Plan(first_delay=60)
    models = configured(local.base_url)
    await asyncio.wait_for(models.probe(), 3)
    assert reachable(models)["ollama"] is False
    await local.closed()


async def test_nothing_but_this_machine_is_asked(local: ModelServer) -> None:
    # A proxy that takes all requests shows any that would leave.
    elsewhere = provider("work", base_url="http://models.example.invalid/v1", proxy=local.base_url[:-3])
    models = configured(NOBODY, NOBODY, elsewhere)
    await models.probe()
    assert local.requests == []


async def test_what_was_found_is_remembered_for_a_while(local: ModelServer) -> None:
    clock = Clock()
    models = configured(local.base_url, clock=clock)
    for _ in range(3):
        await models.probe()
    asked = len(local.requests)
    clock.now = PROBED_FOR_SECONDS + 1
    local.plan = Plan(models=({"id": "new"},))
    await models.probe()
    assert models.default == ("ollama", "new")
    assert len(local.requests) == 2 * asked


async def test_one_that_goes_away_is_no_default_any_more(local: ModelServer) -> None:
    clock = Clock()
    async with ModelServer(local.plan) as other:
        models = configured(other.base_url, clock=clock)
        await models.probe()
    clock.now = PROBED_FOR_SECONDS + 1
    await models.probe()
    assert models.default == ("offline", "offline")
    assert reachable(models)["ollama"] is False


async def test_a_model_of_the_settings_is_not_available_where_nobody_answers() -> None:
    models = configured(NOBODY, NOBODY, provider("work", base_url=NOBODY, models=("big",)))
    assert next(each for each in models.models() if each.id == "work:big").is_available
    await models.probe()
    assert not next(each for each in models.models() if each.id == "work:big").is_available


async def test_many_who_look_at_once_ask_once(local: ModelServer) -> None:
    models = configured(local.base_url)
    await asyncio.gather(*(models.probe() for _ in range(5)))
    assert [seen.path for seen in local.requests] == ["/v1/models", "/api/ps"]


async def test_who_loses_interest_does_not_stop_the_others(local: ModelServer) -> None:
    local.plan = Plan(models=({"id": "m"},), first_delay=0.05)
    models = configured(local.base_url)
    first, second = asyncio.create_task(models.probe()), asyncio.create_task(models.probe())
    await asyncio.sleep(0.01)
    first.cancel()
    await second
    assert reachable(models)["ollama"] is not None


async def test_closing_ends_what_is_being_asked(server: ModelServer) -> None:
    server.plan = Plan(first_delay=60)
    before = asyncio.all_tasks()
    elsewhere = Elsewhere(server)
    asking = asyncio.create_task(elsewhere.names())
    await server.came.wait()
    async with asyncio.timeout(2):
        await elsewhere.models.aclose()
    await asyncio.wait({asking})
    await server.closed()
    assert asyncio.all_tasks() - server.tasks == before


async def test_no_command_is_run_for_a_key(local: ModelServer, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    command = (sys.executable, "-c", f"open({str(ran)!r}, 'w')")
    own = provider("work", base_url=local.base_url, api_key_command=command)
    models = configured(NOBODY, NOBODY, own)
    await models.probe()
    assert reachable(models)["work"] is True
    assert not ran.exists()


async def test_keys_in_the_keyring_are_looked_for_and_remembered() -> None:
    asked: list[str] = []

    def kept(_service: str, user: str) -> str | None:
        asked.append(user)
        return "sk-kept" if user == "anthropic" else None

    models = configured(ring=KeyRing(kept), environ={"OPENAI_API_KEY": "a"}, default_model=None)
    await models.probe()
    await models.probe()
    assert sorted(asked) == ["anthropic", "gemini", "openrouter"]
    found = {each.name: each.key_source for each in models.providers()}
    assert found["anthropic"] == "the keyring"
    assert "sk-kept" not in repr(models.providers())


async def test_a_list_is_asked_for_and_comes_after_the_settings(server: ModelServer) -> None:
    server.plan = Plan(models=({"id": "small", "context_length": 77}, {"id": "big"}, {"id": "huge"}))
    own = provider("work", base_url=server.base_url, models=("big",), api_key="sk-own")
    models = configured(NOBODY, NOBODY, own)
    await models.refresh("work")
    found = [(each.name, each.context_window) for each in models.models() if each.provider == "work"]
    assert found == [("big", None), ("small", 77), ("huge", None)]


class Elsewhere:
    """A provider that is not on this machine, reached through a proxy that is."""

    def __init__(self, server: ModelServer) -> None:
        self.server = server
        self.clock = Clock()
        settings = provider(
            "work",
            base_url="http://models.example.invalid/v1",
            proxy=server.base_url.removesuffix("/v1"),
            api_key="sk-own",
        )
        self.models = configured(NOBODY, NOBODY, settings, clock=self.clock)

    async def names(self, **fields: Any) -> list[str]:
        await self.models.refresh("work", **fields)
        return [each.name for each in self.models.models() if each.provider == "work"]


async def test_a_list_is_remembered_for_minutes_unless_wanted_anew(server: ModelServer) -> None:
    elsewhere = Elsewhere(server)
    server.plan = Plan(models=({"id": "old"},))
    assert await elsewhere.names() == ["old"]
    server.plan = Plan(models=({"id": "new"},))
    elsewhere.clock.now = LISTED_FOR_SECONDS - 1
    assert await elsewhere.names() == ["old"]
    assert await elsewhere.names(anew=True) == ["new"]
    server.plan = Plan(models=({"id": "newer"},))
    elsewhere.clock.now *= 3
    assert await elsewhere.names() == ["newer"]


async def test_a_list_alone_makes_no_default(server: ModelServer) -> None:
    elsewhere = Elsewhere(server)
    server.plan = Plan(models=({"id": "expensive"},))
    assert await elsewhere.names() == ["expensive"]
    assert elsewhere.models.default == ("offline", "offline")


async def test_a_list_that_fails_leaves_the_last_one_and_is_tried_again_soon(server: ModelServer) -> None:
    elsewhere = Elsewhere(server)
    server.plan = Plan(models=({"id": "old"},))
    assert await elsewhere.names() == ["old"]
    server.plan = Plan(status=500)
    assert await elsewhere.names(anew=True) == ["old"]
    server.plan = Plan(models=({"id": "new"},))
    assert await elsewhere.names() == ["old"]
    elsewhere.clock.now = PROBED_FOR_SECONDS + 1
    assert await elsewhere.names() == ["new"]


async def test_nobody_is_asked_without_a_key(server: ModelServer) -> None:
    proxy = server.base_url.removesuffix("/v1")  # where all would arrive
    keyless = provider("work", base_url="http://models.example/v1", api_key_env="WORK_KEY", proxy=proxy)
    models = configured(NOBODY, NOBODY, keyless)
    await models.refresh("work")
    await models.refresh()
    assert server.requests == []


async def test_an_unknown_provider_is_told() -> None:
    with pytest.raises(ProviderNotFound):
        await configured().refresh("wrok")


async def test_a_window_that_is_well_known_is_told_and_no_other() -> None:
    models = configured(NOBODY, NOBODY, provider("work", base_url=NOBODY, models=("gpt-4o",)))
    windows = {each.id: each.context_window for each in models.models()}
    assert windows["openai:gpt-5"] == 400_000
    assert windows["anthropic:claude-sonnet-5-5"] == 1_000_000
    assert windows["openrouter:openrouter/auto"] is None
    assert windows["work:gpt-4o"] is None  # what runs here reads as much as its person allows
