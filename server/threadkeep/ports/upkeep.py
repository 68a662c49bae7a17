"""Looking after the store: its health, its copies."""

from typing import Protocol

from threadkeep.values import Value


class Problem(Value):
    """Something in the store that is not as it should be."""

    kind: str
    """`unreadable`, `damagedPages`, `damagedIndexes`, `brokenDocuments`, `columns`, `orphanMessages`, `tree`,
    `repositories`, `sessions`, `turns`, `leftovers`, `counters`, `searchIndex`, `totals`, `rescued`."""
    message: str
    """For people: what and where, and what was or can be done."""
    count: int
    """How many places are concerned."""
    is_repaired: bool = False
    """Whether a second look found no more of it after the repair."""


class Checkup(Value):
    """What a look at the whole store has found."""

    problems: tuple[Problem, ...] = ()
    backup: str | None = None
    """The copy that was made before anything was repaired."""

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is wrong now."""
        return all(problem.is_repaired for problem in self.problems)


class Backup(Value):
    """A copy of the store in one file; `size` in bytes."""

    path: str
    size: int


class Restored(Value):
    """A backup that is the store now; `replaced` is the folder with what was the store before, if there was one."""

    path: str
    replaced: str | None


class Upkeep(Protocol):
    """Care for the store, beside those who use it. Blocking, for seconds or minutes; any thread may ask."""

    def check(self, *, repairs: bool = False) -> Checkup:
        """Looks at everything, and repairs what it can after a backup; nothing readable is deleted.

        Raises StoreUnavailable, or StoreNewer; a store that cannot be read is a problem that is told.
        """
        ...

    def back_up(self, target: str | None = None) -> Backup:
        """Copies the store as it is at this moment, while it is in use, and reads the copy to be sure.

        target: the absolute path of a folder, or of a file that is not there; None for the store's own
        folder of backups. Raises InvalidValue for another target, StoreUnavailable, or StoreCorrupt.
        """
        ...
