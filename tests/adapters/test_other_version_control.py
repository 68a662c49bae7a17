"""Folders that Jujutsu and Mercurial keep, as both leave them on disk."""

import os
import struct
from pathlib import Path

import pytest

from tests.support.git import Git
from threadkeep.adapters.git import GitCheckouts
from threadkeep.domain.repositories import Checkout

NODE = bytes(range(20))


def read(folder: Path) -> Checkout:
    return GitCheckouts().read(folder.as_uri())


def jujutsu(root: Path, *, git: str | None = "git") -> Path:
    """A repository of Jujutsu with a bare git store, or one of its own kind."""
    store = root / ".jj" / "repo" / "store"
    store.mkdir(parents=True)
    if git is not None:
        (store / "git_target").write_text(git)
        _bare(store / "git")
    return root


def _bare(at: Path) -> None:
    for name in ("objects", "refs"):
        (at / name).mkdir(parents=True)
    (at / "HEAD").write_text("ref: refs/heads/main\n")
    (at / "config").write_text('[remote "origin"]\n\turl = git@example.com:ada/app.git\n')


def mercurial(root: Path, *, node: bytes = NODE) -> Path:
    store = root / ".hg" / "store"
    store.mkdir(parents=True)
    (root / ".hg" / "requires").write_text("revlogv1\nstore\n")
    entry = struct.pack(">I", 0x00010001) + bytes(28) + node + bytes(12)
    (store / "00changelog.i").write_bytes(entry)
    return root


def test_a_repository_of_jujutsu_is_known_by_its_git_store_and_has_the_default_task(tmp_path: Path) -> None:
    root = jujutsu(tmp_path / "app")
    (root / "deep" / "er").mkdir(parents=True)
    found = read(root / "deep" / "er")
    assert found.root == str(root)
    assert found.common_dir == str(root / ".jj" / "repo" / "store" / "git")
    assert (found.vcs, found.branch, found.task) == ("jj", None, "default")
    assert found.origin == "https://example.com/ada/app"


def test_a_second_workspace_of_jujutsu_is_the_same_repository(tmp_path: Path) -> None:
    root, second = jujutsu(tmp_path / "app"), tmp_path / "second"
    (second / ".jj").mkdir(parents=True)
    (second / ".jj" / "repo").write_text(str(root / ".jj" / "repo"))
    assert read(second).common_dir == read(root).common_dir
    assert read(second).root == str(second)
    (second / ".jj" / "repo").write_text("../../app/.jj/repo")
    assert read(second).common_dir == read(root).common_dir


def test_a_workspace_beside_a_colocated_repository_is_that_of_git(git: Git, tmp_path: Path) -> None:
    root, second = git.repository(tmp_path / "app"), tmp_path / "second"
    jujutsu(root, git="../../../.git")
    (second / ".jj").mkdir(parents=True)
    (second / ".jj" / "repo").write_text(str(root / ".jj" / "repo"))
    assert (read(root).vcs, read(root).branch) == ("git", "main")
    assert read(second).common_dir == read(root).common_dir == str(root / ".git")


def test_a_store_of_another_kind_is_known_by_its_own_place(tmp_path: Path) -> None:
    root = jujutsu(tmp_path / "app", git=None)
    assert read(root).common_dir == str(root / ".jj" / "repo")
    assert GitCheckouts().holds(read(root), "a" * 40) is None


@pytest.mark.parametrize("written", ["", "\0", "nowhere", "/dev/null"])
def test_a_workspace_that_leads_nowhere_is_none(tmp_path: Path, written: str) -> None:
    (tmp_path / "app" / ".jj").mkdir(parents=True)
    (tmp_path / "app" / ".jj" / "repo").write_text(written)
    assert read(tmp_path / "app").common_dir is None


async def test_the_first_commit_of_jujutsu_is_that_of_its_bookmarks(git: Git, tmp_path: Path) -> None:
    source = git.repository(tmp_path / "source")
    root = jujutsu(tmp_path / "app", git=None)
    target = root / ".jj" / "repo" / "store" / "git"
    git("clone", "-q", "--bare", source, target, at=tmp_path)
    (target.parent / "git_target").write_text("git")
    first = git("rev-list", "--max-parents=0", "HEAD", at=source)
    checkouts = GitCheckouts()
    assert await checkouts.first_commit(read(root)) == first
    assert checkouts.holds(read(root), first) is True


async def test_a_repository_of_mercurial_is_known_by_its_folder_and_first_changeset(tmp_path: Path) -> None:
    root = mercurial(tmp_path / "app")
    (root / "deep").mkdir()
    (root / ".hg" / "hgrc").write_text(
        "[ui]\ndefault = no\n[paths]\n# default = no\ndefault:pushurl = no\ndefault = https://x@hg.example.com/app\n"
    )
    found, checkouts = read(root / "deep"), GitCheckouts()
    assert (found.root, found.common_dir, found.vcs) == (str(root), str(root / ".hg"), "hg")
    assert (found.origin, found.task) == ("https://hg.example.com/app", "default")
    assert await checkouts.first_commit(found) == NODE.hex()
    assert checkouts.holds(found, NODE.hex()) is True
    assert checkouts.holds(found, "f" * 40) is False


def test_the_task_in_mercurial_is_the_active_bookmark_else_the_branch(tmp_path: Path) -> None:
    root = mercurial(tmp_path / "app")
    (root / ".hg" / "branch").write_text("stable\n")
    assert read(root).task == "stable"
    (root / ".hg" / "bookmarks.current").write_text("feature")
    assert read(root).task == "feature"
    (root / ".hg" / "bookmarks.current").write_text("a\x1bb")
    (root / ".hg" / "branch").write_text("default\n")
    assert (read(root).branch, read(root).task) == (None, "default")


def test_a_share_of_mercurial_is_the_same_repository(tmp_path: Path) -> None:
    root, share = mercurial(tmp_path / "app"), tmp_path / "share"
    (share / ".hg").mkdir(parents=True)
    (share / ".hg" / "requires").write_text("shared\n")
    (share / ".hg" / "sharedpath").write_text(str(root / ".hg"))
    (share / ".hg" / "branch").write_text("other\n")
    assert read(share).common_dir == read(root).common_dir
    assert (read(share).root, read(share).task) == (str(share), "other")


async def test_an_empty_or_odd_changelog_tells_nothing(tmp_path: Path) -> None:
    root, checkouts = mercurial(tmp_path / "app"), GitCheckouts()
    changelog = root / ".hg" / "store" / "00changelog.i"
    for written in (b"", b"\0" * 64, b"x" * 10):
        changelog.write_bytes(written)
        assert await checkouts.first_commit(read(root)) is None
        assert checkouts.holds(read(root), NODE.hex()) is None
    changelog.unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(changelog)
        assert await checkouts.first_commit(read(root)) is None


def test_the_innermost_repository_counts_whatever_keeps_it(git: Git, tmp_path: Path) -> None:
    outer = git.repository(tmp_path / "app")
    assert read(mercurial(outer / "hg")).vcs == "hg"
    assert read(jujutsu(outer / "jj")).vcs == "jj"
    assert read(git.repository(outer / "hg" / "git")).vcs == "git"
    (outer / "plain" / ".hg").mkdir(parents=True)
    assert read(outer / "plain").root == str(outer)


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path)
