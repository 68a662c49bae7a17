"""Writes the report: one HTML page, nothing of which is loaded or runs; imported when the command is given."""

import argparse
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Final

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.formats import cut, one_line
from threadkeep.cli.places import absolute, make_folder_of
from threadkeep.cli.report_charts import Bar, Series, bars, columns
from threadkeep.cli.report_data import Ranking, ReportData, Span, fetch
from threadkeep.cli.terminal import Terminal
from threadkeep.cli.usage import money
from threadkeep.client import Client
from threadkeep.protocol.types.common import Usage
from threadkeep.protocol.types.organise import UsageGroup, UsageRow


async def show_report(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    """Writes the page, and tells where it is."""
    to_stdout = options.output == "-"
    if to_stdout and (options.json or options.open):
        raise CommandFailed("give --output a file: standard output holds the page")
    path = absolute(options.output or "threadkeep-report.html")
    if not to_stdout:
        check_free(path, is_named=options.output is not None)
    text = page(await fetch(client, options, now=datetime.now().astimezone()))
    if to_stdout:
        terminal.write(text)
        return 0
    make_folder_of(path)
    write_whole(path, text)
    if options.json:
        terminal.say_json({"path": str(path), "bytes": len(text.encode())})
    else:
        terminal.say(str(path))
        terminal.note(f"{formats.size(len(text.encode()))}, for any browser.")
    if options.open:
        import webbrowser

        webbrowser.open(path.as_uri())
    return 0


def check_free(path: Path, *, is_named: bool) -> None:
    """Raises CommandFailed where something else than an earlier report would be lost."""
    if path.is_dir():
        raise CommandFailed(f"{path} is a folder: give --output the name of a file")
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            is_report = MARK.encode() in file.read(1024)
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read ({error.strerror}): give another --output") from error
    if not is_report:
        other = "another --output" if is_named else "--output FILE"
        raise CommandFailed(f"{path} is there and is no report: move it away, or give {other}")


def write_whole(path: Path, text: str) -> None:
    """Writes the file whole or not at all. Raises CommandFailed."""
    name = ""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            name = file.name
            file.write(text)
        os.replace(name, path)  # noqa: PTH105 - a name is at hand
    except OSError as error:
        if name:
            with suppress(OSError):
                Path(name).unlink()
        raise CommandFailed(f"{path} cannot be written ({error.strerror}): give another --output") from error


STYLE: Final = """
:root {
  --page: #f5f6f8; --card: #ffffff; --ink: #1b1f27; --soft: #5b6472; --line: #e2e5ea; --hover: #0000000d;
  --c1: #3266d6; --c2: #0f8a6d; --c3: #a9c1f5; --c4: #b5651d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14161b; --card: #1d2027; --ink: #e8eaee; --soft: #9aa3b2; --line: #313641; --hover: #ffffff12;
    --c1: #6f9bff; --c2: #3fc79f; --c3: #3d5899; --c4: #e0a05a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { margin: 0; font-size: 26px; }
h2 { margin: 0 0 14px; font-size: 18px; }
header p { margin: 4px 0 20px; color: var(--soft); overflow-wrap: anywhere; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px; margin-top: 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 14px; margin: 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; }
dt { color: var(--soft); font-size: 13px; }
dd { margin: 2px 0 0; font-size: 26px; font-weight: 600; font-variant-numeric: tabular-nums; }
dd small { display: block; color: var(--soft); font-size: 12px; font-weight: 400; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 20px 28px; }
@media (min-width: 1000px) { .ranking { grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); } }
figure { margin: 0; min-width: 0; overflow-x: auto; }
figure p { margin: 4px 0 0; color: var(--soft); font-size: 13px; }
figcaption { color: var(--soft); font-size: 13px; margin-bottom: 6px; }
svg { display: block; width: 100%; min-width: 420px; height: auto; }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
.label { fill: var(--soft); }
.name { fill: var(--ink); }
.grid { stroke: var(--line); stroke-width: 1; }
.hit { fill: transparent; }
g:hover > .hit { fill: var(--hover); }
.c1 { fill: var(--c1); } .c2 { fill: var(--c2); } .c3 { fill: var(--c3); } .c4 { fill: var(--c4); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 8px 0 0; padding: 0; font-size: 13px; color: var(--soft); }
.legend li::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
.legend .c1::before { background: var(--c1); } .legend .c2::before { background: var(--c2); }
.legend .c3::before { background: var(--c3); } .legend .c4::before { background: var(--c4); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 8px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 9em; }
thead th { color: var(--soft); font-weight: 500; }
tbody th { font-weight: 500; }
.scroll tbody tr:last-child > * { font-weight: 600; border-bottom: 0; }
details { margin-top: 16px; overflow-x: auto; }
summary { cursor: pointer; color: var(--soft); font-size: 13px; }
.nothing p { margin: 0; color: var(--soft); }
@media print { body { background: none; } section, .tiles div { break-inside: avoid; } }
"""


MARK: Final = '<meta name="generator" content="threadkeep report">'
"""By which a report is recognised, so that the next one may take its place."""

_HEADINGS: Final[dict[UsageGroup, tuple[str, str]]] = {
    "model": ("By model", "Model"),
    "agent": ("By agent", "Agent"),
    "repository": ("By repository", "Repository"),
    "task": ("Busiest tasks", "Task"),
    "session": ("Busiest sessions", "Session"),
}
_FIGURES: Final = ("Sessions", "Answers", "Tokens in", "cached", "Tokens out", "Cost")


def page(data: ReportData) -> str:
    """The whole file."""
    body = "\n".join([*_head(data), *(_charts(data) if data.total.answers else _nothing())])
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"{MARK}\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>Threadkeep report</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n"
        "</main>\n</body>\n</html>\n"
    )


