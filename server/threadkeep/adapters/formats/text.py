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
from threadkeep.adapters.formats.reading_parts import blocks_of, entry_of, file_of, in_order, title_of
from threadkeep.domain.messages import Message, Part
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
    is_plain = not message.has_more_than_words
    for part in in_order(message):
        if part.type != "text":
            yield from _part(part)
        elif part.text and not is_plain:
            yield readable(part.text)
    if message.content and is_plain:
        yield readable(message.content)
    yield from sources(message)
    if (told := remark(message)) is not None:
        yield f"({told})"
    if message.note:
        yield f"(note: {one_line(message.note)})"


def _part(part: Part) -> Iterator[str]:
    if part.type == "reasoning" and part.text:
        yield f"(thinking)\n{readable(part.text)}\n(end of thinking)"
    elif part.type == "attachment":
        yield f"(attached: {place_of(part)})\n{readable(part.text)}\n(end of attachment)"
    elif part.type == "compaction":
        yield f"(summary of what was said before)\n{readable(part.text)}\n(end of summary)"
    elif part.call is not None:
        yield f"(tool call: {title_of(part.call)})"
        for block in blocks_of(part.call):
            yield f"    {block.label}"
            yield from (f"    | {line}" for line in block.text.split("\n") if block.text)
    elif part.media is not None:
        yield f"({file_of(part).label})"
    for is_done, text in map(entry_of, part.plan):
        yield f"[{'x' if is_done else ' '}] {text}"


def _encoded(lines: Iterable[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
