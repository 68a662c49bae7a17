"""The command that tells what was used as a table: `usage`."""

import argparse
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.session_filters import filter_of
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.types.organise import (
    SummarizeUsageParams,
    SummarizeUsageResult,
    UsageGroup,
    UsageRow,
)

_AGE: Final = re.compile(r"(\d{1,6})([hd])")


async def show_usage(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """Sums up, and shows it as a table."""
    now = datetime.now().astimezone()
    params = usage_params(options, options.by, now=now, limit=min(options.limit, MAX_PAGE))
    found = await client.request(params)
    if options.json:
        terminal.say_json(found)
        return 0
    if not found.total.answers:
        terminal.note("No answer matches.")
        return 0
    for line in usage_lines(found, options.by, width=terminal.width):
        terminal.say(line)
    if found.count > len(found.rows):
        terminal.note(f"{len(found.rows)} of {found.count:,} shown: --limit N shows more.")
    return 0


def usage_params(
    options: argparse.Namespace, by: UsageGroup, *, now: datetime, limit: int
) -> SummarizeUsageParams:
    """The request for what the flags say. now: in the time zone whose days are meant. Raises CommandFailed."""
    offset = now.utcoffset() or timedelta()
    after = moment(options.since, now=now, is_end=False)
    before = moment(options.until, now=now, is_end=True)
    if after is not None and before is not None and after >= before:
        raise CommandFailed(
            f"nothing is after {options.since} and before {options.until}: --since is the earlier of the two"
        )
    return SummarizeUsageParams(
        group_by=by,
        filter=filter_of(options, put_away="include"),
        after=after,
        before=before,
        utc_offset_minutes=round(offset.total_seconds() / 60),
        limit=limit,
    )


def moment(told: str | None, *, now: datetime, is_end: bool) -> str | None:
    """A day or an age as the protocol's time; an end takes the whole day in. Raises CommandFailed."""
    if told is None or told == "all":
        return None
    if age := _AGE.fullmatch(told):
        unit = timedelta(hours=1) if age[2] == "h" else timedelta(days=1)
        try:
            return wire_time(now - int(age[1]) * unit)
        except OverflowError:
            return None
    try:
        day = date.fromisoformat(told) + timedelta(days=int(is_end))
    except (ValueError, OverflowError):
        raise CommandFailed(
            f"{told!r} is not a valid time: give a day such as 2026-03-01 or an age such as 30d"
        ) from None
    return wire_time(datetime.combine(day, time(), _zone(now)))


def wire_time(at: datetime) -> str:
    """The time as the protocol tells it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def usage_lines(found: SummarizeUsageResult, by: str, *, width: int | None) -> list[str]:
    """The rows and their total as a table, the figures to the right."""
    head = ("COST", "TOKENS IN", "CACHED", "OUT", "ANSWERS", "SESSIONS")
    cells = [head, *(_numbers(row) for row in (*found.rows, found.total))]
    names = [by.upper(), *(formats.one_line(row.label) for row in found.rows), "total"]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    lines = [
        "  ".join([*(cell.rjust(size) for cell, size in zip(row, widths, strict=True)), name])
        for row, name in zip(cells, names, strict=True)
    ]
    return lines if width is None else [formats.cut(line, width) for line in lines]


def money(cost: float | None) -> str:
    """US dollars for people; `-` where the price is not known."""
    if cost is None:
        return "-"
    if 0 < cost < 0.01:
        return "<$0.01"
    return f"${cost:,.2f}"


def _numbers(row: UsageRow) -> tuple[str, ...]:
    used = row.usage
    return (
        money(used.cost),
        f"{used.input_tokens:,}",
        f"{used.cached_tokens:,}",
        f"{used.output_tokens:,}",
        f"{row.answers:,}",
        f"{row.sessions:,}",
    )


def _zone(now: datetime) -> tzinfo:
    return now.tzinfo or UTC
