"""The request that counts tokens."""

from threadkeep.domain.usage import Tally
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.registry import Registry, page_size
from threadkeep.faces.lsp.wire import resolved_filter
from threadkeep.protocol.types import organise
from threadkeep.usecases.application import Application


def register(on: Registry, application: Application, _connection: Connection) -> None:
    """Registers the handler."""

    @on("usage/summary")
    async def summarise(params: organise.SummarizeUsageParams) -> organise.SummarizeUsageResult:
        wanted, limit = await resolved_filter(application, params.filter), page_size(params.limit)
        table = await application.reads(
            lambda: application.usage.summarise(
                wanted,
                params.group_by,
                repository=wire.repository_choice(params.filter.repository),
                after=params.after,
                before=params.before,
                offset_minutes=params.utc_offset_minutes,
                limit=limit,
            )
        )
        return organise.SummarizeUsageResult(
            rows=tuple(_row(line.key, line.label, line.tally) for line in table.lines),
            total=_row("", "", table.total),
            count=table.count,
        )


def _row(key: str, label: str, tally: Tally) -> organise.UsageRow:
    return organise.UsageRow(
        key=key,
        label=label,
        sessions=tally.sessions,
        answers=tally.amount.answers,
        usage=wire.usage(tally.amount.usage),
    )
