"""The requests of the trash and of many sessions at once, one method each."""

from typing import Unpack

from threadkeep.client.asking import Asking
from threadkeep.client.session_requests import StateChange
from threadkeep.protocol.types.common import Empty
from threadkeep.protocol.types.lifecycle import ChangeStateParams, SessionResult
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.organise import (
    BulkChange,
    BulkUpdateParams,
    BulkUpdateResult,
    CleanUpParams,
    CleanUpResult,
    PurgeSessionParams,
)


class OrganiseRequests(Asking):
    """Deleting, restoring, erasing, changing in bulk. Every method may raise `RequestFailed` and `ServerGone`."""

    async def delete_session(self, session_id: str, **change: Unpack[StateChange]) -> SessionResult:
        """`session/delete`: into the trash."""
        params = ChangeStateParams(session_id=session_id, **change)
        return await self.ask("session/delete", params, SessionResult)

    async def restore_session(self, session_id: str, **change: Unpack[StateChange]) -> SessionResult:
        """`session/restore`: out of the trash."""
        params = ChangeStateParams(session_id=session_id, **change)
        return await self.ask("session/restore", params, SessionResult)

    async def purge_session(self, session_id: str, *, idempotency_key: str | None = None) -> Empty:
        """`session/purge`: erases a session of the trash for good."""
        params = PurgeSessionParams(session_id=session_id, idempotency_key=idempotency_key)
        return await self.ask("session/purge", params, Empty)

    async def update_sessions(
        self,
        wanted: SessionFilter,
        change: BulkChange,
        *,
        all_sessions: bool = False,
        dry_run: bool = True,
        idempotency_key: str | None = None,
    ) -> BulkUpdateResult:
        """`session/bulkUpdate`; without `dry_run=False` it only tells what it would change."""
        params = BulkUpdateParams(
            filter=wanted,
            change=change,
            all_sessions=all_sessions,
            dry_run=dry_run,
            idempotency_key=idempotency_key,
        )
        return await self.ask("session/bulkUpdate", params, BulkUpdateResult)

    async def clean_up(
        self,
        older_than: str,
        *,
        wanted: SessionFilter | None = None,
        dry_run: bool = True,
        purge_trash: bool = False,
    ) -> CleanUpResult:
        """`store/cleanup`: older_than such as `12h` or `90d`; without `dry_run=False` it only tells."""
        params = CleanUpParams(
            older_than=older_than,
            filter=wanted or SessionFilter(),
            dry_run=dry_run,
            purge_trash=purge_trash,
        )
        return await self.ask("store/cleanup", params, CleanUpResult)
