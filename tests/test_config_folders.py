from pathlib import Path

import pytest

from threadkeep.config import folders, load_settings
from threadkeep.config.folders import absolute_path
from threadkeep.domain.errors import InvalidValue


def test_linux_follows_the_xdg_folders() -> None:
    found = folders(environ={"HOME": "/home/ann"}, platform="linux")
    assert found.settings_file == Path("/home/ann/.config/threadkeep/settings.toml")
    assert found.data == Path("/home/ann/.local/share/threadkeep")
    assert found.log_file == Path("/home/ann/.local/state/threadkeep/threadkeep.log")


def test_xdg_variables_move_the_folders_unless_they_are_relative() -> None:
    environ = {
        "HOME": "/h",
        "XDG_CONFIG_HOME": "/c",
        "XDG_DATA_HOME": "relative",
        "XDG_STATE_HOME": "/s",
    }
    found = folders(environ=environ, platform="linux")
    assert [found.config, found.data, found.logs] == [
        Path("/c/threadkeep"),
        Path("/h/.local/share/threadkeep"),
        Path("/s/threadkeep"),
    ]


def test_macos_has_its_library() -> None:
    found = folders(environ={"HOME": "/Users/ann", "XDG_DATA_HOME": "/x"}, platform="darwin")
    assert found.data == Path("/Users/ann/Library/Application Support/threadkeep")
    assert found.settings_file == found.data / "settings.toml"
    assert found.log_file == Path("/Users/ann/Library/Logs/threadkeep/threadkeep.log")


def test_windows_has_its_application_data() -> None:
    environ = {"USERPROFILE": "C:\\Users\\ann", "APPDATA": "D:\\Roaming", "LOCALAPPDATA": "D:\\Local"}
    found = folders(environ=environ, platform="win32")
    assert [str(found.config), str(found.data), str(found.logs)] == [
        "D:\\Roaming\\threadkeep",
        "D:\\Local\\threadkeep",
        "D:\\Local\\threadkeep\\logs",
    ]
    bare = folders(environ={"USERPROFILE": "C:\\Users\\ann"}, platform="win32")
    assert str(bare.data) == "C:\\Users\\ann\\AppData\\Local\\threadkeep"
    assert str(bare.config) == "C:\\Users\\ann\\AppData\\Roaming\\threadkeep"


def test_without_a_variable_the_system_tells_the_home() -> None:
    assert folders(environ={}, platform="linux").home == Path.home()
    assert folders(environ={"HOME": "relative"}, platform="linux").home == Path.home()


def test_a_home_that_nothing_tells_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", staticmethod(nobody))
    with pytest.raises(InvalidValue, match="HOME"):
        folders(environ={}, platform="linux")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/a/b", "/a/b"),
        ("x/y", "/base/x/y"),
        ("../x", "/base/../x"),
        ("~", "/home/ann"),
        ("~/x", "/home/ann/x"),
        ("~//x", "/home/ann/x"),
    ],
)
def test_a_path_is_never_relative_to_the_working_directory(text: str, path: str) -> None:
    assert str(absolute_path(text, base="/base", home="/home/ann", windows=False)) == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("D:\\a", "D:\\a"),
        ("x\\y", "C:\\base\\x\\y"),
        ("\\x", "C:\\x"),
        ("~\\x", "C:\\Users\\ann\\x"),
        ("~/x", "C:\\Users\\ann\\x"),
        ("\\\\server\\share\\x", "\\\\server\\share\\x"),
    ],
)
def test_a_path_on_windows_is_absolute_too(text: str, path: str) -> None:
    assert str(absolute_path(text, base="C:\\base", home="C:\\Users\\ann", windows=True)) == path


@pytest.mark.parametrize(
    ("text", "windows"), [("", False), (" ", True), ("~bob", False), ("D:x", True), ("\0", False)]
)
def test_a_path_that_depends_on_something_else_is_refused(text: str, windows: bool) -> None:
    with pytest.raises(ValueError, match=r"must be|begins|drive"):
        absolute_path(text, base="C:\\base" if windows else "/base", home="/home/ann", windows=windows)


def test_paths_in_the_file_start_at_its_folder_and_others_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "settings.toml"
    file.write_text('[store]\npath = "kept"\n[providers.a]\ncaFile = "ca.pem"\n')
    environ = {"HOME": "/home/ann"}

    def store(**more: object) -> str:
        given = {"flags": {}, "environ": environ, "settings_file": file, "client": None, **more}
        return str(load_settings(**given, platform="linux").settings.store.path)  # type: ignore[arg-type]  # keywords by name

    assert store() == str(tmp_path / "kept")
    assert store(environ={**environ, "THREADKEEP_STORE": "x"}) == "/home/ann/x"
    assert store(client={"store": {"path": "./y"}}) == "/home/ann/y"
    assert store(flags={"store": "~/z"}) == "/home/ann/z"
