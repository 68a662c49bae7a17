"""What the commands of `threadkeep repositories` tell and do, with the real server."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.git import Git
from threadkeep.cli.hints import hint_lines
from threadkeep.cli.run import run
from threadkeep.cli.terminal import Terminal
from threadkeep.client.reading import read
from threadkeep.protocol.types.hints import RepositoryHint

pytestmark = pytest.mark.slow

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def threadkeep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in a folder; what it wrote to standard output and error."""
    (tmp_path / "home").mkdir()
    for name in ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))

    def run_one(folder: Path, *arguments: str, code: int = 0, answer: str = "") -> tuple[str, str]:
        monkeypatch.chdir(folder)
        out, err = io.StringIO(), io.StringIO()
        terminal = Terminal(keyboard=io.StringIO(answer), out=out, err=err, width=None)
        assert run([*arguments, "--store", str(tmp_path / "store")], terminal=terminal) == code, (
            err.getvalue()
        )
        return out.getvalue(), err.getvalue()

    return run_one


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path)


def listed(threadkeep: Run, at: Path) -> dict[str, Any]:
    """By name: the id, whether it is an orphan, the count of sessions."""
    told = json.loads(threadkeep(at, "repositories", "list", "--json")[0])["repositories"]
    return {
        each["repository"]["name"]: (each["repository"]["id"], each["isOrphan"], each["sessionCount"])
        for each in told
    }


def test_a_moved_repository_is_told_relocated_and_merged(threadkeep: Run, git: Git, tmp_path: Path) -> None:
    app = git.repository(tmp_path / "app")
    threadkeep(app, "chat", "Where is the parser?")
    told, _ = threadkeep(app, "repositories", "resolve")
    assert told.startswith(f"Folder: {app}, git, task main\nRepository: app (")
    moved = app.rename(tmp_path / "moved")
    threadkeep(moved, "chat", "And now?")
    old = listed(threadkeep, moved)["app"][0]

    told, notes = threadkeep(moved, "repositories", "resolve")
    assert "May be: app (" in told
    assert "it began with the same commit" in told
    assert f"threadkeep repositories relocate {old}" in notes

    told, notes = threadkeep(moved, "repositories", "relocate", old, "--dry-run")
    assert "and takes in moved (" in told
    assert "Nothing was changed" in notes
    _, notes = threadkeep(moved, "repositories", "relocate", old, code=1)
    assert "say --yes to do it" in notes
    assert set(listed(threadkeep, moved)) == {"app", "moved"}

    told, _ = threadkeep(moved, "repositories", "relocate", old, "--yes")
    assert told == f"app is {moved}, with 1 session more\n"
    assert listed(threadkeep, moved) == {"app": (old, False, 2)}


def test_two_repositories_are_merged_by_the_folder_that_is_there(
    threadkeep: Run, git: Git, tmp_path: Path
) -> None:
    one, two = git.repository(tmp_path / "one"), git.repository(tmp_path / "two", first="other")
    threadkeep(one, "chat", "One")
    threadkeep(two, "chat", "Two")
    first = listed(threadkeep, one)["one"][0]
    told = json.loads(threadkeep(two, "repositories", "merge", first, "--yes", "--json")[0])
    assert told["movedSessions"] == 1
    assert [each[2] for each in listed(threadkeep, two).values()] == [2]
    _, notes = threadkeep(two, "repositories", "merge", first, "--yes", code=1)
    assert "the same repository already" in notes


def test_repositories_without_any_folder_cannot_be_merged(threadkeep: Run, git: Git, tmp_path: Path) -> None:
    ids = []
    for name in ("one", "two"):
        folder = git.repository(tmp_path / name, first=name)
        threadkeep(folder, "chat", name)
        ids.append(listed(threadkeep, folder)[name][0])
        folder.rename(tmp_path / f"{name} was here")
    _, notes = threadkeep(tmp_path, "repositories", "merge", *ids, "--yes", code=1)
    assert "use `threadkeep repositories relocate`" in notes
    _, notes = threadkeep(tmp_path, "repositories", "merge", "unknown", ids[0], "--yes", code=1)
    assert "no session is kept for unknown" in notes
    _, notes = threadkeep(
        tmp_path, "repositories", "relocate", ids[0], str(tmp_path / "none"), "--yes", code=1
    )
    assert "there is no folder" in notes


def test_the_sessions_of_a_renamed_branch_come_along(threadkeep: Run, git: Git, tmp_path: Path) -> None:
    app = git.repository(tmp_path / "app")
    threadkeep(app, "chat", "Where is the parser?")
    git("branch", "-m", "better", at=app)
    told, _ = threadkeep(app, "repositories", "rename-task", "main", "better", "--dry-run")
    assert told == "1 session of 'main' in app go to 'better'\n"
    told, _ = threadkeep(app, "repositories", "rename-task", "main", "better", "--yes")
    assert told == "Moved to 'better': 1 session\n"
    assert [
        each["task"] for each in json.loads(threadkeep(app, "sessions", "list", "--json")[0])["sessions"]
    ] == ["better"]
    told, _ = threadkeep(app, "repositories", "dismiss", "--task", "other")
    assert told == "Remembered: it is not hinted at again\n"


HINT = {
    "repository": {"id": "r2", "name": "new", "roots": [{"uri": "file:///new%20one", "present": True}]},
    "task": "better",
    "repositories": [
        {
            "repository": {"id": "r1", "name": "old", "roots": [{"uri": "file:///old", "present": False}]},
            "why": "sameFirstCommit",
            "kind": kind,
            "sessionCount": 2,
            "archivedCount": 1,
            "trashedCount": 4,
        }
        for kind in ("moved", "copied", "unknown")
    ],
    "formerTasks": [
        {"task": "a;b", "branchExists": True, "sessionCount": 1, "archivedCount": 0, "trashedCount": 0}
    ],
}


@pytest.mark.skipif("sys.platform == 'win32'", reason="paths of POSIX")
def test_a_hint_is_a_line_with_what_to_type_and_a_copy_is_none() -> None:
    assert hint_lines(read(HINT, RepositoryHint)) == [
        (
            "Was this folder moved from /old, where you have 3 sessions? `threadkeep repositories relocate r1 "
            "'/new one'` brings them along, `threadkeep repositories dismiss --other r1 --repo '/new one'` says no."
        ),
        (
            "This branch was called a;b, as another branch is now; you have 1 session there. `threadkeep repositories "
            "rename-task 'a;b' better --repo '/new one'` brings them along, `threadkeep repositories dismiss --task "
            "'a;b' --repo '/new one'` says no."
        ),
    ]
