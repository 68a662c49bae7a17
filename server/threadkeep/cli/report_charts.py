"""Charts as SVG: columns over time and bars by rank, of any figures and knowing no report. Colours come from the page's style."""

import math
from collections.abc import Callable, Sequence
from html import escape
from itertools import count
from typing import Final

import svg

from threadkeep.cli.formats import cut
from threadkeep.values import Value

WIDTH: Final = 560
HEIGHT: Final = 190
LEFT: Final = 54
BOTTOM: Final = 22
TOP: Final = 10
BAR: Final = 30
"""From one bar to the next."""
NAME: Final = 178
AMOUNT: Final = 112
"""Room for the figures behind a bar."""
MOST_TICKS: Final = 8

Format = Callable[[float], str]


class Series(Value):
    """A colour of the chart: its name, the style's class for it, and its values."""

    name: str
    colour: str
    values: Sequence[float]


class Bar(Value):
    """A bar of a ranking: stacked values, and the figures behind it."""

    name: str
    values: Sequence[float]
    told: str


_numbers = count(1)


def columns(
    names: Sequence[str],
    series: Sequence[Series],
    *,
    ticks: Sequence[str],
    title: str,
    description: str,
    tell: Format,
    is_whole: bool = True,
) -> str:
    """Columns side by side in the order of time, the series stacked.

    names: of each column; ticks: the same, short. is_whole: there are no fractions, on the axis neither.
    """
    totals = [sum(values) for values in zip(*(each.values for each in series), strict=True)]
    top, step = _scale(max(totals, default=0), is_whole=is_whole)
    plot = HEIGHT - TOP - BOTTOM
    width = (WIDTH - LEFT) / max(1, len(names))
    elements: list[svg.Element] = list(_grid(top, step, plot, tell))
    for at, name in enumerate(names):
        told = [f"{each.name}: {tell(each.values[at])}" for each in series]
        parts: list[svg.Element] = [_title("\n".join([name, *told]))]
        # the whole height, so that a pointer finds low columns too
        parts.append(_rect(LEFT + at * width, TOP, width, plot, "hit"))
        height = 0.0
        gap = min(3.0, width * 0.2)
        for each in series:
            part = each.values[at] / top * plot
            if part > 0:
                part = max(part, 0.6)
                parts.append(
                    _rect(
                        LEFT + at * width + gap / 2,
                        TOP + plot - height - part,
                        width - gap,
                        part,
                        each.colour,
                    )
                )
                height += part
        elements.append(svg.G(elements=parts))
    every = math.ceil(len(ticks) / MOST_TICKS)
    elements += [
        _text(LEFT + (at + 0.5) * width, HEIGHT - 5, ticks[at], "middle")
        for at in range(0, len(ticks), max(1, every))
    ]
    return _drawing(title, description, HEIGHT, elements)


def bars(rows: Sequence[Bar], *, colours: Sequence[str], title: str, description: str) -> str:
    """Bars below each other, the longest first."""
    longest = max((sum(row.values) for row in rows), default=0) or 1
    room = WIDTH - NAME - AMOUNT
    elements: list[svg.Element] = []
    for at, row in enumerate(rows):
        y = at * BAR
        parts: list[svg.Element] = [_title(f"{row.name}: {row.told}"), _rect(0, y, WIDTH, BAR, "hit")]
        parts.append(_text(NAME - 10, y + BAR / 2 + 4, _shortened(row.name), "end", "name"))
        x = float(NAME)
        for value, colour in zip(row.values, colours, strict=True):
            part = value / longest * room
            if part > 0:
                parts.append(_rect(x, y + 6, max(part, 1), BAR - 12, colour))
                x += max(part, 1)
        parts.append(_text(x + 8, y + BAR / 2 + 4, row.told, "start"))
        elements.append(svg.G(elements=parts))
    return _drawing(title, description, max(1, len(rows)) * BAR, elements)


def _drawing(title: str, description: str, height: int, elements: list[svg.Element]) -> str:
    number = next(_numbers)
    told: list[svg.Element] = [
        svg.Title(id=f"title-{number}", text=escape(title)),
        svg.Desc(id=f"desc-{number}", text=escape(description)),
    ]
    drawing = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, WIDTH, height),
        elements=[*told, *elements],
        extra={"role": "img", "aria-labelledby": f"title-{number} desc-{number}"},
    )
    return str(drawing)


def _grid(top: float, step: float, plot: int, tell: Format) -> list[svg.Element]:
    lines: list[svg.Element] = []
    for at in range(round(top / step) + 1):
        y = TOP + plot - at * step / top * plot
        lines.append(svg.Line(x1=LEFT, x2=WIDTH, y1=_round(y), y2=_round(y), class_=["grid"]))
        lines.append(_text(LEFT - 8, y + 4, tell(at * step), "end"))
    return lines


def _scale(most: float, *, is_whole: bool) -> tuple[float, float]:
    """The end of the axis and the step to the next line, in round figures."""
    if most <= 0 or (is_whole and most <= 1):
        return 1.0, 1.0
    raw = most / 4
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= raw * 0.999)
    if is_whole:
        step = max(1.0, float(math.ceil(step)))
    return math.ceil(most / step * 0.999) * step, step


def _rect(x: float, y: float, width: float, height: float, colour: str) -> svg.Rect:
    return svg.Rect(x=_round(x), y=_round(y), width=_round(width), height=_round(height), class_=[colour])


def _text(x: float, y: float, text: str, anchor: str, kind: str = "label") -> svg.Text:
    anchors = {"start": "start", "middle": "middle", "end": "end"}
    return svg.Text(x=_round(x), y=_round(y), text=escape(text), text_anchor=anchors[anchor], class_=[kind])  # type: ignore[arg-type] # one of the three


def _title(text: str) -> svg.Title:
    return svg.Title(text=escape(text))


def _shortened(name: str) -> str:
    return cut(name, 25)


def _round(value: float) -> float:
    return round(value, 2)
