"""A provider costs nothing until it is asked."""

import json
import subprocess
import sys

import pytest

HEAVY = {"httpx2", "anyio", "pydantic", "pydantic_ai", "openai", "keyring", "genai_prices"}
MAKE = """
import json, sys
from threadkeep.adapters.models.configured import ConfiguredModels
from threadkeep.adapters.models.key_ring import KeyRing
from threadkeep.adapters.models.prices import ListedPrices
from threadkeep.ports.provider_settings import ProviderSettings
tail = ProviderSettings(name="tail", kind="pydantic-ai", models=("mistral:m",))
models = ConfiguredModels([tail], environ={}, find=None, run=None, ring=KeyRing())
prices = ListedPrices(lambda: [tail])
models.default, models.models(), models.providers()
"""
TELL = "print(json.dumps(sorted(sys.modules)))"


def imported(code: str) -> set[str]:
    shown = subprocess.run(
        [sys.executable, "-c", f"{MAKE}\n{code}\n{TELL}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(shown.stdout))


def test_listing_models_imports_no_client_and_no_adapter() -> None:
    found = imported("")
    adapters = {"anthropic", "openai_compatible", "pydantic_ai"}
    assert found & {*HEAVY, *(f"threadkeep.adapters.models.{name}" for name in adapters)} == set()


@pytest.mark.parametrize("provider", ["openai", "anthropic", "tail"])
def test_an_adapter_that_is_made_imports_no_client(provider: str) -> None:
    assert imported(f"models.get({provider!r}).stream(None)") & HEAVY == set()


def test_looking_where_nobody_listens_imports_no_client() -> None:
    code = (
        "import asyncio\n"
        "from threadkeep.adapters.models.discovery import Discovery\n"
        "from threadkeep.adapters.models.keys import ApiKey\n"
        "here = ProviderSettings(name='here', kind='openai', base_url='http://127.0.0.1:1/v1')\n"
        "asyncio.run(Discovery().look(here, ApiKey(here, {})))"
    )
    assert imported(code) & HEAVY == set()


def test_a_price_of_what_has_none_imports_no_data() -> None:
    code = "from threadkeep.domain.messages import Usage\nprices.cost('ollama', 'm', Usage())"
    assert "genai_prices" not in imported(code)
