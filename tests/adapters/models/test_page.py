"""The page on models says what the code does."""

from pathlib import Path

import pytest

from threadkeep.adapters.models.discovery import LISTED_FOR_SECONDS, PROBED_FOR_SECONDS
from threadkeep.adapters.models.http_client import CONNECT_SECONDS
from threadkeep.adapters.models.messages_api import MAX_TOKENS
from threadkeep.adapters.models.pydantic_ai import EXTRA
from threadkeep.config.builtin_providers import BUILTIN_PROVIDERS
from threadkeep.domain.errors import ExtraMissing, ProviderError, ProviderNotFound
from threadkeep.ports.provider_settings import KNOWN_KINDS, ProviderSettings

PAGE = (Path(__file__).parents[3] / "server" / "docs" / "models.md").read_text(encoding="utf-8")


def row(name: str) -> str:
    """The row of a table that begins with this name."""
    return next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))


@pytest.mark.parametrize("provider", BUILTIN_PROVIDERS, ids=lambda provider: provider.name)
def test_every_built_in_provider_has_its_row(provider: ProviderSettings) -> None:
    told = row(provider.name)
    assert all(f"`{model}`" in told for model in provider.models[:1])
    if provider.api_key_env:
        assert f"`{provider.api_key_env}`" in told
    elif provider.base_url:
        assert provider.base_url.removesuffix("/v1") in told


def test_they_stand_in_the_order_in_which_a_default_is_looked_for() -> None:
    places = [PAGE.index(row(provider.name)) for provider in BUILTIN_PROVIDERS]
    assert places == sorted(places)


@pytest.mark.parametrize("kind", KNOWN_KINDS)
def test_every_kind_has_its_row(kind: str) -> None:
    assert f"| `{kind}` |" in PAGE.partition("The kinds:")[2]


@pytest.mark.parametrize(
    "error", [*ProviderError.__subclasses__(), ProviderNotFound, ExtraMissing], ids=lambda error: error.kind
)
def test_every_failure_has_its_row(error: type[ProviderError]) -> None:
    assert row(error.kind)


def test_every_setting_that_is_named_exists() -> None:
    names = {
        "apiKey",
        "apiKeyCommand",
        "apiKeyEnv",
        "baseUrl",
        "timeoutSeconds",
        "totalTimeoutSeconds",
        "proxy",
        "caFile",
    }
    page = (Path(__file__).parents[3] / "server" / "docs" / "settings.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in PAGE and f"`providers.NAME.{name}`" in page for name in names)


def test_the_numbers_are_those_of_the_code() -> None:
    assert (PROBED_FOR_SECONDS, LISTED_FOR_SECONDS, CONNECT_SECONDS) == (30, 600, 10)
    assert "at most every 30 seconds" in PAGE
    assert "for ten minutes" in PAGE
    assert "within 10 seconds" in PAGE
    assert f"{MAX_TOKENS:,} tokens" in PAGE
    assert f"`{EXTRA}`" in PAGE
