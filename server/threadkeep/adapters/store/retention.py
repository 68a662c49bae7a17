"""How long events and outcomes are kept."""

from datetime import UTC, datetime, timedelta

from threadkeep.domain.events import StoredEvent

EVENTS_KEPT = 1_000
"""Of a session, the newest."""

OUTCOME_DAYS = 7


def is_time_to_compact(event: StoredEvent) -> bool:
    """Whether older events are dropped with this one: rarely, so that most writes do without it."""
    return event.seq % 64 == 0


def oldest_outcome(at: str) -> str:
    """The time, RFC 3339 UTC with milliseconds, before which outcomes are forgotten at the time `at`."""
    oldest = datetime.fromisoformat(at).astimezone(UTC) - timedelta(days=OUTCOME_DAYS)
    return oldest.isoformat(timespec="milliseconds").replace("+00:00", "Z")
