"""What the store keeps for finding by meaning: a vector for each message, beside it."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from threadkeep.ports.search_records import StoredText
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.values import Value

EMBEDDED_LENGTH: Final = 4_000
"""Characters of a message, from its beginning, whose meaning is told by its vector."""


class Unembedded(Value):
    """Messages without a vector."""

    ids: tuple[int, ...]
    """The store's own, for giving the vectors back."""
    texts: tuple[str, ...]
    """For each its content, cut to `EMBEDDED_LENGTH`; empty where there is nothing to embed."""
    span: tuple[int, int]
    """What will have been looked at; the store's own."""


class VectorRecords(Protocol):
    """Reads vectors. What is private has none."""

    def unembedded(self, model: str, *, limit: int) -> Unembedded | None:
        """The next messages without a vector of the model, the newest first of all; None if all have one."""
        ...

    def nearest_texts(
        self,
        model: str,
        vector: bytes,
        wanted: SessionFilter,
        *,
        limit: int,
        skip: int = 0,
        session_id: str | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> Sequence[StoredText]:
        """The messages whose vectors point most the same way, without the first `skip`, with their scores.

        check: called every now and then; what it raises ends the work.
        """
        ...


class VectorChanges(VectorRecords, Protocol):
    """Writes vectors."""

    def put_vectors(self, model: str, batch: Unembedded, vectors: Sequence[bytes | None]) -> None:
        """Keeps them, but for messages that have changed since; None for those without a text."""
        ...

    def claim_vectors(self, owner: str, *, is_alive: Callable[[str], bool]) -> bool:
        """Makes this the one process that computes vectors, unless another one that lives does."""
        ...

    def forget_vectors(self, *, but: str) -> None:
        """Deletes the vectors of all other models."""
        ...
