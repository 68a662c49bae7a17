"""The program's entry: light, and tolerant of what editors add."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from threadkeep.__main__ import flags_of_face, main, read_serve_flags
from threadkeep._version import __version__

ABSOLUTE = str(Path(__file__).parent / "a =b")


def test_the_entry_loads_neither_argparse_nor_asyncio() -> None:
    code = "import sys, threadkeep.__main__; print(sorted({'argparse', 'asyncio'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )

    assert done.stdout.strip() == "[]"


def test_the_module_runs_as_a_program() -> None:
    command = [sys.executable, "-P", "-m", "threadkeep", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)

    assert done.stdout == f"threadkeep {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "store", "level"),
    [
        ([], None, None),
        (["--stdio", "--clientProcessId=7"], None, None),
        (["--store", ABSOLUTE, "--log-level=debug"], ABSOLUTE, "debug"),
        ([f"--store={ABSOLUTE}", "--stdio"], ABSOLUTE, None),
        (["--node-ipc", "--store", ABSOLUTE], ABSOLUTE, None),
    ],
)
def test_the_flags_of_serve_are_read(arguments: list[str], store: str | None, level: str | None) -> None:
    assert read_serve_flags(arguments) == ({"store": store, "log_level": level}, "")


@pytest.mark.parametrize("before", [["--store", "x"], ["--store=x"], ["--store", "y", "--store=x"]])
@pytest.mark.parametrize("flags", [[], ["--stdio", "--clientProcessId=7"]])
def test_the_store_may_be_named_before_serve(before: list[str], flags: list[str]) -> None:
    command, given = flags_of_face([*before, "serve", *flags])

    assert command == "serve"
    assert read_serve_flags(given)[0]["store"] == str(Path("x").absolute())


@pytest.mark.parametrize(
    "arguments",
    [[], ["--store"], ["--store", "serve"], ["--store", "x", "models"], ["chat", "serve"], ["--version"]],
)
def test_other_commands_are_not_serve(arguments: list[str]) -> None:
    assert flags_of_face(arguments) == (None, [])


def test_a_relative_store_is_made_absolute_while_it_means_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert read_serve_flags(["--store", "here"])[0]["store"] == str(tmp_path / "here")


@pytest.mark.parametrize(
    "arguments",
    [["--store"], ["--store="], ["--log-level", "loud"], ["--socket=7"], ["--pipe", "x"], ["now"], ["-x"]],
)
def test_wrong_flags_of_serve_are_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", *arguments]) == 2
    assert capsys.readouterr().err.startswith("threadkeep serve: ")


def test_the_help_of_serve_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--help"]) == 0
    assert "--log-level" in capsys.readouterr().out


def test_what_the_server_says_of_a_wrong_start_is_utf_8() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "threadkeep", "serve", "größe"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        check=False,
        timeout=30,
    )

    assert done.returncode == 2
    assert "'größe' is not understood" in done.stderr.decode("utf-8")
