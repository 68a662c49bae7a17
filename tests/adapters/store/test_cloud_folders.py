"""A store in a folder that a service synchronises is recognised, by what each service tells on each system."""

from pathlib import Path

import pytest

from tests.support.store import FixedClock
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.cloud_folders import Looks, cloud_service

WINDOWS = {
    "USERPROFILE": "C:\\Users\\ann",
    "APPDATA": "C:\\Users\\ann\\AppData\\Roaming",
    "LOCALAPPDATA": "C:\\Users\\ann\\AppData\\Local",
    "OneDrive": "C:\\Users\\ann\\OneDrive",
    "OneDriveCommercial": "D:\\Work\\Cloud",
}
INFO = '{"personal": {"path": "E:\\\\Box", "host": 1}, "business": {"path": "/data/Box"}, "x": 2}'


def looks(*there: str, links: tuple[str, ...] = (), texts: dict[str, str] | None = None) -> Looks:
    return Looks(is_there=set(there).__contains__, is_link=set(links).__contains__, text=(texts or {}).get)


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("C:\\Users\\ann\\OneDrive\\store", "OneDrive"),
        ("c:\\users\\ANN\\onedrive", "OneDrive"),
        ("\\\\?\\C:\\Users\\ann\\OneDrive\\store", "OneDrive"),
        ("C:/Users/ann/OneDrive/store", "OneDrive"),
        ("D:\\Work\\Cloud\\store", "OneDrive"),
        ("D:\\Work\\Clouds\\store", None),
        ("C:\\Users\\ann\\OneDrive - Contoso\\store", "OneDrive"),
        ("C:\\Users\\ann\\OneDriver\\store", None),
        ("C:\\Users\\ann\\iCloudDrive\\store", "iCloud"),
        ("C:\\Users\\ann\\Dropbox (Work)\\store", "Dropbox"),
        ("C:\\Users\\ann\\My Drive\\store", "Google Drive"),
        ("G:\\My Drive\\store", "Google Drive"),
        ("G:\\Meine Ablage\\store", "Google Drive"),
        ("E:\\Box\\store", "Dropbox"),
        ("F:\\sync\\deep\\store", "Syncthing"),
        ("C:\\Users\\ann\\AppData\\Local\\threadkeep", None),
        ("C:\\Users\\ann", None),
    ],
)
def test_on_windows_variables_names_and_marks_tell(path: str, service: str | None) -> None:
    seen = looks(
        "G:\\.shortcut-targets-by-id",
        "F:\\sync\\.stfolder",
        texts={"C:\\Users\\ann\\AppData\\Local\\Dropbox\\info.json": INFO},
    )
    assert cloud_service(path, environ=WINDOWS, platform="win32", looks=seen) == service


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/Users/ann/Library/Mobile Documents/com~apple~CloudDocs/store", "iCloud"),
        ("/Users/Ann/library/mobile documents/store", "iCloud"),
        ("/Users/ann/Documents/store", "iCloud"),
        ("/Users/ann/Desktop/store", None),
        ("/Users/ann/Library/CloudStorage/OneDrive-Personal/store", "OneDrive"),
        ("/Users/ann/Library/CloudStorage/GoogleDrive-ann@example.com/My Drive", "Google Drive"),
        ("/Users/ann/Library/CloudStorage/Dropbox/store", "Dropbox"),
        ("/Users/ann/Dropbox/store", "Dropbox"),
        ("/Users/ann/Library/Application Support/threadkeep", None),
    ],
)
def test_on_macos_the_folders_of_the_library_tell(path: str, service: str | None) -> None:
    seen = looks(links=("/Users/ann/Library/Mobile Documents/com~apple~CloudDocs/Documents",))
    assert cloud_service(path, environ={"HOME": "/Users/ann"}, platform="darwin", looks=seen) == service


def test_on_macos_a_name_is_the_same_however_its_accents_are_written() -> None:
    environ = {"HOME": "/Users/rene\u0301"}
    found = cloud_service("/Users/René/Dropbox/x", environ=environ, platform="darwin", looks=looks())
    assert found == "Dropbox"


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/home/ann/Dropbox/store", "Dropbox"),
        ("/home/ann/dropbox/store", "Dropbox"),
        ("/data/Box/store", "Dropbox"),
        ("/home/ann/Nextcloud/store", "Nextcloud"),
        ("/srv/sync/store", "Syncthing"),
        ("/home/ann/.local/share/threadkeep", None),
        ("/home/bob/Dropbox/store", None),
    ],
)
def test_on_linux_names_files_and_marks_tell(path: str, service: str | None) -> None:
    # what lies in the home itself says nothing of all that is in it
    seen = looks(
        "/srv/sync/.stfolder",
        "/home/ann/.dropbox.cache",
        "/.stfolder",
        texts={"/home/ann/.dropbox/info.json": INFO},
    )
    assert cloud_service(path, environ={"HOME": "/home/ann"}, platform="linux", looks=seen) == service


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"personal": 3}', '{"personal": {"path": 3}}', "[" * 9999]
)
def test_a_file_of_dropbox_that_says_nothing_is_passed_over(text: str) -> None:
    seen = looks(texts={"/home/ann/.dropbox/info.json": text})
    assert cloud_service("/data/store", environ={"HOME": "/home/ann"}, platform="linux", looks=seen) is None


def test_without_a_home_only_marks_tell() -> None:
    assert cloud_service("/data/store", environ={}, platform="linux", looks=looks()) is None
    found = cloud_service("/data/store", environ={}, platform="linux", looks=looks("/data/.stfolder"))
    assert found == "Syncthing"


def test_a_store_in_such_a_folder_opens_and_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "Dropbox" / "store"
    store = open_store(folder, clock=FixedClock())
    try:
        told = {kind: message for kind, message in store.warnings() if kind == "cloudFolder"}
        assert str(folder) in told["cloudFolder"]
        assert "Dropbox" in told["cloudFolder"]
    finally:
        store.close()


def test_a_link_into_such_a_folder_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Dropbox" / "store").mkdir(parents=True)
    (tmp_path / "kept").symlink_to(tmp_path / "Dropbox" / "store")
    store = open_store(tmp_path / "kept", clock=FixedClock())
    try:
        assert [kind for kind, _ in store.warnings()].count("cloudFolder") == 1
    finally:
        store.close()
