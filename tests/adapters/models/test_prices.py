"""What answers cost, where a price list knows."""

import sys

import pytest

from threadkeep.adapters.models.prices import ListedPrices
from threadkeep.domain.messages import Usage
from threadkeep.ports.prices import Prices
from threadkeep.ports.provider_settings import ProviderSettings

MILLION = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
PROVIDERS = (
    ProviderSettings(name="tail", kind="pydantic-ai"),
    ProviderSettings(name="proxied", kind="pydantic-ai", base_url="https://models.example.com"),
    ProviderSettings(name="work", kind="openai", base_url="https://api.mistral.ai/v1"),
    ProviderSettings(name="own", kind="openai", base_url="https://models.example.com/v1"),
)


@pytest.fixture
def prices() -> Prices:
    pytest.importorskip("genai_prices")
    return ListedPrices(lambda: PROVIDERS)


def test_a_known_model_has_its_price(prices: Prices) -> None:
    assert prices.cost("openai", "gpt-4.1", MILLION) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "claude-sonnet-4-5"),
        ("gemini", "gemini-2.5-flash"),
        ("openrouter", "openai/gpt-5"),
        ("work", "mistral-large-latest"),
        ("tail", "mistral:mistral-large-latest"),
        ("tail", "openai-chat:gpt-5"),
    ],
)
def test_a_vendor_is_known_by_its_address_or_its_name(prices: Prices, provider: str, model: str) -> None:
    assert (prices.cost(provider, model, MILLION) or 0) > 0


def test_what_the_cache_gives_costs_less(prices: Prices) -> None:
    cached = Usage(input_tokens=1_000_000, cached_tokens=1_000_000)
    plain = Usage(input_tokens=1_000_000)
    assert (
        0 < (prices.cost("openai", "gpt-4.1", cached) or 0) < (prices.cost("openai", "gpt-4.1", plain) or 0)
    )


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "no-such-model"),
        ("offline", "offline"),
        ("ollama", "gpt-4.1"),
        ("own", "gpt-4.1"),
        ("proxied", "openai-chat:gpt-5"),
        ("tail", "gpt-5"),
        ("gone", "gpt-4.1"),
    ],
)
def test_an_unknown_price_is_none(prices: Prices, provider: str, model: str) -> None:
    assert prices.cost(provider, model, MILLION) is None


def test_what_the_provider_said_itself_goes_first(prices: Prices) -> None:
    assert prices.cost("gone", "x", Usage(cost=0.25)) == 0.25


def test_without_the_extra_nothing_has_a_price(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    assert ListedPrices(lambda: ()).cost("openai", "gpt-4.1", MILLION) is None
