"""Asks a person for a yes: before something that is hard to undo, or where a window does not react."""

from collections.abc import Sequence

from threadkeep.cli.failures import CommandFailed, does_not_react, holder_of
from threadkeep.cli.terminal import Terminal
from threadkeep.client import RequestFailed


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


QUESTION = "Take over?"


def at_stake(error: RequestFailed) -> list[str]:
    """Who does not react, and what a yes costs."""
    return [
        f"An answer is being written in this session by {holder_of(error)}, which does not react.",
        "It may be stopped, or hang. What it has not stored yet of the answer is lost.",
    ]


def can_take_over(error: RequestFailed) -> bool:
    """Whether `chat/takeOver` would end what is in the way."""
    return does_not_react(error) and error.data.get("canTakeOver") is True


def is_to_be_taken_over(error: RequestFailed, terminal: Terminal, *, at_once: bool) -> bool:
    """Whether `chat/takeOver` may be sent: `at_once`, or because the person at the terminal agrees to it.

    False where something else is wrong, and where nobody can be asked.
    """
    if not can_take_over(error):
        return False
    if at_once:
        return True
    if not (terminal.keyboard.isatty() and terminal.err.isatty()):
        return False
    return agrees(terminal, QUESTION, about=at_stake(error), otherwise="")
