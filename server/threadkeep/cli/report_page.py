"""The report as one HTML page: nothing of it is loaded from anywhere, and nothing in it runs."""

from collections.abc import Iterator, Sequence
from datetime import date
from html import escape
from typing import Final

from threadkeep.cli.formats import cut, one_line
from threadkeep.cli.report_charts import Bar, Series, bars, columns
from threadkeep.cli.report_data import Ranking, ReportData, Span
from threadkeep.cli.report_style import STYLE
from threadkeep.cli.usage import money
from threadkeep.protocol.types.common import Usage
from threadkeep.protocol.types.organise import UsageGroup, UsageRow

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
