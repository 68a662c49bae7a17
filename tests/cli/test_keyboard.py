"""What is typed."""

from collections.abc import Callable

import pytest

from threadkeep.cli.keyboard import read_message


def typed(*lines: str) -> Callable[[str], str]:
    waiting = list(lines)

    def read_line(_: str) -> str:
        if not waiting:
            raise EOFError
        return waiting.pop(0)

    return read_line


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["hello"], "hello"),
        (["  hello "], "hello"),
        (["one\\", "two\\", "three"], "one\ntwo\nthree"),
        (["one\\"], "one"),
        (["pasted\rtext"], "pasted\ntext"),
        ([""], ""),
    ],
)
def test_a_backslash_goes_on_with_the_next_line(lines: list[str], message: str) -> None:
    assert read_message(typed(*lines)) == message


def test_nothing_more_to_read_is_the_end() -> None:
    with pytest.raises(EOFError):
        read_message(typed())
