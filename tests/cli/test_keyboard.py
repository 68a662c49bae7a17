"""What is typed and pasted."""

from collections.abc import Iterable

import pytest

from threadkeep.cli.keyboard import Lines, read_message


class Typed:
    """A keyboard with lines that wait, and others that are typed when they are asked for."""

    def __init__(self, *lines: str, pasted: Iterable[str] = ()) -> None:
        self.pasted = list(pasted)
        self.typed = list(lines)
        self.prompts: list[str] = []

    def read_line(self, prompt: str, /) -> str:
        self.prompts.append(prompt)
        waiting = self.pasted or self.typed
        if not waiting:
            raise EOFError
        return waiting.pop(0)

    def waits(self) -> bool:
        return bool(self.pasted)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["hello"], "hello"),
        (["  hello "], "hello"),
        (["one\\", "two\\", "three"], "one\ntwo\nthree"),
        (["one\\"], "one"),
        (["pasted\rtext"], "pasted\ntext"),
        (["pasted\r\ntext"], "pasted\ntext"),
        ([""], ""),
    ],
)
def test_a_backslash_goes_on_with_the_next_line(lines: list[str], message: str) -> None:
    assert read_message(Typed(*lines)) == message


def test_nothing_more_to_read_is_the_end() -> None:
    with pytest.raises(EOFError):
        read_message(Typed())


@pytest.mark.parametrize(
    ("pasted", "message"),
    [
        (["Traceback:", "  File x", "ValueError"], "Traceback:\n  File x\nValueError"),
        (["a", "", "", "b"], "a\n\n\nb"),
        (["", "a"], "a"),
        (["a \\", "b \\", "c"], "a \\\nb \\\nc"),
    ],
)
def test_what_waits_belongs_to_the_message(pasted: list[str], message: str) -> None:
    assert read_message(Typed("typed later", pasted=pasted)) == message


def test_a_backslash_at_the_end_of_a_paste_goes_on() -> None:
    assert read_message(Typed("typed", pasted=["a\\", "b\\"])) == "a\\\nb\ntyped"


def test_a_command_is_a_line_by_itself() -> None:
    keyboard = Typed(pasted=["/end", "y"])
    assert read_message(keyboard, is_command=lambda line: line == "/end") == "/end"
    assert keyboard.pasted == ["y"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["\x1b[200~one", "two\x1b[201~"], "one\ntwo"),
        (["\x1b[200~one", "two\\", "three\x1b[201~ four"], "one\ntwo\\\nthree four"),
        (["before \x1b[200~one\x1b[201~ after"], "before one after"),
        (["\x1b[200~a\x1b[201~\x1b[200~b", "c\x1b[201~"], "ab\nc"),
        (["\x1b[200~/end", "y\x1b[201~"], "/end\ny"),
        (["\x1b[200~one", "two"], "one\ntwo"),
    ],
)
def test_a_marked_paste_goes_to_its_end(lines: list[str], message: str) -> None:
    assert read_message(Typed(*lines)) == message


def test_a_keyboard_of_functions_asks_whether_something_waits() -> None:
    lines, waits = ["a", "b"], [True, False]
    keyboard = Lines(lambda _: lines.pop(0), lambda: waits.pop(0))
    assert read_message(keyboard) == "a\nb"
    assert not Lines().waits()
