"""Writes generated files into a checkout, or tells which of them are stale."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

MARK = Path("server/docs")
"""A checkout of Threadkeep has this folder, an installed package has not."""


def write_or_check(
    arguments: list[str] | None,
    *,
    command: str,
    doc: str | None,
    generate: Callable[[Path], Mapping[Path, str]],
    root: Path | None = None,
) -> int:
    """The command line of a generator: gives the exit code.

    generate: the text of every file by its path below the root. root: a checkout, by default the one
    that this package runs from. With `--check` nothing is written: 1 if a file is stale, and says
    which and what to do.
    """
    parser = argparse.ArgumentParser(prog=command, description=doc)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file is stale")
    is_check = parser.parse_args(arguments).check
    root = root or Path(__file__).parents[2]
    if not (root / MARK).is_dir():
        sys.stderr.write(f"{root} is not a checkout of Threadkeep: {MARK.as_posix()} is missing.\n")
        return 1
    stale = {path: text for path, text in generate(root).items() if text_of(root / path) != text}
    for path, text in stale.items():
        if is_check:
            sys.stderr.write(f"{path.as_posix()} is stale\n")
        else:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8", newline="\n")
            sys.stdout.write(f"wrote {path.as_posix()}\n")
    if stale and is_check:
        sys.stderr.write(f"Run: {command}\n")
        return 1
    return 0


def text_of(path: Path) -> str:
    """What the file holds; empty if it is not there."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""
