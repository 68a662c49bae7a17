"""Where a store, a folder and a repository are looked for."""

from pathlib import Path

import pytest

from threadkeep.adapters.store.opening import DATABASE
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.places import STORE_FILE, check_store, make_folder_of, unknown_repository


def test_a_store_is_known_by_the_file_that_holds_it() -> None:
    assert STORE_FILE == DATABASE


@pytest.mark.parametrize(("named", "environ"), [(True, {}), (False, {"THREADKEEP_STORE": "x"})])
def test_a_store_that_was_named_and_is_not_there_is_told(
    named: bool, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandFailed, match="--store" if named else "THREADKEEP_STORE") as told:
        check_store("x" if named else None, environ)

    assert str(tmp_path / "x") in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_the_flag_goes_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / STORE_FILE).touch()
    check_store(str(tmp_path), {"THREADKEEP_STORE": str(tmp_path / "none")})


def test_the_usual_place_may_be_empty() -> None:
    check_store(None, {})


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "x.html"
    make_folder_of(file)
    make_folder_of(file)

    assert file.parent.is_dir()


def test_a_repository_that_is_a_folder_is_told_without_doubting_the_folder(tmp_path: Path) -> None:
    assert "no such folder" not in str(unknown_repository(str(tmp_path)))
    assert "no such folder" in str(unknown_repository(str(tmp_path / "gone")))
