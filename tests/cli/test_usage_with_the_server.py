"""`usage` and `report` with the real server, on a store of their own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.store import FixedClock, a_message, a_session, put
from threadkeep.adapters.store import open_store
from threadkeep.domain.messages import Usage
from threadkeep.domain.repositories import Alias, Repository

pytestmark = pytest.mark.slow

Run = Callable[..., str]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two sessions with an answer each; one lies in the trash."""
    folder = tmp_path / "store"
    opened = open_store(folder, clock=FixedClock())
    with opened.writing() as changes:
        changes.put_repository(Repository(id="r1", name="app", aliases=(Alias(kind="name", value="app"),)))
    for number, trashed_at in enumerate((None, "2026-03-02T00:00:00.000Z"), 1):
        usage = Usage(input_tokens=1000 * number, output_tokens=10, cost=0.25)
        answer = a_message(f"m{number}", session_id=f"s{number}", role="assistant", model="m", usage=usage)
        put(opened, a_session(f"s{number}", title="<b>Tea</b>", trashed_at=trashed_at), answer)
    opened.close()
    return folder


@pytest.fixture
def threadkeep(store: Path, tmp_path: Path) -> Run:
    def run(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "threadkeep", *arguments, "--store", str(store)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            cwd=tmp_path,
            timeout=100,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def test_everything_that_was_paid_is_told(threadkeep: Run) -> None:
    assert threadkeep("usage").splitlines()[-1].split() == ["$0.50", "3,000", "0", "20", "2", "2", "total"]
    result = json.loads(threadkeep("usage", "--by", "session", "--limit", "1", "--json"))
    assert [row["key"] for row in result["rows"]] == ["s2"]
    assert (result["count"], result["total"]["answers"]) == (2, 2)


def test_what_is_no_time_is_told_in_one_line(threadkeep: Run) -> None:
    assert threadkeep("usage", "--since", "soon", code=1).startswith("threadkeep: 'soon' is not a valid time")


def test_a_repository_that_nobody_knows_is_told_in_the_words_of_the_command_line(threadkeep: Run) -> None:
    for command in (("usage",), ("report", "--output", "-"), ("sessions", "search", "x")):
        told = threadkeep(*command, "--repo", "nope", code=1)
        assert told.startswith("threadkeep: no session is kept for nope, and there is no such folder: ")
        assert told.count("\n") == 1


def test_what_narrows_a_list_narrows_the_usage(threadkeep: Run, tmp_path: Path) -> None:
    assert threadkeep("usage", "--trashed", "exclude").splitlines()[-1].split()[0] == "$0.25"
    assert threadkeep("usage", "--link", "issue:none") == ""
    path = tmp_path / "new" / "folder" / "r.html"
    threadkeep("report", "--since", "all", "--output", str(path), "--title", "tea", "--trashed", "exclude")
    assert "title with tea" in path.read_text(encoding="utf-8")


def test_a_report_is_written_and_written_anew(threadkeep: Run, tmp_path: Path) -> None:
    for _ in range(2):
        path = Path(threadkeep("report", "--since", "all").strip())
    assert path == tmp_path / "threadkeep-report.html"
    text = path.read_text(encoding="utf-8")
    assert "&lt;b&gt;Tea&lt;/b&gt;" in text
    assert "<b>" not in text
    assert threadkeep("report", "--since", "all", "--output", "-").startswith("<!DOCTYPE html>")
    path.write_text("my homework", encoding="utf-8")
    assert "is no report" in threadkeep("report", code=1)
    assert path.read_text(encoding="utf-8") == "my homework"
