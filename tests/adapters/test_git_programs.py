"""`git` is looked for on every system's search path, by paths alone."""

import ntpath

import pytest

from threadkeep.adapters.git.commands import git_programs

SHIM, TOOL = "/usr/bin/git", "/Library/Developer/CommandLineTools/usr/bin/git"
BREWED = "/opt/homebrew/bin/git"


@pytest.mark.parametrize("part", ["", ".", "bin", "./bin", "../bin"])
def test_a_git_in_the_current_folder_is_not_found(part: str) -> None:
    def is_there(_: str) -> bool:
        return True

    assert git_programs({"PATH": f"{part}:/b"}, platform="linux", is_there=is_there) == ["/b/git"]


@pytest.mark.parametrize("part", ["", ".", "bin", "..\\bin", "\\bin", "/bin", "C:", "C:bin", '""'])
def test_a_git_of_the_current_folder_or_drive_is_not_found_on_windows(part: str) -> None:
    found = git_programs({"Path": f"{part};D:\\b"}, platform="win32", is_there=lambda _: True)
    assert found == ["D:\\b\\git.exe"]


def test_on_windows_a_part_may_be_quoted_and_a_batch_file_is_no_git() -> None:
    there = {"C:\\Program Files\\Git\\cmd\\git.exe", "C:\\npm\\git.cmd", "C:\\npm\\git.bat"}
    path = 'C:\\npm;"C:\\Program Files\\Git\\cmd"'
    found = git_programs({"PATH": path}, platform="win32", is_there=there.__contains__)
    assert found == ["C:\\Program Files\\Git\\cmd\\git.exe"]


def test_on_windows_git_is_found_where_its_installers_put_it() -> None:
    environ = {
        "ProgramFiles": "C:\\Program Files",
        "LOCALAPPDATA": "C:\\Users\\ann\\AppData\\Local",
        "USERPROFILE": "C:\\Users\\ann",
    }
    assert git_programs(environ, platform="win32", is_there=lambda _: True) == [
        "C:\\Program Files\\Git\\cmd\\git.exe",
        "C:\\Users\\ann\\AppData\\Local\\Programs\\Git\\cmd\\git.exe",
        "C:\\Users\\ann\\scoop\\shims\\git.exe",
    ]


def test_every_git_of_the_search_path_is_told_once_and_in_its_order() -> None:
    assert git_programs({"PATH": "/b:/a:/b"}, platform="linux", is_there=lambda _: True) == [
        "/b/git",
        "/a/git",
    ]


@pytest.mark.parametrize(
    ("path", "outside", "platform"),
    [
        ("/code/app/bin", "/code/app", "linux"),
        ("/code/lib/../app/bin", "/code/app", "linux"),
        ("C:\\Code\\App\\bin", "c:\\code\\app", "win32"),
        ("c:/code/app/bin", "C:\\Code\\App", "win32"),
    ],
)
def test_a_git_that_lies_in_the_repository_is_none(path: str, outside: str, platform: str) -> None:
    others = "C:\\code\\apple" if platform == "win32" else "/code/apple"
    join = f"{path};{others}" if platform == "win32" else f"{path}:{others}"
    found = git_programs(
        {"PATH": join}, platform=platform, outside=outside, is_there=lambda _: True, real=str
    )
    assert found == [ntpath.join(others, "git.exe") if platform == "win32" else f"{others}/git"]


def test_a_git_that_a_link_leads_to_in_the_repository_is_none() -> None:
    links = {"/opt/tools/git": "/code/app/tools/git"}
    found = git_programs(
        {"PATH": "/opt/tools:/b"},
        platform="linux",
        outside="/code/app",
        is_there=lambda _: True,
        real=lambda path: links.get(path, path),
    )
    assert found == ["/b/git"]


@pytest.mark.parametrize("outside", ["/", "/home", "/home/ann"])
def test_a_repository_that_the_home_lies_in_holds_the_users_own_programs(outside: str) -> None:
    environ = {"HOME": "/home/ann", "PATH": "/home/ann/.nix-profile/bin"}
    found = git_programs(environ, platform="linux", outside=outside, is_there=lambda _: True, real=str)
    assert found == ["/home/ann/.nix-profile/bin/git"]


@pytest.mark.parametrize(
    ("there", "found"),
    [
        ({SHIM}, []),
        ({SHIM, TOOL}, [TOOL]),
        ({SHIM, BREWED}, [BREWED]),
        ({SHIM, TOOL, BREWED}, [TOOL, BREWED]),
        ({BREWED}, [BREWED]),
    ],
)
def test_what_only_offers_to_install_git_is_no_git(there: set[str], found: list[str]) -> None:
    for path in ("/usr/bin", "/usr/bin:/opt/homebrew/bin"):  # the second as a terminal has it
        assert git_programs({"PATH": path}, platform="darwin", is_there=there.__contains__) == found


def test_the_shim_of_macos_is_an_ordinary_git_elsewhere() -> None:
    assert git_programs({"PATH": "/usr/bin"}, platform="linux", is_there={SHIM}.__contains__) == [SHIM]
