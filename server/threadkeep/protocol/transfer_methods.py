"""Requests that take sessions out of the store and bring some in: a part of the methods table."""

from threadkeep.protocol.method import Method
from threadkeep.protocol.types import transfer

TRANSFER_METHODS: tuple[Method, ...] = (
    Method(
        name="session/export",
        topic="transfer",
        unordered=True,
        params=transfer.ExportSessionsParams,
        result=transfer.ExportSessionsResult,
        errors=("sessionNotFound", "repositoryNotFound", "exportFailed", "extraMissing"),
        cancellable=True,
        doc="Gives one session, or all of a filter, as a text or as a file; it waits for nobody and nobody for it.",
    ),
    Method(
        name="session/import",
        topic="transfer",
        unordered=True,
        params=transfer.ImportSessionsParams,
        result=transfer.ImportSessionsResult,
        errors=("importInvalid", "repositoryNotFound", "storeUnavailable", "storeCorrupt"),
        cancellable=True,
        doc="Stores sessions of an export, or of another tool's history; what was stored when it is cancelled stays.",
    ),
    Method(
        name="format/list",
        topic="transfer",
        reads=True,
        unordered=True,
        params=transfer.ListFormatsParams,
        result=transfer.ListFormatsResult,
        doc="Lists the formats in which sessions are taken out and brought in, those of installed packages among them.",
    ),
)
