"""What a benchmark's report says of its figures."""

from pathlib import Path

import pytest

from tests.benchmarks.figures import Figure, Row, Table, Yardstick
from tests.benchmarks.progress import Progress
from tests.benchmarks.report import BEGIN, END, Report, markdown, plain, write_into
from tests.benchmarks.run import verdict
from threadkeep.values import evolve


def a_figure(*values: float, against: float = 1.0, **more: float) -> Figure:
    yardstick = Yardstick(what="a yardstick", values=[against])
    return Figure(id="a.figure", what="a thing", unit="ms", values=values, yardstick=yardstick, **more)


def a_report(*figures: Figure) -> Report:
    row = Row(what="1,000", values={"sessions": 10, "append, µs": 1234.5})
    table = Table(id="growth", title="messages", rows=[row])
    return Report(machine={"cores": "2"}, stored="much", seconds={"all": 1}, figures=figures, tables=[table])


def test_only_a_broken_limit_fails() -> None:
    within = a_figure(3.0, limit=4.0, goal=1.0, ratio_goal=2.0)
    broken = a_figure(5.0, limit=4.0, goal=9.0)
    assert a_report(within, broken).failures == [broken]
    assert (within.is_reached, broken.is_reached) == (False, True)


def test_a_margin_is_counted_from_the_yardstick() -> None:
    near, far = a_figure(1.5, margin_goal=0.5), a_figure(1.6, margin_goal=0.5)
    assert (near.is_reached, far.is_reached) == (True, False)
    assert "≤ yardstick + 0.50 ms" in markdown(a_report(far))
    assert verdict(a_report(far)) == 0


def test_a_run_fails_that_breaks_a_limit_or_did_not_measure_all(capfd: pytest.CaptureFixture[str]) -> None:
    assert verdict(a_report(a_figure(3.0, limit=4.0))) == 0
    assert verdict(a_report(a_figure(5.0, limit=4.0))) == 1
    assert "FAILED: a thing: 5.00 × of 4 ×" in capfd.readouterr().err
    unfinished = evolve(a_report(), unfinished={"lists": "OSError: full"})
    assert verdict(unfinished) == 1
    assert "FAILED: lists: OSError: full" in capfd.readouterr().err
    assert "FAILED: lists: OSError: full" in markdown(unfinished)
    assert plain(unfinished)["unfinished"] == {"lists": "OSError: full"}


def fail() -> None:
    raise OSError("the disk\nis full")


def test_a_part_that_fails_does_not_keep_the_next_from_running() -> None:
    told: list[str] = []
    progress = Progress(tell=told.append)
    with progress.part("first"):
        fail()
    with progress.part("second"):
        told.append("it runs")
    assert progress.unfinished == {"first": "OSError: the disk is full"}
    assert list(progress.seconds) == ["first", "second"]
    assert told[0] == "first"
    assert "Traceback" in told[1]
    assert told[2:] == ["second", "it runs"]


def test_ctrl_c_ends_a_run() -> None:
    progress = Progress(tell=lambda _: None)
    with pytest.raises(KeyboardInterrupt), progress.part("first"):
        raise KeyboardInterrupt


def test_the_p99_of_few_values_is_the_highest() -> None:
    assert a_figure(1.0, 9.0, 2.0).p99 == 9.0
    assert a_figure(*map(float, range(1, 201))).p99 == 198.0


def test_a_report_shows_every_figure_beside_its_yardstick_and_goal() -> None:
    text = markdown(a_report(a_figure(3.0, against=2.0, limit=4.0, goal=5.0)))
    line = next(line for line in text.splitlines() if line.startswith("| a thing"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == [
        "a thing", "3.00 ms", "", "a yardstick", "2.00 ms", "1.50 ×", "≤ 4 ×", "ok", "≤ 5.00 ms", "reached",
    ]  # fmt: skip
    assert "| 1,000    | 10       | 1,234      |" in text


def test_a_report_as_json_keeps_figures_as_numbers() -> None:
    (figure,) = plain(a_report(a_figure(3.0, against=2.0, limit=1.0)))["figures"]
    assert (figure["median"], figure["ratio"], figure["is_ok"]) == (3.0, 1.5, False)


def test_writing_replaces_only_what_stands_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write_into(page, a_report(a_figure(3.0)))
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "a thing" in text
    assert "old" not in text


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("text\n", encoding="utf-8")
    with pytest.raises(ValueError, match="lacks the line"):
        write_into(page, a_report(a_figure(3.0)))
    assert page.read_text(encoding="utf-8") == "text\n"
