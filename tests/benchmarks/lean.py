"""Runs a program as where only the default dependencies are installed.

Run by its path: `lean.py NAMES PROGRAM ARGUMENTS`. NAMES, parted by commas, are top-level packages that cannot
be imported; PROGRAM is the name of a module or the path of a script.
"""

import runpy
import sys


def main(names: str, program: str, *arguments: str) -> None:
    """Becomes the program."""
    for name in names.split(","):
        # None is how Python's documentation makes an import fail; what `site` has imported already stays
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # typed as if all were modules
    sys.argv = [program, *arguments]
    if program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
