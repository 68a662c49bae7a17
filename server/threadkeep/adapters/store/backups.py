"""Copies of the store in one file, made while it is in use, and read before they count."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import apsw

from threadkeep.adapters.store.engine.errors import for_system, translated
from threadkeep.adapters.store.migrations import APPLICATION_ID
from threadkeep.adapters.store.search.fulltext import add_functions
from threadkeep.domain.errors import InvalidValue, StoreCorrupt
from threadkeep.domain.paths import name_trouble, sqlite_uri

PAGES_AT_ONCE: Final = 1_000
"""Between so many, others get the disk."""
PAUSE: Final = 0.001
STARTED: Final = ".part"
"""What the name of a copy ends with until it is whole."""


def backup_file(folder: Path, target: str | None, *, at: str, platform: str = sys.platform) -> Path:
    """Where a copy goes: a file that is not there. Raises InvalidValue, StoreUnavailable.

    target: an absolute path, of a folder or of the file itself; None for the store's own `folder`.
    """
    name = f"threadkeep-{at.replace(':', '-')}"
    if target is None:
        with as_unavailable(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return free_file(folder, name)
    path = Path(target)
    if "\x00" in target or not path.is_absolute():
        raise InvalidValue("path", "give an absolute path, of a folder or of a new file")
    if path.is_dir():
        return free_file(path, name)
    if trouble := name_trouble(path.name, platform=platform):
        raise InvalidValue("path", f"the name {path.name!r} {trouble}: choose another one")
    if path.exists() or path.is_symlink():
        raise InvalidValue("path", f"{path} is there already, and is not overwritten: choose another name")
    if not path.parent.is_dir():
        raise InvalidValue("path", f"there is no folder {path.parent}: make it, or choose another one")
    return path


def copy_store(connection: apsw.Connection, file: Path, *, is_checked: bool = True) -> int:
    """Copies what the connection sees at this moment into a new file of the user's alone, and gives its size.

    Writers are not held up: all of it is read in one snapshot. is_checked: the copy is read whole, and
    thrown away if it is damaged. Raises StoreUnavailable, StoreCorrupt.
    """
    started = file.with_name(f"{file.name}.{os.getpid()}{STARTED}")
    try:
        with as_unavailable(file.parent):
            started.unlink(missing_ok=True)
            _make(started)
        with translated(file):
            _copy(connection, started)
        if is_checked:
            check_copy(started)
        with as_unavailable(file.parent):
            _write_out(started)
            size = started.stat().st_size
            _publish(started, file)
            _write_out(file.parent)
    finally:
        with suppress(OSError):
            started.unlink(missing_ok=True)
    return size


def check_copy(file: Path) -> None:
    """Reads a copy whole. Raises StoreCorrupt if it is damaged or is no store."""
    with read_only(file) as connection:
        (application,) = connection.execute("PRAGMA application_id").fetchall()[0]
        told = [str(text) for (text,) in connection.execute("PRAGMA integrity_check(3)")]
    if application != APPLICATION_ID:
        raise StoreCorrupt(f"{file} is no store of Threadkeep.")
    if told != ["ok"]:
        raise StoreCorrupt(
            f"{file} is damaged ({'; '.join(told)}): run `threadkeep store doctor` on the store, "
            "or choose an older backup."
        )


@contextmanager
def read_only(file: Path) -> Iterator[apsw.Connection]:
    """A connection that changes nothing, and makes no file beside it. Raises StoreCorrupt, StoreUnavailable."""
    log = file.with_name(file.name + "-wal")
    has_log = log.exists() and log.stat().st_size > 0
    query = "mode=ro" if has_log else "mode=ro&immutable=1"
    uri = sqlite_uri(str(file.absolute()), query, platform=sys.platform)
    with translated(file):
        connection = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
        try:
            add_functions(connection)
            yield connection
        finally:
            connection.close()


@contextmanager
def as_unavailable(folder: Path) -> Iterator[None]:
    """Raises StoreUnavailable for what the file system refuses."""
    try:
        yield
    except OSError as error:
        raise for_system(error, folder, what="No copy can be made in {}") from error


def _copy(connection: apsw.Connection, file: Path) -> None:
    copy = apsw.Connection(str(file))
    try:
        connection.execute("BEGIN")
        try:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # from here on nothing moves
            with copy.backup("main", connection, "main") as running:
                while not running.done:
                    running.step(PAGES_AT_ONCE)
                    time.sleep(PAUSE)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        with suppress(apsw.CorruptError, apsw.NotADBError):  # a damaged one is judged by whoever reads it
            copy.execute("PRAGMA journal_mode = DELETE").fetchall()  # one file, without companions
    finally:
        copy.close()


def _make(file: Path) -> None:
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _publish(started: Path, file: Path) -> None:
    """Gives the copy its name. Raises FileExistsError rather than to overwrite."""
    try:
        os.link(started, file)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if file.exists():
            raise FileExistsError(f"{file} is there already") from None
        started.rename(file)


def _write_out(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # Windows does not open folders
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def free_file(folder: Path, name: str) -> Path:
    numbers = range(2, 10_000)
    names = (f"{name}.db", *(f"{name}-{number}.db" for number in numbers))
    return next(file for each in names if not (file := folder / each).exists())
