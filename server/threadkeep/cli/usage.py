"""The commands that tell what was used: `usage` as a table, `report` as a page with charts."""

import argparse
import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any, Final

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.places import repository_ref
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client
from threadkeep.client.reading import read
from threadkeep.protocol.converter import unstructure
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.organise import (
    SummarizeUsageParams,
    SummarizeUsageResult,
    UsageGroup,
    UsageRow,
)

Commands = Any
"""What argparse gives for adding commands."""

GROUPS: Final[Sequence[UsageGroup]] = ("model", "agent", "repository", "task", "session", "day")
REPORT_SINCE: Final = "90d"
_AGE: Final = re.compile(r"(\d{1,6})([hd])")


def add_usage_commands(commands: Commands, listing: argparse.ArgumentParser) -> None:
    """Adds `usage` and `report`."""
    usage = commands.add_parser(
        "usage", parents=[listing], help="tell the tokens and costs of all answers, by model or anything else"
    )
    usage.add_argument("--by", choices=GROUPS, default="model", help="what to sum up by (default: model)")
    usage.add_argument(
        "--limit", type=int, default=50, metavar="N", help="at most so many rows (default: 50)"
    )
    _add_choice(usage, since=None)
    usage.set_defaults(command="usage", show=show_usage)
    report = commands.add_parser(
        "report",
        parents=[listing],
        help="write a web page with charts of what was used",
        description="Writes one HTML file that needs nothing else: sessions, tokens and costs over time, and by "
        "model, agent, repository and task.",
    )
    report.add_argument(
        "--output",
        metavar="FILE",
        help="where to (default: threadkeep-report.html here; `-` is standard output)",
    )
    report.add_argument("--open", action="store_true", help="show it in the browser")
    _add_choice(report, since=REPORT_SINCE)
    report.set_defaults(command="report", show=_show_report)


def _add_choice(parser: argparse.ArgumentParser, *, since: str | None) -> None:
    default = f" (default: {since})" if since else " (default: all)"
    parser.add_argument(
        "--since",
        default=since,
        metavar="WHEN",
        help=f"a day such as 2026-03-01, an age such as 30d, or all{default}",
    )
    parser.add_argument("--until", metavar="WHEN", help="a day, which is included, or an age (default: now)")
    parser.add_argument("--repo", metavar="PATH", help="only this repository: a folder of it, or its id")
    parser.add_argument("--task", metavar="KEY", help="only this task")
    parser.add_argument(
        "--tag", action="append", default=[], metavar="TAG", help="only sessions with this tag"
    )


async def show_usage(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """Sums up, and shows it as a table."""
    now = datetime.now().astimezone()
    params = usage_params(options, options.by, now=now, limit=max(1, min(options.limit, MAX_PAGE)))
    result = await client.call("usage/summary", unstructure(params))
    if options.json:
        terminal.say(json.dumps(result, ensure_ascii=False, indent=2))
        return 0
    found = read(result, SummarizeUsageResult)
    if not found.total.answers:
        terminal.note("No answer matches.")
        return 0
    for line in usage_lines(found, options.by, width=terminal.width):
        terminal.say(line)
    if found.count > len(found.rows):
        terminal.note(f"{len(found.rows)} of {found.count:,} shown: --limit N shows more.")
    return 0


async def _show_report(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    from threadkeep.cli.report import show_report

    return await show_report(client, options, terminal)


def usage_params(
    options: argparse.Namespace, by: UsageGroup, *, now: datetime, limit: int
) -> SummarizeUsageParams:
    """The request for what the flags say. now: in the time zone whose days are meant. Raises CommandFailed."""
    offset = now.utcoffset() or timedelta()
    return SummarizeUsageParams(
        group_by=by,
        filter=SessionFilter(
            repository=repository_ref(options.repo) if options.repo else None,
            task=options.task,
            tags=tuple(options.tag),
            archived="include",
            trashed="include",
        ),
        after=moment(options.since, now=now, is_end=False),
        before=moment(options.until, now=now, is_end=True),
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
            f"{told!r} is no time: give a day such as 2026-03-01 or an age such as 30d"
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


def output_path(output: str | None) -> Path:
    """Where the report goes."""
    return Path(output or "threadkeep-report.html").expanduser().absolute()


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
