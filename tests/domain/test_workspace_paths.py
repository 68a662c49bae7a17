"""A path is inside the workspace only if every way to read it is."""

import ntpath
import posixpath
from functools import partial

import pytest

from threadkeep.domain.paths import path_key
from threadkeep.domain.workspace_paths import LocatedPath, PathGlob, PathRules, glob_trouble, places

LINKS = {
    "/tmp/l": "/ws/src",
    "/ws/out": "/etc",
    "/ws/in": "/ws/src",
    "/home/me/ws": "/ws",
    "/ws/deep": "/ws/a/b",
}


def resolve(path: str) -> str | None:
    """Follows the links above, as a file system does: before `..` is."""
    names = [name for name in path.split("/") if name not in ("", ".")]
    at = "/"
    for name in names:
        at = posixpath.dirname(at) if name == ".." else posixpath.join(at, name)
        at = LINKS.get(at, at)
    return at


POSIX = PathRules(platform="linux", resolve=resolve, key=partial(path_key, platform="linux"), home="/home/me")
MAC = PathRules(platform="darwin", resolve=resolve, key=partial(path_key, platform="darwin"))
WINDOWS = PathRules(
    platform="win32", resolve=ntpath.normpath, key=partial(path_key, platform="win32"), home="C:\\Users\\me"
)


def below(path: str, *, cwd: str | None = "/ws", rules: PathRules = POSIX, folder: str = "/ws") -> str | None:
    """The names below the folder; None where a path is outside, or may be."""
    found = places(path, cwd=cwd, folders=(folder,), rules=rules)
    names = {None if each.below is None else "/".join(each.below) for each in found}
    return min(names) if names and None not in names else None  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/ws", ""),
        ("/ws/", ""),
        ("/ws/src/a.py", "src/a.py"),
        ("/ws//src/./a.py", "src/a.py"),
        ("/ws/src/../b", "b"),
        ("src/a.py", "src/a.py"),
        (".", ""),
        ("/ws/in/a", "src/a"),
        ("/home/me/ws/a", "a"),
        ("file:///ws/a%20b", "a b"),
        ("file://localhost/ws/a", "a"),
        ("FILE:/ws/a", "a"),
        ("file:///ws/%61", "a"),
        ("file:///ws/a%252e", "a%2e"),
        ("file:///ws/%FF", "\udcff"),
        ("/ws/..a", "..a"),
    ],
)
def test_inside(path: str, expected: str) -> None:
    assert below(path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/wsx/a",
        "/w",
        "/",
        "/etc/passwd",
        "/ws/../etc",
        "/ws/src/../../etc",
        "../etc",
        "/ws/out/passwd",
        "/ws/out",
        "/ws/out/../a",  # inside only for who shortens it before links are followed
        "/tmp/l/../a",  # inside only for who follows links before
        "/ws/deep/../../../x",
        "/WS/a",
        "~/ws",
        "~",
        "~me/ws",
        "//ws/a",
        "\\\\ws\\a",
        "",
        "/ws/a\0",
        "a\0",
        "file:///ws/../etc/passwd",
        "file:///ws/%2e%2e/etc",
        "file:///ws%2f..%2fetc",
        "file:///ws/a%00",
        "file:///ws/a%zz",
        "file:///ws/a?x",
        "file:///ws/a#x",
        "file:///ws\\a",
        "file://host/ws/a",
        "file:ws/a",
        "file:",
        "file:///ws/\ud800",
        "untitled:a",
        "vscode-remote://ssh/ws/a",
        "https://example.org/ws",
    ],
)
def test_outside_or_not_to_be_told(path: str) -> None:
    assert below(path) is None


@pytest.mark.parametrize("cwd", [None, "ws", "~/ws", "//ws", "/ws\0", "/etc"])
def test_a_relative_path_needs_a_folder_to_begin_at(cwd: str | None) -> None:
    assert below("a", cwd=cwd) is None


def test_a_prefix_of_a_name_is_no_folder() -> None:
    assert below("/work/ab/x", folder="/work/a") is None
    assert below("/work/a/x", folder="/work/a/") == "x"
    assert below("/anything", folder="/") == "anything"


@pytest.mark.parametrize("error", [OSError("away"), ValueError("NUL"), None, "relative"])
def test_what_cannot_be_resolved_is_nowhere(error: Exception | str | None) -> None:
    def fail(path: str) -> str | None:
        if not path.endswith("a"):
            return path
        if isinstance(error, Exception):
            raise error
        return error

    rules = PathRules(platform="linux", resolve=fail, key=str)
    assert places("/ws/a", cwd=None, folders=("/ws",), rules=rules) == ()
    assert below("/ws/b", folder="/a", rules=rules) is None


def test_a_path_of_which_one_reading_cannot_be_resolved_is_nowhere() -> None:
    rules = PathRules(platform="linux", resolve=lambda path: None if path == "/ws/b" else path, key=str)
    assert places("/ws/a/../b", cwd=None, folders=("/ws",), rules=rules) == ()


