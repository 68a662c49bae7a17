"""A repository is one however its path is written: by case, by accents, by links."""

import os
from pathlib import Path

import pytest

from tests.support.git import Git
from threadkeep.adapters.git import layouts
from threadkeep.adapters.git.layouts import find_layout
from threadkeep.adapters.git.uris import as_on_disk, canonical

POSIX = pytest.mark.skipif(os.name == "nt", reason="stands for a Mac")


@POSIX
def test_on_a_mac_a_path_is_written_as_the_file_system_has_it(tmp_path: Path) -> None:
    on_disk = f"{tmp_path}/Cafe\u0301"
    told = on_disk.encode() + bytes(100)
    assert as_on_disk(str(tmp_path), tell=lambda _: told) == on_disk


@POSIX
def test_on_a_mac_what_is_not_told_keeps_its_writing(tmp_path: Path) -> None:
    def refused(_: int) -> bytes:
        raise OSError

    assert as_on_disk(str(tmp_path), tell=refused) == str(tmp_path)
    assert as_on_disk(str(tmp_path), tell=lambda _: bytes(100)) == str(tmp_path)
    assert as_on_disk(f"{tmp_path}/gone", tell=lambda _: b"/x") == f"{tmp_path}/gone"


def test_a_worktree_that_names_its_repository_in_another_case_is_one_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = Git(tmp_path)
    app = git.repository(tmp_path / "App")
    tree = tmp_path / "tree"
    git("worktree", "add", "-q", tree, at=app)
    marker = tree / ".git"
    marker.write_text(marker.read_text().replace("/App/", "/aPP/"))

    def without_case(path: Path) -> Path:
        return canonical(Path(str(path).replace("/aPP", "/App")))

    assert find_layout(canonical(tree)) is None  # a file system with case has no such folder
    monkeypatch.setattr(layouts, "canonical", without_case)
    found, whole = find_layout(canonical(tree)), find_layout(canonical(app))
    assert found is not None
    assert whole is not None
    assert found.common_dir == whole.common_dir == canonical(app / ".git")
