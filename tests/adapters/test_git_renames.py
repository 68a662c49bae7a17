"""What a branch was called before, as the real `git` leaves it on disk."""

import os
from pathlib import Path

import pytest

from tests.support.git import Git
from threadkeep.adapters.git import GitCheckouts
from threadkeep.adapters.git.renames import MAX_LOG


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path)


def former(root: Path) -> list[tuple[str, bool]]:
    checkouts = GitCheckouts()
    return [(each.name, each.is_there) for each in checkouts.former_names(checkouts.read(root.as_uri()))]


@pytest.fixture
def app(git: Git, tmp_path: Path) -> Path:
    return git.repository(tmp_path / "app")


def test_a_branch_that_was_never_renamed_had_no_other_name(app: Path) -> None:
    assert former(app) == []


def test_a_branch_renamed_twice_had_two_names(git: Git, app: Path) -> None:
    git("checkout", "-q", "-b", "feature/a", at=app)
    git("branch", "-m", "feature/bünï", at=app)
    git.commit(app, "more")
    git("branch", "-m", "c", at=app)
    git.commit(app, "still more")
    assert former(app) == [("feature/bünï", False), ("feature/a", False)]


def test_a_name_that_is_a_branch_again_is_told_packed_or_not(git: Git, app: Path) -> None:
    git("branch", "-m", "trunk", at=app)
    assert former(app) == [("main", False)]
    git("branch", "main", at=app)
    assert former(app) == [("main", True)]
    git("pack-refs", "--all", at=app)
    assert former(app) == [("main", True)]


def test_a_branch_of_the_same_name_made_later_was_not_renamed(git: Git, app: Path) -> None:
    git("checkout", "-q", "-b", "a", at=app)
    git("branch", "-m", "b", at=app)
    git("checkout", "-q", "main", at=app)
    git("branch", "-D", "b", at=app)
    git("checkout", "-q", "-b", "b", at=app)
    assert former(app) == []


def test_a_copied_branch_was_not_renamed_though_it_has_the_log_of_one(git: Git, app: Path) -> None:
    git("branch", "-m", "a", at=app)
    git("branch", "-c", "a", "b", at=app)
    git("checkout", "-q", "b", at=app)
    assert former(app) == []
    git("branch", "-m", "c", at=app)
    assert former(app) == [("b", False)]


def test_a_name_given_back_ends_the_list(git: Git, app: Path) -> None:
    git("branch", "-m", "a", at=app)
    git("branch", "-m", "main", at=app)
    assert former(app) == [("a", False)]


def test_a_worktree_tells_as_well(git: Git, app: Path, tmp_path: Path) -> None:
    git("worktree", "add", "-q", "-b", "a", tmp_path / "tree", at=app)
    git("branch", "-m", "b", at=tmp_path / "tree")
    assert former(tmp_path / "tree") == [("a", False)]
    assert former(app) == []


def test_detached_unborn_and_unversioned_folders_have_no_former_names(
    git: Git, app: Path, tmp_path: Path
) -> None:
    git("branch", "-m", "a", at=app)
    git("checkout", "-q", "--detach", at=app)
    (tmp_path / "unborn").mkdir()
    git("init", "-q", ".", at=tmp_path / "unborn")
    (tmp_path / "plain").mkdir()
    assert [former(app), former(tmp_path / "unborn"), former(tmp_path / "plain")] == [[], [], []]


def test_the_end_of_a_long_log_is_looked_at(git: Git, app: Path) -> None:
    git("branch", "-m", "a", at=app)
    log = app / ".git" / "logs" / "refs" / "heads" / "a"
    renamed = log.read_bytes()
    log.write_bytes(b"x\n" * MAX_LOG + renamed)
    assert former(app) == [("main", False)]
    log.write_bytes(renamed + b"x\n" * MAX_LOG)
    assert former(app) == []


def test_a_log_that_is_a_pipe_or_lies_is_no_log(git: Git, app: Path) -> None:
    git("branch", "-m", "a", at=app)
    log = app / ".git" / "logs" / "refs" / "heads" / "a"
    line = "0 0 A <a@b> 1 +0000\tBranch: renamed refs/heads/{} to refs/heads/a\n"
    log.write_text(line.format("../../../etc/passwd"))
    assert former(app) == [("../../../etc/passwd", False)]
    log.write_bytes(b"\xff\tBranch: renamed refs/heads/\xff\xfe to refs/heads/a\n")
    assert former(app) == [("\ufffd\ufffd", False)]
    log.unlink()
    assert former(app) == []
    if hasattr(os, "mkfifo"):
        os.mkfifo(log)
        assert former(app) == []
