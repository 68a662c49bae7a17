"""What a text means, as a vector."""

from collections.abc import Sequence
from typing import Protocol


class Embedder(Protocol):
    """One model that does it."""

    @property
    def name(self) -> str:
        """Which model: vectors of the same name can be compared."""
        ...

    async def embed(self, texts: Sequence[str]) -> Sequence[bytes]:
        """A vector for each text, none of which is empty: of length 1, as little-endian 16-bit floats.

        Raises ProviderError, or InvalidValue for a model that cannot be used.
        """
        ...

    async def aclose(self) -> None: ...


class Embeddings(Protocol):
    """The model that the settings name, as of now."""

    def current(self) -> Embedder | None:
        """None while the settings name none. Raises ExtraMissing where it needs a package that is not
        installed, ProviderNotFound, or InvalidValue for a setting that cannot be used."""
        ...

    def check_installed(self) -> None:
        """Raises ExtraMissing where no model could be used, whatever the settings name."""
        ...

    async def aclose(self) -> None: ...
