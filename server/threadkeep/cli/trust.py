"""The command `trust`, and whether a chat's folder is trusted; apart since it asks no server, and a chat one meanwhile."""

import argparse
import os
from pathlib import Path

from threadkeep.bootstrap import repository_root, trusted_folders
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.formats import one_line
from threadkeep.cli.places import absolute
from threadkeep.cli.terminal import Terminal
from threadkeep.domain.errors import ThreadkeepError


def trust(options: argparse.Namespace, terminal: Terminal) -> int:
    """Runs the command; gives its exit code. Raises CommandFailed."""
    if options.list == (options.path is not None) or (options.list and options.remove):
        raise CommandFailed("give a PATH to trust, a PATH and --remove, or --list alone")
    try:
        return _show_list(options, terminal) if options.list else _change(options, terminal)
    except ThreadkeepError as error:
        raise CommandFailed(error.message) from error


def trusts(workspace: Path) -> bool:
    """Whether the folder of a chat is trusted, and with it the repository that it lies in."""
    try:
        trusted = trusted_folders()
        return trusted.is_trusted(str(workspace)) and trusted.is_trusted(repository_root(workspace))
    except (ThreadkeepError, OSError):
        return False


def _show_list(options: argparse.Namespace, terminal: Terminal) -> int:
    trusted = trusted_folders()
    folders, problems = trusted.folders(), trusted.problems
    if options.json:
        terminal.say_json({"folders": list(folders), "problems": list(problems)})
        return 0
    for problem in problems:
        terminal.note(f"threadkeep: {one_line(problem)}")
    for folder in folders:
        terminal.say(one_line(folder))
    if not folders:
        terminal.note("No folder is trusted: `threadkeep trust PATH` trusts one.")
    return 0


def _change(options: argparse.Namespace, terminal: Terminal) -> int:
    trusted = trusted_folders()
    path = absolute(options.path)
    if options.remove:
        was_kept = trusted.distrust(str(path))
        above = not was_kept and trusted.is_trusted(str(path))
        if above:
            raise CommandFailed(
                f"{path} is trusted with the folder that it lies in: see `threadkeep trust --list`"
            )
        if options.json:
            terminal.say_json({"path": os.path.realpath(path), "isTrusted": False})
        else:
            terminal.say(f"{path} is trusted no longer." if was_kept else f"{path} was not trusted.")
        return 0
    folder = trusted.trust(str(path))
    if options.json:
        terminal.say_json({"path": folder, "isTrusted": True})
        return 0
    terminal.say(f"{folder} is trusted, with all that is in it: its own agents are read.")
    root = repository_root(Path(folder))
    if not trusted.is_trusted(root):
        terminal.note(f"It is a part of {root}, whose agents are read only once that is trusted.")
    return 0
