"""How a turn asks its provider, and when one that failed is asked again."""

from collections.abc import Awaitable, Callable

import attrs

from threadkeep.domain.errors import ProviderError
from threadkeep.ports.models import Model, ModelRequest

FIRST_SECONDS = 0.5
MOST_SECONDS = 30.0
"""A provider that asks for more patience than this is not waited for: the person decides."""


@attrs.frozen(kw_only=True)
class Asking:
    """How a turn asks its model."""

    model: Callable[[], Model]
    request: Callable[[bool], Awaitable[ModelRequest]]
    """The request; given True, a much shorter one, since the provider refused the first."""
    retries: int
    """How often a provider that fails before its first word is asked again."""
    random: Callable[[], float]


def retry_seconds(error: ProviderError, *, attempt: int, retries: int, random: float) -> float | None:
    """Seconds to wait before the next attempt, None if there is to be none.

    attempt: the one that failed, from 1. random: from 0 to 1, so that many clients do not come back at once.
    """
    if not error.retryable or attempt > retries:
        return None
    wanted = error.data.get("retry_after_ms")
    if wanted is not None:
        return wanted / 1000 if wanted / 1000 <= MOST_SECONDS else None
    return min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** (attempt - 1) * (0.75 + random / 2))
