"""Which models there are, and which one is the default."""

from typing import Any

import pytest

from tests.support.models import FakePassages, collected, question, run_here, served, text_of
from threadkeep.adapters.models.configured import ConfiguredModels
from threadkeep.adapters.models.http_model import HttpModel
from threadkeep.adapters.models.offline import OfflineModel
from threadkeep.adapters.models.pydantic_ai import PydanticAIModel
from threadkeep.config.builtin_providers import BUILTIN_PROVIDERS
from threadkeep.domain.errors import ModelNotFound, ProviderNotFound, SettingsInvalid
from threadkeep.ports.models import Models, ProviderInfo
from threadkeep.ports.provider_settings import Doubts, ProviderSettings


def configured(
    *providers: ProviderSettings, environ: dict[str, str] | None = None, **fields: Any
) -> ConfiguredModels:
    return ConfiguredModels(providers, environ=environ or {}, find=FakePassages(), run=run_here, **fields)


def provider(name: str = "work", **fields: Any) -> ProviderSettings:
    return ProviderSettings(name=name, kind="openai", **fields)


WORK = provider(base_url="http://127.0.0.1:9/v1", models=("big", "small"))


def test_it_is_what_the_port_asks_for() -> None:
    models: Models = configured()
    assert models.default == ("offline", "offline")


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"OPENAI_API_KEY": "a"}, "openai"),
        ({"ANTHROPIC_API_KEY": "a"}, "anthropic"),
        ({"OPENROUTER_API_KEY": "a"}, "openrouter"),
        ({"GEMINI_API_KEY": "a"}, "gemini"),
        ({"GEMINI_API_KEY": "a", "OPENAI_API_KEY": "b"}, "openai"),
        ({"OPENAI_API_KEY": "  "}, "offline"),
    ],
)
def test_a_key_in_the_environment_is_enough(environ: dict[str, str], name: str) -> None:
    builtin = {each.name: each for each in BUILTIN_PROVIDERS}
    assert configured(environ=environ).default == (name, builtin[name].models[0])


def test_the_users_own_provider_comes_before_the_built_in_ones() -> None:
    assert configured(WORK, environ={"OPENAI_API_KEY": "a"}).default == ("work", "big")


def test_a_provider_without_its_key_is_no_default() -> None:
    keyless = provider(base_url="https://x.example/v1", api_key_env="WORK_KEY", models=("big",))
    assert configured(keyless).default == ("offline", "offline")
    assert configured(keyless, environ={"WORK_KEY": "a"}).default == ("work", "big")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("openai:gpt-9", ("openai", "gpt-9")),
        ("ollama:qwen:7b", ("ollama", "qwen:7b")),
        ("work", ("work", "big")),
        ("nowhere:x", ("nowhere", "x")),
        ("nowhere", ("nowhere", "")),
    ],
)
def test_the_setting_decides_and_never_raises(setting: str, expected: tuple[str, str]) -> None:
    assert configured(WORK, default_model=setting).default == expected


def test_the_models_of_one_provider_are_told_without_the_others() -> None:
    models = configured(WORK)
    assert [each.name for each in models.models("work")] == list(WORK.models)
    assert models.models("nowhere") == []


def test_the_settings_complete_a_built_in_provider() -> None:
    own = provider("openai", models=("mine",), timeout_seconds=5)
    models = configured(own, environ={"OPENAI_API_KEY": "a"})
    assert models.default == ("openai", "mine")
    assert [each.name for each in models.providers()].count("openai") == 1
    assert models.providers()[0].key_source == "environment variable OPENAI_API_KEY"


def test_a_key_of_the_settings_replaces_the_usual_variable() -> None:
    models = configured(provider("openai", api_key="mine"), environ={"OPENAI_API_KEY": "a"})
    assert models.providers()[0].key_source == "the settings"


def test_naming_models_makes_ollama_ready() -> None:
    assert configured(provider("ollama", models=("qwen",))).default == ("ollama", "qwen")


def test_a_model_is_split_at_its_first_colon() -> None:
    assert configured().split("ollama:qwen3:8b") == ("ollama", "qwen3:8b")


def test_a_model_that_the_provider_does_not_list_is_let_through() -> None:
    assert configured().split("openai:brand-new") == ("openai", "brand-new")


