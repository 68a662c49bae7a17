"""What a report tells, apart from how it looks: sums over time, and by everything else."""

import argparse
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from threadkeep.cli.session_filters import filter_labels
from threadkeep.cli.usage import usage_params
from threadkeep.client import Client
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.types.organise import (
    SummarizeUsageParams,
    UsageGroup,
    UsageRow,
)
from threadkeep.values import Value, evolve

ROWS: Final = 10
"""Of each ranking."""
DAYS: Final = 92
"""Longer times are told by weeks, then by months."""
WEEKS: Final = 104
_MOST_PAGES: Final = 100
"""Of days: more than anybody has lived with this program."""


class Span(Value):
    """A day, a week or a month with what was used in it."""

    first: date
    end: date
    """Exclusive."""
    row: UsageRow | None
    """None: nothing."""


class Ranking(Value):
    """The groups that took the most, and how many there are."""

    by: UsageGroup
    rows: tuple[UsageRow, ...]
    count: int


class ReportData(Value):
    """All that a report shows."""

    made_at: datetime
    total: UsageRow
    days: tuple[date, date] | None
    """The first and the last with an answer."""
    spans: tuple[Span, ...]
    rankings: tuple[Ranking, ...]
    narrowed: tuple[str, ...]
    """What of the store it is about, for people; empty: everything."""


async def fetch(client: Client, options: argparse.Namespace, *, now: datetime) -> ReportData:
    """Asks for everything. now: in the time zone whose days are meant."""
    asked = {by: usage_params(options, by, now=now, limit=ROWS) for by in _RANKED}
    found = {by: await client.request(params) for by, params in asked.items()}
    days = await _days(client, usage_params(options, "day", now=now, limit=MAX_PAGE))
    spans = [
        span
        if span.row is None or span.end - span.first == timedelta(days=1)
        else await _whole(client, options, span, now=now)
        for span in _spans(days)
    ]
    return ReportData(
        made_at=now,
        total=next(iter(found.values())).total,
        days=(min(days), max(days)) if days else None,
        spans=tuple(spans),
        rankings=tuple(Ranking(by=by, rows=each.rows, count=each.count) for by, each in found.items()),
        narrowed=filter_labels(options),
    )


_RANKED: Final[Sequence[UsageGroup]] = ("model", "agent", "repository", "task", "session")


async def _days(client: Client, params: SummarizeUsageParams) -> dict[date, UsageRow]:
    """All days with an answer, the pages from the newest on."""
    days: dict[date, UsageRow] = {}
    for _ in range(_MOST_PAGES):
        found = await client.request(params)
        page = {date.fromisoformat(row.key): row for row in found.rows}
        days = page | days
        if found.count == len(found.rows) or not page:
            break
        params = evolve(params, before=_begin(min(page), params.utc_offset_minutes))
    return dict(sorted(days.items()))


def _begin(day: date, offset_minutes: int) -> str:
    at = datetime(day.year, day.month, day.day) - timedelta(minutes=offset_minutes)  # noqa: DTZ001 - shifted by hand
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _spans(days: dict[date, UsageRow]) -> Iterator[Span]:
    """The time from the first day to the last without a gap."""
    if not days:
        return
    first, last = min(days), max(days)
    length = (last - first).days + 1
    begin = first
    if length > DAYS:
        begin = first - timedelta(days=first.weekday()) if length <= WEEKS * 7 else first.replace(day=1)
    while begin <= last:
        end = begin + timedelta(days=1)
        if length > WEEKS * 7:
            end = (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
        elif length > DAYS:
            end = begin + timedelta(days=7)
        rows = [days[day] for day in _each(begin, end) if day in days]
        yield Span(first=begin, end=end, row=rows[0] if rows else None)
        begin = end


def _each(first: date, end: date) -> Iterator[date]:
    while first < end:
        yield first
        first += timedelta(days=1)


async def _whole(client: Client, options: argparse.Namespace, span: Span, *, now: datetime) -> Span:
    """The span with all of its days: a session that was used on several of them is one session."""
    params = usage_params(options, "day", now=now, limit=1)
    after = _begin(span.first, params.utc_offset_minutes)
    before = _begin(span.end, params.utc_offset_minutes)
    within = evolve(
        params,
        after=max(filter(None, (after, params.after))),
        before=min(filter(None, (before, params.before))),
    )
    return evolve(span, row=(await client.request(within)).total)
