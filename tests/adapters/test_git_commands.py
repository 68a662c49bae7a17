"""The first commit is asked of `git`, which obeys nothing that lies in the repository."""

import asyncio
import os
import stat
import sys
import time
from pathlib import Path

import pytest

from tests.support.git import Git
from threadkeep.adapters.git import GitCheckouts
from threadkeep.adapters.git.commands import first_commit, found_git, safe_environment


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path)


async def ask(folder: Path) -> str | None:
    checkouts = GitCheckouts()
    return await checkouts.first_commit(checkouts.read(folder.as_uri()))


async def test_the_first_commit_is_that_without_parents(tmp_path: Path, git: Git) -> None:
    app = git.repository(tmp_path / "app")
    first = git("rev-parse", "HEAD", at=app)
    git.commit(app, "second")
    (app / "deep").mkdir()
    assert [await ask(app), await ask(app / "deep")] == [first, first]


async def test_of_joined_histories_the_oldest_counts(tmp_path: Path, git: Git) -> None:
    app = git.repository(tmp_path / "app")
    git("checkout", "-q", "--orphan", "other", at=app)
    (app / "other.txt").write_text("other")
    git("add", ".", at=app)
    git("commit", "-q", "-m", "other", at=app, date="2025-01-01T00:00:00Z")
    older = git("rev-parse", "HEAD", at=app)
    git("checkout", "-q", "main", at=app)
    git("merge", "-q", "--allow-unrelated-histories", "-X", "ours", "-m", "join", "other", at=app)
    assert await ask(app) == older


async def test_a_worktree_and_a_clone_begin_as_their_repository(tmp_path: Path, git: Git) -> None:
    app = git.repository(tmp_path / "app")
    git("worktree", "add", "-q", tmp_path / "tree", at=app)
    git("clone", "-q", app, "clone", at=tmp_path)
    first = git("rev-parse", "HEAD", at=app)
    assert [await ask(tmp_path / "tree"), await ask(tmp_path / "clone")] == [first, first]


async def test_a_cut_history_begins_nowhere(tmp_path: Path, git: Git) -> None:
    app = git.repository(tmp_path / "app")
    git.commit(app, "second")
    git("clone", "-q", "--depth=1", app.as_uri(), "shallow", at=tmp_path)
    assert await ask(tmp_path / "shallow") is None


async def test_nothing_begins_without_a_commit_or_without_git(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "unborn", at=tmp_path)
    (tmp_path / "plain").mkdir()
    assert [await ask(tmp_path / "unborn"), await ask(tmp_path / "plain")] == [None, None]


async def test_without_the_command_there_is_no_answer(tmp_path: Path, git: Git) -> None:
    app = git.repository(tmp_path / "app")
    assert await first_commit(str(app), environ={"PATH": str(tmp_path)}) is None
    assert await first_commit(str(app), environ={}) is None


async def test_a_folder_that_is_gone_has_no_answer(tmp_path: Path) -> None:
    assert await first_commit(str(tmp_path / "gone"), environ=os.environ) is None


@pytest.mark.skipif(sys.platform == "win32", reason="the hooks here are shell scripts")
async def test_no_setting_of_the_repository_makes_git_run_anything(tmp_path: Path, git: Git) -> None:
    app = git.repository(tmp_path / "app")
    trap, sprung = tmp_path / "trap.sh", tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch '{sprung}'\ncat\n")
    trap.chmod(0o755)
    for setting in ("core.fsmonitor", "core.pager", "pager.rev-list", "core.sshCommand", "core.editor"):
        git("config", setting, trap, at=app)
    git("config", "core.hooksPath", tmp_path, at=app)
    git("config", "alias.rev-list", f"!{trap}", at=app)
    git("config", "credential.helper", f"!{trap}", at=app)
    git("config", "gpg.program", trap, at=app)
    git("config", "log.showSignature", "true", at=app)
    assert await ask(app) == git("rev-parse", "HEAD", at=app)
    assert not sprung.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the remote helper here is a shell script")
