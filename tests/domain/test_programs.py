import pytest

from threadkeep.domain.programs import is_batch, is_plain, on_search_path


def test_a_program_is_looked_for_in_the_folders_of_the_path_in_their_order() -> None:
    environ = {"PATH": "/usr/local/bin:/usr/bin"}
    assert list(on_search_path("git", environ, platform="linux")) == ["/usr/local/bin/git", "/usr/bin/git"]
    assert list(on_search_path("git", {}, platform="linux")) == []


@pytest.mark.parametrize("part", ["", ".", "bin", "../bin"])
def test_nothing_is_looked_for_in_the_current_folder(part: str) -> None:
    assert list(on_search_path("git", {"PATH": f"{part}:/bin"}, platform="linux")) == ["/bin/git"]


@pytest.mark.parametrize("part", ["", ".", "bin", "C:bin", "\\bin", "/bin"])
def test_on_windows_neither_in_that_of_a_drive(part: str) -> None:
    assert list(on_search_path("git.exe", {"PATH": f"{part};C:\\Git"}, platform="win32")) == [
        "C:\\Git\\git.exe"
    ]


def test_on_windows_a_name_may_end_in_all_that_it_starts_and_variables_have_no_case() -> None:
    found = list(on_search_path("git", {"HOME": "x", "Path": '"C:\\A b" ;\\\\share\\bin'}, platform="win32"))
    assert found == [
        f"{folder}\\git{end}"
        for folder in ("C:\\A b", "\\\\share\\bin")
        for end in (".exe", ".com", ".cmd", ".bat")
    ]
    assert list(on_search_path("git", {}, platform="win32")) == []


def test_what_the_command_interpreter_reads_is_known_however_it_is_written() -> None:
    assert [path for path in ("a.cmd", "A.BAT", "a.cmd. .", "a.exe", "cmd") if is_batch(path)] == [
        "a.cmd",
        "A.BAT",
        "a.cmd. .",
    ]


@pytest.mark.parametrize("argument", ["a&b", "%PATH%", "a|b", 'a"b', "a^b", "(a)", "a!b", "a\nb", "ends\\"])
def test_an_argument_that_means_something_to_it_is_not_plain(argument: str) -> None:
    assert not is_plain(argument)


@pytest.mark.parametrize("argument", ["", "rev-parse", "--git-dir=C:\\a b/c", "é@x,~+1"])
def test_an_argument_that_means_nothing_to_it_is_plain(argument: str) -> None:
    assert is_plain(argument)
