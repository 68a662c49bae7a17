"""Reads what a person types: a line, several after a trailing backslash, or pasted text."""

import contextlib
from collections.abc import Callable

PROMPT = "> "
MORE = "… "


def prepare_line_editing() -> None:
    """Turns on editing and history of lines where Python has `readline`; Windows edits by itself."""
    with contextlib.suppress(ImportError):
        import readline

        if "libedit" not in (readline.__doc__ or ""):
            # else each line of a pasted text would be sent as a message of its own
            readline.parse_and_bind("set enable-bracketed-paste on")


def read_message(read_line: Callable[[str], str] = input) -> str:
    """What was typed, without the white space around it.

    Raises:
        EOFError: Ctrl-D.
        KeyboardInterrupt: Ctrl-C; what was typed is forgotten.
    """
    lines = [read_line(PROMPT)]
    while lines[-1].endswith("\\"):
        lines[-1] = lines[-1][:-1]
        try:
            lines.append(read_line(MORE))
        except EOFError:
            break
    return "\n".join(lines).replace("\r", "\n").strip()
