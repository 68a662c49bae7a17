"""The benchmarks run and give every figure; how fast, no test says."""

import json
import sys
from pathlib import Path

import pytest

from tests.benchmarks.run import main

FIGURES = {
    "store.append",
    "store.current",
    "store.find_by_key",
    "store.find_by_id",
    "store.find_after_write",
    "store.list",
    "store.list_of_repository",
    "store.page",
    "store.open",
    "store.bytes_per_message",
    "lists_small.one_filter",
    "lists_small.combined",
    "lists_small.total",
    "lists_small.facet",
    "lists_small.title",
    "lists_small.uses",
    "lists_small.append_rested",
    "lists.one_filter",
    "lists.combined",
    "lists.total",
    "lists.facet",
    "lists.title",
    "lists.uses",
    "lists.append_rested",
    "wire.session/create.written",
    "wire.session/open",
    "wire.session/list",
    "wire.title",
    "wire.title_of_none",
    "wire.session/history",
    "wire.around",
    "wire.whole_history",
    "memory.large",
    "memory.large_left",
    "wire.session/create",
    "wire.session/create.commit",
    "wire.repository/list",
    "wire.task/list",
    "wire.session/search",
    *(
        f"search.{name}"
        for name in ("newest", "words", "rare", "prefix", "filtered", "task", "none", "ranked", "too_common")
    ),
    *(
        f"streaming.{name}{beside}"
        for name in ("first_delta", "chat_send", "token", "token_of_more")
        for beside in ("", ".plain")
    ),
    "streaming.linear",
    *(f"memory.{name}" for name in ("without", "fresh", "filled", "chatted", "answered", "exported")),
    *(("idle.wakes", "idle.cpu") if sys.platform == "linux" else ()),
    *(f"lookup.{name}" for name in ("start", "search", "streaming", "memory")),
    "startup.initialize",
    "startup.initialize.plain",
    "startup.open",
    "startup.open.plain",
    "startup.python",
}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_quick_run_gives_every_figure(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    status = main(["--quick", "--json", str(file), "--folder", str(tmp_path)])
    found = json.loads(file.read_text(encoding="utf-8"))

    figures = {figure["id"]: figure for figure in found["figures"]}
    assert found["unfinished"] == {}
    assert figures.keys() == FIGURES
    assert all(figure["median"] > 0 for figure in figures.values())
    assert status == (0 if all(figure["is_ok"] for figure in figures.values()) else 1)
    assert [row["what"] for row in found["tables"]["growth"]] == ["1,000", "10,000"]
    assert {"disk", "stock_tinydb", "lists", "requests"} < found["tables"].keys()
    printed = capfd.readouterr().out
    assert all(figure["what"] in printed for figure in figures.values())


@pytest.mark.parametrize("part", [["--quick"], ["--only", "search"]])
def test_the_page_is_written_by_full_runs_only(part: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*part, "--write"])
    assert "--write" in capfd.readouterr().err
