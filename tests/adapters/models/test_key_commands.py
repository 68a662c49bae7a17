"""A command for a key is looked for on the search path alone, as each system has it."""

from pathlib import Path

import pytest

from threadkeep.adapters.models.keys import ApiKey, found_command
from threadkeep.domain.errors import ProviderAuth
from threadkeep.ports.provider_settings import ProviderSettings

PATH = "C:\\npm;D:\\tools"


def key(path: str) -> str | None:
    settings = ProviderSettings(name="work", kind="openai", api_key_command=("mine",))
    return ApiKey(settings, {"PATH": path}).read()


def on_windows(*command: str, there: set[str]) -> tuple[str, ...]:
    return found_command(command, {"Path": PATH}, platform="win32", is_there=there.__contains__)


def test_a_program_of_the_current_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").write_text("#!/bin/sh\necho sk-of-a-stranger\n")
    (tmp_path / "mine").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    for path in ("", ".", ":/usr/bin"):
        with pytest.raises(ProviderAuth, match="not on the search path"):
            key(path)
    assert key(str(tmp_path)) == "sk-of-a-stranger"


@pytest.mark.parametrize(
    "path", [";D:\\tools", ".;D:\\tools", "bin;D:\\tools", "\\bin;D:\\tools", "D:\\tools"]
)
def test_on_windows_neither_the_current_folder_nor_the_current_drive_is_looked_in(path: str) -> None:
    found = found_command(("op", "read"), {"PATH": path}, platform="win32", is_there=lambda _: True)
    assert found == ("D:\\tools\\op.exe", "read")


def test_on_windows_the_first_part_of_the_search_path_wins_and_in_it_the_program() -> None:
    there = {"C:\\npm\\op.cmd", "C:\\npm\\op.exe", "D:\\tools\\op.exe"}
    assert on_windows("op", there=there) == ("C:\\npm\\op.exe",)
    assert on_windows("op", there=there - {"C:\\npm\\op.exe"}) == ("C:\\npm\\op.cmd",)
    assert on_windows("op.exe", there=there - {"C:\\npm\\op.exe"}) == ("D:\\tools\\op.exe",)


@pytest.mark.parametrize(
    "argument", ["a&calc", "%PATH%", 'a"b', "a|b", "a^b", "a>b", "!x!", "a\nb", "(a)", "x\\"]
)
def test_a_batch_file_gets_no_argument_that_would_be_read_as_a_command(argument: str) -> None:
    with pytest.raises(ValueError, match="batch file") as caught:
        on_windows("op", argument, there={"C:\\npm\\op.cmd"})
    assert argument not in str(caught.value)  # it may be a secret
    with pytest.raises(ValueError, match="batch file"):
        on_windows("C:\\npm\\op.BAT.", argument, there=set())
    assert on_windows("op", argument, there={"C:\\npm\\op.exe"}) == ("C:\\npm\\op.exe", argument)


def test_a_batch_file_with_plain_arguments_is_started() -> None:
    arguments = ("account", "get-access-token", "--query=accessToken", "C:\\Users\\ann b\\x.json", "é")
    assert on_windows("az", *arguments, there={"C:\\npm\\az.cmd"}) == ("C:\\npm\\az.cmd", *arguments)


def test_a_path_is_taken_as_it_is() -> None:
    assert found_command(("/opt/x", "y"), {}, platform="linux") == ("/opt/x", "y")
    assert on_windows("C:\\tools\\x.exe", "%y%", there=set()) == ("C:\\tools\\x.exe", "%y%")
