"""The model for finding by meaning that the settings name, made when it is first asked for."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from threadkeep.adapters.models.key_ring import KeyRing
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.config.builtin_providers import merged
from threadkeep.domain.errors import ExtraMissing, InvalidValue, ProviderNotFound
from threadkeep.ports.embeddings import Embedder
from threadkeep.ports.provider_settings import ProviderSettings
from threadkeep.ports.runtime import SerialExecutor
from threadkeep.values import Value

EXTRA: Final = "threadkeep[semantic]"
LOCAL_EXTRA: Final = "threadkeep[semantic-local]"
PURPOSE: Final = "Finding by meaning"
THEN: Final = (
    "Then name a model of a provider in the setting semantic.model. To stay on this machine, install "
    f"'{LOCAL_EXTRA}' instead, and name the folder of a model in semantic.folder."
)


class EmbeddingSettings(Value):
    """What the settings say of it."""

    model: str | None = None
    """`provider:model`."""
    folder: Path | None = None
    """It counts before the model."""
    providers: tuple[ProviderSettings, ...] = ()


class ConfiguredEmbeddings:
    """Implements the port Embeddings."""

    def __init__(
        self,
        settings: Callable[[], EmbeddingSettings],
        *,
        environ: Mapping[str, str],
        run: SerialExecutor,
        ring: KeyRing | None = None,
        is_installed: Callable[[str], bool] = lambda package: find_spec(package) is not None,
    ) -> None:
        """settings: as of now. run: where a model of a folder works. ring: where keys are looked for last."""
        self._settings = settings
        self._environ = environ
        self._run = run
        self._ring = ring
        self._is_installed = is_installed
        self._made: tuple[EmbeddingSettings, Embedder] | None = None
        self._replaced: list[Embedder] = []

    def current(self) -> Embedder | None:
        """As the port says."""
        now = self._settings()
        if now.model is None and now.folder is None:
            return None
        if now.folder is not None and not all(map(self._is_installed, ("numpy", "model2vec"))):
            raise ExtraMissing(LOCAL_EXTRA, purpose=f"{PURPOSE} with a model folder")
        if not self._is_installed("numpy"):
            raise ExtraMissing(EXTRA, purpose=PURPOSE)
        if self._made is None or self._made[0] != now:
            if self._made is not None:
                self._replaced.append(self._made[1])
            self._made = (now, self._make(now))
        return self._made[1]

    def check_installed(self) -> None:
        """As the port says."""
        if not self._is_installed("numpy"):
            raise ExtraMissing(EXTRA, purpose=PURPOSE, then=THEN)

    async def aclose(self) -> None:
        """Gives back what all that were made hold."""
        made = [*self._replaced, *([self._made[1]] if self._made else [])]
        self._made, self._replaced = None, []
        for each in made:
            await each.aclose()

    def _make(self, now: EmbeddingSettings) -> Embedder:
        if now.folder is not None:
            from threadkeep.adapters.models.folder_embedder import FolderEmbedder

            return FolderEmbedder(now.folder, run=self._run)
        provider, _, model = (now.model or "").partition(":")
        known = {each.name: each for each in merged(now.providers)}
        if provider not in known:
            raise ProviderNotFound(provider, known=list(known))
        settings = known[provider]
        if settings.kind != "openai":
            raise InvalidValue(
                "semantic.model",
                f"the provider {provider!r} gives no embeddings: name one of kind `openai`",
            )
        from threadkeep.adapters.models.http_embedder import HttpEmbedder

        return HttpEmbedder(settings, ApiKey(settings, self._environ, self._ring), model=model)
