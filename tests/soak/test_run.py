"""The soak suite runs from end to end; how much it finds, only a full run tells."""

import json
from pathlib import Path

import pytest

from tests.soak.day import slope
from tests.soak.figures import BEGIN, END, Figure, Part, write_into
from tests.soak.run import PARTS, main


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_quick_run_of_every_part_breaks_no_bound(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    status = main(["--quick", "--json", str(file), "--folder", str(tmp_path)])
    printed = capfd.readouterr()
    assert status == 0, printed.err
    found = json.loads(file.read_text(encoding="utf-8"))
    assert [part["name"] for part in found["parts"]] == list(PARTS)
    assert all(part["figures"] or part["skipped"] for part in found["parts"])


def test_the_page_is_written_by_full_runs_only(capfd: pytest.CaptureFixture[str]) -> None:
    for further in ("--quick", "--only=kills"):
        with pytest.raises(SystemExit):
            main(["--write", further])
    assert "--write" in capfd.readouterr().err


def test_a_figure_out_of_bounds_is_a_failure() -> None:
    good = Figure(what="a", value=1, at_most=1, at_least=1)
    bad = Figure(what="b", value=2, at_most=1)
    part = Part(name="p", seconds=1, figures=[good, bad, Figure(what="c", value=9)])
    assert part.failures == [bad]


def test_figures_are_written_between_their_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write_into(
        page, [Part(name="p", seconds=2, figures=[Figure(what="found", value=3, unit="MB", at_most=4)])]
    )
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| p | found | 3 MB | ≤ 4 | ok |" in text


def test_the_slope_is_that_of_a_line() -> None:
    assert slope([0, 1, 2], [5, 7, 9]) == 2
    assert slope([1, 1], [5, 7]) == 0
