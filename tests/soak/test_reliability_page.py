"""The page of promises names tests that exist, and commands that the suite has."""

import re
from pathlib import Path

from tests.soak.figures import BEGIN, END
from tests.soak.run import PARTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "server" / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+)`", PAGE)))


def test_every_test_that_a_promise_names_exists() -> None:
    written = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    defined = set(re.findall(r"^\s*(?:async )?def (test_\w+)\(", written, re.MULTILINE))
    assert len(NAMED) > 20
    assert [name for name in NAMED if name not in defined] == []


def test_every_promise_names_its_test() -> None:
    tables = re.findall(r"\| promise \| held by \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE)
    assert len(tables) >= 5
    rows = [row for table in tables for row in table.splitlines()]
    assert [row for row in rows if "`test_" not in row and not row.endswith("| the same |")] == []


def test_every_part_of_the_suite_is_on_the_page() -> None:
    assert [name for name in PARTS if f"`{name}`" not in PAGE] == []


def test_the_page_has_the_figures_of_a_run() -> None:
    figures = PAGE.partition(BEGIN)[2].partition(END)[0]
    assert [name for name in PARTS if f"| {name} |" not in figures] == []
    assert "BROKEN" not in figures
