"""A model for finding by meaning that knows a few words."""

from collections.abc import Sequence

from threadkeep.adapters.models.vectors import kept_vector
from threadkeep.ports.embeddings import Embedder

MEANINGS = {"whale": (1, 0, 0), "orca": (0.9, 0.1, 0), "car": (0, 1, 0), "truck": (0, 0.9, 0.2)}


def vector_of(text: str) -> bytes:
    """The sum of what its words mean."""
    found = [MEANINGS.get(word.strip(".,").lower(), (0, 0, 0.1)) for word in text.split()]
    vector = kept_vector([sum(values) for values in zip(*found, strict=True)])
    assert vector is not None
    return vector


class FakeEmbedder:
    """Implements the port Embedder."""

    def __init__(self, name: str = "fake:small", *, failure: Exception | None = None) -> None:
        self.name = name
        self.failure = failure
        self.asked: list[list[str]] = []

    async def embed(self, texts: Sequence[str]) -> Sequence[bytes]:
        if self.failure is not None:
            raise self.failure
        self.asked.append(list(texts))
        return [vector_of(text) for text in texts]

    async def aclose(self) -> None:
        """There is nothing to give back."""


class FakeEmbeddings:
    """Implements the port Embeddings; off unless it is given an embedder."""

    def __init__(self) -> None:
        self.embedder: FakeEmbedder | None = None
        self.failure: Exception | None = None
        self.missing: Exception | None = None

    def current(self) -> Embedder | None:
        if self.failure is not None:
            raise self.failure
        return self.embedder

    def check_installed(self) -> None:
        if self.missing is not None:
            raise self.missing

    async def aclose(self) -> None:
        """There is nothing to give back."""
