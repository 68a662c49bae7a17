"""Putting a backup in the place of the store, which is kept aside; for when nobody uses it; loaded when one is restored."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from threadkeep.adapters.store.backups import as_unavailable, check_copy, copy_store, read_only
from threadkeep.adapters.store.engine.file_locks import platform_locks
from threadkeep.adapters.store.migrations import Schema
from threadkeep.adapters.store.opening import ASIDE, DATABASE, OWNERS
from threadkeep.domain.errors import InvalidValue, StoreNewer, StoreUnavailable
from threadkeep.ports.runtime import Clock
from threadkeep.ports.upkeep import Restored

_PARTS: Final = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm")
"""The database first: a log without it is refused, but it without its log would be taken for whole."""


def restore(
    folder: Path,
    source: Path,
    *,
    clock: Clock,
    schema: Schema | None = None,
    before_swap: Callable[[], None] = lambda: None,
) -> Restored:
    """Makes a backup the store of the folder; what was there goes into a folder beside it.

    source: a file that `store/backup` made, or a copy of a store's folder. before_swap: called when the
    copy is there and nothing has been moved yet. Raises InvalidValue, StoreUnavailable (another process uses the
    store), StoreCorrupt (the backup cannot be read), StoreNewer.
    """
    source = source / DATABASE if source.is_dir() else source
    if not source.is_file():
        raise InvalidValue("path", f"there is no backup {source}")
    if _is_same(source, folder / DATABASE):
        raise InvalidValue("path", "this is the store itself")
    check_copy(source)
    _check_version(source, schema or Schema())
    _check_unused(folder)
    with as_unavailable(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    copied = folder / f"{DATABASE}.restore-{os.getpid()}"
    with as_unavailable(folder):
        copied.unlink(missing_ok=True)
    with read_only(source) as connection:
        copy_store(connection, copied)
    try:
        before_swap()
        _check_unused(folder)  # copying took its time
        with as_unavailable(folder):
            aside = _set_aside(folder, at=clock.now())
            copied.rename(folder / DATABASE)
    finally:
        copied.unlink(missing_ok=True)
    return Restored(path=str(folder / DATABASE), replaced=str(aside) if aside else None)


def _is_same(one: Path, other: Path) -> bool:
    """Whether both are one file, be it by another case, a short name, a link or a share of this computer."""
    try:
        return one.absolute() == other.absolute() or one.samefile(other)
    except OSError:
        return False


def _check_version(source: Path, schema: Schema) -> None:
    with read_only(source) as connection:
        ((version,),) = connection.execute("PRAGMA user_version").fetchall()
        rows = connection.execute("SELECT value FROM meta WHERE name = 'oldest_reader'").fetchall()
    oldest_reader = int(str(rows[0][0])) if rows else int(str(version))
    if int(str(version)) > schema.version and oldest_reader > schema.version:
        raise StoreNewer(f"{source} was written by a newer Threadkeep: update this one to restore it.")


def _check_unused(folder: Path) -> None:
    locks = platform_locks()
    for file in (folder / OWNERS).glob("*.lock"):
        try:
            is_held = locks.is_held(file)
        except OSError:  # nobody can tell: better to be told to close what does not run
            is_held = file.exists()
        if is_held:
            raise StoreUnavailable(
                f"The store {folder} is in use: close all editors and terminals that use Threadkeep, and try again."
            )


def _set_aside(folder: Path, *, at: str) -> Path | None:
    present = [file for name in _PARTS if (file := folder / name).exists()]
    if not present:
        return None
    name = f"replaced-{at.replace(':', '-')}"
    aside = folder / ASIDE / name
    number = 1
    while aside.exists():
        number += 1
        aside = aside.with_name(f"{name}-{number}")
    aside.mkdir(mode=0o700, parents=True)
    for file in present:
        file.rename(aside / file.name)
    return aside
