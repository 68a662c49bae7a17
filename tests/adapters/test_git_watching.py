"""What tells that another branch may be checked out: real repositories, and git itself."""

import errno
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.support.git import Git
from threadkeep.adapters.git import BranchNews, GitCheckouts
from threadkeep.adapters.git.watching import Inotify

SOON = 5.0
"""Seconds; the system tells within some milliseconds, the rest is for a busy machine."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


OPEN: list[BranchNews] = []


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def no_inotify() -> Inotify:
    raise OSError(errno.EMFILE, "too many")


class Told:
    """What a window knows of a folder, by the system or by looking at times."""

    def __init__(self, folder: Path, *, is_reported: bool) -> None:
        self._folder = folder
        self.checkouts = GitCheckouts()
        make = Inotify if is_reported else no_inotify
        self.news = BranchNews(is_silent=lambda _: False, make=make)
        self._by_inotify = is_reported
        OPEN.append(self.news)
        self.attend()
        assert self.news.is_reported is is_reported
        self.forget()

    @property
    def task(self) -> str:
        return self.checkouts.read(self._folder.as_uri()).task

    def attend(self) -> None:
        self.news.look_again()
        self.news.attend([self.checkouts.read(self._folder.as_uri())])

    def forget(self) -> None:
        """What was told so far."""
        self.news.drain()
        self.news.look_again()

    def hears(self, *, within: float = SOON) -> bool:
        end = time.monotonic() + within
        while True:
            if self.news.drain() if self._by_inotify else not self.news.is_same():
                return True
            if time.monotonic() >= end:
                return False
            time.sleep(0.01)


@pytest.fixture(params=[pytest.param(True, marks=linux), False], ids=["inotify", "times"])
def is_reported(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = tmp_path / "app"
    made.mkdir()
    git(made, "init", "-q")
    (made / "a").write_text("1")
    git(made, "add", ".")
    git(made, "commit", "-q", "-m", "one")
    git(made, "branch", "feature")
    return made


def git(folder: Path, *arguments: str, fails: bool = False) -> None:
    run = Git(folder.parent)
    with pytest.raises(AssertionError) if fails else nullcontext():
        run(*arguments, at=folder)


@needs_git
def test_a_checkout_is_told(repository: Path, is_reported: bool) -> None:
    told = Told(repository, is_reported=is_reported)
    for branch in ("feature", "main"):
        git(repository, "checkout", "-q", branch)
        assert told.hears()
        assert told.task == branch
        told.forget()


@needs_git
def test_what_is_no_checkout_is_not_told_by_the_system(repository: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("inotify is Linux's")
    told = Told(repository, is_reported=True)
    (repository / "a").write_text("2")
    git(repository, "status")
    git(repository, "branch", "another")
    assert not told.hears(within=0.3)


@needs_git
def test_a_checkout_in_a_folder_below_is_told(repository: Path, is_reported: bool) -> None:
    (repository / "src").mkdir()
    told = Told(repository / "src", is_reported=is_reported)
    git(repository, "checkout", "-q", "feature")
    assert told.hears()
    assert told.task == "feature"


@needs_git
def test_a_checkout_in_a_work_tree_of_its_own_is_told(
    repository: Path, tmp_path: Path, is_reported: bool
) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"), "feature")
    told = Told(tmp_path / "tree", is_reported=is_reported)
    git(tmp_path / "tree", "checkout", "-q", "-b", "third")
    assert told.hears()
    assert told.task == "third"


@needs_git
def test_a_branch_without_a_commit_and_packed_ones_are_told(repository: Path, is_reported: bool) -> None:
    git(repository, "pack-refs", "--all")
    told = Told(repository, is_reported=is_reported)
    git(repository, "checkout", "-q", "--orphan", "empty")
    assert told.hears()
    assert told.task == "empty"


@needs_git
def test_a_bisection_that_begins_and_ends_is_told(repository: Path, is_reported: bool) -> None:
    told = Told(repository, is_reported=is_reported)
    git(repository, "bisect", "start")
    assert told.hears()
    told.forget()
    git(repository, "bisect", "reset")
    assert told.hears()


@needs_git
def test_a_rebase_that_stops_and_goes_on_is_told(repository: Path, is_reported: bool) -> None:
    (repository / "a").write_text("main's")
    git(repository, "commit", "-q", "-a", "-m", "two")
    git(repository, "checkout", "-q", "feature")
    (repository / "a").write_text("feature's")
    git(repository, "commit", "-q", "-a", "-m", "three")
    told = Told(repository, is_reported=is_reported)
    git(repository, "rebase", "-q", "main", fails=True)
    assert told.hears()
    assert told.task == "feature"
    told.forget()
    git(repository, "rebase", "--abort")
    assert told.hears()
    assert told.task == "feature"


def test_a_head_that_is_written_in_place_is_told(tmp_path: Path, is_reported: bool) -> None:
    folder = plain_repository(tmp_path / "app")
    told = Told(folder, is_reported=is_reported)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/other\n")
    assert told.hears()
    assert told.task == "other"


def test_a_folder_that_becomes_a_repository_and_is_none_again_is_told(
    tmp_path: Path, is_reported: bool
) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    told = Told(folder, is_reported=is_reported)
    shutil.move(plain_repository(tmp_path / "made") / ".git", folder / ".git")
    assert told.hears()
    told.attend()
    assert told.task == "main"
    told.forget()
    shutil.rmtree(folder / ".git")
    assert told.hears()
    told.attend()
    assert told.task == "default"
    told.forget()
    shutil.move(plain_repository(tmp_path / "again") / ".git", folder / ".git")
    assert told.hears()


def test_a_repository_that_was_replaced_is_watched_again(tmp_path: Path, is_reported: bool) -> None:
    folder = plain_repository(tmp_path / "app")
    told = Told(folder, is_reported=is_reported)
    shutil.rmtree(folder / ".git")
    plain_repository(folder)
    assert told.hears()
    told.attend()
    told.forget()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/other\n")
    assert told.hears()


def test_a_repository_around_an_opened_folder_is_found_by_the_times(tmp_path: Path) -> None:
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    told = Told(folder, is_reported=False)
    plain_repository(tmp_path / "outer")
    assert told.hears()


@linux
def test_where_the_system_may_be_silent_nothing_is_certain(tmp_path: Path) -> None:
    folder = plain_repository(tmp_path / "app")
    news = BranchNews(is_silent=lambda place: place == folder / ".git")
    news.look_again()
    assert news.attend([GitCheckouts().read(folder.as_uri())]) is True
    news.look_again()
    assert (news.is_reported, news.is_same()) == (False, False)
    news.close()


def test_a_window_without_folders_has_nothing_to_look_at(is_reported: bool) -> None:
    news = BranchNews(is_silent=lambda _: False, make=Inotify if is_reported else no_inotify)
    news.attend([])
    assert (news.is_reported, news.is_same()) == (is_reported, True)
    news.close()


@linux
def test_folders_that_are_closed_are_watched_no_more(tmp_path: Path) -> None:
    first, second = (plain_repository(tmp_path / name) for name in "ab")
    news, read = BranchNews(is_silent=lambda _: False), GitCheckouts().read
    news.attend([read(first.as_uri()), read(second.as_uri()), read(second.as_uri())])
    assert news.is_reported
    news.attend([read(second.as_uri())])
    news.drain()
    (first / ".git" / "HEAD").write_text("ref: refs/heads/other\n")
    time.sleep(0.1)
    assert news.drain() is False
    (second / ".git" / "HEAD").write_text("ref: refs/heads/other\n")
    assert news.drain() is True
    descriptor = news.descriptor
    assert descriptor is not None
    news.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def plain_repository(made: Path) -> Path:
    """What makes a folder a repository, without git's help."""
    folder = made / ".git"
    for name in ("objects", "refs"):
        (folder / name).mkdir(parents=True)
    (folder / "config").write_text("")
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    return made
