"""Telling what answers took: tokens and costs by session, task, agent, model or day. Blocking: run in the executor."""

from datetime import datetime

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.usage import MAX_OFFSET_MINUTES, Sums, Tally, UsageGroup, UsageQuery, period
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.store import Records, Store
from threadkeep.usecases.repositories.repositories import Repositories, RepositoryChoice
from threadkeep.values import Value, evolve, field

UNKNOWN = "unknown"
"""What is shown where no agent or no model is told, as in some imported sessions."""


class UsageLine(Value):
    """A row with its name for people."""

    key: str
    label: str
    tally: Tally


class UsageTable(Value):
    """Rows in order, their sum, and how many there are without the limit."""

    lines: tuple[UsageLine, ...] = ()
    total: Tally = field(factory=Tally)
    count: int = 0


class UsageSummaries(Value):
    """Sums up over the sessions of a filter."""

    store: Store
    repositories: Repositories

    def summarise(
        self,
        wanted: SessionFilter,
        by: UsageGroup,
        *,
        repository: RepositoryChoice | None = None,
        after: str | None = None,
        before: str | None = None,
        offset_minutes: int = 0,
        limit: int | None = None,
    ) -> UsageTable:
        """What the answers begun between the two times took. Raises InvalidValue, RepositoryNotFound."""
        _check_time("after", after)
        _check_time("before", before)
        if abs(offset_minutes) > MAX_OFFSET_MINUTES:
            raise InvalidValue("utcOffsetMinutes", f"is at most {MAX_OFFSET_MINUTES} either way")
        asked = UsageQuery(by=by, period=period(after, before), offset_minutes=offset_minutes, limit=limit)
        with self.store.reading() as records:
            if repository is not None:
                known = self.repositories.lookup(records, repository)
                if known is None:
                    return UsageTable()
                wanted = evolve(wanted, repository_id=known.id)
            return _named(records, records.usage(wanted, asked), by)


def _named(records: Records, found: Sums, by: UsageGroup) -> UsageTable:
    lines = tuple(
        UsageLine(key=key, label=_label(records, key, by) or UNKNOWN, tally=tally)
        for key, tally in found.rows
    )
    return UsageTable(lines=lines, total=found.total, count=found.count)


def _label(records: Records, key: str, by: UsageGroup) -> str:
    if by == "session":
        session = records.session(key)
        return session.title if session else key
    if by == "repository":
        repository = records.repository(key)
        return repository.name if repository else key
    return key


def _check_time(field: str, at: str | None) -> None:
    if at is None:
        return
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise InvalidValue(field, "must be an RFC 3339 time such as 2026-03-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise InvalidValue(field, "must tell its time zone, such as 2026-03-01T00:00:00Z")
