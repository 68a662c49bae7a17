"""The format `markdown`: the visible history as a document that no message can break out of."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from threadkeep.adapters.formats.reading import (
    SPEAKERS,
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
from threadkeep.adapters.formats.reading_parts import (
    Block,
    blocks_of,
    entry_of,
    file_of,
    in_order,
    title_of,
)
from threadkeep.domain.messages import Message, Part
from threadkeep.domain.transfer import Transcript

_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_OWN_HEADING: Final = re.compile(rf" {{0,3}}##[ \t]+(?:{'|'.join(SPEAKERS.values())})\b")
_TAG: Final = re.compile(
    r"<(?=[A-Za-z/!?])(?![A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*>)(?!(?<=\]\(<)[A-Za-z]:[\\/][^<>]*>\))"
)
"""What may begin a tag: neither an address between angle brackets nor a link to a path on a drive."""
_FRONT_MATTER: Final = {"Session": "id", "Last activity": "last_activity"}
_RUN: Final = re.compile(r"`+")


class MarkdownFormat:
    """Writes it: one session with front matter, several with a list of facts each."""

    name = "markdown"
    label = "Markdown"
    extensions = (".md", ".markdown")
    is_text = True

    def pieces(self, transcripts: Iterable[Transcript], *, is_single: bool) -> Iterator[bytes]:
        before = ""
        for transcript in transcripts:
            title = _escaped(one_line(transcript.session.title))
            if is_single:
                yield _front_matter(transcript).encode()
                yield f"# {title}\n".encode()
            else:
                told = "".join(f"- {name}: {_escaped(value)}\n" for name, value in facts(transcript))
                yield f"{before}# {title}\n\n{told}".encode()
            for message in transcript.visible:
                yield _message(message).encode()
            before = "\n---\n\n"


def closed(text: str) -> str:
    """Markdown that ends where it ends: a fence that stays open is closed, and outside of code no tag
    begins and no line looks like a heading of ours."""
    lines, fence = [], ""
    for line in text.split("\n"):
        match = _FENCE.fullmatch(line)
        if fence:
            if match and match[1].startswith(fence) and not match[2].strip():
                fence = ""
        elif match and not (match[1][0] == "`" and "`" in match[2]):
            fence = match[1]
        else:
            line = _tame(line)  # noqa: PLW2901 - the line as it is written
        lines.append(line)
    return "\n".join([*lines, fence] if fence else lines)


def _tame(line: str) -> str:
    if line.startswith(("    ", "\t")):  # code by its indentation, where a backslash would be seen
        return line
    if _OWN_HEADING.match(line):
        line = line.replace("##", "\\##", 1)
    pieces, at = [], 0
    for start, end in _code_spans(line):
        pieces += [_TAG.sub(r"\\<", line[at:start]), line[start:end]]
        at = end
    return "".join([*pieces, _TAG.sub(r"\\<", line[at:])])


def _code_spans(line: str) -> Iterator[tuple[int, int]]:
    """Where code stands within the line: between runs of backticks of the same length."""
    runs = [(match.start(), match.end()) for match in _RUN.finditer(line)]
    index = 0
    while index < len(runs):
        start, end = runs[index]
        closing = next(
            (other for other in range(index + 1, len(runs)) if _length(runs[other]) == end - start), None
        )
        if closing is None:
            index += 1
        else:
            yield start, runs[closing][1]
            index = closing + 1


def _length(run: tuple[int, int]) -> int:
    return run[1] - run[0]


def _message(message: Message) -> str:
    if message.event is not None:
        return f"\n*{moment(message.created_at)}: {_escaped(what_happened(message.event))}*\n"
    blocks = [f"## {_escaped(speaker(message))} · {moment(message.created_at)}"]
    if message.has_more_than_words:
        blocks += [block for part in in_order(message) if (block := _beside(part) or _said(part.text))]
    else:
        blocks += [block for part in message.parts if (block := _beside(part))]
        blocks += [said] if (said := _said(message.content)) else []
    if named := sources(message):
        blocks.append("\n".join(f"- {_escaped(source)}" for source in named))
    if (told := remark(message)) is not None:
        blocks.append(f"*{_escaped(told)}*")
    if message.note:
        blocks.append(f"*Note: {_escaped(one_line(message.note))}*")
    return "\n" + "\n\n".join(blocks) + "\n"


def _beside(part: Part) -> str:
    """What stands beside the words of a message: thoughts quoted, attachments in a fence."""
    if part.type == "attachment":
        language = part.attachment.language_id if part.attachment else None
        info = language if language and re.fullmatch(r"[\w+#.-]+", language) else ""
        return f"Attached: {_escaped(place_of(part))}\n\n{_fenced(readable(part.text), info)}"
    if part.type in _QUOTED and part.text.strip():
        return _quoted(_QUOTED[part.type], closed(readable(part.text).strip("\n")))
    if part.call is not None:
        told = [_block(block) for block in blocks_of(part.call)]
        return _quoted(f"Tool call: {_escaped(title_of(part.call))}", "\n\n".join(told))
    if part.media is not None:
        return f"*{_escaped(file_of(part).label)}*"
    entries = (entry_of(entry) for entry in part.plan)
    return "\n".join(f"- [{'x' if is_done else ' '}] {_escaped(text)}" for is_done, text in entries)


def _said(text: str) -> str:
    return closed(readable(text).strip("\n")) if text.strip() else ""


def _block(block: Block) -> str:
    label = f"*{_escaped(block.label)}*"
    return f"{label}\n\n{_fenced(block.text, 'diff' if block.is_diff else '')}" if block.text else label


def _fenced(text: str, info: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in _RUN.findall(text)), default=0))
    return f"{fence}{info}\n{text}\n{fence}"


def _quoted(head: str, text: str) -> str:
    lines = ["", *text.split("\n")] if text else []
    return "\n".join([f"> *{head}*", *(f"> {line}".rstrip() for line in lines)])


_QUOTED: Final = {"reasoning": "Thinking", "compaction": "Summary of what was said before"}


def _front_matter(transcript: Transcript) -> str:
    """YAML, in which every JSON string is one."""
    told = [("title", one_line(transcript.session.title))]
    told += [(_FRONT_MATTER.get(name, name.lower()), value) for name, value in facts(transcript)]
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in told]
    return "\n".join(["---", *lines, "---", "", ""])


def _escaped(text: str) -> str:
    """Text on one line that Markdown takes as it is."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", text)
