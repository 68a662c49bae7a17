"""The keyboards of the systems, each played here."""

import io
import os
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from threadkeep.cli.keyboard import (
    Lines,
    PlainKeyboard,
    comes_to_the_console,
    keyboard_of,
    read_message,
    takes_pastes_whole,
)
from threadkeep.cli.terminal import Terminal

GNU_DOC = "Importing this module enables command line editing using GNU readline."
LIBEDIT_DOC = "Importing this module enables command line editing using libedit readline."


class Readline(ModuleType):
    """The module as one of its makers has it."""

    def __init__(self, doc: str, **members: object) -> None:
        super().__init__("readline", doc)
        self.told: list[str] = []
        vars(self).update(members)

    def parse_and_bind(self, line: str) -> None:
        self.told.append(line)


GNU = Readline(GNU_DOC, _READLINE_RUNTIME_VERSION=0x0802)
GNU_313 = Readline(GNU_DOC, _READLINE_RUNTIME_VERSION=0x0802, backend="readline")
OLD_GNU = Readline(GNU_DOC, _READLINE_RUNTIME_VERSION=0x0602)
LIBEDIT = Readline(LIBEDIT_DOC, _READLINE_RUNTIME_VERSION=0x0402)
LIBEDIT_313 = Readline(LIBEDIT_DOC, _READLINE_RUNTIME_VERSION=0x0402, backend="editline")
PYREADLINE = Readline("A module of Windows that edits lines.")


@pytest.mark.parametrize(
    ("readline", "term", "expected"),
    [
        (GNU, "xterm", True),
        (GNU_313, "xterm", True),
        (GNU, "dumb", False),
        (GNU, "", False),
        (GNU, "linux", False),
        (OLD_GNU, "xterm", False),
        (LIBEDIT, "xterm", False),
        (LIBEDIT_313, "xterm", False),
        (PYREADLINE, "xterm", False),
    ],
)
def test_only_gnu_readline_of_today_takes_a_paste_whole(
    readline: ModuleType, term: str, expected: bool
) -> None:
    assert takes_pastes_whole(readline, {"TERM": term} if term else {}) is expected


def test_within_gnu_screen_no_paste_comes_whole() -> None:
    assert not takes_pastes_whole(GNU, {"TERM": "screen", "STY": "4711.pts-0"})
    assert takes_pastes_whole(GNU, {"TERM": "screen", "TMUX": "/tmp/tmux"})


@pytest.fixture
def pipe() -> Iterator[tuple[int, Terminal]]:
    """What types into a terminal, and the terminal."""
    reading, writing = os.pipe()
    keyboard = os.fdopen(reading, encoding="utf-8")
    yield writing, Terminal(keyboard=keyboard, out=io.StringIO(), err=io.StringIO())
    keyboard.close()
    os.close(writing)


def test_gnu_readline_is_told_to_mark_pastes(
    pipe: tuple[int, Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    readline = Readline(GNU_DOC)
    monkeypatch.setitem(sys.modules, "readline", readline)
    keyboard = keyboard_of(pipe[1], environ={"TERM": "xterm"}, platform="linux")
    assert readline.told == ["set enable-bracketed-paste on"]
    assert keyboard == Lines(input)


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX pipe that can be waited for")
def test_by_libedit_what_waits_is_looked_for_in_the_terminal(
    pipe: tuple[int, Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext

    monkeypatch.setitem(sys.modules, "readline", LIBEDIT)
    monkeypatch.setattr("threadkeep.cli.keyboard.letters_at_once", nullcontext)
    keyboard = keyboard_of(pipe[1], environ={"TERM": "xterm"}, platform="darwin")
    assert isinstance(keyboard, Lines)
    assert LIBEDIT.told == []  # it does not know the word, and would say so
    assert not keyboard.waits()
    os.write(pipe[0], b"the line after")
    assert keyboard.waits()


def test_in_the_windows_console_what_waits_is_asked_of_kbhit(
    pipe: tuple[int, Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    pasted = ["one", "two", "three"]
    monkeypatch.setitem(sys.modules, "readline", None)
    monkeypatch.setattr("builtins.input", lambda _: pasted.pop(0))
    monkeypatch.setattr("threadkeep.cli.keyboard.input", lambda _: pasted.pop(0), raising=False)
    keyboard = keyboard_of(pipe[1], platform="win32", kbhit=lambda: bool(pasted))
    assert read_message(keyboard) == "one\ntwo\nthree"


def test_the_console_is_asked_through_pythons_own_module(
    pipe: tuple[int, Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    msvcrt = ModuleType("msvcrt")
    vars(msvcrt)["kbhit"] = lambda: True
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    monkeypatch.setitem(sys.modules, "readline", None)
    assert keyboard_of(pipe[1], platform="win32").waits()


def test_a_paste_that_comes_in_pieces_is_given_a_moment() -> None:
    looks = iter([False, False, True])
    assert comes_to_the_console(lambda: next(looks), soon=60)
    assert not comes_to_the_console(lambda: False, soon=0.01)


def test_without_readline_lines_are_read_as_bytes(
    pipe: tuple[int, Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "readline", None)
    keyboard = keyboard_of(pipe[1], environ={}, platform="darwin")
    assert isinstance(keyboard, PlainKeyboard)
    os.write(pipe[0], "größe\nnext\n".encode())
    assert keyboard.read_line("> ") == "größe"
    assert keyboard.waits()
    assert keyboard.read_line("… ") == "next"
    assert isinstance(pipe[1].out, io.StringIO)
    assert pipe[1].out.getvalue() == "> "
