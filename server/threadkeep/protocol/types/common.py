"""Types that every topic of the protocol shares."""

from collections.abc import Mapping
from typing import Any, Literal

from threadkeep.values import Value

JsonObject = Mapping[str, Any]
"""An opaque JSON object: stored and sent back exactly as it came."""


class Empty(Value):
    """No members. Unknown keys are ignored, as everywhere."""


class Usage(Value):
    """Tokens that a model reported; absent where it reported none."""

    input_tokens: int = 0
    """Tokens sent, cached ones included."""
    output_tokens: int = 0
    """Tokens answered, reasoning included."""
    cached_tokens: int = 0
    """Those of `inputTokens` that came from the provider's cache."""
    reasoning_tokens: int = 0
    """Those of `outputTokens` that were spent on reasoning."""
    cost: float | None = None
    """US dollars; absent when unknown, never estimated from nothing."""


class Pagination(Value):
    """The block that comes with page style."""

    page: int
    """1-based."""
    per_page: int
    """Items on a full page."""
    total_items: int
    """Items that match the filter."""
    total_pages: int
    """Pages that hold them."""
    has_next: bool
    """Whether a page follows."""
    has_previous: bool
    """Whether a page precedes."""


SortOrder = Literal["ascending", "descending"]
