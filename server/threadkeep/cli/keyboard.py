"""Reads what a person types: a line, several after a trailing backslash, or pasted text."""

from collections.abc import Callable
from typing import Protocol

import attrs

PROMPT = "> "
MORE = "… "
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
"""What a terminal puts around pasted text where a program before us asked for it and did not take it back."""


class Keyboard(Protocol):
    """Gives lines, and tells whether there is more at once."""

    def read_line(self, prompt: str, /) -> str:
        """The next line, without its end.

        Raises:
            EOFError: Ctrl-D.
            KeyboardInterrupt: Ctrl-C; what was typed is forgotten.
        """
        ...

    def waits(self) -> bool:
        """Whether more is there already, or comes so soon that nobody typed it."""
        ...


def _never() -> bool:
    return False


@attrs.frozen
class Lines:
    """A keyboard made of two functions."""

    read_line: Callable[[str], str] = input
    waits: Callable[[], bool] = _never


def read_message(keyboard: Keyboard, *, is_command: Callable[[str], bool] = lambda _: False) -> str:
    """What was typed or pasted, without the white space around it.

    A paste comes as lines, one after another and at once: what waits already belongs to the message, or each line
    would be sent by itself. A command is a line, so nothing is joined to one (`is_command`).

    Raises:
        EOFError: Ctrl-D.
        KeyboardInterrupt: Ctrl-C; what was typed is forgotten.
    """
    text = _read(keyboard, PROMPT)
    joins = not is_command(text)
    while (is_pasted := joins and keyboard.waits()) or text.endswith("\\"):
        if not is_pasted:  # a backslash within a paste is part of it
            text = text[:-1]
        try:
            text += "\n" + _read(keyboard, MORE)
        except EOFError:
            break
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _read(keyboard: Keyboard, prompt: str) -> str:
    """A line, or all lines of a paste that its terminal has marked."""
    line = keyboard.read_line(prompt)
    while PASTE_ENDS not in line.rpartition(PASTE_BEGINS)[2] and PASTE_BEGINS in line:
        try:
            line += "\n" + keyboard.read_line(MORE)
        except EOFError:
            break
    return line.replace(PASTE_BEGINS, "").replace(PASTE_ENDS, "")
