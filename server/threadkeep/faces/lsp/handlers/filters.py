"""What a filter of sessions means with the settings of now."""

from threadkeep.faces.lsp import wire
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.protocol.types import lists
from threadkeep.usecases.wiring import UseCases


async def meant(cases: UseCases, given: lists.SessionFilter) -> SessionFilter:
    """All of a filter but its repository. Raises InvalidValue for a wrong time."""
    wanted = wire.session_filter(given)
    if wanted.model is None and wanted.provider is None:
        return wanted
    return await cases.reads(lambda: cases.agents.with_default(wanted))
