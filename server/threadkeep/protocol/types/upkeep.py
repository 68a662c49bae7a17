"""Looking after the store: its check-up, its backup."""

from threadkeep.protocol.request import Request
from threadkeep.values import Value


class StoreProblem(Value):
    """Something in the store that is not as it should be."""

    kind: str
    """`unreadable`, `damagedPages`, `damagedIndexes`, `brokenDocuments`, `columns`, `orphanMessages`,
    `repositories`, `tree`, `turns`, `sessions`, `counters`, `leftovers`, `lists`, `searchIndex`, `totals`,
    `rescued`; more may come."""
    message: str
    """For people: what and where, and what was or can be done."""
    count: int
    """How many places are concerned."""
    is_repaired: bool
    """Whether a second look, after the repair, found no more of it."""


class CheckStoreResult(Value):
    """What was found, and what became of it."""

    is_healthy: bool
    """Whether nothing is wrong now."""
    problems: tuple[StoreProblem, ...]
    """All that was found; empty for a healthy store."""
    backup: str | None = None
    """The copy that was made before the repair; absent if nothing was repaired."""


class CheckStoreParams(Request[CheckStoreResult]):
    """Whether the store is only looked at, or repaired too."""

    repair: bool = False
    """Repairs what can be repaired, after a backup; nothing readable is deleted."""


class BackUpStoreResult(Value):
    """A copy of the store in one file, which was read whole to be sure of it."""

    path: str
    """The file."""
    bytes: int
    """Its size."""


class BackUpStoreParams(Request[BackUpStoreResult]):
    """Where the copy goes."""

    path: str | None = None
    """Absolute: a folder, or a file that is not there. Absent: the `backups` folder of the store."""
