"""The report of a run: as tables for people, as JSON for programs, and into the page of documentation."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import apsw

from tests.benchmarks.figures import Figure, Table, Unit
from threadkeep.values import Value, field

BEGIN: Final = "<!-- begin of what `poe bench --write` writes -->"
END: Final = "<!-- end of what `poe bench --write` writes -->"

_DECIMALS: Final[Mapping[Unit, int]] = {"µs": 1, "ms": 2, "MB": 1, "bytes": 0, "s": 1, "/s": 2}
_HEADINGS: Final = ("what", "median", "p99", "yardstick of the same run", "its median", "ratio", "limit", "ok?", "goal", "reached?")  # fmt: skip


class Report(Value):
    """All that a run found out."""

    machine: Mapping[str, str]
    stored: str
    """What the store held."""
    seconds: Mapping[str, float]
    """How long the parts of the run took."""
    figures: Sequence[Figure]
    tables: Sequence[Table]
    unfinished: Mapping[str, str] = field(factory=dict)
    """Parts that failed before their end, with what was raised."""

    @property
    def failures(self) -> list[Figure]:
        """The figures that break their limit."""
        return [figure for figure in self.figures if not figure.is_ok]


def markdown(report: Report) -> str:
    """The report as tables that read well in a terminal too."""
    lines = [
        f"Measured on: {'; '.join(f'{name} {value}' for name, value in report.machine.items())}.",
        f"Stored: {report.stored}.",
        f"Seconds: {', '.join(f'{name} {taken:.0f}' for name, taken in report.seconds.items())}.",
        "",
        *_lined_up([_HEADINGS, *(_cells(figure) for figure in report.figures)]),
    ]
    for part, problem in report.unfinished.items():
        lines += ["", f"FAILED: {part}: {problem}"]
    for table in report.tables:
        headings = list(dict.fromkeys(name for row in table.rows for name in row.values))
        rows = [(row.what, *(_value(row.values.get(name, "")) for name in headings)) for row in table.rows]
        lines += ["", *_lined_up([(table.title, *headings), *rows])]
    return "\n".join(lines) + "\n"


def plain(report: Report) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "machine": dict(report.machine),
        "stored": report.stored,
        "seconds": dict(report.seconds),
        "unfinished": dict(report.unfinished),
        "figures": [_plain_figure(figure) for figure in report.figures],
        "tables": {
            table.id: [{"what": row.what, **row.values} for row in table.rows] for table in report.tables
        },
    }


def write_into(page: Path, report: Report) -> None:
    """Replaces what stands between the marks of the page. Raises ValueError if it has none."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page.name} lacks the line {BEGIN} or {END}.")
    page.write_text(f"{before}{BEGIN}\n\n{markdown(report)}\n{END}{after}", encoding="utf-8")


def machine() -> dict[str, str]:
    """What matters for speed; nothing that tells whose machine it is."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
        "processor": _processor() or "unknown",
        "Python": platform.python_version(),
        "SQLite": apsw.sqlite_lib_version(),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _cells(figure: Figure) -> tuple[str, ...]:
    yardstick = figure.yardstick
    goals = [f"≤ {_number(figure.goal, figure.unit)}"] if figure.goal is not None else []
    if figure.ratio_goal is not None:
        goals.append(f"≤ {figure.ratio_goal:g} ×")
    if figure.margin_goal is not None:
        goals.append(f"≤ yardstick + {_number(figure.margin_goal, figure.unit)}")
    return (
        figure.what,
        _number(figure.median, figure.unit),
        _number(figure.p99, figure.unit) if len(figure.values) > 1 else "",
        yardstick.what if yardstick else "",
        _number(figure.yardstick_median, figure.unit) if figure.yardstick_median is not None else "",
        f"{figure.ratio:.2f} ×" if figure.ratio is not None else "",
        f"≤ {figure.limit:g} ×" if figure.limit is not None else "",
        "" if figure.limit is None else "ok" if figure.is_ok else "FAILED",
        ", ".join(goals),
        "" if figure.is_reached is None else "reached" if figure.is_reached else "not reached",
    )


def _plain_figure(figure: Figure) -> dict[str, Any]:
    return {
        "id": figure.id,
        "what": figure.what,
        "unit": figure.unit,
        "count": len(figure.values),
        "median": figure.median,
        "p99": figure.p99,
        "mean": figure.mean,
        "yardstick": figure.yardstick.what if figure.yardstick else None,
        "yardstick_median": figure.yardstick_median,
        "ratio": figure.ratio,
        "limit": figure.limit,
        "is_ok": figure.is_ok,
        "goal": figure.goal,
        "ratio_goal": figure.ratio_goal,
        "margin_goal": figure.margin_goal,
        "is_reached": figure.is_reached,
    }


def _number(value: float, unit: Unit) -> str:
    return f"{value:,.{_DECIMALS[unit] if value < 1000 else 0}f} {unit}"


def _value(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if isinstance(value, int) or value >= 100 else f"{value:.1f}"


def _lined_up(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for number, row in enumerate(rows):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        if number == 0:
            yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
