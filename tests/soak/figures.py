"""What a part of a soak run finds out: facts with their bounds, and the page that shows them."""

import platform
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from threadkeep.values import Value, members

BEGIN: Final = "<!-- begin of what `poe soak --write` writes -->"
END: Final = "<!-- end of what `poe soak --write` writes -->"


class Figure(Value):
    """One fact. Without bounds it is shown and decides nothing."""

    what: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_ok(self) -> bool:
        """Whether it is within its bounds."""
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )

    @property
    def bound(self) -> str:
        """The bounds, for people."""
        bounds = [f"≤ {told(self.at_most)}"] if self.at_most is not None else []
        bounds += [f"≥ {told(self.at_least)}"] if self.at_least is not None else []
        return " and ".join(bounds)


class Part(Value):
    """What one part found."""

    name: str
    seconds: float
    figures: Sequence[Figure] = ()
    skipped: str | None = None
    """Why it could not be done here."""

    @property
    def failures(self) -> list[Figure]:
        """What is out of bounds."""
        return [figure for figure in self.figures if not figure.is_ok]


def markdown(parts: Sequence[Part]) -> str:
    """The figures as tables."""
    seconds = ", ".join(f"{part.name} {part.seconds:.0f}" for part in parts)
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    lines = [f"Measured on: {machine}. Seconds: {seconds}.", "", "| part | what | found | bound | ok? |"]
    lines.append("|---|---|---|---|---|")
    for part in parts:
        if part.skipped:
            lines.append(f"| {part.name} | not done: {part.skipped} | | | |")
        for figure in part.figures:
            found = f"{told(figure.value)} {figure.unit}".strip()
            verdict = ("ok" if figure.is_ok else "BROKEN") if figure.bound else ""
            lines.append(f"| {part.name} | {figure.what} | {found} | {figure.bound} | {verdict} |")
    return "\n".join(lines)


def plain(parts: Sequence[Part]) -> Mapping[str, Any]:
    """The same as JSON."""
    return {
        "machine": {"system": sys.platform, "python": platform.python_version()},
        "parts": [
            {
                "name": part.name,
                "seconds": round(part.seconds, 1),
                "skipped": part.skipped,
                "figures": [{**members(figure), "is_ok": figure.is_ok} for figure in part.figures],
            }
            for part in parts
        ],
    }


def write_into(page: Path, parts: Sequence[Part]) -> None:
    """Replaces the figures of the page. Raises ValueError if it has no place for them."""
    text = page.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise ValueError(f"{page.name} has no place for figures")
    between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    new = f"{BEGIN}\n\n{markdown(parts)}\n\n{END}"
    page.write_text(between.sub(lambda _: new, text), encoding="utf-8")


def told(value: float | None) -> str:
    """A number for people."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:,.2f}"
