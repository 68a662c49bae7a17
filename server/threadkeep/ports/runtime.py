"""The surroundings of a use case: time, ids, the worker thread, and who listens."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from threadkeep.domain.events import Event

T = TypeVar("T")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> str:
        """The time, RFC 3339 UTC with milliseconds."""
        ...


class Ids(Protocol):
    """Makes identifiers."""

    def new(self) -> str:
        """A uuid7: unique, and later ones sort after earlier ones."""
        ...


class SerialExecutor(Protocol):
    """A worker beside the event loop that does one thing after another, in the order given."""

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]:
        """Takes its place at the call, not at the await; raises what the work raises."""
        ...


class Audience(Protocol):
    """Whoever wants to know what happened."""

    def __call__(self, event: Event) -> None:
        """Passes the event on. Never blocks, never raises; any thread may call it."""
        ...
