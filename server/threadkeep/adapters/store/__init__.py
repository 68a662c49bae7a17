"""The document store: TinyDB on SQLite, and one in memory."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadkeep.ports.store import Store
    from threadkeep.ports.surroundings import Clock


def open_store(folder: Path, *, clock: "Clock") -> "Store":
    """The store kept in the folder, which is made if it is not there.

    Raises StoreUnavailable (rights, disk, an engine too old), StoreCorrupt (kept as it is, with a copy
    beside it) or StoreNewer (left alone).
    """
    # the engine is heavy: whoever only answers `initialize` does not wait for it
    from threadkeep.adapters.store.store import SqliteStore

    return SqliteStore(folder, clock=clock)