def compact(value: float) -> str:
    """A figure in few characters: `950`, `12.3k`, `4.5M`."""
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size * 0.9995:
            return f"{value / size:.1f}".removesuffix(".0") + unit
    return f"{value:.0f}"


def _head(data: ReportData) -> Iterator[str]:
    yield "<header>\n<h1>Threadkeep report</h1>"
    told = [_period(data), *data.narrowed, f"made on {_day(data.made_at.date())}"]
    yield f"<p>{escape(one_line(' · '.join(each for each in told if each)))}</p>\n</header>"
    used = data.total.usage
    tiles = (
        ("Sessions", f"{data.total.sessions:,}", ""),
        ("Answers", f"{data.total.answers:,}", ""),
        ("Tokens in", compact(used.input_tokens), f"{_share(used)} from cache" if used.cached_tokens else ""),
        ("Tokens out", compact(used.output_tokens), ""),
        ("Cost", money(used.cost), "where the price is known"),
    )
    yield '<dl class="tiles">'
    for name, value, note in tiles:
        more = f"<small>{escape(note)}</small>" if note else ""
        yield f"<div><dt>{escape(name)}</dt><dd>{escape(value)}{more}</dd></div>"
    yield "</dl>"


def _nothing() -> Iterator[str]:
    yield '<section class="nothing"><h2>Nothing yet</h2><p>No answer was given in this time.</p></section>'


def _charts(data: ReportData) -> Iterator[str]:
    unit = _unit(data.spans)
    rows = [span.row for span in data.spans]
    sessions = [float(row.sessions) if row else 0.0 for row in rows]
    answers = [float(row.answers) if row else 0.0 for row in rows]
    yield '<section><h2>Sessions and answers</h2><div class="pair">'
    yield _over_time(
        data, f"Sessions used a {unit}", (Series(name="Sessions", colour="c1", values=sessions),)
    )
    yield _over_time(data, f"Answers a {unit}", (Series(name="Answers", colour="c2", values=answers),))
    yield "</div></section>"
    yield '<section><h2>Tokens and cost</h2><div class="pair">'
    yield _over_time(data, f"Tokens a {unit}", _token_series([row.usage if row else Usage() for row in rows]))
    costs = [(row.usage.cost or 0.0) if row else 0.0 for row in rows]
    yield _over_time(data, f"Cost a {unit}", (Series(name="Cost", colour="c4", values=costs),), is_money=True)
    yield "</div>"
    yield _time_table(data, unit)
    yield "</section>"
    for ranking in data.rankings:
        yield _ranking(ranking, data.total)


def _token_series(used: Sequence[Usage]) -> tuple[Series, ...]:
    return (
        Series(
            name="In", colour="c1", values=[float(each.input_tokens - each.cached_tokens) for each in used]
        ),
        Series(name="In, from cache", colour="c3", values=[float(each.cached_tokens) for each in used]),
        Series(name="Out", colour="c2", values=[float(each.output_tokens) for each in used]),
    )


def _over_time(data: ReportData, title: str, series: Sequence[Series], *, is_money: bool = False) -> str:
    tell = money if is_money else compact
    totals = [sum(values) for values in zip(*(each.values for each in series), strict=True)]
    names = [_span_name(span) for span in data.spans]
    highest = max(range(len(totals)), key=totals.__getitem__)
    description = f"{len(names)} columns, the highest {tell(totals[highest])} in {names[highest]}."
    drawing = columns(
        names,
        series,
        ticks=[_tick(span) for span in data.spans],
        title=title,
        description=description,
        tell=tell,
        is_whole=not is_money,
    )
    legend = _legend(series) if len(series) > 1 else ""
    return f"<figure><figcaption>{escape(title)}</figcaption>{drawing}{legend}</figure>"


