"""Paths are compared and named as each system does it, whichever system the tests run on."""

import sqlite3
from pathlib import Path

import apsw
import pytest

from threadkeep.domain.paths import below, length_hint, name_trouble, path_key, plain, sqlite_uri

NFC, NFD = "/Users/Ren\u00e9/caf\u00e9", "/Users/Rene\u0301/cafe\u0301"


@pytest.mark.parametrize(
    ("one", "other", "platform"),
    [
        ("C:\\Code\\App", "c:\\code\\app", "win32"),
        ("C:\\Code\\App", "c:/Code//App/", "win32"),
        ("C:\\code\\x\\..\\app", "C:\\code\\app", "win32"),
        ("\\\\?\\C:\\code", "c:\\code", "win32"),
        ("\\\\?\\UNC\\Server\\Share\\x", "\\\\server\\share\\x", "win32"),
        ("//server/share/x", "\\\\SERVER\\share\\x", "win32"),
        (NFC, NFD, "darwin"),
        ("/Users/Ann/Code", "/users/ann/code/", "darwin"),
        ("/a//b", "/a/b", "linux"),
    ],
)
def test_names_that_a_system_takes_for_the_same_have_one_key(one: str, other: str, platform: str) -> None:
    assert path_key(one, platform=platform) == path_key(other, platform=platform)


@pytest.mark.parametrize(
    ("one", "other", "platform"),
    [
        (NFC, NFD, "linux"),
        ("/a/B", "/a/b", "linux"),
        ("C:\\a", "D:\\a", "win32"),
        ("\\\\server\\share\\x", "C:\\share\\x", "win32"),
        (NFC, NFD, "win32"),
        ("/a\\b", "/a/b", "darwin"),
    ],
)
def test_names_that_a_system_tells_apart_have_two(one: str, other: str, platform: str) -> None:
    assert path_key(one, platform=platform) != path_key(other, platform=platform)


@pytest.mark.parametrize(
    ("folder", "path", "platform", "found"),
    [
        ("C:\\Code", "c:\\code\\Src\\A.py", "win32", "Src/A.py"),
        ("C:\\", "c:\\a", "win32", "a"),
        ("\\\\?\\C:\\code", "C:\\code\\a", "win32", "a"),
        ("\\\\Server\\Share\\code", "//server/share/code/a/b", "win32", "a/b"),
        ("C:\\code", "C:\\codes\\a", "win32", None),
        ("C:\\code", "D:\\code\\a", "win32", None),
        ("C:\\code", "C:\\code\\..\\a", "win32", None),
        (NFC, f"{NFD}/Ein Straße.py", "darwin", "Ein Straße.py"),
        ("/Users/Ann", "/users/ann/A/B.py", "darwin", "A/B.py"),
        ("/code", "/code", "linux", "."),
        ("/", "/code/a", "linux", "code/a"),
        ("/code", "/Code/a", "linux", None),
    ],
)
def test_a_path_below_a_folder_is_called_by_the_names_that_lead_to_it(
    folder: str, path: str, platform: str, found: str | None
) -> None:
    assert below(folder, path, platform=platform) == found


def test_only_windows_has_a_beginning_that_says_nothing() -> None:
    assert plain("\\\\?\\C:\\x", platform="win32") == "C:\\x"
    assert plain("//?/unc/server/share", platform="win32") == "\\\\server/share"
    assert plain("//?/x", platform="linux") == "//?/x"


@pytest.mark.parametrize(
    ("path", "platform", "uri"),
    [
        ("C:\\a b\\c#?%.db", "win32", "file:///C:/a%20b/c%23%3F%25.db?mode=ro"),
        ("\\\\server\\share\\x.db", "win32", "file:////server/share/x.db?mode=ro"),
        ("\\\\?\\UNC\\server\\share\\x.db", "win32", "file:////server/share/x.db?mode=ro"),
        ("\\\\?\\D:\\x.db", "win32", "file:///D:/x.db?mode=ro"),
        ("\\\\wsl$\\Ubuntu\\x.db", "win32", "file:////wsl%24/Ubuntu/x.db?mode=ro"),
        ("/a b/c#?%.db", "linux", "file:///a%20b/c%23%3F%25.db?mode=ro"),
        ("/caf\udce9.db", "linux", "file:///caf%E9.db?mode=ro"),
    ],
)
def test_sqlite_gets_a_uri_without_a_computers_name(path: str, platform: str, uri: str) -> None:
    assert sqlite_uri(path, "mode=ro", platform=platform) == uri


def test_sqlite_takes_a_shares_path_for_one_and_a_computers_name_for_a_mistake() -> None:
    """As its own parser has it, which is the same on every system."""
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    with pytest.raises(apsw.SQLError, match="authority"):
        apsw.Connection("file://server/share/x.db?mode=ro", flags=flags)
    with pytest.raises(apsw.CantOpenError):  # there is none, and it was looked for
        apsw.Connection(sqlite_uri("\\\\server\\share\\x.db", "mode=ro", platform="win32"), flags=flags)


def test_a_database_with_odd_signs_in_its_name_is_found(tmp_path: Path) -> None:
    file = tmp_path / "a b#?%&é.db"
    sqlite3.connect(file).close()
    file.touch()
    apsw.Connection(
        sqlite_uri(str(file), "mode=ro", platform="linux"),
        flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
    ).close()


@pytest.mark.parametrize(
    "name",
    [
        *("CON", "con.md", "NUL.tar.gz", "aux .md", "COM1", "com9.json", "LPT\u00b9.md", "CONIN$"),
        *("a.", "a ", "a.md. ", "..."),
        *("a:b", "a?.md", 'a"b', "a<b", "a|b", "a*", "a\tb", "a\x01"),
        "é" * 252 + ".html",
    ],
)
def test_a_name_that_windows_would_take_for_something_else_is_refused_with_why(name: str) -> None:
    assert name_trouble(name, platform="win32")
    assert "\x01" not in (name_trouble(name, platform="win32") or "")


@pytest.mark.parametrize(
    "name", ["a.md", "console.md", "COM10.md", "nul-and-void.md", ".threadkeep", "a.b.c", "é" * 255, "LPT.md"]
)
def test_an_ordinary_name_is_taken_on_windows(name: str) -> None:
    assert name_trouble(name, platform="win32") is None


def test_elsewhere_only_the_length_counts_as_each_system_counts_it() -> None:
    for name in ("CON", "a:b", "a.", "a\\b"):
        assert name_trouble(name, platform="linux") is None
        assert name_trouble(name, platform="darwin") is None
    assert name_trouble("é" * 127, platform="linux") is None
    assert "256 of 255" in (name_trouble("é" * 128, platform="linux") or "")
    assert name_trouble("é" * 255, platform="darwin") is None
    assert name_trouble("😀" * 128, platform="darwin")


def test_a_path_that_may_be_too_long_for_windows_is_told_so() -> None:
    long = "C:\\" + "a\\" * 200
    assert "403 characters" in length_hint(long, platform="win32")
    assert length_hint(long, platform="linux") == ""
    assert length_hint("C:\\a", platform="win32") == ""
