"""Keys that people enter, and providers that they try."""

import asyncio
import sys
from typing import Any

import pytest

from tests.support.model_plan import Plan
from tests.support.model_server import ModelServer
from tests.support.models import FakePassages, run_here
from threadkeep.adapters.models.configured import ConfiguredModels
from threadkeep.adapters.models.key_ring import KeyRing
from threadkeep.adapters.models.keys import GIVEN
from threadkeep.domain.errors import (
    ExtraMissing,
    InvalidValue,
    ProviderAuth,
    ProviderBadRequest,
    ProviderError,
    ProviderNetwork,
    ProviderNotFound,
    ProviderTimeout,
)
from threadkeep.ports.provider_settings import ProviderSettings


class FakeKeyring:
    """The system's keyring: what is kept in it, and whether it can be written."""

    def __init__(self, *, is_locked: bool = False) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self._is_locked = is_locked

    def get(self, service: str, user: str) -> str | None:
        return self.kept.get((service, user))

    def set(self, service: str, user: str, key: str | None) -> None:
        if self._is_locked:
            raise RuntimeError(f"no backend for {key}")
        if key is None:
            self.kept.pop((service, user), None)
        else:
            self.kept[service, user] = key


def configured(
    *providers: ProviderSettings, keyring: FakeKeyring | None = None, environ: dict[str, str] | None = None
) -> ConfiguredModels:
    ring = keyring or FakeKeyring()
    return ConfiguredModels(
        providers,
        environ=environ or {},
        find=FakePassages(),
        run=run_here,
        ring=KeyRing(ring.get, ring.set),
    )


def work(url: str, **fields: Any) -> ProviderSettings:
    return ProviderSettings(name="work", kind="openai", base_url=url, api_key_env="WORK_KEY", **fields)


def source(models: ConfiguredModels, name: str = "openai") -> str | None:
    return next(each.key_source for each in models.providers() if each.name == name)


async def test_a_key_for_this_window_is_used_before_any_other_and_kept_nowhere() -> None:
    keyring = FakeKeyring()
    models = configured(keyring=keyring, environ={"OPENAI_API_KEY": "sk-wrong"})
    assert await models.take_key("openai", " sk-entered\n", is_kept=False) == GIVEN
    assert (models.trial("openai:gpt-5")[1].read(), keyring.kept) == ("sk-entered", {})
    assert await models.take_key("openai", None, is_kept=False) == "environment variable OPENAI_API_KEY"
    assert models.trial("openai:gpt-5")[1].read() == "sk-wrong"


async def test_a_key_in_the_keyring_is_there_for_every_server_from_then_on() -> None:
    keyring = FakeKeyring()
    models = configured(keyring=keyring)
    assert await models.take_key("openai", "sk-entered", is_kept=True) == "the keyring"
    assert models.default == ("openai", "gpt-5-mini")
    later = configured(keyring=keyring)
    await later.probe()
    assert (source(later), later.trial("openai:gpt-5")[1].read()) == ("the keyring", "sk-entered")
    assert await models.take_key("openai", None, is_kept=True) is None
    assert keyring.kept == {}


async def test_the_newest_key_counts_at_once_also_for_a_model_that_was_asked_before(
    server: ModelServer,
) -> None:
    server.plan = Plan(models=({"id": "m"},), key="sk-right")
    models = configured(work(server.base_url))
    for key, is_right in (("sk-wrong", False), ("sk-right", True), ("sk-other", False)):
        await models.take_key("work", key, is_kept=False)
        if is_right:
            assert await models.try_provider("work") == ("m",)
        else:
            with pytest.raises(ProviderAuth, match="the entry in this window"):
                await models.try_provider("work")


@pytest.mark.parametrize(
    ("fields", "environ", "told"),
    [
        ({"api_key": "sk-own"}, {}, "comes from the settings"),
        ({"api_key_command": (sys.executable, "-c", "print('sk')")}, {}, "comes from apiKeyCommand"),
        ({}, {"WORK_KEY": "sk-env"}, "comes from the environment variable WORK_KEY"),
        ({"base_url": "http://127.0.0.1:9/v1", "api_key_env": None}, {}, "runs on this machine"),
    ],
)
async def test_a_key_that_would_not_be_used_is_not_kept(
    fields: dict[str, Any], environ: dict[str, str], told: str
) -> None:
    keyring = FakeKeyring()
    values = {"base_url": "https://models.example.com/v1", "api_key_env": "WORK_KEY", **fields}
    models = configured(
        ProviderSettings(name="work", kind="openai", **values), keyring=keyring, environ=environ
    )
    with pytest.raises(InvalidValue, match=told):
        await models.take_key("work", "sk-entered", is_kept=True)
    assert keyring.kept == {}


