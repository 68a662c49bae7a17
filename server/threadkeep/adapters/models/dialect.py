"""What differs between the HTTP interfaces of providers: address, headers, request, and how an answer reads."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import attrs

from threadkeep.adapters.models.failures import Refusal
from threadkeep.ports.models import ModelEvent, ModelRequest

CONTINUE = "Your answer was cut off. Carry on exactly where it stops, and repeat nothing of it."
"""Asks for the rest of a partial answer: not every provider takes one as the last message."""


@attrs.frozen(kw_only=True)
class Change:
    """What a provider refused that the same request may pass without, or with less of."""

    part: str
    most: int | None = None
    """The largest value that the provider takes; None to leave the part out."""
    lasts: Literal["model", "session", "request"] = "model"
    """For which later requests it holds too."""


Changes = frozenset[Change]


class Answer(Protocol):
    """Reads the pieces of one answer."""

    @property
    def has_begun(self) -> bool:
        """Whether anything of the format came, whatever it says."""
        ...

    @property
    def is_complete(self) -> bool:
        """Whether all text has come; usage and the end of the stream may be missing."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether the format's own terminal event came."""
        ...

    def add(self, piece: Mapping[str, Any]) -> None:
        """Takes in the JSON of an event, or of a whole answer."""
        ...

    def events(self) -> Sequence[ModelEvent]:
        """What the pieces since the last call mean."""
        ...

    def closing(self) -> Sequence[ModelEvent]:
        """The events that end the answer; the last is the stop."""
        ...


class Dialect(Protocol):
    """One interface."""

    path: str
    """Behind the base URL."""
    tails: tuple[str, ...]
    """Ends of a base URL that say part of the path already; the longest first."""

    def headers(self, key: str | None) -> dict[str, str]: ...

    def body(self, request: ModelRequest, changes: Changes) -> dict[str, Any]: ...

    def answer(self) -> Answer: ...

    def change(self, refusal: Refusal, body: Mapping[str, Any]) -> Change | None:
        """How to ask again what was refused; None where there is no way."""
        ...


def is_unsupported(part: str, refusal: Refusal) -> bool:
    """Whether a refusal says that the model knows no such part, rather than that its value is wrong."""
    words = refusal.words.casefold()
    marks = ("unsupported", "not support", "deprecated", "unknown parameter", "not permitted", "not allowed")
    return refusal.status in {400, 422} and part in words and any(mark in words for mark in marks)
