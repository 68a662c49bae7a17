"""Draws how the cost of an operation grows with the store, as SVG that reads well on light and dark pages."""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, Literal

import svg

from tests.benchmarks.figures import Table
from threadkeep.values import Value

WIDTH: Final = 760
HEIGHT: Final = 400
LEFT: Final = 64
RIGHT: Final = 176
TOP: Final = 34
BOTTOM: Final = 48
LABEL: Final = 16
"""From one label to the next, at least."""

GREY: Final = "#747d87"
"""Of the same contrast to white and to black."""
COLOURS: Final = ("#1f7ae0", "#cf5f12", "#1f8f4c", "#9a5fd0", "#cb4b78", "#5b7f95")
TIME: Final = ", µs"
RATIO: Final = ", × raw"


class Line(Value):
    """An operation: µs at each step, ours and the yardstick's."""

    name: str
    colour: str
    ours: Sequence[float]
    raw: Sequence[float]


def growth_chart(table: Table) -> str:
    """The table of growth as a drawing: a line an operation, dashed the yardstick's; both axes logarithmic.

    Raises ValueError for a table of less than two steps.
    """
    steps = [float(row.what.replace(",", "")) for row in table.rows]
    if len(steps) < 2:
        raise ValueError("The cost at one size draws no line.")
    lines = _lines(table)
    values = [value for line in lines for value in (*line.ours, *line.raw)]
    place = Place(
        first=steps[0],
        last=steps[-1],
        low=10.0 ** math.floor(math.log10(min(values))),
        high=10.0 ** math.ceil(math.log10(max(values))),
    )
    changes = "; ".join(f"{line.name} {line.ours[0]:,.0f} to {line.ours[-1]:,.0f} µs" for line in lines)
    told = f"From {steps[0]:,.0f} to {steps[-1]:,.0f} messages: {changes}."
    elements: list[svg.Element] = [
        *_grid(place),
        *(element for line in lines for element in _drawn(line, steps, place)),
        *_labels(lines, place),
        _text(LEFT, 16, "time of an operation; dashed: raw SQLite, the same job", anchor="start"),
        _text(LEFT + (WIDTH - LEFT - RIGHT) / 2, HEIGHT - 8, "messages stored", anchor="middle"),
    ]
    drawing = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, WIDTH, HEIGHT),
        width=WIDTH,
        height=HEIGHT,
        elements=[
            svg.Title(id="title", text="Time of an operation by messages stored"),
            svg.Desc(id="told", text=told),
            *elements,
        ],
        extra={"role": "img", "aria-labelledby": "title told"},
    )
    return f"{drawing}\n"


class Place(Value):
    """Where values stand in the drawing."""

    first: float
    last: float
    low: float
    high: float

    def x(self, messages: float) -> float:
        share = math.log(messages / self.first) / math.log(self.last / self.first)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, microseconds: float) -> float:
        share = math.log(microseconds / self.low) / math.log(self.high / self.low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 1)


def _lines(table: Table) -> list[Line]:
    names = [name.removesuffix(TIME) for name in table.rows[0].values if name.endswith(TIME)]
    found = []
    for name, colour in zip(names, COLOURS, strict=False):
        ours = [float(row.values[name + TIME]) for row in table.rows]
        ratios = [float(row.values[name + RATIO]) for row in table.rows]
        raw = [time / ratio for time, ratio in zip(ours, ratios, strict=True)]
        found.append(Line(name=name, colour=colour, ours=ours, raw=raw))
    return found


def _grid(place: Place) -> Iterator[svg.Element]:
    for power in range(round(math.log10(place.low)), round(math.log10(place.high)) + 1):
        y = place.y(10.0**power)
        yield svg.Line(x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, stroke=GREY, stroke_opacity=0.35)
        yield _text(LEFT - 8, y + 4, _duration(10.0**power), anchor="end")
    for power in range(math.ceil(math.log10(place.first)), math.floor(math.log10(place.last)) + 1):
        x = place.x(10.0**power)
        yield svg.Line(x1=x, x2=x, y1=TOP, y2=HEIGHT - BOTTOM, stroke=GREY, stroke_opacity=0.15)
        yield _text(x, HEIGHT - BOTTOM + 18, f"{10**power:,}", anchor="middle")


def _drawn(line: Line, steps: Sequence[float], place: Place) -> Iterator[svg.Element]:
    dashed: list[Decimal | float | int] = [3, 4]
    for values, width, dashes in ((line.raw, 1.2, dashed), (line.ours, 2.2, None)):
        points = [svg.Point(place.x(step), place.y(value)) for step, value in zip(steps, values, strict=True)]
        yield svg.Polyline(
            points=points,
            fill="none",
            stroke=line.colour,
            stroke_width=width,
            stroke_linejoin="round",
            stroke_dasharray=dashes,
        )
    for step, value in zip(steps, line.ours, strict=True):
        yield svg.Circle(cx=place.x(step), cy=place.y(value), r=3, fill=line.colour)


def _labels(lines: Sequence[Line], place: Place) -> Iterator[svg.Element]:
    """The names at the lines' ends, the slowest above, pushed apart where they would overlap."""
    ordered = sorted(lines, key=lambda line: -line.ours[-1])
    for line, y in zip(ordered, apart([place.y(each.ours[-1]) for each in ordered]), strict=True):
        text = f"{line.name}: {_duration(line.ours[-1])}"
        yield _text(WIDTH - RIGHT + 12, y + 4, text, anchor="start", colour=line.colour)


def apart(places: Sequence[float]) -> list[float]:
    """Ascending places, each pushed on until it is a label's height away from the one before."""
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + LABEL) if found else place)
    return found


def _duration(microseconds: float) -> str:
    return f"{microseconds:,.0f} µs" if microseconds < 1000 else f"{microseconds / 1000:.3g} ms"


def _text(
    x: float, y: float, text: str, *, anchor: Literal["start", "middle", "end"], colour: str = GREY
) -> svg.Text:
    return svg.Text(
        x=x,
        y=y,
        text=text,
        text_anchor=anchor,
        fill=colour,
        font_family="system-ui, sans-serif",
        font_size=13,
    )
