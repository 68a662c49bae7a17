"""Reads small files of a repository that nobody vouches for."""

import os
import re
import stat
from pathlib import Path

from threadkeep.domain.exhaustion import lack

MAX_LINE = 64 * 1024
MAX_CONFIG = 1024 * 1024


def first_line(path: Path) -> str | None:
    """The first line of a regular file, stripped; None if there is none to be read. Raises OSError as
    `small_text`."""
    text = small_text(path, limit=MAX_LINE)
    return text.split("\n", 1)[0].strip() if text else None


def small_text(path: Path, *, limit: int) -> str | None:
    """At most `limit` bytes of a regular file; bytes that are not UTF-8 become lone surrogates.

    None for what cannot be read; raises OSError where nothing can be opened at all.
    """
    try:
        # A pipe in place of a file would be waited for without end.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        if lack(error):  # else a repository would be taken for a folder without one
            raise
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return os.read(descriptor, limit).decode("utf-8", "surrogateescape")
    except OSError:
        return None
    finally:
        os.close(descriptor)


def is_file(path: Path) -> bool:
    """Whether it is a file; one that nobody may look at is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether it is a folder; one that nobody may look at is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def storable(text: str) -> str:
    """The text with bytes that are not UTF-8 written as `%NN`: a store keeps no lone surrogates."""
    return re.sub("[\ud800-\udfff]", lambda found: f"%{ord(found[0]) & 0xFF:02X}", text)
