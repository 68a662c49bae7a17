"""Models are built when they are first asked for, and again when the settings ask for others."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_models import FakeModels
from threadkeep.adapters.preferences import LivePreferences
from threadkeep.config import Loaded, Settings
from threadkeep.config.settings import StoreSettings


class Closing(FakeModels):
    """Notes that it was closed."""

    is_closed = False

    async def aclose(self) -> None:
        self.is_closed = True


class Bench:
    """Live preferences on settings that a test names."""

    def __init__(self) -> None:
        self.built: list[Closing] = []
        self.preferences = LivePreferences(self._load, self._build)

    def _load(self, changed: Mapping[str, Any] | None) -> Loaded:
        settings = Settings(store=StoreSettings(path=Path("store")), **(changed or {}))
        return Loaded(settings=settings, values=(), problems=())

    def _build(self, _: Settings) -> Closing:
        self.built.append(Closing())
        return self.built[-1]


async def test_none_are_built_before_they_are_asked_for():
    bench = Bench()
    bench.preferences.change({"default_model": "work:test"})
    await bench.preferences.aclose()
    assert bench.built == []
    assert bench.preferences.models is bench.preferences.models
    assert len(bench.built) == 1


@pytest.mark.parametrize(
    ("setting", "is_named"), [("work:big", True), ("ollama:qwen:7b", True), ("work", False), (None, False)]
)
def test_nothing_has_to_be_found_for_a_default_that_is_named_to_its_model(
    setting: str | None, is_named: bool
) -> None:
    bench = Bench()
    bench.preferences.change({"default_model": setting})
    assert bench.preferences.is_model_named is is_named
    assert bench.built == []


async def test_other_settings_build_others_and_the_replaced_are_closed_when_told():
    bench = Bench()
    first = bench.preferences.models
    bench.preferences.change({"titles": "off"})
    assert bench.preferences.models is first
    bench.preferences.change({"default_model": "work:test"})
    second = bench.preferences.models
    assert [models.is_closed for models in bench.built] == [False, False]
    await bench.preferences.close_replaced()
    assert [models.is_closed for models in bench.built] == [True, False]
    await bench.preferences.aclose()
    assert [models.is_closed for models in bench.built] == [True, True]
    assert second is bench.built[1]
