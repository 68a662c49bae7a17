"""How many sessions there are of each kind."""

from collections.abc import Mapping
from typing import Literal, Protocol

from threadkeep.ports.session_filter import SessionFilter

CountedBy = Literal["status", "repository", "task", "agent", "tag", "day"]
"""`repository`: its id. `day`: of the creation, as YYYY-MM-DD in UTC."""


class SessionCounts(Protocol):
    """Counts over a filter. Any method may raise StoreUnavailable or StoreCorrupt."""

    def count_sessions(self, wanted: SessionFilter) -> int: ...

    def count_sessions_by(self, wanted: SessionFilter, by: CountedBy) -> Mapping[str, int]:
        """How many of the wanted sessions have each value that any of them has."""
        ...
