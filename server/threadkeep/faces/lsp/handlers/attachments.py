"""Attachments of a request, ready to be read in the lane."""

from collections.abc import Callable
from functools import partial

from threadkeep.domain.messages import Part, Range
from threadkeep.protocol.types import messages
from threadkeep.usecases.attachments import WantedAttachment, snapshot
from threadkeep.usecases.wiring import UseCases


def reading(
    cases: UseCases, attachments: tuple[messages.Attachment, ...] | None
) -> Callable[[], tuple[Part, ...]] | None:
    """What takes the snapshots, of the buffers as they are now; None if nothing is said of attachments.

    Call it in the first step of a request, when the editor shows what the person sent.
    """
    if attachments is None:
        return None
    wanted = tuple(_wanted(attachment) for attachment in attachments)
    return partial(snapshot, wanted, cases.documents())


def _wanted(attachment: messages.Attachment) -> WantedAttachment:
    return WantedAttachment(
        kind=attachment.type,
        uri=attachment.uri,
        range=_range(attachment.range) if attachment.range else None,
        text=attachment.text,
        language_id=attachment.language_id,
    )


def _range(place: messages.Range) -> Range:
    return Range(
        start_line=place.start.line,
        start_character=place.start.character,
        end_line=place.end.line,
        end_character=place.end.character,
    )