def _ranking(ranking: Ranking, total: UsageRow) -> str:
    heading, column = _HEADINGS[ranking.by]
    rows = [
        Bar(
            name=one_line(row.label),
            values=(
                float(max(0, row.usage.input_tokens - row.usage.cached_tokens)),
                float(row.usage.cached_tokens),
                float(row.usage.output_tokens),
            ),
            told=" · ".join(_told(row)),
        )
        for row in ranking.rows
    ]
    first = ranking.rows[0]
    description = (
        f"{len(rows)} bars, the longest: {one_line(first.label)} with {compact(_tokens(first))} tokens."
    )
    drawing = bars(
        rows, colours=("c1", "c3", "c2"), title=f"Tokens {heading.lower()}", description=description
    )
    lines: list[tuple[str, UsageRow]] = [(one_line(row.label), row) for row in ranking.rows]
    more = f"<p>and {ranking.count - len(rows):,} more</p>" if ranking.count > len(rows) else ""
    return (
        f'<section><h2>{escape(heading)}</h2><div class="pair ranking"><figure><figcaption>Tokens and cost</figcaption>'
        f"{drawing}{_legend(_token_series(()))}{more}</figure>"
        f'<div class="scroll">{_ranking_table(column, [*lines, ("All", total)])}</div></div></section>'
    )


def _legend(series: Sequence[Series]) -> str:
    keys = "".join(f'<li class="{each.colour}">{escape(each.name)}</li>' for each in series)
    return f'<ul class="legend">{keys}</ul>'


def _time_table(data: ReportData, unit: str) -> str:
    told = [(_span_name(span), span.row) for span in data.spans if span.row is not None and span.row.answers]
    rows = [_line(name, _cells(row)) for name, row in reversed(told)]
    return f"<details><summary>The same as a table</summary>{_table(unit.capitalize(), rows)}</details>"


def _ranking_table(column: str, rows: Sequence[tuple[str, UsageRow]]) -> str:
    """With short figures, so that they have room beside a chart; the whole ones are shown at them."""
    lines = []
    for name, row in rows:
        used = row.usage
        tokens = (used.input_tokens, used.cached_tokens, used.output_tokens)
        sessions, answers, *whole, cost = _cells(row)
        short = [
            f'<td title="{told}">{compact(value)}</td>' for value, told in zip(tokens, whole, strict=True)
        ]
        lines.append(_line(cut(name, 60), (sessions, answers), short, (cost,)))
    return _table(column, lines)


def _table(column: str, lines: Sequence[str]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in (column, *_FIGURES))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _line(name: str, cells: Sequence[str], made: Sequence[str] = (), further: Sequence[str] = ()) -> str:
    before, behind = ("".join(f"<td>{escape(cell)}</td>" for cell in some) for some in (cells, further))
    return f'<tr><th scope="row">{escape(name)}</th>{before}{"".join(made)}{behind}</tr>'


def _cells(row: UsageRow) -> tuple[str, ...]:
    used = row.usage
    return (
        f"{row.sessions:,}",
        f"{row.answers:,}",
        f"{used.input_tokens:,}",
        f"{used.cached_tokens:,}",
        f"{used.output_tokens:,}",
        money(used.cost),
    )


def _told(row: UsageRow) -> Iterator[str]:
    yield compact(_tokens(row))
    if row.usage.cost is not None:
        yield money(row.usage.cost)


def _tokens(row: UsageRow) -> int:
    return row.usage.input_tokens + row.usage.output_tokens


def _share(used: Usage) -> str:
    return f"{used.cached_tokens / max(1, used.input_tokens):.0%}"


def _unit(spans: Sequence[Span]) -> str:
    length = (spans[0].end - spans[0].first).days
    return "day" if length == 1 else "week" if length == 7 else "month"


def _period(data: ReportData) -> str:
    if data.days is None:
        return ""
    first, last = data.days
    return _day(first) if first == last else f"{_day(first)} to {_day(last)}"


def _span_name(span: Span) -> str:
    match _unit([span]):
        case "day":
            return _day(span.first)
        case "week":
            return f"the week of {_day(span.first)}"
    return f"{_MONTHS[span.first.month - 1]} {span.first.year}"


def _tick(span: Span) -> str:
    month = _MONTHS[span.first.month - 1]
    return f"{month} {span.first.year}" if _unit([span]) == "month" else f"{span.first.day} {month}"


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
