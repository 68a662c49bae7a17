"""The first commit is asked of `git`, which obeys nothing that lies in the repository."""

import asyncio
import os
import stat
import sys
import time
from pathlib import Path

import pytest

from tests.support.git import Git
from threadkeep.adapters.git import GitCheckouts, commands
from threadkeep.adapters.git.commands import first_commit, safe_environment


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
    sprung = set_traps(tmp_path, git, app)
    assert await ask(app) == git("rev-parse", "HEAD", at=app)
    assert not sprung.exists()


def set_traps(folder: Path, git: Git, repository: Path) -> Path:
    """Settings that start a program; the file that it would make."""
    trap, sprung = folder / "trap.sh", folder / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch '{sprung}'\ncat\n")
    trap.chmod(0o755)
    for setting in ("core.fsmonitor", "core.pager", "pager.rev-list", "core.sshCommand", "core.editor"):
        git("config", setting, trap, at=repository)
    git("config", "core.hooksPath", folder, at=repository)
    git("config", "alias.rev-list", f"!{trap}", at=repository)
    git("config", "credential.helper", f"!{trap}", at=repository)
    git("config", "gpg.program", trap, at=repository)
    git("config", "log.showSignature", "true", at=repository)
    git("config", "filter.trap.clean", trap, at=repository)
    git("config", "filter.trap.smudge", trap, at=repository)
    (repository / ".gitattributes").write_text("* filter=trap\n")
    return sprung


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
        await first_commit(str(tmp_path / "app"), environ=slow_path(tmp_path), seconds=0.5)
    assert_gone(pid)


@pytest.mark.skipif(sys.platform == "win32", reason="the slow git here is a shell script")
async def test_a_git_that_nobody_waits_for_any_more_is_killed(tmp_path: Path) -> None:
    pid = slow_git(tmp_path)
    asking = asyncio.create_task(first_commit(str(tmp_path / "app"), environ=slow_path(tmp_path)))
    async with asyncio.timeout(10):
        while not pid.exists():  # noqa: ASYNC110 - another process makes the file
            await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert_gone(pid)


needs_root = pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 1)() != 0, reason="only root gives a folder to another user"
)


def given_away(root: Path) -> None:
    """As a bind mount shows it in a container: all of it belongs to somebody else."""
    for path in (root, *root.rglob("*")):
        os.chown(path, 4321, 4321, follow_symlinks=False)


@needs_root
async def test_a_repository_of_another_user_keeps_its_first_commit(tmp_path: Path, git: Git) -> None:
    app = git.repository(tmp_path / "app")
    git("worktree", "add", "-q", tmp_path / "tree", at=app)
    first = git("rev-parse", "HEAD", at=app)
    given_away(app)
    given_away(tmp_path / "tree")
    with pytest.raises(AssertionError, match="dubious ownership"):  # as git has it by itself
        git("rev-parse", "HEAD", at=app)
    assert [await ask(app), await ask(tmp_path / "tree")] == [first, first]


@needs_root
async def test_a_git_that_knows_no_such_option_takes_the_repository_by_its_place(
    tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before 2.38 `-c safe.directory` was not heard, which a `git` that never gets it stands for."""
    app = git.repository(tmp_path / "app")
    first = git("rev-parse", "HEAD", at=app)
    given_away(app)
    assert commands._OPTIONS[-2:] == ("-c", "safe.directory=*")
    monkeypatch.setattr(commands, "_OPTIONS", commands._OPTIONS[:-2])
    assert await ask(app) == first


@needs_root
@pytest.mark.skipif(sys.platform == "win32", reason="the hooks here are shell scripts")
async def test_another_users_repository_makes_git_run_nothing_either(tmp_path: Path, git: Git) -> None:
    app = git.repository(tmp_path / "app")
    first = git("rev-parse", "HEAD", at=app)
    sprung = set_traps(tmp_path, git, app)
    given_away(app)
    assert await ask(app) == first
    assert not sprung.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the programs here are shell scripts")
async def test_a_git_that_does_not_start_leaves_the_turn_to_the_next(tmp_path: Path, git: Git) -> None:
    app = git.repository(tmp_path / "app")
    folders = []
    for name, text, mode in (
        ("no-right", "#!/bin/sh\n", 0o644),
        ("no-program", "#!/no/such/program\n", 0o755),
        ("shim", "#!/bin/sh\nexit 126\n", 0o755),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "git").write_text(text)
        (folder / "git").chmod(mode)
        folders.append(str(folder))
    environ = {"PATH": os.pathsep.join((*folders, os.environ["PATH"]))}
    assert await first_commit(str(app), environ=environ) == git("rev-parse", "HEAD", at=app)


@pytest.mark.skipif(sys.platform == "win32", reason="the program here is a shell script")
async def test_a_git_that_lies_in_the_repository_is_not_run(tmp_path: Path, git: Git) -> None:
    app = git.repository(tmp_path / "app")
    sprung = tmp_path / "sprung"
    (app / "bin").mkdir()
    (app / "bin/git").write_text(f"#!/bin/sh\ntouch '{sprung}'\nexit 126\n")
    (app / "bin/git").chmod(0o755)
    environ = {"PATH": os.pathsep.join((str(app / "bin"), os.environ["PATH"]))}
    assert await first_commit(str(app), environ=environ) == git("rev-parse", "HEAD", at=app)
    assert not sprung.exists()


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
