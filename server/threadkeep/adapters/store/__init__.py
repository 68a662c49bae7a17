"""The document store: TinyDB on SQLite, and one in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadkeep.domain.errors import StoreUnavailable
    from threadkeep.ports.runtime import Clock
    from threadkeep.ports.store import Store
    from threadkeep.ports.upkeep import Restored, Upkeep


def open_store(folder: Path, *, clock: "Clock") -> "Store":
    """The store kept in the folder, which is made if it is not there.

    Raises StoreUnavailable (rights, disk, an engine too old), StoreCorrupt (kept as it is, with a copy
    beside it) or StoreNewer (left alone).
    """
    # the engine is heavy: whoever only answers `initialize` does not wait for it
    from threadkeep.adapters.store.store import SqliteStore

    return SqliteStore(folder, clock=clock)


def open_read_only(folder: Path, why: "StoreUnavailable") -> "Store":
    """The store kept in the folder, to be read only, since it cannot be written for that reason.

    Raises `why` if there is nothing to read, StoreCorrupt or StoreNewer.
    """
    from threadkeep.adapters.store.read_only import ReadOnlyStore

    return ReadOnlyStore(folder, why)


def upkeep_of(folder: Callable[[], Path], *, clock: "Clock") -> "Upkeep":
    """The care for the store of a folder; folder: the store's, as of now."""
    from threadkeep.adapters.store.upkeep import SqliteUpkeep

    return SqliteUpkeep(folder, clock=clock)


def restore_store(folder: Path, backup: Path, *, clock: "Clock") -> "Restored":
    """Makes a backup the store of the folder, which nobody may use meanwhile. For errors see `restore`."""
    from threadkeep.adapters.store.restoring import restore

    return restore(folder, backup, clock=clock)
