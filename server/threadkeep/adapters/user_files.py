"""Files that a person names: written whole or not at all, and read a piece at a time."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkstemp
from typing import Final

from threadkeep.domain.encodings import as_utf8
from threadkeep.domain.errors import ExportFailed, ImportInvalid, InvalidValue
from threadkeep.domain.paths import below, length_hint, name_trouble

PIECE: Final = 1024 * 1024
"""Bytes read at once."""


class LocalUserFiles:
    """Those of this computer."""

    def __init__(self, *, forbidden: Callable[[], Path], platform: str = sys.platform) -> None:
        """forbidden: a folder in which nothing is written, as it is now: that of the store."""
        self._forbidden = forbidden
        self._platform = platform

    @contextmanager
    def writing(self, path: str, *, overwrite: bool) -> Iterator[Callable[[bytes], None]]:
        target = _absolute(path)
        started: Path | None = None
        try:
            target = self._checked(target, overwrite=overwrite)
            descriptor, name = mkstemp(dir=target.parent, prefix=".threadkeep-", suffix=".part")
            started = Path(name)
            try:
                yield lambda piece: _write(descriptor, piece)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            _put_in_place(started, target, overwrite=overwrite)
        except OSError as error:
            hint = length_hint(str(target), platform=self._platform)
            raise ExportFailed(f"{target} could not be written: {_reason(error)}.{hint}") from error
        finally:
            if started is not None:
                with suppress(OSError):
                    started.unlink(missing_ok=True)

    def found(self, path: str) -> Path:
        file = _absolute(path)
        try:
            mode = file.stat().st_mode
        except OSError as error:
            raise ImportInvalid(f"{file} cannot be read: {_reason(error)}.") from error
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise ImportInvalid(f"{file} is no file and no folder: give one.")
        return file

    def pieces(self, path: Path) -> Iterator[bytes]:
        return as_utf8(_pieces(path))

    @contextmanager
    def held(self, data: bytes, name: str) -> Iterator[Path]:
        try:
            made = TemporaryDirectory(prefix="threadkeep-", ignore_cleanup_errors=True)
        except OSError as error:
            raise ImportInvalid(
                f"There is no room for the text in a temporary file: {_reason(error)}."
            ) from error
        with made as folder:
            file = Path(folder) / name
            try:
                file.write_bytes(data)
            except OSError as error:
                raise ImportInvalid(
                    f"The text cannot be put into a temporary file: {_reason(error)}."
                ) from error
            yield file

    def _checked(self, target: Path, *, overwrite: bool) -> Path:
        """Where the file goes. Raises ExportFailed, OSError."""
        if not target.parent.is_dir():
            raise ExportFailed(f"There is no folder {target.parent}: make it, or choose another one.")
        if trouble := name_trouble(target.name, platform=self._platform):
            raise ExportFailed(f"The name {target.name!r} {trouble}: choose another one.")
        target = target.parent.resolve() / target.name
        store = str(self._forbidden().resolve())
        if below(store, str(target), platform=self._platform) is not None:
            raise ExportFailed(f"{target} lies in the store's own folder: choose another one.")
        if target.is_dir():
            raise ExportFailed(f"{target} is a folder: give the name of a file in it.")
        if not overwrite and (target.exists() or target.is_symlink()):
            raise ExportFailed(f"{target} is there already: choose another name, or let it be overwritten.")
        return target


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as opened:
            while piece := opened.read(PIECE):
                yield piece
    except OSError as error:
        raise ImportInvalid(f"{path} cannot be read: {_reason(error)}.") from error


def _absolute(path: str) -> Path:
    if "\x00" in path or not Path(path).is_absolute() or not Path(path).name:
        raise InvalidValue("path", "must be absolute, and name a file")
    return Path(path)


def _write(descriptor: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _put_in_place(started: Path, target: Path, *, overwrite: bool) -> None:
    """Gives the whole file its name. Raises OSError."""
    if overwrite:
        started.replace(target)
        return
    try:
        os.link(started, target)  # never over a file that has come meanwhile
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if target.exists():
            raise
        started.rename(target)


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
