"""Taking snapshots of what is attached, and finding out later what has changed. Blocking: run in the executor."""

from collections.abc import Sequence

from threadkeep.domain.attachments import (
    MAX_ATTACHMENT_BYTES,
    MAX_ATTACHMENTS,
    MAX_TOTAL_BYTES,
    fingerprint,
    is_same,
)
from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.messages import Attachment, Message, Part, Range, Staleness, WantedAttachment
from threadkeep.domain.ranges import clamped, cut
from threadkeep.ports.documents import (
    Document,
    DocumentBinary,
    DocumentError,
    DocumentMissing,
    Documents,
    DocumentTooLarge,
)
from threadkeep.values import Value, evolve

MAX_LOOKED_AT = 20
"""Documents that one turn looks at again."""
MAX_AWAY = 2
"""Documents whose folders do not answer, before one turn looks at no more."""
MAX_NAME_LENGTH = 8192
"""Characters of a URI or a language id."""


def snapshot(wanted: Sequence[WantedAttachment], documents: Documents) -> tuple[Part, ...]:
    """The attachments as parts of a message, with the texts that they have now.

    Raises InvalidValue for the first that cannot be taken, and for too many or too much.
    """
    if len(wanted) > MAX_ATTACHMENTS:
        raise InvalidValue("attachments", f"must be at most {MAX_ATTACHMENTS}, not {len(wanted)}")
    reading = _Reading(documents)
    parts: list[Part] = []
    total = 0
    for index, one in enumerate(wanted):
        field = f"attachments[{index}]"
        part = _Taking(one, field, reading).part()
        size = len(part.text.encode("utf-8", "surrogatepass"))
        if size > MAX_ATTACHMENT_BYTES:
            raise InvalidValue(field, f"must hold at most {_mib(MAX_ATTACHMENT_BYTES)}: attach less of it")
        total += size
        if total > MAX_TOTAL_BYTES:
            raise InvalidValue("attachments", f"must hold at most {_mib(MAX_TOTAL_BYTES)} together")
        parts.append(part)
    return tuple(parts)


def refreshed(
    history: Sequence[Message], documents: Documents, *, just_sent: str | None = None
) -> tuple[Message, ...]:
    """Messages, oldest first, whose attachments tell whether their places still hold the same texts.

    A message with nothing new to tell is returned as it is, the same object. What cannot be found out
    stays as it was: a place that cannot be read now, and all behind the newest `MAX_LOOKED_AT` documents.

    just_sent: the id of the message whose snapshots were just taken; it is not looked at.
    """
    reading = _Reading(documents, most=MAX_LOOKED_AT)
    newest_first = [
        message if message.id == just_sent else _refreshed(message, reading) for message in reversed(history)
    ]
    return tuple(reversed(newest_first))


class _Reading:
    """Reads each document once."""

    def __init__(self, documents: Documents, *, most: int | None = None) -> None:
        self._documents = documents
        self._most = most
        self._away = 0
        self._found: dict[str, Document | DocumentError] = {}

    def document(self, uri: str) -> Document:
        """The document. Raises DocumentError, also if it would be one too many."""
        if uri not in self._found:
            if self._most is not None and (len(self._found) >= self._most or self._away >= MAX_AWAY):
                raise DocumentError("Too many documents.")
            try:
                self._found[uri] = self._documents.read(uri)
            except DocumentError as error:
                self._found[uri] = error
            except FolderAway:
                if self._most is None:
                    raise
                self._found[uri] = DocumentError("The folder does not answer.")
                self._away += 1
        found = self._found[uri]
        if isinstance(found, DocumentError):
            raise found
        return found


class _Taking(Value, kw_only=False):
    wanted: WantedAttachment
    field: str
    reading: _Reading

    def part(self) -> Part:
        wanted = self.wanted
        for name, value in (("uri", wanted.uri), ("languageId", wanted.language_id)):
            if value is not None and len(value) > MAX_NAME_LENGTH:
                raise self._invalid(name, f"must be at most {MAX_NAME_LENGTH} characters")
        if wanted.range is not None:
            self._check(wanted.range)
        if wanted.kind in ("text", "diff") or (wanted.kind == "selection" and wanted.text is not None):
            if wanted.text is None:
                raise self._missing("text")
            return self._part(wanted.text, place=wanted.range)
        return self._read()

    def _read(self) -> Part:
        wanted = self.wanted
        if wanted.uri is None:
            raise self._missing("uri")
        if wanted.kind != "file" and wanted.range is None:
            raise self._missing("range")
        try:
            document = self.reading.document(wanted.uri)
        except DocumentError as error:
            raise self._invalid("uri", str(error)) from None
        if wanted.kind == "file" or wanted.range is None:
            return self._part(document.text, place=None, document=document)
        place = clamped(document.text, wanted.range)
        if place is None:
            raise self._invalid("range", "begins behind the last line of the document")
        return self._part(cut(document.text, place), place=place, document=document)

    def _part(self, text: str, *, place: Range | None, document: Document | None = None) -> Part:
        attachment = Attachment(
            kind=self.wanted.kind,
            uri=self.wanted.uri,
            range=place,
            language_id=self.wanted.language_id or (document.language_id if document else None),
            hash=fingerprint(text),
            is_stand_in=document is not None and document.is_stand_in,
        )
        return Part(type="attachment", text=text, attachment=attachment)

    def _check(self, place: Range) -> None:
        start, end = (place.start_line, place.start_character), (place.end_line, place.end_character)
        if min(*start, *end) < 0:
            raise self._invalid("range", "must not hold negative numbers")
        if end < start:
            raise self._invalid("range", "ends before it begins")

    def _missing(self, name: str) -> InvalidValue:
        return self._invalid(name, f"is needed for an attachment of type {self.wanted.kind}")

    def _invalid(self, name: str, message: str) -> InvalidValue:
        return InvalidValue(f"{self.field}.{name}", message)


def _refreshed(message: Message, reading: _Reading) -> Message:
    parts = tuple(_looked_at(part, reading) for part in message.parts)
    return message if parts == message.parts else evolve(message, parts=parts)


def _looked_at(part: Part, reading: _Reading) -> Part:
    attachment = part.attachment
    if attachment is None:
        return part
    return evolve(part, attachment=evolve(attachment, stale=_staleness(attachment, reading)))


def _staleness(attachment: Attachment, reading: _Reading) -> Staleness | None:
    has_place = attachment.kind == "file" or (
        attachment.kind in ("range", "selection") and attachment.range is not None
    )
    if attachment.uri is None or not has_place:
        return attachment.stale
    try:
        text = reading.document(attachment.uri).text
    except DocumentMissing:
        return "missing"
    except (DocumentTooLarge, DocumentBinary):
        # The whole file was neither; of a part of it this does not say anything.
        return "changed" if attachment.kind == "file" else attachment.stale
    except DocumentError:
        return attachment.stale
    now = text if attachment.range is None else cut(text, attachment.range)
    return None if is_same(now, attachment) else "changed"


def _mib(size: int) -> str:
    return f"{size // (1024 * 1024)} MiB"
