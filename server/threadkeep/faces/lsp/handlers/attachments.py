"""Attachments of a request, ready to be read in the lane."""

from collections.abc import Callable
from functools import partial
from typing import Final
from urllib.parse import unquote

from threadkeep.domain.events import StoreWarned
from threadkeep.domain.messages import Message, Part
from threadkeep.domain.text import one_line
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.connection import Connection
from threadkeep.protocol.types import messages
from threadkeep.usecases.attachments import snapshot
from threadkeep.usecases.wiring import UseCases

STAND_IN: Final = (
    "The editor's changes came in an order that cannot be followed, so the file was attached as it was saved last: {}."
    " Closing and reopening it in the editor ends that."
)


def reading(
    cases: UseCases, attachments: tuple[messages.Attachment, ...] | None
) -> Callable[[], tuple[Part, ...]] | None:
    """What takes the snapshots, of the buffers as they are now; None if nothing is said of attachments.

    Call it in the first step of a request, when the editor shows what the person sent.
    """
    if attachments is None:
        return None
    return partial(snapshot, wire.wanted(attachments), cases.documents())


def warn_of_stand_ins(connection: Connection, message: Message | None) -> None:
    """Tells the person at the editor which attachments are not what the editor shows."""
    uris = [
        part.attachment.uri or ""
        for part in (message.parts if message else ())
        if part.attachment is not None and part.attachment.is_stand_in
    ]
    if uris:
        names = ", ".join(dict.fromkeys(one_line(unquote(uri)) for uri in uris))
        connection.audience(StoreWarned(kind="buffer", message=STAND_IN.format(names)))
