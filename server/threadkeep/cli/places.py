"""Folders, files and repositories as people name them."""

import os
from collections.abc import Mapping
from pathlib import Path

from threadkeep.cli.failures import CommandFailed

STORE_FILE = "threadkeep.db"
"""What lies in the folder of every store."""


def absolute(path: str) -> Path:
    """The path as it is meant in the present folder, which the server leaves."""
    return Path(path).expanduser().absolute()


def check_store(named: str | None, environ: Mapping[str, str]) -> None:
    """Raises CommandFailed where a store that was named is not there: it would be made, and be empty.

    named: `--store`, which goes before `THREADKEEP_STORE`. The usual place may be empty: nothing was said yet.
    """
    text = named or environ.get("THREADKEEP_STORE")
    if not text:
        return
    folder = absolute(text)
    if not (folder / STORE_FILE).exists():
        where = "--store" if named else "THREADKEEP_STORE"
        raise CommandFailed(
            f"there is no store in {folder}: look at {where}, or begin one there with `threadkeep chat`"
        )


def make_folder_of(file: Path) -> None:
    """Makes the folder that the file shall lie in. Raises CommandFailed."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandFailed(
            f"the folder {file.parent} cannot be made ({error.strerror}): give another --output"
        ) from error


def repository_ref(text: str) -> str:
    """The `file:` URI of a folder, also of one that is gone; a name without a slash may be a repository's id."""
    folder = Path(text).expanduser()
    is_path = folder.is_dir() or (bool(set(text) & {"/", os.sep}) and not text.startswith("file:"))
    return folder.resolve().as_uri() if is_path else text


def names_a_place(text: str) -> bool:
    """Whether it is a folder that is there, or a URI."""
    return text.startswith("file:") or Path(text).expanduser().is_dir()


def unknown_repository(named: str) -> CommandFailed:
    """The error of a `--repo` that leads nowhere."""
    no_folder = "" if names_a_place(named) else ", and there is no such folder"
    return CommandFailed(
        f"no session is kept for {named}{no_folder}: give --repo a folder of the repository, or an id from "
        "`threadkeep sessions repositories --json`"
    )
