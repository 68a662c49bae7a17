"""Which program an `apiKeyCommand` means: never one that happens to lie in the current folder."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from threadkeep.domain.programs import is_batch, is_plain, on_search_path


def is_program(path: str) -> bool:
    """Whether it is a file that may be started."""
    try:
        return Path(path).is_file() and os.access(path, os.X_OK)
    except (OSError, ValueError):
        return False


def found_command(
    command: tuple[str, ...],
    environ: Mapping[str, str],
    *,
    platform: str = sys.platform,
    is_there: Callable[[str], bool] = is_program,
) -> tuple[str, ...]:
    """The command with its program's place for a name. Raises ValueError with a clause for people.

    A name is looked for on the search path, and on Windows with `.exe`, `.com`, `.cmd` and `.bat` as in a
    terminal. A batch file is started only if nothing in its arguments means anything to who reads it.
    """
    name, *arguments = command
    if not set(name) & set("/\\:" if platform == "win32" else "/"):
        where = environ if "PATH" in environ or platform == "win32" else {"PATH": os.defpath}
        program = next(filter(is_there, on_search_path(name, where, platform=platform)), None)
        if program is None:
            raise ValueError("cannot be started (it is not on the search path)")
        name = program
    if platform == "win32" and is_batch(name) and not all(map(is_plain, arguments)):
        raise ValueError(
            "cannot be started safely (it is a batch file, and its arguments hold signs that the command "
            "interpreter takes for its own: name the program that it starts)"
        )
    return (name, *arguments)
