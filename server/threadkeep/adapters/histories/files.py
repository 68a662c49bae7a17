"""Files of strangers: found within one folder, opened without effects, read with a bound."""

import io
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from threadkeep.domain.encodings import as_utf8, is_wide
from threadkeep.domain.transfer import TransferProblem

MAX_FILES = 50_000
MAX_DEPTH = 8
"""Folders below the one that was given."""
MAX_LINE_BYTES = 64 * 1024 * 1024
"""A line may hold a pasted picture."""
HEAD_BYTES = 1024 * 1024
"""What `recognises` reads of a file."""
_PIECE = 64 * 1024
MAX_LOOKED_AT = 20
"""Files of a folder that `recognises` looks into."""


def found_files(
    path: Path, *, wanted: Callable[[str], bool], skipped: frozenset[str] = frozenset()
) -> Iterator[Path | TransferProblem]:
    """The file itself whatever its name, or the folder's files of wanted names, in the order of their names.

    Links are followed to files within the folder, never out of it and never to folders.
    skipped: names of folders that are not entered. Raises OSError where the path itself cannot be read.
    """
    if not path.is_dir():
        yield path
        return
    root = Path(os.path.realpath(path))
    count = 0
    for found in _walk(root, root, depth=0, skipped=skipped):
        if isinstance(found, TransferProblem):
            yield found
        elif wanted(found.name):
            count += 1
            if count > MAX_FILES:
                yield TransferProblem(
                    message=f"More than {MAX_FILES:,} files: the rest is not read. Import its folders singly."
                )
                return
            yield found


def files_within(
    folder: Path, *, wanted: Callable[[str], bool]
) -> Iterator[tuple[str, Path] | TransferProblem]:
    """The folder's files of wanted names with their names in it, but for those that git and npm keep; see
    `found_files`."""
    for found in found_files(folder, wanted=wanted, skipped=frozenset({".git", "node_modules"})):
        yield found if isinstance(found, TransferProblem) else (shown(found, folder), found)


def shown(file: Path, root: Path) -> str:
    """The file's name within what was given, for people."""
    real = Path(os.path.realpath(root))
    name = str(file.relative_to(real)) if file.is_relative_to(real) and file != real else file.name
    return name.encode("utf-8", "replace").decode("utf-8")


def opened(path: Path) -> BinaryIO:
    """A regular file, for reading, in UTF-8 if it is marked as UTF-16; never waits for a pipe. Raises OSError."""
    # To open a device or a pipe has effects, hence the look before; it may be swapped then, hence the one after.
    _check_regular(path.stat())
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY"):
        flags |= getattr(os, name, 0)
    descriptor = os.open(path, flags)
    try:
        _check_regular(os.fstat(descriptor))
        file = os.fdopen(descriptor, "rb")
    except OSError:
        os.close(descriptor)
        raise
    return io.BufferedReader(_Recoded(file)) if is_wide(file.peek(2)) else file


class _Recoded(io.RawIOBase):
    """A file of UTF-16, as PowerShell writes one, read as UTF-8."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._pieces = as_utf8(iter(lambda: file.read(_PIECE), b""))
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()
        super().close()


def head(path: Path) -> bytes:
    """The beginning of a file; empty if it cannot be read. Never raises."""
    try:
        with opened(path) as file:
            return file.read(HEAD_BYTES)
    except (OSError, ValueError):  # a path with a NUL is a ValueError
        return b""


def heads(path: Path, *, wanted: Callable[[str], bool]) -> Iterator[tuple[Path, bytes]]:
    """The beginnings of a file, or of the first wanted files of a folder. Never raises."""
    try:
        looked_at = 0
        for found in found_files(path, wanted=wanted):
            if isinstance(found, TransferProblem):
                continue
            looked_at += 1
            if looked_at > MAX_LOOKED_AT:
                return
            yield found, head(found)
    except (OSError, ValueError):
        return


def lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Lines with their numbers from 1; None in the place of one that is longer than any may be."""
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) <= MAX_LINE_BYTES:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE_BYTES)
        yield number, None


def reason(error: Exception) -> str:
    """Why a file could not be read, for people, without its path."""
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


def _walk(
    folder: Path, root: Path, *, depth: int, skipped: frozenset[str]
) -> Iterator[Path | TransferProblem]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: _natural(entry.name))
    except OSError as error:
        if depth == 0:
            raise
        yield TransferProblem(
            message=f"The folder cannot be read: {reason(error)}.", file=shown(folder, root)
        )
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            if entry.name in skipped:
                continue
            if depth < MAX_DEPTH:
                yield from _walk(path, root, depth=depth + 1, skipped=skipped)
            else:
                yield TransferProblem(
                    message="The folder lies too deep and is not read.", file=shown(path, root)
                )
        elif not entry.is_symlink() or _is_file_within(path, root):
            yield path


def _is_file_within(link: Path, root: Path) -> bool:
    target = Path(os.path.realpath(link))
    return target.is_relative_to(root) and target.is_file()


def _natural(name: str) -> tuple[str, ...]:
    """Numbers in names in the order of numbers."""
    return tuple(part.zfill(20) if part.isdigit() else part for part in re.split(r"(\d+)", name))


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(None, "it is not a regular file")
