"""The page on platforms names tests that exist, and says how each row is known."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "server" / "docs" / "platforms.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| what |")
]


def test_there_are_rows() -> None:
    assert ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_row_says_for_each_system_how_it_is_known_and_by_which_tests(row: list[str]) -> None:
    _, *systems, held_by = row
    assert [cell for cell in systems if not re.match(r"(native|stand-in|read|-)\b|-$", cell)] == []
    assert len(systems) == 3
    if any(cell.startswith(("native", "stand-in")) for cell in systems):
        assert re.search(r"`test_\w+`|`[^`]+`", held_by)


def test_every_test_that_is_named_exists() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert sorted(name for name in named if f"def {name}(" not in sources) == []