@pytest.mark.parametrize(
    ("model", "meant"),
    [
        ("big", "work:big"),
        ("work-big", "work:big"),
        ("smal", "work:small"),
        ("offline:other", "offline:offline"),
        ("work:", "work:big"),
    ],
)
def test_an_unknown_model_is_told_with_what_was_meant(model: str, meant: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        configured(WORK).split(model)
    assert f"Did you mean {meant!r}?" in caught.value.message
    assert "work:big" in caught.value.data["known"]


def test_an_unknown_provider_is_told_with_what_was_meant() -> None:
    for ask in (lambda: configured().split("opnai:gpt"), lambda: configured().get("OpenAI ")):
        with pytest.raises(ProviderNotFound, match=r"Did you mean 'openai'\?"):
            ask()
    with pytest.raises(ProviderNotFound) as caught:
        configured().get("zzzz")
    assert "Did you mean" not in caught.value.message


def test_models_say_whether_they_can_be_asked() -> None:
    models = {each.id: each.is_available for each in configured(WORK).models()}
    assert models["work:small"]
    assert models["offline:offline"]
    assert not models["openai:gpt-5-mini"]


def test_providers_tell_where_a_key_is_from_and_never_the_key() -> None:
    models = configured(WORK, environ={"GEMINI_API_KEY": "sk-secret"})
    gemini = next(each for each in models.providers() if each.name == "gemini")
    assert gemini == ProviderInfo(
        name="gemini",
        kind="openai",
        has_key=True,
        key_source="environment variable GEMINI_API_KEY",
        label="Google Gemini",
        is_here=False,
        needs_key=True,
        key_page="https://aistudio.google.com/apikey",
    )
    assert "sk-secret" not in repr(models.providers())


def test_listing_runs_no_key_command() -> None:
    models = configured(provider(base_url="http://x/v1", api_key_command=("/nowhere",), models=("m",)))
    assert models.providers()[0].has_key
    assert models.default == ("work", "m")


def test_an_adapter_is_made_once() -> None:
    models = configured(WORK)
    assert models.get("work") is models.get("work")
    assert isinstance(models.get("work"), HttpModel)
    assert isinstance(models.get("offline"), OfflineModel)
    assert isinstance(models.get("anthropic"), HttpModel)


def test_the_long_tail_goes_through_pydantic_ai() -> None:
    models = configured(ProviderSettings(name="tail", kind="pydantic-ai", models=("mistral:large",)))
    assert isinstance(models.get("tail"), PydanticAIModel)
    assert models.default == ("tail", "mistral:large")
    assert models.split("tail:mistral:large") == ("tail", "mistral:large")


def test_an_error_names_no_more_models_than_anybody_reads() -> None:
    many = provider(base_url="http://127.0.0.1:9/v1", models=tuple(f"m{number}" for number in range(500)))
    with pytest.raises(ModelNotFound) as caught:
        configured(many).split("m499x")
    assert len(caught.value.data["known"]) == 50
    assert "work:m499" in caught.value.message


async def test_the_offline_model_names_the_models_that_are_ready() -> None:
    events = await collected(configured(WORK).get("offline").stream(question()))
    assert "`work:big`" in text_of(events)


async def test_the_offline_model_names_the_default_that_the_settings_name_first() -> None:
    models = configured(provider(base_url="http://127.0.0.1:9/v1"), default_model="work:mine")
    assert "`work:mine`" in text_of(await collected(models.get("offline").stream(question())))
    missing = configured(WORK, default_model="nowhere:mine")
    told = text_of(await collected(missing.get("offline").stream(question())))
    assert ("`work:big`" in told, "nowhere" in told) == (True, False)


async def test_closing_closes_what_was_made() -> None:
    with served(tokens=1) as base_url:
        models = configured(provider(base_url=base_url, models=("m",)))
        assert text_of(await collected(models.get("work").stream(question())))
        await models.aclose()
        await models.aclose()


UNREAD = Doubts(file="settings.toml: no.", default_model="settings.toml: no.")
KEYS = {"OPENAI_API_KEY": "a", "ANTHROPIC_API_KEY": "b"}


async def test_with_unreadable_settings_nobody_beyond_this_machine_is_asked() -> None:
    models = configured(environ=KEYS, doubts=UNREAD)
    assert models.default == ("offline", "offline")
    with pytest.raises(
        SettingsInvalid, match=r"Nothing was sent. settings.toml: no. Fix the file, or choose"
    ):
        models.check("openai")
    assert not any(info.is_available for info in models.models("openai"))
    models.check("offline")
    models.check("ollama")


async def test_who_is_named_is_asked_all_the_same_from_then_on() -> None:
    models = configured(environ=KEYS, doubts=UNREAD)
    models.check("openai", is_named=True)
    models.check("openai")
    with pytest.raises(SettingsInvalid):
        models.check("anthropic")
    configured(doubts=Doubts(file="no.", named=frozenset({"anthropic"}))).check("anthropic")


async def test_a_provider_that_cannot_be_read_is_asked_by_nobody_however_named() -> None:
    doubts = Doubts(providers={"openai": "settings.toml: providers.openai.url is unknown."})
    models = configured(environ=KEYS, doubts=doubts)
    assert models.default[0] == "anthropic"  # the loader puts the default in doubt where it has to
    with pytest.raises(
        SettingsInvalid, match=r"url is unknown. Fix it, or choose another provider"
    ) as refused:
        models.check("openai", is_named=True)
    assert refused.value.data["provider"] == "openai"
    models.check("anthropic")


async def test_the_offline_answer_says_first_why_no_model_was_asked() -> None:
    text = text_of(await collected(configured(environ=KEYS, doubts=UNREAD).get("offline").stream(question())))
    assert text.startswith(
        "**Offline:** no model was asked, because the settings cannot be read: settings.toml: no."
    )
    assert "OPENAI_API_KEY" not in text


# Kinds that installed packages add


def test_a_kind_that_nobody_knows_is_told_and_nobody_is_asked_in_its_place() -> None:
    typo = ProviderSettings(name="work", kind="antropic", api_key="k", models=("m",))
    found = ConfiguredModels([typo], environ={"OPENAI_API_KEY": "k"}, find=None, run=None)
    [problem] = found.problems()
    assert problem.startswith("providers.work.kind is 'antropic', and no installed package knows it")
    assert problem.endswith("Did you mean anthropic?")
    assert found.default == ("offline", "offline")
    with pytest.raises(SettingsInvalid, match="antropic"):
        found.check("work", is_named=True)
    with pytest.raises(SettingsInvalid, match="antropic"):
        found.get("work")
    assert [info.is_available for info in found.models("work")] == [False]


def test_a_default_that_is_named_stays_beside_a_kind_that_nobody_knows() -> None:
    typo = ProviderSettings(name="work", kind="acme")
    found = ConfiguredModels(
        [typo], default_model="openai:gpt-5", environ={"OPENAI_API_KEY": "k"}, find=None, run=None
    )
    assert found.default == ("openai", "gpt-5")
