"""The models of the settings and the built-in ones, each provider's adapter made on first use."""

from collections.abc import Iterable, Mapping, Sequence

import attrs

from threadkeep.adapters.models.builtin_providers import BUILTIN_PROVIDERS, OFFLINE
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.offline import Find, OfflineModel
from threadkeep.adapters.models.openai_compatible import OpenAICompatibleModel
from threadkeep.domain.errors import ModelNotFound, ProviderNotFound
from threadkeep.ports.models import Model, ModelInfo, ProviderInfo
from threadkeep.ports.provider_settings import ProviderSettings
from threadkeep.ports.surroundings import Lane


class ConfiguredModels:
    """Implements the port Models. Making one reads nothing and connects to nothing."""

    def __init__(
        self,
        providers: Sequence[ProviderSettings],
        *,
        default_model: str | None = None,
        environ: Mapping[str, str],
        find: Find,
        run: Lane,
    ) -> None:
        self._providers = {each.name: each for each in _merged(providers)}
        self._keys = {name: ApiKey(each, environ) for name, each in self._providers.items()}
        self._default_model = default_model
        self._find = find
        self._run = run
        self._made: dict[str, Model] = {}

    def get(self, provider: str) -> Model:
        """The provider's adapter, made on first use. Raises ProviderNotFound."""
        settings = self._settings(provider)
        if provider not in self._made:
            self._made[provider] = self._make(settings)
        return self._made[provider]

    def split(self, model: str) -> tuple[str, str]:
        """`provider:model` as its halves; a model that the provider does not list is let through.

        Raises ModelNotFound without a colon or a model, ProviderNotFound for an unknown provider.
        """
        provider, colon, name = model.partition(":")
        if not colon:
            raise self._no_model(model)
        settings = self._settings(provider)
        if not name or (settings.kind == "offline" and name not in settings.models):
            raise self._no_model(model)
        return provider, name

    @property
    def default(self) -> tuple[str, str]:
        """What the setting names, else the first provider that is ready to answer, else offline.

        Never raises: a misspelt setting stops nothing before somebody asks that model.
        """
        if self._default_model:
            provider, _, name = self._default_model.partition(":")
            listed = self._providers[provider].models if provider in self._providers else ()
            return provider, name or (listed[0] if listed else "")
        first = next((each for each in self._providers.values() if self._is_ready(each)), None)
        return (first.name, first.models[0]) if first else (OFFLINE, OFFLINE)

    def models(self) -> Sequence[ModelInfo]:
        """The models that the settings and the built-in providers list."""
        return [
            ModelInfo(
                provider=each.name, name=name, is_available=each.kind == "offline" or self._is_ready(each)
            )
            for each in self._providers.values()
            for name in each.models
        ]

    def providers(self) -> Sequence[ProviderInfo]:
        """Every provider; no key is read and nothing is run."""
        return [
            ProviderInfo(name=name, kind=each.kind, has_key=source is not None, key_source=source)
            for name, each in self._providers.items()
            for source in [self._keys[name].source]
        ]

    async def aclose(self) -> None:
        """Closes every adapter that was made."""
        made, self._made = self._made, {}
        for model in made.values():
            await model.aclose()

    def _make(self, settings: ProviderSettings) -> Model:
        if settings.kind == "offline":
            ready = [each for each in self._providers.values() if self._is_ready(each)]
            return OfflineModel(
                self._find, self._run, ready=[f"{each.name}:{each.models[0]}" for each in ready]
            )
        return OpenAICompatibleModel(settings, self._keys[settings.name])

    def _is_ready(self, settings: ProviderSettings) -> bool:
        """Whether it can be asked as it stands: it lists a model, and has its key or needs none."""
        key = self._keys[settings.name]
        has_key = key.source is not None or not key.is_expected
        return settings.kind != "offline" and bool(settings.models) and has_key

    def _settings(self, provider: str) -> ProviderSettings:
        if provider not in self._providers:
            known = list(self._providers)
            raise ProviderNotFound(provider, known=known, did_you_mean=_nearest(provider, known))
        return self._providers[provider]

    def _no_model(self, model: str) -> ModelNotFound:
        known = [each.id for each in self.models()]
        # A name without its provider is the usual slip.
        of_name = {each.name: each.id for each in self.models()}
        nearest = of_name.get(model) or _nearest(model, known) or of_name.get(_nearest(model, of_name) or "")
        return ModelNotFound(model, known=known, did_you_mean=nearest)


def _merged(providers: Sequence[ProviderSettings]) -> list[ProviderSettings]:
    """The user's providers first, completed from the built-in ones of the same name; then the others."""
    builtin = {each.name: each for each in BUILTIN_PROVIDERS}
    own = [_completed(each, builtin.pop(each.name, None)) for each in providers]
    return [*own, *builtin.values()]


def _completed(own: ProviderSettings, builtin: ProviderSettings | None) -> ProviderSettings:
    if builtin is None or builtin.kind != own.kind:
        return own
    names_a_key = own.api_key or own.api_key_command or own.api_key_env
    return attrs.evolve(
        own,
        base_url=own.base_url or builtin.base_url,
        api_key_env=own.api_key_env if names_a_key else builtin.api_key_env,
        models=own.models or builtin.models,
    )


def _nearest(name: str, known: Iterable[str]) -> str | None:
    import difflib

    folded = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None
