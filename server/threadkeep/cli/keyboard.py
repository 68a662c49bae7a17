"""Reads what a person types: a line, several after a trailing backslash, or a paste, which each system tells in another way."""

import os
import select
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from types import ModuleType
from typing import Protocol

from threadkeep.cli.terminal import Terminal
from threadkeep.values import Value

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


class Lines(Value, kw_only=False):
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


READ_AT_ONCE = 65_536
END_KEYS = b"\x04\x00"
"""Ctrl-D as it comes where letters are read at once: itself, or what Linux keeps in its place."""


class PlainKeyboard:
    """Lines of a POSIX terminal, without `readline`."""

    def __init__(
        self,
        descriptor: int,
        terminal: Terminal,
        *,
        soon: float,
        letters: Callable[[int], AbstractContextManager[None]],
    ) -> None:
        """soon: seconds within which a paste goes on. letters: lets the terminal give letters before a line ends."""
        self._descriptor = descriptor
        self._terminal = terminal
        self._soon = soon
        self._letters = letters
        self._read = b""
        self._has_ended = False

    def read_line(self, prompt: str, /) -> str:
        """The next line; see `Keyboard`."""
        if not self._read:  # else the terminal has shown already what comes
            self._terminal.write(prompt)
        try:
            while b"\n" not in self._read and not self._has_ended:
                read = os.read(self._descriptor, READ_AT_ONCE)
                self._read += read
                self._has_ended = not read
        except KeyboardInterrupt:
            self._read = b""
            raise
        line, end, self._read = self._read.partition(b"\n")
        if not end:
            self._has_ended = False
            if not line:
                raise EOFError
        return line.decode(self._terminal.keyboard.encoding, "replace")

    def waits(self) -> bool:
        """Whether more is there; see `Keyboard`."""
        if not self._read and not self._has_ended:
            with self._letters(self._descriptor):
                if select.select([self._descriptor], [], [], self._soon)[0]:
                    self._read = os.read(self._descriptor, READ_AT_ONCE)
            kept = self._read.rstrip(END_KEYS)
            self._has_ended = kept != self._read
            self._read = kept
        return bool(self._read)


SOON_SECONDS = 0.05
"""A paste is written in pieces, the next of which comes within this time; nobody types so fast after Enter."""
LOOK_SECONDS = 0.005
_FIRST_WITH_PASTE = 0x0700


def keyboard_of(
    terminal: Terminal,
    *,
    environ: Mapping[str, str] = os.environ,
    platform: str = sys.platform,
    kbhit: Callable[[], bool] | None = None,
) -> Keyboard:
    """The keyboard of an interactive terminal, with editing and history of lines where Python has `readline`.

    GNU readline gives a paste as one line. Elsewhere what waits is looked for: by libedit (macOS, many Pythons that
    are made to run anywhere), in the Windows console, which edits lines by itself, and where there is neither.
    """
    readline = _readline()
    if platform == "win32":
        return Lines(input, partial(comes_to_the_console, kbhit or _kbhit()))
    descriptor = terminal.keyboard.fileno()
    if readline is None:
        return PlainKeyboard(descriptor, terminal, soon=SOON_SECONDS, letters=letters_at_once)
    if takes_pastes_whole(readline, environ):
        readline.parse_and_bind("set enable-bracketed-paste on")
        return Lines(input)
    return Lines(input, partial(comes_to_the_terminal, descriptor))


def takes_pastes_whole(readline: ModuleType, environ: Mapping[str, str]) -> bool:
    """Whether it is GNU readline, new enough to ask a terminal to mark what is pasted, and the terminal can."""
    backend = getattr(readline, "backend", None)  # Python 3.13 and later
    is_gnu = backend == "readline" if backend else "GNU readline" in (readline.__doc__ or "")
    version = getattr(readline, "_READLINE_RUNTIME_VERSION", _FIRST_WITH_PASTE)
    # GNU Screen (`STY`) swallows the marks, and Linux's own console has none
    marks = environ.get("TERM", "") not in {"", "dumb", "linux"} and "STY" not in environ
    return is_gnu and version >= _FIRST_WITH_PASTE and marks


def comes_to_the_console(kbhit: Callable[[], bool], *, soon: float = SOON_SECONDS) -> bool:
    """Whether a key waits in the Windows console, or comes soon."""
    end = time.monotonic() + soon
    while not kbhit():
        if time.monotonic() >= end:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def comes_to_the_terminal(descriptor: int, *, soon: float = SOON_SECONDS) -> bool:
    """Whether letters wait in the terminal, or come soon; also those of a line that has not ended."""
    import select

    with letters_at_once(descriptor):
        return bool(select.select([descriptor], [], [], soon)[0])


@contextmanager
def letters_at_once(descriptor: int) -> Iterator[None]:
    """A terminal tells of a line when it has ended: of a paste's last one, which as a rule has no end, it would not."""
    import termios

    before = termios.tcgetattr(descriptor)
    changed = termios.tcgetattr(descriptor)
    changed[3] &= ~termios.ICANON
    changed[6][termios.VMIN], changed[6][termios.VTIME] = 1, 0
    termios.tcsetattr(descriptor, termios.TCSANOW, changed)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)


def _readline() -> ModuleType | None:
    try:
        import readline
    except ImportError:
        return None
    return readline


def _kbhit() -> Callable[[], bool]:
    import msvcrt

    found: Callable[[], bool] = vars(msvcrt)["kbhit"]
    return found
