"""The requests that take sessions out of the store and bring some in, one method each."""

from pathlib import Path

from threadkeep.client.asking import Asking
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.repositories import RepositoryRef
from threadkeep.protocol.types.transfer import (
    ExportFormat,
    ExportSessionsParams,
    ExportSessionsResult,
    ImportSessionsParams,
    ImportSessionsResult,
    OnConflict,
    OwnFormat,
    ProgressToken,
)


class TransferRequests(Asking):
    """Export and import. Every method may raise `RequestFailed` and `ServerGone`; cancelling it ends the work."""

    async def export_session(
        self,
        session_id: str,
        export_format: ExportFormat,
        *,
        path: Path | str | None = None,
        overwrite: bool = False,
        redact: bool = False,
        work_done_token: ProgressToken | None = None,
    ) -> ExportSessionsResult:
        """`session/export` of one session: its text, or with an absolute `path` a file."""
        params = ExportSessionsParams(
            session_id=session_id,
            format=export_format,
            path=None if path is None else str(path),
            overwrite=overwrite,
            redact=redact,
            work_done_token=work_done_token,
        )
        return await self.ask("session/export", params, ExportSessionsResult)

    async def export_sessions(
        self,
        wanted: SessionFilter,
        export_format: ExportFormat,
        *,
        path: Path | str | None = None,
        overwrite: bool = False,
        redact: bool = False,
        work_done_token: ProgressToken | None = None,
    ) -> ExportSessionsResult:
        """`session/export` of all sessions of a filter: their text, or with an absolute `path` a file."""
        params = ExportSessionsParams(
            filter=wanted,
            format=export_format,
            path=None if path is None else str(path),
            overwrite=overwrite,
            redact=redact,
            work_done_token=work_done_token,
        )
        return await self.ask("session/export", params, ExportSessionsResult)

    async def import_sessions(
        self,
        path: Path | str | None = None,
        *,
        content: str | None = None,
        own_format: OwnFormat | None = None,
        from_: str = "auto",
        on_conflict: OnConflict = "skip",
        repository: RepositoryRef | None = None,
        dry_run: bool = False,
        work_done_token: ProgressToken | None = None,
    ) -> ImportSessionsResult:
        """`session/import`: from a file or folder at an absolute `path`, or from `content`."""
        params = ImportSessionsParams(
            path=None if path is None else str(path),
            content=content,
            format=own_format,
            from_=from_,
            on_conflict=on_conflict,
            repository=repository,
            dry_run=dry_run,
            work_done_token=work_done_token,
        )
        return await self.ask("session/import", params, ImportSessionsResult)
