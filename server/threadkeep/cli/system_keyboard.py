"""The keyboard of this process: how lines are edited, and how a paste is known, differs from system to system."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import ModuleType

from threadkeep.cli.keyboard import Keyboard, Lines
from threadkeep.cli.plain_keyboard import PlainKeyboard
from threadkeep.cli.terminal import Terminal

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
