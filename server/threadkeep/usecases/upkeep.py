"""Care for the store, on request: its check-up, its backup."""

from collections.abc import Callable
from contextlib import suppress

from threadkeep.domain.errors import StoreCorrupt, StoreNewer
from threadkeep.ports.runtime import SerialExecutor
from threadkeep.ports.store import Store
from threadkeep.ports.upkeep import Backup, Checkup, Upkeep
from threadkeep.values import Value


class StoreCare(Value):
    """Runs beside the executor, which nobody else has to wait for meanwhile. Errors are the port's."""

    upkeep: Callable[[], Upkeep]
    """Called in the executor: it is loaded then."""
    store: Store
    executor: SerialExecutor
    upkeep_executor: SerialExecutor
    """For this alone: a look at a big store takes minutes."""

    async def check(self, *, repairs: bool) -> Checkup:
        """Looks at the whole store, and repairs it if that is wanted."""
        await self._earlier_requests()
        return await self.upkeep_executor(lambda: self.upkeep().check(repairs=repairs))

    async def back_up(self, target: str | None) -> Backup:
        """Copies the store as it is after every request that came before."""
        await self._earlier_requests()
        return await self.upkeep_executor(lambda: self.upkeep().back_up(target))

    async def _earlier_requests(self) -> None:
        """Raises StoreUnavailable when another store than this process writes lies at its path."""
        with suppress(StoreCorrupt, StoreNewer):  # it is the care itself that tells more of that
            await self.executor(self.store.data_version)
