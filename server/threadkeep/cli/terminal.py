"""Where the command line writes and what it may write there."""

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from threadkeep.cli.formats import clean, json_text
from threadkeep.cli.streams import incoming, outgoing, shows_all
from threadkeep.values import Value

_STYLES = {"dim": "2", "bold": "1", "red": "31", "yellow": "33"}


class Terminal(Value):
    """The three streams of the process."""

    keyboard: TextIO
    """Standard input."""
    out: TextIO
    """Standard output."""
    err: TextIO
    """Standard error."""
    colours: bool = False
    """Whether escape codes may be written to `out`."""
    width: int | None = None
    """Columns of `out`; None where it is no terminal."""
    escapes_json: bool = False
    """Whether JSON is written in ASCII: who reads it may not take it for UTF-8."""

    @property
    def is_interactive(self) -> bool:
        """Whether a person types and reads."""
        return self.keyboard.isatty() and self.out.isatty()

    def say(self, text: str = "", style: str | None = None) -> None:
        """Writes a line to standard output."""
        self.write(text + "\n", style)

    def say_json(self, value: Any) -> None:
        """Writes a value as JSON: one of the protocol in the protocol's shape, or a list or object of such."""
        from threadkeep.protocol.converter import unstructure

        self.say(json_text(unstructure(value), in_ascii=self.escapes_json))

    def write(self, text: str, style: str | None = None) -> None:
        """Writes to standard output now; a terminal gets no control characters of the text's own."""
        if self.out.isatty():
            text = clean(text)
        if style and self.colours and text:
            text = f"\x1b[{_STYLES[style]}m{text}\x1b[0m"
        self.out.write(text)
        self.out.flush()

    def note(self, text: str) -> None:
        """Writes a line to standard error."""
        self.err.write(clean(text) + "\n")
        self.err.flush()


def process_terminal(environ: Mapping[str, str] = os.environ) -> Terminal:
    """The terminal of this process."""
    escapes_json = not shows_all(sys.stdout)
    keyboard, out, err = incoming(sys.stdin), outgoing(sys.stdout), outgoing(sys.stderr)
    is_terminal = out.isatty()
    return Terminal(
        keyboard=keyboard,
        out=out,
        err=err,
        colours=is_terminal and wants_colours(environ) and _escapes_are_understood(),
        width=shutil.get_terminal_size().columns if is_terminal else None,
        escapes_json=escapes_json,
    )


def wants_colours(environ: Mapping[str, str]) -> bool:
    """Whether the environment leaves colours on: no `NO_COLOR`, and not a dumb terminal."""
    return not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _escapes_are_understood() -> bool:
    if os.name != "nt":
        return True
    import ctypes

    # ENABLE_VIRTUAL_TERMINAL_PROCESSING: off by default in the older Windows console
    kernel: Any = vars(ctypes)["windll"].kernel32
    handle, mode = kernel.GetStdHandle(-11), ctypes.c_ulong()
    return bool(kernel.GetConsoleMode(handle, ctypes.byref(mode))) and bool(
        kernel.SetConsoleMode(handle, mode.value | 4)
    )
