"""The report: what it asks for, what stands on the page, and that nothing on it runs or is loaded."""

import re
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from threadkeep.cli.arguments import build_parser
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.report import MARK, check_free, compact, page, write_whole
from threadkeep.cli.report_charts import Bar, Series, bars, columns
from threadkeep.cli.report_data import ReportData, fetch
from threadkeep.protocol.types.common import Usage
from threadkeep.protocol.types.organise import SummarizeUsageParams, SummarizeUsageResult, UsageRow
from threadkeep.values import Mutable, field

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOSTILE = "</title><script>alert(1)</script>\"'><img src=x onerror=y>&amp;"


def row(
    key: str, *, answers: int = 1, tokens: int = 100, cost: float | None = 0.5, label: str | None = None
) -> UsageRow:
    usage = Usage(input_tokens=tokens, output_tokens=tokens // 10, cached_tokens=tokens // 2, cost=cost)
    return UsageRow(key=key, label=label or key, sessions=1, answers=answers, usage=usage)


class FakeClient(Mutable, kw_only=False):
    """Answers with an answer a day, and with one row for every other group."""

    days: Sequence[date]
    label: str = "main"
    asked: list[SummarizeUsageParams] = field(factory=list)

    async def request(self, params: SummarizeUsageParams) -> SummarizeUsageResult:
        self.asked.append(params)
        told = [day for day in self.days if self._fits(day, params)]
        total = row("", answers=len(told), tokens=100 * len(told))
        if params.group_by == "day":
            rows = tuple(row(day.isoformat()) for day in told[-params.limit :])
            return SummarizeUsageResult(rows=rows, total=total, count=len(told))
        found = (row("k", label=self.label),) if told else ()
        return SummarizeUsageResult(rows=found, total=total, count=len(found) * 3)

    def _fits(self, day: date, params: SummarizeUsageParams) -> bool:
        at = f"{day.isoformat()}T12:00:00Z"
        return (params.after or "") < at < (params.before or "9")


async def made(*days: date, label: str = "main", flags: Sequence[str] = ("--since", "all")) -> ReportData:
    client: Any = FakeClient(days, label)
    return await fetch(client, build_parser().parse_args(["report", *flags]), now=NOW)


def each_day(first: date, count: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]


class Elements(HTMLParser):
    """Every element with its attributes; and that all are closed in their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def test_days_without_an_answer_are_told_as_empty():
    data = await made(date(2026, 3, 1), date(2026, 3, 4))
    assert [(span.first.day, span.row is None) for span in data.spans] == [
        (1, False),
        (2, True),
        (3, True),
        (4, False),
    ]
    assert data.days == (date(2026, 3, 1), date(2026, 3, 4))


@pytest.mark.parametrize(("length", "days", "count"), [(92, 1, 92), (93, 7, 14), (1000, 31, 33)])
async def test_a_long_time_is_told_by_weeks_and_months(length, days, count):
    data = await made(*each_day(date(2024, 1, 1), length))
    first = data.spans[0]
    assert ((first.end - first.first).days, len(data.spans)) == (days, count)
    assert first.row is not None
    assert first.row.answers == days
    assert all(one.end == two.first for one, two in zip(data.spans, data.spans[1:], strict=False))


async def test_more_days_than_a_page_holds_are_all_told():
    data = await made(*each_day(date(2025, 1, 1), 450))
    assert sum(span.row.answers for span in data.spans if span.row) == 450


async def test_the_page_needs_nothing_and_runs_nothing():
    text = page(await made(*each_day(date(2026, 1, 1), 60), label=HOSTILE, flags=("--task", HOSTILE)))
    elements = Elements(text)
    tags = {tag for tag, _ in elements.found}
    assert not tags & {"script", "img", "link", "iframe", "object", "embed", "base", "form", "a"}
    names = {name for _, given in elements.found for name in given}
    assert not [name for name in names if name.startswith("on") or name in ("src", "href", "srcset", "style")]
    assert not re.search(r"url\(|@import", text)
    assert "default-src 'none'" in text
    assert "&lt;script&gt;alert(1)" in text
    assert "prefers-color-scheme: dark" in text


async def test_every_chart_has_a_name_a_description_and_a_table():
    text = page(await made(*each_day(date(2026, 1, 1), 5), label="日本語 & <b>"))
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawings) == 9
    ids: list[str] = []
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert root.get("role") == "img"
        named = (root.get("aria-labelledby") or "").split()
        told = {element.get("id"): element.text for element in root.iter() if element.get("id")}
        assert set(named) == set(told)
        assert all(told.values())
        ids += named
    assert len(set(ids)) == 18
    assert text.count("<table>") == 6
    assert "and 2 more" in text


async def test_an_empty_store_has_a_page_too():
    text = page(await made())
    assert Elements(text).found
    assert "Nothing yet" in text
    assert "<svg" not in text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "0"),
        (950, "950"),
        (999.6, "1k"),
        (12_345, "12.3k"),
        (1_000_000, "1M"),
        (4.56e9, "4.6G"),
        (1e12, "1T"),
    ],
)
def test_figures_are_told_in_few_characters(value, told):
    assert compact(value) == told


def heights(drawing: str, colour: str) -> list[float]:
    return [float(height) for height in re.findall(rf'class="{colour}"[^>]*height="([\d.]+)"', drawing)]


def test_columns_are_as_high_as_their_values():
    series = (Series(name="In", colour="c1", values=[1, 2, 0, 4]),)
    drawing = columns("abcd", series, ticks="abcd", title="T", description="D", tell=compact)
    one, two, four = heights(drawing, "c1")
    assert (two, four) == (pytest.approx(2 * one, abs=0.1), pytest.approx(4 * one, abs=0.1))
    assert re.findall(r">(\d+)</text>", drawing) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("values", [[0.0, 0.0], [1e-9, 0.0], [1e15, 1.0], [3.0, 1.0]])
def test_any_values_make_a_chart(values):
    series = (Series(name="In", colour="c1", values=values),)
    for is_whole in (True, False):
        drawing = columns(
            "ab", series, ticks="ab", title="T", description="D", tell=compact, is_whole=is_whole
        )
        root = ElementTree.fromstring(drawing)
        assert all(float(element.get("height", 0)) <= 190 for element in root.iter())


def test_bars_are_cut_to_their_room_and_named_in_full_for_a_pointer():
    drawing = bars(
        [Bar(name="n" * 80, values=(2, 0), told="2")], colours=("c1", "c2"), title="T", description="D"
    )
    assert f"<title>{'n' * 80}: 2</title>" in drawing
    assert f">{'n' * 24}…</text>" in drawing


def test_only_an_earlier_report_is_replaced(tmp_path):
    path = tmp_path / "r.html"
    check_free(path, is_named=True)
    write_whole(path, f"<!DOCTYPE html>{MARK}")
    check_free(path, is_named=True)
    path.write_text("my homework")
    with pytest.raises(CommandFailed, match="is no report"):
        check_free(path, is_named=False)
    with pytest.raises(CommandFailed, match="is a folder"):
        check_free(tmp_path, is_named=True)
    assert [each.name for each in tmp_path.iterdir()] == ["r.html"]


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    with pytest.raises(CommandFailed, match="give another --output"):
        write_whole(tmp_path / "none" / "r.html", "x")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_a_report_is_for_its_owner_alone(tmp_path: Path):
    write_whole(tmp_path / "r.html", "x")
    assert (tmp_path / "r.html").stat().st_mode & 0o777 == 0o600
