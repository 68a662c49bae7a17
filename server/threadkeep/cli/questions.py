"""Asks a person for a yes before something that is hard to undo."""

from collections.abc import Sequence

from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.terminal import Terminal


def agrees(terminal: Terminal, question: str, *, about: Sequence[str], otherwise: str) -> bool:
    """Whether the person answers yes to a question about what is listed above it; Ctrl-D is a no.

    Raises:
        CommandFailed: nobody is there to answer; with the text `otherwise`.
    """
    if not (terminal.keyboard.isatty() and terminal.err.isatty()):
        raise CommandFailed(otherwise)
    for line in about:
        terminal.note(line)
    # not on standard output, which may go to a file
    terminal.err.write(f"{question} [y/N] ")
    terminal.err.flush()
    if terminal.keyboard.readline().strip().lower() in {"y", "yes"}:
        return True
    terminal.note("Nothing was changed.")
    return False
