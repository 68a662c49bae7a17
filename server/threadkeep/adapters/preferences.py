"""The user's settings as the use cases read them; read anew when an editor sends others."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from threadkeep.config import AgentSettings, Loaded, Settings, names_model
from threadkeep.domain.agents import BUILTIN, Agent, BrokenAgent
from threadkeep.ports.preferences import Titles
from threadkeep.ports.provider_settings import ProviderSettings

if TYPE_CHECKING:
    from threadkeep.ports.models import Models


class LivePreferences:
    """Implements the port on the settings that were loaded last."""

    def __init__(
        self,
        load: Callable[[Mapping[str, Any] | None], Loaded],
        build_models: "Callable[[Settings], Models]",
    ) -> None:
        """load takes what an editor changed since it started, None at first."""
        self._load = load
        self._build_models = build_models
        self._replaced: list[Models] = []
        self._lock = threading.Lock()
        self.loaded = load(None)
        self._models: Models | None = None

    def now(self) -> Loaded:
        """The settings as they are now."""
        return self.loaded

    def providers(self) -> Sequence[ProviderSettings]:
        """The providers that the settings name now."""
        return self.loaded.settings.providers

    def change(self, changed: Mapping[str, Any]) -> None:
        """Takes an editor's settings. Turns that run keep the models that they began with."""
        loaded = self._load(changed)
        now = loaded.settings
        with self._lock:
            before, self.loaded = self.loaded.settings, loaded
            is_same = (now.providers, now.default_model, now.doubts) == (
                before.providers,
                before.default_model,
                before.doubts,
            )
            if self._models is not None and not is_same:
                self._replaced.append(self._models)
                self._models = None

    async def close_replaced(self) -> None:
        """Gives back what models hold that were replaced; only while no turn runs."""
        replaced, self._replaced = self._replaced, []
        for models in replaced:
            await models.aclose()

    async def aclose(self) -> None:
        """Gives back what all models hold."""
        await self.close_replaced()
        if self._models is not None:
            await self._models.aclose()

    @property
    def models(self) -> "Models":
        """Made when they are first asked for; an editor's start needs none."""
        with self._lock:
            if self._models is None:
                self._models = self._build_models(self.loaded.settings)
            return self._models

    @property
    def is_model_named(self) -> bool:
        return names_model(self.loaded.settings.default_model)

    def trusted_roots(
        self, answering: Callable[[Sequence[str]], Sequence[str]], folders: Callable[[], Sequence[str]]
    ) -> Sequence[str]:
        """The open folders whose agents may be used; `answering` gives the roots of those that answer."""
        return answering(folders()) if self.loaded.settings.trusted_workspace else []

    @property
    def agents(self) -> Sequence[Agent | BrokenAgent]:
        return (*BUILTIN, *(_agent(settings) for settings in self.loaded.settings.agents))

    @property
    def default_agent(self) -> str:
        return self.loaded.settings.default_agent

    @property
    def titles(self) -> Titles:
        return self.loaded.settings.titles

    @property
    def redacts(self) -> bool:
        return self.loaded.settings.redact

    @property
    def retention_days(self) -> int | None:
        return self.loaded.settings.retention_days

    @property
    def context_messages(self) -> int:
        return self.loaded.settings.context_messages


def _agent(settings: AgentSettings) -> Agent | BrokenAgent:
    if settings.doubt is not None:
        where, _, problem = settings.doubt.partition(": ")
        return BrokenAgent(name=settings.name, source="settings", path=where, line=None, problem=problem)
    return Agent(
        name=settings.name,
        description=settings.description,
        prompt=settings.prompt,
        model=settings.model,
        temperature=settings.temperature,
        source="settings",
    )