@pytest.mark.parametrize("key", ["", "  \n", "sk-ключ", "sk a\nb", "x" * 20_000])
@pytest.mark.parametrize("is_kept", [True, False])
async def test_what_is_no_key_is_refused_and_not_repeated(key: str, is_kept: bool) -> None:
    models = configured()
    with pytest.raises(InvalidValue) as caught:
        await models.take_key("openai", key, is_kept=is_kept)
    assert source(models) is None
    assert not key.strip() or key.strip() not in caught.value.message


async def test_a_keyring_that_cannot_be_written_says_what_else_to_do_and_not_the_key() -> None:
    models = configured(keyring=FakeKeyring(is_locked=True))
    with pytest.raises(InvalidValue, match="apiKeyCommand") as caught:
        await models.take_key("openai", "sk-entered", is_kept=True)
    assert "sk-entered" not in caught.value.message
    assert caught.value.__suppress_context__


async def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    models = ConfiguredModels((), environ={}, find=FakePassages(), run=run_here, ring=KeyRing())
    with pytest.raises(ExtraMissing, match=r"threadkeep\[keyring\]"):
        await models.take_key("openai", "sk-entered", is_kept=True)


async def test_who_needs_no_key_takes_none() -> None:
    with pytest.raises(InvalidValue, match="needs no key"):
        await configured().take_key("offline", "sk", is_kept=False)
    with pytest.raises(ProviderNotFound):
        await configured().take_key("opnai", "sk", is_kept=False)


async def test_trying_a_provider_gives_its_models_as_of_now(server: ModelServer) -> None:
    models = configured(work(server.base_url))
    for names in (("a", "b"), ("c",), ()):
        server.plan = Plan(models=tuple({"id": name} for name in names))
        assert await models.try_provider("work") == names


@pytest.mark.parametrize(
    ("url", "kind", "told"),
    [
        ("http://127.0.0.1:1/v1", ProviderNetwork, "is it running"),
        ("nonsense", ProviderBadRequest, "no http"),
        ("https://models.example.com/v1", ProviderAuth, "There is no API key"),
    ],
)
async def test_trying_says_why_a_provider_cannot_be_asked(
    url: str, kind: type[ProviderError], told: str
) -> None:
    models = configured(work(url))
    if kind is not ProviderAuth:
        await models.take_key("work", "sk-entered", is_kept=False)
    with pytest.raises(kind, match=told):
        await models.try_provider("work")


async def test_trying_says_when_there_is_no_list_of_models(server: ModelServer) -> None:
    models = configured(work(server.base_url))
    for plan, told in (
        (Plan(status=404, body="{}"), r"providers\.work\.models"),
        (Plan(status=200, body='{"hello": "there"}'), "something else"),
        (Plan(status=200, body="<html>"), "baseUrl"),
        (Plan(status=200, body="{"), "not in its format"),
    ):
        server.plan = plan
        with pytest.raises((ProviderBadRequest, ProviderNetwork), match=told):
            await models.try_provider("work")


async def test_trying_ends_when_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threadkeep.adapters.models.configured.TRY_SECONDS", 0.2)

    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the client has given up
        writer.close()
        await writer.wait_closed()
        gone.set()

    listener = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    try:
        with pytest.raises((ProviderTimeout, ProviderNetwork)):
            await configured(work(f"http://127.0.0.1:{port}/v1")).try_provider("work")
        await asyncio.wait_for(gone.wait(), 5)
    finally:
        listener.close()


async def test_a_provider_whose_models_cannot_be_listed_gives_those_of_the_settings() -> None:
    tail = ProviderSettings(name="tail", kind="pydantic-ai", models=("mistral:large",))
    assert await configured(tail).try_provider("tail") == ("mistral:large",)
    assert await configured().try_provider("offline") == ("offline",)
