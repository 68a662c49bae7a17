"""Which ways there are to take sessions out, and to bring some in."""

import asyncio

from threadkeep.ports.plugins import Offer
from threadkeep.ports.transfer import ExportFormat, HistoryReader, TransferTools
from threadkeep.values import Value


class Formats(Value):
    """What is there, also what cannot be used."""

    exporters: tuple[Offer[ExportFormat], ...]
    importers: tuple[Offer[HistoryReader], ...]
    """Of other tools' histories; what the lossless formats hold can be imported too."""
    lossless: tuple[str, ...]
    """The export formats that hold everything."""


async def formats(tools: TransferTools) -> Formats:
    """All of them. Looked for in a thread: it takes a while the first time, and an export in the executor takes longer."""
    return await asyncio.to_thread(_formats, tools)


def _formats(tools: TransferTools) -> Formats:
    return Formats(
        exporters=tuple(tools.exporters()),
        importers=tuple(tools.importers()),
        lossless=tuple(each.name for each in tools.own()),
    )
