"""What the groups of request methods ask of the client that they belong to."""

from typing import Protocol, TypeVar

T = TypeVar("T")


class Asking(Protocol):
    """Sends requests; `Client` is one."""

    window_id: str | None
    """The window that this client speaks for, if it has its own session."""

    async def ask(self, method: str, params: object, result: type[T]) -> T:
        """Sends a request of the protocol and gives its result."""
        ...
