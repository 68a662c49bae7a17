"""What installed packages may add: providers of models, export formats and importers."""

from typing import Generic, TypeVar

from threadkeep.values import Value

T_co = TypeVar("T_co", covariant=True)

OURS = "threadkeep"
"""The origin of what comes with the product."""


class Offer(Value, Generic[T_co]):
    """Something that is there to be used, or says so and cannot be."""

    name: str
    """As its package declares it. A name is used once at most: others of it have a problem."""
    origin: str
    """`threadkeep`, or the package with its version."""
    item: T_co | None = None
    """None if there is a problem."""
    problem: str | None = None
    """Why it cannot be used, and what to do: sentences for people."""
