"""Requests that take sessions out of the store and bring some in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from threadkeep.domain.errors import InvalidValue
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.registry import Registry
from threadkeep.faces.lsp.wire import resolved_filter
from threadkeep.ports.plugins import Offer
from threadkeep.ports.transfer import ExportFormat, HistoryReader
from threadkeep.protocol.limits import MAX_MESSAGE_BYTES
from threadkeep.protocol.types import transfer
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.usecases.application import Application
from threadkeep.usecases.transfer.exporting import Selection, Target

if TYPE_CHECKING:
    from threadkeep.usecases.transfer.importing import Imported

FRAME_BYTES = 64 * 1024
"""What a reply needs around its content."""


def register(on: Registry, application: Application, connection: Connection) -> None:
    """Registers the handlers."""

    @on("session/export")
    async def export_sessions(params: transfer.ExportSessionsParams) -> transfer.ExportSessionsResult:
        selection, target = await _selection(application, params), _target(params)
        with connection.work.reporting(
            params.work_done_token, title="Exporting sessions", unit="sessions"
        ) as progress:
            exported = await application.exporting.export(selection, target, progress=progress)
        return transfer.ExportSessionsResult(
            content=exported.content, path=exported.path, count=exported.count
        )

    @on("session/import")
    async def import_sessions(params: transfer.ImportSessionsParams) -> transfer.ImportSessionsResult:
        from threadkeep.usecases.transfer.import_sources import Source  # who only exports needs neither
        from threadkeep.usecases.transfer.importing import Wish

        source = Source(path=params.path, content=params.content, format=params.format, from_=params.from_)
        wish = Wish(
            mode=params.on_conflict,
            repository=wire.repository_choice(params.repository),
            dry_run=params.dry_run,
        )
        with connection.work.reporting(
            params.work_done_token, title="Importing sessions", unit="sessions"
        ) as progress:
            imported = await application.importing.run(source, wish, progress=progress)
        return _imported(imported)

    @on("format/list")
    async def list_formats(_: transfer.ListFormatsParams) -> transfer.ListFormatsResult:
        from threadkeep.usecases.formats import formats

        found = await formats(application.transfer())
        return transfer.ListFormatsResult(
            exporters=tuple(_exporter(each, found.lossless) for each in found.exporters),
            importers=tuple(map(_importer, found.importers)),
        )


def _exporter(offer: Offer[ExportFormat], lossless: Sequence[str]) -> transfer.Exporter:
    item = offer.item
    return transfer.Exporter(
        name=offer.name,
        label=item.label if item else offer.name,
        extensions=item.extensions if item else (),
        lossless=item is not None and offer.name in lossless,
        needs_path=item is not None and not item.is_text,
        needs=getattr(item, "needs", None),
        origin=offer.origin,
        problem=offer.problem,
    )


def _importer(offer: Offer[HistoryReader]) -> transfer.Importer:
    item = offer.item
    return transfer.Importer(
        name=offer.name,
        label=item.label if item else offer.name,
        extensions=item.extensions if item else (),
        needs_path=item is not None and not item.is_text,
        origin=offer.origin,
        problem=offer.problem,
    )


async def _selection(application: Application, params: transfer.ExportSessionsParams) -> Selection:
    if (params.session_id is None) == (params.filter is None):
        raise InvalidValue("sessionId", "give either sessionId or filter")
    wanted = params.filter or SessionFilter()
    return Selection(
        session_id=params.session_id,
        wanted=await resolved_filter(application, wanted),
        repository=wire.repository_choice(wanted.repository),
    )


def _target(params: transfer.ExportSessionsParams) -> Target:
    return Target(
        format=params.format,
        path=params.path,
        overwrite=params.overwrite,
        redact=params.redact,
        most=MAX_MESSAGE_BYTES - FRAME_BYTES,
    )


def _imported(imported: "Imported") -> transfer.ImportSessionsResult:
    return transfer.ImportSessionsResult(
        source=imported.source,
        imported=imported.imported,
        updated=imported.updated or None,
        skipped=imported.skipped,
        unchanged=imported.unchanged or None,
        session_ids=tuple(imported.session_ids),
        problems=tuple(
            transfer.ImportProblem(line=problem.line, file=problem.file, message=problem.message)
            for problem in imported.problems
        ),
        problem_count=imported.problem_count,
        notes=tuple(imported.notes) or None,
    )
