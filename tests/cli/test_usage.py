"""What `usage` asks for and shows."""

import argparse
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from threadkeep.cli.arguments import build_parser
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.usage import moment, money, usage_lines, usage_params
from threadkeep.protocol.types.common import Usage
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.organise import SummarizeUsageParams, SummarizeUsageResult, UsageRow

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=timezone(timedelta(hours=5, minutes=45)))


def options(*arguments: str) -> argparse.Namespace:
    return build_parser().parse_args(["usage", *arguments])


def row(label: str, cost: float | None = None, **usage: Any) -> UsageRow:
    return UsageRow(key=label, label=label, sessions=1, answers=2, usage=Usage(cost=cost, **usage))


@pytest.mark.parametrize(
    ("told", "is_end", "expected"),
    [
        (None, False, None),
        ("all", False, None),
        ("2026-03-01", False, "2026-02-28T18:15:00Z"),
        ("2026-03-01", True, "2026-03-01T18:15:00Z"),
        ("12h", False, "2026-03-09T18:15:00Z"),
        ("30d", True, "2026-02-08T06:15:00Z"),
        ("999999d", False, None),
    ],
)
def test_days_are_those_of_the_one_who_asks(told, is_end, expected):
    assert moment(told, now=NOW, is_end=is_end) == expected


@pytest.mark.parametrize("told", ["yesterday", "2026-02-30", "-3d", "9999-12-31", "", "3w"])
def test_what_is_no_time_is_told(told):
    with pytest.raises(CommandFailed, match="such as 2026-03-01"):
        moment(told, now=NOW, is_end=True)


def test_the_flags_become_a_request():
    flags = options("--by", "day", "--since", "2026-03-01", "--task", "main", "--tag", "a", "--repo", "r1")
    assert usage_params(flags, "day", now=NOW, limit=9) == SummarizeUsageParams(
        group_by="day",
        filter=SessionFilter(
            repository="r1", task="main", tags=("a",), archived="include", trashed="include"
        ),
        after="2026-02-28T18:15:00Z",
        utc_offset_minutes=345,
        limit=9,
    )


def test_figures_stand_below_each_other():
    rows = (row("p:m", 12.5, input_tokens=12_345, cached_tokens=1), row("a\x1b[31m  b", output_tokens=7))
    total = row("", 12.5, input_tokens=12_345, output_tokens=7)
    lines = usage_lines(SummarizeUsageResult(rows=rows, total=total, count=2), "model", width=None)
    assert lines == [
        "  COST  TOKENS IN  CACHED  OUT  ANSWERS  SESSIONS  MODEL",
        "$12.50     12,345       1    0        2         1  p:m",
        "     -          0       0    7        2         1  a�[31m b",
        "$12.50     12,345       0    7        2         1  total",
    ]
    cut = usage_lines(SummarizeUsageResult(rows=rows, total=total, count=2), "model", width=30)
    assert max(map(len, cut)) == 30


@pytest.mark.parametrize(
    ("cost", "told"), [(None, "-"), (0.0, "$0.00"), (0.004, "<$0.01"), (0.5, "$0.50"), (1234.5, "$1,234.50")]
)
def test_money_is_told_in_dollars(cost, told):
    assert money(cost) == told


def test_a_reversed_time_is_told():
    with pytest.raises(CommandFailed, match="--since is the earlier"):
        usage_params(options("--since", "2026-03-02", "--until", "2026-03-01"), "day", now=NOW, limit=9)
