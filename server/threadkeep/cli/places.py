"""Folders and repositories as people name them."""

import os
from pathlib import Path


def repository_ref(text: str) -> str:
    """The `file:` URI of a folder, also of one that is gone; a name without a slash may be a repository's id."""
    folder = Path(text).expanduser()
    is_path = folder.is_dir() or (bool(set(text) & {"/", os.sep}) and not text.startswith("file:"))
    return folder.resolve().as_uri() if is_path else text
