"""The Python of the Microsoft Store gets a place that Windows does not redirect, and no store is left unsaid."""

import sys
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath

import pytest

from tests.support.store import FixedClock
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.lazy import LazyStore
from threadkeep.config import load_settings
from threadkeep.config.folders import Folders, folders
from threadkeep.config.store_python import Looks, is_hidden, package_family

FAMILY = "PythonSoftwareFoundation.Python.3.11_qbz5n2kfra8p0"
NEWER = "PythonSoftwareFoundation.Python.3.13_qbz5n2kfra8p0"
PACKAGED = (
    "C:\\Program Files\\WindowsApps\\PythonSoftwareFoundation.Python.3.11_3.11.2544.0_x64__qbz5n2kfra8p0",
)
ORDINARY = ("C:\\Program Files\\Python311", "C:\\code\\app\\.venv")
HOME = "C:\\Users\\ann"
LOCAL = f"{HOME}\\AppData\\Local"
USUAL = f"{LOCAL}\\threadkeep"
PROFILE = f"{HOME}\\.threadkeep"


def inside(family: str) -> str:
    return f"{LOCAL}\\Packages\\{family}\\LocalCache\\Local\\threadkeep"


def found(python: Iterable[str], *stores: str) -> Folders:
    """With stores in these folders, and the packages of both Pythons."""
    looks = Looks(
        has_store=set(stores).__contains__,
        names=lambda folder: [FAMILY, NEWER, "Microsoft.Terminal"] if folder == f"{LOCAL}\\Packages" else [],
    )
    environ = {"USERPROFILE": HOME, "LOCALAPPDATA": LOCAL}
    return folders(environ=environ, platform="win32", python=tuple(python), looks=looks)


@pytest.mark.parametrize(
    "path",
    [
        PACKAGED[0],
        f"{PACKAGED[0]}\\python.exe",
        f"{LOCAL}\\Microsoft\\WindowsApps\\{FAMILY}\\python.exe",
        f"d:/windowsapps/{FAMILY}/python.exe",
    ],
)
def test_a_python_of_the_store_is_known_by_its_paths(path: str) -> None:
    assert package_family(["C:\\code\\app\\.venv", path]) == FAMILY


@pytest.mark.parametrize(
    "path",
    [
        "",
        *ORDINARY,
        f"{LOCAL}\\Microsoft\\WindowsApps\\python.exe",
        f"{LOCAL}\\Programs\\Python\\Python311",
        "C:\\Program Files\\WindowsApps\\PythonSoftwareFoundation.PythonManager_25.0.1.0_x64__qbz5n2kfra8p0",
        f"C:\\code\\{FAMILY}",
    ],
)
def test_no_other_python_is_taken_for_one_of_the_store(path: str) -> None:
    assert package_family([path]) is None


def test_an_ordinary_python_has_the_usual_place_and_nothing_to_tell() -> None:
    for stores in ((), (USUAL,)):
        place = found(ORDINARY, *stores)
        assert (str(place.data), place.told) == (USUAL, ())
        assert PureWindowsPath(str(place.logs)) == PureWindowsPath(USUAL, "logs")


def test_a_python_of_the_store_keeps_nothing_below_appdata_and_says_so_once() -> None:
    place = found(PACKAGED)
    assert str(place.data) == PROFILE
    assert PureWindowsPath(str(place.logs)) == PureWindowsPath(PROFILE, "logs")
    (told,) = place.told
    assert PROFILE in told
    assert FAMILY in told
    assert found(PACKAGED, PROFILE).told == ()


def test_a_store_that_was_redirected_is_used_where_it_really_lies_and_said() -> None:
    # Windows shows it at the usual path too
    place = found(PACKAGED, inside(FAMILY), USUAL)
    assert str(place.data) == inside(FAMILY)
    (told,) = place.told
    assert inside(FAMILY) in told
    assert f"move that folder to {PROFILE}" in told


def test_a_store_at_the_usual_place_is_not_opened_by_halves_but_said() -> None:
    """Its database would be that of all, and its log the package's: commits would be lost."""
    place = found(PACKAGED, USUAL)
    assert str(place.data) == PROFILE
    assert any(USUAL in told and f"move that folder to {PROFILE}" in told for told in place.told)


def test_the_store_of_an_older_python_of_the_store_is_said() -> None:
    place = found(PACKAGED, inside(NEWER), PROFILE)
    assert str(place.data) == PROFILE
    (told,) = place.told
    assert inside(NEWER) in told


def test_every_python_uses_the_one_store_that_there_is() -> None:
    assert str(found(ORDINARY, PROFILE).data) == PROFILE
    assert found(ORDINARY, PROFILE).told == ()
    place = found(ORDINARY, inside(FAMILY))
    assert str(place.data) == inside(FAMILY)
    assert [PROFILE in told for told in place.told] == [True]


@pytest.mark.parametrize(
    ("path", "python", "platform", "hidden"),
    [
        (f"{HOME}\\AppData\\Roaming\\Code\\User\\mcp.json", PACKAGED, "win32", True),
        (f"{LOCAL}\\x".upper(), PACKAGED, "win32", True),
        (f"{HOME}\\.claude.json", PACKAGED, "win32", False),
        (f"{LOCAL}\\x", ORDINARY, "win32", False),
        (f"{LOCAL}\\x", PACKAGED, "linux", False),
    ],
)
def test_what_no_other_program_would_see_is_known(
    path: str, python: tuple[str, ...], platform: str, hidden: bool
) -> None:
    environ = {"APPDATA": f"{HOME}\\AppData\\Roaming", "LOCALAPPDATA": LOCAL}
    assert is_hidden(path, environ, platform=platform, python=python) is hidden


@pytest.mark.parametrize("python", [ORDINARY, PACKAGED])
def test_of_several_stores_each_that_is_not_shown_is_said(python: tuple[str, ...]) -> None:
    stores = (USUAL, PROFILE, inside(NEWER))
    place = found(python, *stores)
    assert str(place.data) in stores
    for other in set(stores) - {str(place.data)}:
        assert any(other in told for told in place.told)


def test_what_lies_elsewhere_is_nothing_to_tell_where_the_settings_name_the_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "base_prefix", PACKAGED[0])

    def load(environ: dict[str, str]) -> tuple[str, ...]:
        environ = {"USERPROFILE": HOME, "LOCALAPPDATA": LOCAL, **environ}
        return load_settings(
            flags={}, environ=environ, settings_file=None, client=None, platform="win32"
        ).store_warnings

    assert len(load({})) == 1
    assert load({"THREADKEEP_STORE": "D:\\kept"}) == ()


def test_what_is_to_be_known_of_the_place_is_a_warning_of_the_store(tmp_path: Path) -> None:
    store = LazyStore(
        lambda: open_store(tmp_path / "store", clock=FixedClock()),
        told=lambda: [("storePlace", "It lies there.")],
    )
    try:
        assert ("storePlace", "It lies there.") not in store.warnings()
        store.data_version()
        assert ("storePlace", "It lies there.") in store.warnings()
        assert ("storePlace", "It lies there.") not in store.warnings()
    finally:
        store.close()