def test_a_mac_knows_no_case_and_one_accent() -> None:
    assert below("/WS/Cafe\u0301", rules=MAC) == "caf\u00e9"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("C:\\ws\\Src\\a.py", "src/a.py"),
        ("c:/WS/a", "a"),
        ("C:\\ws", ""),
        ("a\\b", "a/b"),
        ("file:///C:/ws/a", "a"),
        ("file:///c%3A/ws/a", "a"),
        ("C:\\ws\\..\\x", None),
        ("C:\\wsx\\a", None),
        ("D:\\ws\\a", None),
        ("C:ws\\a", None),
        ("C:", None),
        ("\\ws\\a", None),
        ("/ws/a", None),
        ("\\\\server\\share\\a", None),
        ("//server/share/a", None),
        ("\\\\?\\C:\\ws\\a", None),
        ("\\\\.\\C:\\ws\\a", None),
        ("file://server/ws/a", None),
        ("file:ws", None),
        ("C:\\ws\\a.txt:stream", None),
        ("C:\\ws\\NUL", None),
        ("C:\\ws\\a. ", None),
        ("C:\\ws\\com1.txt", None),
    ],
)
def test_paths_of_windows(path: str, expected: str | None) -> None:
    assert below(path, cwd="C:\\ws", folder="C:\\ws", rules=WINDOWS) == expected


@pytest.mark.parametrize(
    ("path", "is_metadata"),
    [
        (".git/hooks/x", True),
        ("a/.git", True),
        (".GIT/config", True),
        (".gi\u200ct/config", True),
        (".git ./x", True),
        (".git::$INDEX_ALLOCATION/x", True),
        ("git~1/x", True),
        (".hg/hgrc", True),
        (".jj/x", True),
        (".svn/x", True),
        (".gitignore", False),
        (".github/x", False),
        ("git/x", False),
    ],
)
def test_what_belongs_to_version_control_is_known_by_every_name(path: str, is_metadata: bool) -> None:
    found = places(path, cwd="/ws", folders=("/ws",), rules=POSIX)
    assert [each.is_metadata for each in found] == [is_metadata] * len(found)
    assert found


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("src/**", "src/a/b.py", True),
        ("src/**", "src", True),
        ("src/**", "srcs/a", False),
        ("src/**", "a/src/b", False),
        ("**", "a/b", True),
        ("**", ".", True),
        ("*", "a", True),
        ("*", "a/b", False),
        ("**/*.py", "a.py", True),
        ("**/*.py", "x/y/a.py", True),
        ("**/*.py", "x/y/a.pyc", False),
        ("a/**/b/**/c", "a/x/b/c", True),
        ("a/**/b/**/c", "a/b/x", False),
        ("./src//a", "src/a", True),
        ("a?.py", "ab.py", True),
        ("[ab].py", "b.py", True),
        ("[ab].py", "c.py", False),
        ("SRC/**", "src/a", False),
        ("src/**", "/etc/src/a", False),
        ("/etc/**", "/etc/a", True),
        ("/ws/src/*", "src/a", True),
        ("/etc/*", "/ws/out/passwd", True),
        ("/ws/out/*", "/etc/passwd", True),  # the rule's own folder is a link
        ("~/.ssh/**", "/home/me/.ssh/id", True),
        ("~/ws/*", "/ws/a", True),
        ("~/.ssh/**", "/home/you/.ssh/id", False),
        ("/**", "/etc/a/b", True),
        ("**/**/**/**/**/**/**/**/**/**/**/**/x", "/ws/" + "a/" * 200, False),
    ],
)
def test_globs(glob: str, path: str, expected: bool) -> None:
    found = places(path, cwd="/ws", folders=("/ws",), rules=POSIX)
    assert [PathGlob(glob, POSIX).matches(each) for each in found] == [expected] * len(found)
    assert found


def test_a_home_that_nobody_knows_is_nowhere() -> None:
    found = places("/.ssh/id", cwd="/ws", folders=("/",), rules=MAC)
    assert not any(PathGlob("~/.ssh/**", MAC).matches(each) for each in found)


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("src\\**", "C:\\ws\\SRC\\a", True),
        ("Src/**", "C:\\ws\\src\\a", True),
        ("C:/Tools/**", "c:\\tools\\a", True),
        ("~/x/*", "C:\\users\\ME\\X\\a", True),
        ("D:/Tools/**", "c:\\tools\\a", False),
    ],
)
def test_globs_of_windows(glob: str, path: str, expected: bool) -> None:
    found = places(path, cwd="C:\\ws", folders=("C:\\ws",), rules=WINDOWS)
    assert [PathGlob(glob, WINDOWS).matches(each) for each in found] == [expected] * len(found)
    assert found


def test_a_glob_that_cannot_be_meant() -> None:
    assert glob_trouble("a/../b")
    assert glob_trouble("..\\b")
    assert glob_trouble("~me/b")
    assert glob_trouble("~/b") is glob_trouble("a..b") is glob_trouble("~") is None


def test_a_rule_whose_folder_leads_nowhere_is_compared_as_it_is_written() -> None:
    rules = PathRules(
        platform="linux", resolve=lambda _: None, key=partial(path_key, platform="linux"), home=None
    )
    assert PathGlob("/ws/**", rules).matches(LocatedPath(path="/ws/a", below=None))
    assert not PathGlob("/home/me/ws/**", rules).matches(LocatedPath(path="/ws/a", below=None))
