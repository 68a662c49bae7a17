"""The care for the store, whose engine is loaded when it is first asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadkeep.ports.runtime import Clock
    from threadkeep.ports.upkeep import Backup, Checkup, Restored, Upkeep


class LazyUpkeep:
    """Cares for the store of a folder; see `SqliteUpkeep`."""

    def __init__(self, folder: Callable[[], Path], *, clock: "Clock") -> None:
        """folder: the store's, as of now."""
        self._folder = folder
        self._clock = clock

    def check(self, *, repairs: bool = False) -> "Checkup":
        return self._upkeep().check(repairs=repairs)

    def back_up(self, target: str | None = None) -> "Backup":
        return self._upkeep().back_up(target)

    def _upkeep(self) -> "Upkeep":
        from threadkeep.adapters.store.upkeep import SqliteUpkeep

        return SqliteUpkeep(self._folder, clock=self._clock)


def restore_store(folder: Path, backup: Path, *, clock: "Clock") -> "Restored":
    """Makes a backup the store of the folder, which nobody may use meanwhile. For errors see `restore`."""
    from threadkeep.adapters.store.restoring import restore

    return restore(folder, backup, clock=clock)