async def test_a_missing_commit_is_not_fetched_from_anywhere(tmp_path: Path, git: Git) -> None:
    app = git.repository(tmp_path / "app")
    first = git("rev-parse", "HEAD", at=app)
    git.commit(app, "second")
    trap, sprung = tmp_path / "trap.sh", tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch '{sprung}'\n")
    trap.chmod(0o755)
    git("config", "remote.origin.url", f"ext::{trap}", at=app)
    git("config", "remote.origin.promisor", "true", at=app)
    git("config", "protocol.ext.allow", "always", at=app)
    git("config", "extensions.partialClone", "origin", at=app)
    (app / ".git/objects" / first[:2] / first[2:]).chmod(0o600)
    (app / ".git/objects" / first[:2] / first[2:]).unlink()
    assert await ask(app) is None
    assert not sprung.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the slow git here is a shell script")
async def test_a_git_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    pid = slow_git(tmp_path)
    with pytest.raises(TimeoutError):
        await first_commit(str(tmp_path), environ=slow_path(tmp_path), seconds=0.5)
    assert_gone(pid)


@pytest.mark.skipif(sys.platform == "win32", reason="the slow git here is a shell script")
async def test_a_git_that_nobody_waits_for_any_more_is_killed(tmp_path: Path) -> None:
    pid = slow_git(tmp_path)
    asking = asyncio.create_task(first_commit(str(tmp_path), environ=slow_path(tmp_path)))
    async with asyncio.timeout(10):
        while not pid.exists():  # noqa: ASYNC110 - another process makes the file
            await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert_gone(pid)


def slow_git(folder: Path) -> Path:
    """A `git` that first writes its process id to the file that is returned, and then does nothing."""
    pid = folder / "pid"
    script = folder / "git"
    script.write_text(f"#!/bin/sh\necho $$ > '{pid}.new'\nmv '{pid}.new' '{pid}'\nexec sleep 60\n")
    script.chmod(stat.S_IRWXU)
    return pid


def slow_path(folder: Path) -> dict[str, str]:
    return {"PATH": os.pathsep.join((str(folder), os.environ["PATH"]))}


def assert_gone(pid: Path) -> None:
    number = int(pid.read_text())
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    raise AssertionError(f"{number} still runs")


def test_git_gets_no_settings_but_those_of_the_repository() -> None:
    told = safe_environment(
        {"PATH": "/bin", "HOME": "/home/ann", "GIT_DIR": "/x", "GIT_SSH_COMMAND": "x", "LD_PRELOAD": "x"}
    )
    assert told["PATH"] == "/bin"
    assert {"HOME", "GIT_DIR", "GIT_SSH_COMMAND", "LD_PRELOAD"} & told.keys() == set()
    assert (told["GIT_CONFIG_GLOBAL"], told["GIT_ALLOW_PROTOCOL"]) == (os.devnull, "none")


def test_a_git_in_the_current_folder_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "git").write_text("")
    (tmp_path / "git.exe").write_text("")
    monkeypatch.chdir(tmp_path)
    assert found_git(os.pathsep.join(("", ".")), platform="linux") is None
    assert found_git(os.pathsep.join(("", ".")), platform="win32") is None
    assert found_git(str(tmp_path), platform="win32") == tmp_path / "git.exe"


@pytest.mark.skipif(sys.platform == "win32", reason="these paths are absolute elsewhere only")
def test_what_only_offers_to_install_git_is_no_git() -> None:
    shim, tool = Path("/usr/bin/git"), Path("/Library/Developer/CommandLineTools/usr/bin/git")
    brewed = Path("/opt/homebrew/bin/git")
    path = os.pathsep.join(("/usr/bin", "/opt/homebrew/bin"))
    for there, expected in (
        ({shim}, None),
        ({shim, tool}, tool),
        ({shim, brewed}, brewed),
        ({brewed}, brewed),
    ):
        assert found_git(path, platform="darwin", is_there=there.__contains__) == expected
    assert found_git(path, platform="linux", is_there={shim}.__contains__) == shim
