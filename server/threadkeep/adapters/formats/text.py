"""The format `text`: plain, for whatever can show no more."""

from collections.abc import Iterable, Iterator
from typing import Final

from threadkeep.adapters.formats.reading import (
    facts,
    moment,
    one_line,
    place_of,
    readable,
    remark,
    sources,
    speaker,
    what_happened,
)
from threadkeep.domain.messages import Message
from threadkeep.domain.transfer import Transcript

RULE: Final = "=" * 72


class TextFormat:
    """Writes the visible history; what was said is as it was."""

    name = "text"
    label = "Plain text"
    extensions = (".txt",)
    is_text = True

    def pieces(self, transcripts: Iterable[Transcript], *, is_single: bool) -> Iterator[bytes]:
        del is_single
        before = ""
        for transcript in transcripts:
            title = one_line(transcript.session.title)
            lines = [before + title, RULE, *(f"{name}: {told}" for name, told in facts(transcript))]
            yield _encoded(lines)
            for message in transcript.visible:
                yield _encoded(_lines(message))
            before = f"\n\n{RULE}\n"


def _lines(message: Message) -> Iterator[str]:
    if message.event is not None:
        yield f"\n-- {moment(message.created_at)}: {what_happened(message.event)}"
        return
    yield f"\n[{moment(message.created_at)}] {speaker(message)}:"
    for part in message.parts:
        if part.type == "reasoning" and part.text:
            yield f"(thinking)\n{readable(part.text)}\n(end of thinking)"
        elif part.type == "attachment":
            yield f"(attached: {place_of(part)})\n{readable(part.text)}\n(end of attachment)"
    if message.content:
        yield readable(message.content)
    yield from sources(message)
    if (told := remark(message)) is not None:
        yield f"({told})"
    if message.note:
        yield f"(note: {one_line(message.note)})"


def _encoded(lines: Iterable[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
