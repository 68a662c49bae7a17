"""The models of the settings and the built-in ones, each provider's adapter made on first use."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from threadkeep.adapters.models.advice import ClientName, nobody
from threadkeep.adapters.models.context_windows import context_window
from threadkeep.adapters.models.discovery import Discovery, can_be_asked
from threadkeep.adapters.models.http_client import is_loopback
from threadkeep.adapters.models.key_ring import KeyRing
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.listing import Listed
from threadkeep.adapters.models.offline import Find, OfflineModel
from threadkeep.adapters.plugins import provider_kinds
from threadkeep.config import names_model
from threadkeep.config.builtin_providers import OFFLINE, merged, shown
from threadkeep.domain.errors import InvalidValue, ModelNotFound, ProviderNotFound, SettingsInvalid
from threadkeep.ports.models import Model, ModelInfo, ProviderInfo, ProviderKind
from threadkeep.ports.plugins import Offer
from threadkeep.ports.provider_settings import KNOWN_KINDS, Doubts, ProviderSettings
from threadkeep.ports.runtime import SerialExecutor
from threadkeep.values import evolve

LOOKED_FOR_SECONDS = 30
"""How long it is remembered what the keyring holds."""

TRY_SECONDS = 15
"""How long a provider may take to list its models when a person tries it."""

NO_DOUBTS = Doubts()
THEN_FIX = "Fix it, or choose another provider."
THEN_NAME = "Fix the file, or choose the model for this session or message, if you are sure."

MAX_COMPARED = 100
"""Characters of a name that nobody knows which are compared with those that are known."""

KNOWN_NAMED = 50
"""How many models an error names: some providers have hundreds."""


class ConfiguredModels:
    """Implements the port Models. Making one reads nothing and connects to nothing."""

    def __init__(
        self,
        providers: Sequence[ProviderSettings],
        *,
        default_model: str | None = None,
        doubts: Doubts = NO_DOUBTS,
        environ: Mapping[str, str],
        find: Find,
        run: SerialExecutor,
        ring: KeyRing | None = None,
        discovery: Discovery | None = None,
        client: ClientName = nobody,
    ) -> None:
        """ring: where keys are looked for last, if anywhere. client: who shows what is said."""
        self._providers = {each.name: each for each in merged(providers)}
        self._here = frozenset(
            name
            for name, each in self._providers.items()
            if each.kind != OFFLINE and is_loopback(each.base_url or "")
        )
        """Those that run on this machine."""
        self._keys = {
            name: ApiKey(each, environ, ring, client=client) for name, each in self._providers.items()
        }
        self._client = client
        self._discovery = discovery or Discovery()
        self._looked_at: float | None = None
        self._default_model = default_model
        self._kind_problems = {
            each.name: problem
            for each in self._providers.values()
            if (problem := _problem_of_kind(each)) is not None
        }
        self.doubts = self._with_kinds(doubts)
        self._named = set(doubts.named)
        self._find = find
        self._run = run
        self._made: dict[str, Model] = {}

    def get(self, provider: str) -> Model:
        """The provider's adapter, made on first use. Raises ProviderNotFound."""
        settings = self._settings(provider)
        if provider not in self._made:
            is_offline = settings.kind == OFFLINE
            self._made[provider] = self._offline() if is_offline else self._of_kind(settings)
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

    def check(self, provider: str, *, is_named: bool = False) -> None:
        """As the port says."""
        if is_named:
            self._named.add(provider)
        problem = self._trouble(provider)
        if problem is not None:
            then = THEN_FIX if provider in self.doubts.providers else THEN_NAME
            raise SettingsInvalid(problem, provider=provider, then=then)

    def trial(self, model: str) -> tuple[ProviderSettings, ApiKey, str]:
        """What it takes to try a model out: settings, key, and the provider's name for it. Raises as `split`
        and `check`."""
        provider, name = self.split(model)
        self.check(provider, is_named=True)
        return self._settings(provider), self._keys[provider], name

    def problems(self) -> Sequence[str]:
        """As the port says."""
        return tuple(self._kind_problems.values())

    def kinds(self) -> Sequence[Offer[ProviderKind]]:
        """As the port says."""
        return provider_kinds().offers()

    def retries(self, provider: str) -> int:
        """As the settings have it; 0 for an unknown provider."""
        return self._providers[provider].retries if provider in self._providers else 0

    @property
    def default(self) -> tuple[str, str]:
        """What the setting names, else the first provider that is ready to answer, else one that was found
        on this machine, else offline; offline too where what the settings name cannot be read.

        Never raises: a misspelt setting stops nothing before somebody asks that model.
        """
        if self.doubts.default_model:
            return OFFLINE, OFFLINE
        if self._default_model:
            provider, _, name = self._default_model.partition(":")
            if name or provider not in self._providers:
                return provider, name
            return provider, next(iter(self._names(self._providers[provider])), "")
        return next(self._ready(), (OFFLINE, OFFLINE))

    def models(self, provider: str | None = None) -> Sequence[ModelInfo]:
        """The models that the settings and the built-in providers list, and then what the endpoints do."""
        asked = (each for each in self._providers.values() if provider in (None, each.name))
        return [info for each in asked for info in self._infos(each)]

    def providers(self) -> Sequence[ProviderInfo]:
        """Every provider; no key is read and nothing is run."""
        return [
            ProviderInfo(
                name=name,
                kind=each.kind,
                has_key=source is not None,
                key_source=source,
                is_reachable=self._is_reachable(name) if each.name in self._here else None,
                label=shown(each).label,
                is_here=each.name in self._here,
                needs_key=self._keys[name].is_expected and each.name not in self._here,
                key_page=shown(each).key_page,
            )
            for name, each in self._providers.items()
            for source in [self._keys[name].source]
        ]

    async def probe(self) -> None:
        """Looks on this machine for providers and, in the keyring, for keys; both are remembered for a while."""
        providers = self._providers.values()
        here = [
            self._discovery.look(each, self._keys[each.name]) for each in providers if each.name in self._here
        ]
        await asyncio.gather(*here, *(asyncio.to_thread(key.look) for key in self._keys_to_look_for()))
        self._made.pop(OFFLINE, None)  # it names the models that are ready; it holds nothing

    async def take_key(self, provider: str, key: str | None, *, is_kept: bool) -> str | None:
        """As the port says."""
        own, settings = self._keys.get(provider), self._settings(provider)
        if settings.kind == "offline" or own is None:
            raise InvalidValue("provider", f"{provider} needs no key")
        if is_kept:
            await asyncio.to_thread(own.keep, key)
        else:
            own.give(key)
        self._discovery.forget(provider)
        self._looked_at = None
        self._made.pop(OFFLINE, None)  # it names the models that are ready; it holds nothing
        return own.source

    async def try_provider(self, provider: str) -> Sequence[str]:
        """As the port says."""
        settings = self._settings(provider)
        self.check(provider, is_named=True)
        if not can_be_asked(settings):
            return self._names(settings)
        from threadkeep.adapters.models.listing import ask_for_models  # seldom needed

        listed = await ask_for_models(settings, self._keys[provider], seconds=TRY_SECONDS)
        self._discovery.remember(settings, listed)
        return tuple(dict.fromkeys(each.name for each in listed))

    async def probe_if_new(self, provider: str) -> None:
        """Looks at a provider on this machine at which nobody has looked yet."""
        settings = self._providers.get(provider)
        if settings is not None and provider in self._here and provider not in self._discovery.answers:
            await self._discovery.look(settings, self._keys[provider])

    async def refresh(self, provider: str | None = None, *, anew: bool = False) -> None:
        """Asks which models there are: a provider, or each that has its key. Raises ProviderNotFound."""
        wanted = [self._settings(provider)] if provider else list(self._providers.values())
        askable = [
            each for each in wanted if (each.base_url or each.kind not in KNOWN_KINDS) and self._can_ask(each)
        ]
        await asyncio.gather(
            *(self._discovery.look(each, self._keys[each.name], anew=anew) for each in askable)
        )

    async def aclose(self) -> None:
        """Closes every adapter that was made, and ends what is being looked for."""
        await self._discovery.aclose()
        made, self._made = self._made, {}
        for model in made.values():
            await model.aclose()

    def _offline(self) -> Model:
        """Made here, for it answers from the store, which no provider of another package is let into."""
        ready = list(dict.fromkeys(f"{provider}:{name}" for provider, name in self._ready()))
        return OfflineModel(
            self._find, self._run, ready=ready, problem=self.doubts.default_model, client=self._client
        )

    def _of_kind(self, settings: ProviderSettings) -> Model:
        """Raises SettingsInvalid for a kind that cannot be used."""
        self.check(settings.name, is_named=True)
        return provider_kinds()[settings.kind](settings, self._keys[settings.name])

    def _with_kinds(self, doubts: Doubts) -> Doubts:
        """With the providers of which nobody knows how to speak to them: they may have been meant as the default."""
        if not self._kind_problems:
            return doubts
        default = doubts.default_model
        if default is None and self._default_model is None:
            default = next(iter(self._kind_problems.values()))
        return evolve(doubts, default_model=default, providers={**self._kind_problems, **doubts.providers})

    def _keys_to_look_for(self) -> list[ApiKey]:
        now = time.monotonic()
        if self._looked_at is not None and now - self._looked_at < LOOKED_FOR_SECONDS:
            return []
        self._looked_at = now
        keys = [self._keys[each.name] for each in self._providers.values() if each.kind != "offline"]
        return [key for key in keys if key.source is None and key.may_block]

    def _infos(self, settings: ProviderSettings) -> Iterator[ModelInfo]:
        is_here = settings.name in self._here
        is_gone = is_here and self._is_reachable(settings.name) is False
        is_available = settings.kind == "offline" or (self._can_ask(settings) and not is_gone)
        windows = {each.name: each.context_window for each in self._listed(settings.name)}
        for name in self._names(settings):
            # What runs here reads as much as the person who runs it allows.
            known = None if is_here else context_window(name.rpartition(":")[2])
            yield ModelInfo(
                provider=settings.name,
                name=name,
                context_window=windows.get(name) or known,
                is_available=is_available,
            )

    def _is_reachable(self, provider: str) -> bool | None:
        """Whether it answered when it was last asked; None if it never was."""
        answer = self._discovery.answers.get(provider)
        return answer.is_there if answer else None

    def _listed(self, provider: str) -> tuple[Listed, ...]:
        answer = self._discovery.answers.get(provider)
        return answer.models if answer else ()

    def _names(self, settings: ProviderSettings) -> tuple[str, ...]:
        """What the settings list, then what the endpoint does."""
        found = (each.name for each in self._listed(settings.name))
        return tuple(dict.fromkeys((*settings.models, *found)))

    def _ready(self) -> Iterator[tuple[str, str]]:
        """The first model of each provider that can be asked as it stands: first the named default, then those
        for which the settings list one, then those that were found on this machine.
        """
        askable = [
            each for each in self._providers.values() if each.kind != "offline" and self._can_ask(each)
        ]
        if names_model(self._default_model) and self.default[0] in [each.name for each in askable]:
            yield self.default
        yield from ((each.name, each.models[0]) for each in askable if each.models)
        for each in askable:
            found = self._names(each)
            if found and not each.models and each.name in self._here:
                yield each.name, found[0]

    def _can_ask(self, settings: ProviderSettings) -> bool:
        key = self._keys[settings.name]
        needs_none = not key.is_expected or settings.name in self._here
        return self._trouble(settings.name) is None and (key.source is not None or needs_none)

    def _trouble(self, provider: str) -> str | None:
        """Why the settings cannot be trusted to mean this provider."""
        if provider in self.doubts.providers:
            return self.doubts.providers[provider]
        settings = self._providers.get(provider)
        is_beyond = settings is not None and settings.kind != "offline" and provider not in self._here
        return self.doubts.file if is_beyond and provider not in self._named else None

    def _settings(self, provider: str) -> ProviderSettings:
        if provider not in self._providers:
            known = list(self._providers)
            raise ProviderNotFound(provider, known=known, did_you_mean=_nearest(provider, known))
        return self._providers[provider]

    def _no_model(self, model: str) -> ModelNotFound:
        known = [each.id for each in self.models()]
        named = known[:KNOWN_NAMED]
        # A name without its provider is the usual slip.
        of_name = {each.name: each.id for each in self.models()}
        nearest = of_name.get(model) or _nearest(model, known) or of_name.get(_nearest(model, of_name) or "")
        return ModelNotFound(model, known=named, did_you_mean=nearest)


def _problem_of_kind(settings: ProviderSettings) -> str | None:
    """Why the provider's kind cannot be used. Looks at what is installed only for a kind that is none of ours."""
    if settings.kind in KNOWN_KINDS:
        return None
    where = f"providers.{settings.name}.kind"
    kinds = provider_kinds()
    try:
        kinds[settings.kind]
    except KeyError:
        near = _nearest(settings.kind, [*KNOWN_KINDS, *kinds])
        meant = f" Did you mean {near}?" if near else ""
        known = ", ".join(dict.fromkeys([*KNOWN_KINDS, *kinds]))
        return f"{where} is {settings.kind!r}, and no installed package knows it; there are {known}.{meant}"
    except SettingsInvalid as error:
        return f"{where}: {error.data['problems'][0]}"
    return None


def _nearest(name: str, known: Iterable[str]) -> str | None:
    import difflib

    folded = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(name[:MAX_COMPARED].casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None
