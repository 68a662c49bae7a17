"""Attachments as they are recognised again, and as a model reads them."""

import hashlib
import re
from collections.abc import Callable

from threadkeep.domain.messages import Attachment, Message, Range

MAX_ATTACHMENTS = 50
"""Of one message."""
MAX_ATTACHMENT_BYTES = 1024 * 1024
"""Of one attachment's text in UTF-8."""
MAX_TOTAL_BYTES = 4 * MAX_ATTACHMENT_BYTES
"""Of the texts of all attachments of one message."""

QUOTED = "The user attached the following, quoted as it is:"

_NOT_PRINTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What would end a line, hide something or turn it round."""
_LANGUAGE = re.compile(r"[A-Za-z0-9_+.#-]{1,40}")


def fingerprint(text: str) -> str:
    """SHA-256 of the text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_same(text: str, attachment: Attachment) -> bool:
    """Whether it is the attachment's text; clients may have sent that with other line ends."""
    if fingerprint(text) == attachment.hash:
        return True
    unified = text.replace("\r\n", "\n")
    return attachment.hash in (fingerprint(unified), fingerprint(unified.replace("\n", "\r\n")))


def rendered(message: Message, *, name: Callable[[str], str]) -> str:
    """What a model gets to read: what the user wrote, and under it every attachment between fences.

    name: tells what a document is called, by its URI. No attachment can close its own fence. A model may
    still do what a text in it says: nothing prevents that.
    """
    blocks = [
        _block(part.attachment, part.text, name=name) for part in message.parts if part.attachment is not None
    ]
    if not blocks:
        return message.content
    return "\n\n".join([message.content, QUOTED, *blocks]).lstrip("\n")


def fenced(text: str, language: str | None = None) -> str:
    """The text between fences that are longer than any in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{fence}{language or ''}\n{text}{end}{fence}"


def _block(attachment: Attachment, text: str, *, name: Callable[[str], str]) -> str:
    language = attachment.language_id or ""
    if not _LANGUAGE.fullmatch(language):
        language = "diff" if attachment.kind == "diff" else ""
    title = [_NOT_PRINTED.sub("\ufffd", name(attachment.uri))] if attachment.uri else []
    if attachment.range is not None and attachment.kind != "file":
        title.append(_lines(attachment.range))
    if attachment.kind != "range":
        title.append("whole file" if attachment.kind == "file" else attachment.kind)
    if language:
        title.append(f"language {language}")
    heading = [f"Attachment: {', '.join(title)}"]
    if attachment.is_stand_in:
        heading.append(_STAND_IN)
    if attachment.stale is not None:
        heading.append(_STALE[attachment.stale])
    return "\n".join([*heading, fenced(text, language)])


_STAND_IN = "This is the file as it was saved: what the editor shows may differ."
_STALE = {
    "changed": "The file has changed since this was taken from it.",
    "missing": "The file is gone since this was taken from it.",
}


def _lines(place: Range) -> str:
    """Lines as people count them; an end before the first character of a line leaves that line out."""
    first, last = place.start_line + 1, place.end_line + 1
    if place.end_character == 0 and last > first:
        last -= 1
    return f"line {first}" if first == last else f"lines {first}-{last}"
