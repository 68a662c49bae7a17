"""What a session is counted under."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from threadkeep.domain.sessions import Session
from threadkeep.ports.session_counts import CountedBy

FACETS: Final[Mapping[CountedBy, Callable[[Session], Iterable[str]]]] = {
    "status": lambda session: (session.status,),
    "repository": lambda session: (session.key.repository_id,),
    "task": lambda session: (session.key.task,),
    "agent": lambda session: (session.agent,),
    "tag": lambda session: set(session.tags),
    "day": lambda session: (session.created_at[:10],),
}
"""The values of one session."""


def counted(sessions: Iterable[Session], by: CountedBy) -> dict[str, int]:
    """How many of the sessions have each value."""
    return Counter(value for session in sessions for value in FACETS[by](session))
