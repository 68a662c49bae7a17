"""Whether a repository has an object is told by its files alone."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from tests.support.git import Git
from threadkeep.adapters.git import GitCheckouts
from threadkeep.adapters.git.objects import holds_object

NOBODY = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path)


@pytest.fixture
def app(tmp_path: Path, git: Git) -> Path:
    return git.repository(tmp_path / "app")


def objects_of(root: Path, git: Git) -> list[str]:
    listed = git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)", at=root)
    return listed.split()


def test_a_loose_object_is_there(app: Path, git: Git) -> None:
    assert holds_object(app / ".git", git("rev-parse", "HEAD", at=app)) is True


def test_what_is_not_there_is_not_there(app: Path) -> None:
    assert holds_object(app / ".git", NOBODY) is False


def test_every_object_of_a_pack_is_there_and_no_other(app: Path, git: Git) -> None:
    for n in range(40):
        git.commit(app, str(n))
    git("gc", "-q", "--prune=now", at=app)
    names = objects_of(app, git)
    assert not list((app / ".git/objects").glob("??/*"))
    assert all(holds_object(app / ".git", name) for name in names)
    others = [hashlib.sha1(str(n).encode()).hexdigest() for n in range(300)]
    assert [holds_object(app / ".git", name) for name in others] == [False] * 300
    near = [f"{int(name, 16) + step:040x}" for name in names for step in (-1, 1)]
    assert {holds_object(app / ".git", name) for name in near} == {False}


def test_several_packs_are_looked_through(app: Path, git: Git) -> None:
    first = git("rev-parse", "HEAD", at=app)
    git("repack", "-q", "-d", at=app)
    second = git.commit(app, "second")
    git("repack", "-q", "-d", at=app)
    assert len(list((app / ".git/objects/pack").glob("*.idx"))) == 2
    assert [holds_object(app / ".git", name) for name in (first, second, NOBODY)] == [True, True, False]


def test_objects_with_long_names_are_found(tmp_path: Path, git: Git) -> None:
    root = tmp_path / "long"
    root.mkdir()
    git("init", "-q", "--object-format=sha256", ".", at=root)
    commit = git.commit(root, "first")
    git("gc", "-q", "--prune=now", at=root)
    assert len(commit) == 64
    assert [holds_object(root / ".git", name) for name in (commit, "0" * 64)] == [True, False]


def test_objects_that_lie_elsewhere_too_are_not_denied(app: Path, tmp_path: Path, git: Git) -> None:
    git("clone", "-q", "--shared", app, "shared", at=tmp_path)
    assert holds_object(tmp_path / "shared/.git", NOBODY) is None


def test_a_repository_that_is_gone_denies_nothing(tmp_path: Path) -> None:
    assert holds_object(tmp_path / "nowhere", NOBODY) is None


@pytest.mark.parametrize("name", ["", "HEAD", "../../x", NOBODY[:10], NOBODY.upper(), NOBODY + "\n"])
def test_what_is_no_name_of_an_object_is_neither_there_nor_not(app: Path, name: str) -> None:
    assert holds_object(app / ".git", name) is None


@pytest.mark.parametrize("cut", [0, 7, 8, 500, 1032, 1040])
def test_a_damaged_index_denies_nothing(app: Path, git: Git, cut: int) -> None:
    git("gc", "-q", "--prune=now", at=app)
    (index,) = (app / ".git/objects/pack").glob("*.idx")
    name = objects_of(app, git)[0]
    index.chmod(0o600)
    index.write_bytes(index.read_bytes()[:cut])
    assert holds_object(app / ".git", name) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_a_pipe_in_the_place_of_an_index_is_not_waited_for(app: Path) -> None:
    os.mkfifo(app / ".git/objects/pack/pack-x.idx")
    assert holds_object(app / ".git", NOBODY) is None


def test_a_checkout_without_git_holds_nothing_that_could_be_told(tmp_path: Path) -> None:
    checkouts = GitCheckouts()
    assert checkouts.holds(checkouts.read(tmp_path.as_uri()), NOBODY) is None


def test_a_worktree_holds_what_its_repository_holds(app: Path, tmp_path: Path, git: Git) -> None:
    git("worktree", "add", "-q", tmp_path / "tree", at=app)
    checkouts = GitCheckouts()
    tree = checkouts.read((tmp_path / "tree").as_uri())
    assert checkouts.holds(tree, git("rev-parse", "HEAD", at=app)) is True


def test_a_new_repository_in_the_same_place_holds_nothing_of_the_old(app: Path, git: Git) -> None:
    before = git("rev-parse", "HEAD", at=app)
    shutil.rmtree(app)
    git.repository(app, first="something else")
    assert holds_object(app / ".git", before) is False
