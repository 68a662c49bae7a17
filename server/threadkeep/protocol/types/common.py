"""Types that every topic of the protocol shares."""

import enum
from collections.abc import Mapping
from typing import Any, Final, Literal

import attrs

from threadkeep.protocol.value import Value

JsonObject = Mapping[str, Any]
"""An opaque JSON object: stored and sent back exactly as it came."""


class Unset(enum.Enum):
    """The type of `UNSET`: a key that is absent from a patch (absent keeps, `null` clears)."""

    UNSET = "UNSET"


UNSET: Final = Unset.UNSET


CLOSED: Final[Mapping[str, Any]] = {"threadkeep.closed": True}
"""The metadata of a member whose object must hold nothing unknown: what is misspelt there would be left
out, and the request would do more than was asked. Everywhere else unknown keys are ignored."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Empty(Value):
    """No members. Unknown keys are ignored, as everywhere."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
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


@attrs.frozen(kw_only=True, eq=False, repr=False)
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
