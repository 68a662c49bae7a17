"""What an answer costs."""

from typing import Protocol

from threadkeep.domain.messages import Usage


class Prices(Protocol):
    """Price lists of providers."""

    def cost(self, provider: str, model: str, usage: Usage) -> float | None:
        """US dollars for the tokens used, None when unknown; what the provider reported itself goes first.

        Blocks for a moment on first use. Never raises.
        """
        ...
