"""The requests that look after the store, one method each."""

from pathlib import Path

from threadkeep.client.asking import Asking
from threadkeep.protocol.types.upkeep import (
    BackUpStoreParams,
    BackUpStoreResult,
    CheckStoreParams,
    CheckStoreResult,
)


class UpkeepRequests(Asking):
    """`store/doctor`, `store/backup`. Every method may raise `RequestFailed` and `ServerGone`."""

    async def check_store(self, *, repair: bool = False) -> CheckStoreResult:
        """`store/doctor`: looks at the whole store; with `repair` it is mended after a backup."""
        return await self.ask("store/doctor", CheckStoreParams(repair=repair), CheckStoreResult)

    async def back_up_store(self, path: Path | str | None = None) -> BackUpStoreResult:
        """`store/backup`: a copy in a folder, or under the name of a new file; else in the store's folder.

        path: absolute.
        """
        params = BackUpStoreParams(path=None if path is None else str(path))
        return await self.ask("store/backup", params, BackUpStoreResult)
