"""`threadkeep trust`, and what it means to a chat in the terminal."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.product import clean_environment
from threadkeep.cli.trust import trusts

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A repository with an agent of its own, and a folder in it."""
    folder = tmp_path / "code"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    for name in ("objects", "refs"):
        (folder / ".git" / name).mkdir()
    (folder / "src").mkdir()
    return folder


@pytest.fixture
def threadkeep(tmp_path: Path, code: Path) -> Run:
    def run(*arguments: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-P", "-m", "threadkeep", *arguments],
            env={**os.environ, **clean_environment(tmp_path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            cwd=tmp_path / "code",
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done

    return run


def test_a_folder_is_trusted_listed_and_trusted_no_longer(threadkeep: Run, code: Path) -> None:
    assert threadkeep("trust", "--list").stderr.startswith("No folder is trusted")
    assert f"{code} is trusted" in threadkeep("trust", ".").stdout
    assert threadkeep("trust", "--list").stdout == f"{code}\n"
    assert json.loads(threadkeep("trust", "--list", "--json").stdout) == {
        "folders": [str(code)],
        "problems": [],
    }
    assert "trusted no longer" in threadkeep("trust", str(code), "--remove").stdout
    assert "was not trusted" in threadkeep("trust", str(code), "--remove").stdout
    assert json.loads(threadkeep("trust", ".", "--json").stdout) == {"path": str(code), "isTrusted": True}
    removed = threadkeep("trust", ".", "--remove", "--json").stdout
    assert json.loads(removed) == {"path": str(code), "isTrusted": False}


def test_a_part_of_a_repository_is_told_to_be_one(threadkeep: Run, code: Path) -> None:
    assert f"a part of {code}" in threadkeep("trust", "src").stderr
    threadkeep("trust", ".")
    assert threadkeep("trust", "src").stderr == ""
    threadkeep("trust", "src", "--remove")
    assert "with the folder that it lies in" in threadkeep("trust", "src", "--remove", code=1).stderr


@pytest.mark.parametrize("arguments", [[], ["--list", "."], ["--list", "--remove"], ["nowhere"], ["/"]])
def test_what_cannot_be_meant_is_told_on_one_line(threadkeep: Run, arguments: list[str]) -> None:
    told = threadkeep("trust", *arguments, code=1).stderr
    assert told.startswith("threadkeep: ")
    assert told.count("\n") == 1


def test_a_list_that_cannot_be_understood_trusts_nothing(threadkeep: Run, tmp_path: Path, code: Path) -> None:
    threadkeep("trust", ".")
    (file,) = tmp_path.rglob("trusted.toml")
    file.write_text(file.read_text() + "[[")
    listed = threadkeep("trust", "--list")
    assert "trusted.toml: " in listed.stderr
    assert listed.stdout == ""
    assert "trusted.toml: " in threadkeep("trust", "src", code=1).stderr


def test_a_chat_trusts_a_folder_only_with_its_whole_repository(
    threadkeep: Run, tmp_path: Path, code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in clean_environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    assert not trusts(code)
    threadkeep("trust", "src")
    assert not trusts(code / "src")  # whose repository's agents would be read
    threadkeep("trust", ".")
    assert trusts(code)
    assert trusts(code / "src")
    assert not trusts(code.parent)


@pytest.mark.slow
def test_a_chat_reads_the_agents_of_a_trusted_repository(threadkeep: Run, tmp_path: Path, code: Path) -> None:
    agents = code / ".threadkeep" / "agents"
    agents.mkdir(parents=True)
    (agents / "style.md").write_text("---\nname: style\ndescription: Our style\n---\nBe short.\n")
    file = tmp_path / "config" / "threadkeep" / "settings.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('defaultAgent = "repo:style"\n')

    def answered_by() -> str:
        threadkeep("chat", "--new", "Hello")
        newest: str = json.loads(threadkeep("sessions", "list", "--json").stdout)["sessions"][0]["agent"]
        return newest

    assert answered_by() != "repo:style"
    threadkeep("trust", ".")
    assert answered_by() == "repo:style"
