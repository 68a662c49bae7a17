"""The format `pdf`: the visible history on pages, each session beginning on a new one."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from threadkeep.adapters.formats.html_markdown import is_too_much, parse
from threadkeep.adapters.formats.pdf_fonts import found_fonts
from threadkeep.adapters.formats.pdf_page import BODY_SIZE, QUIET, PdfPages, Span
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

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode as Node

PIECE: Final = 1024 * 1024
MAX_CELL: Final = 600
"""Characters of a cell in a table; one with more would not fit on a page beside others."""
MAX_COLUMNS: Final = 10
_HEADINGS: Final = {"h1": 14.0, "h2": 12.5, "h3": 11.5}


class PdfFormat:
    """Writes it. The pages are held in memory: it is for reading some sessions, not for keeping all."""

    name = "pdf"
    label = "PDF"
    extensions = (".pdf",)
    is_text = False
    needs = "threadkeep[pdf]"

    def pieces(self, transcripts: Iterable[Transcript], *, is_single: bool) -> Iterator[bytes]:
        del is_single
        pages: PdfPages | None = None
        for transcript in transcripts:
            session = transcript.session
            title = one_line(session.title)
            if pages is None:
                pages = PdfPages(found_fonts(), title=title, at=session.last_activity_at)
            pages.begin(title)
            _session_head(pages, transcript, title)
            for message in transcript.visible:
                yield b""  # a moment at which the export may be given up
                _message(pages, message)
        if pages is None:
            pages = PdfPages(found_fonts(), title="No sessions", at="1970-01-01T00:00:00Z")
            pages.begin("No sessions")
            pages.paragraph([Span(text="There is no session to show.")])
        data = pages.output()
        for start in range(0, len(data), PIECE):
            yield data[start : start + PIECE]


def _session_head(pages: PdfPages, transcript: Transcript, title: str) -> None:
    pages.heading(title, size=16)
    pages.gap(1)
    for name, told in facts(transcript):
        pages.paragraph([Span(text=f"{name}: ", is_bold=True), Span(text=told)], size=8.5, colour=QUIET)
    pages.gap(3)


def _message(pages: PdfPages, message: Message) -> None:
    pages.rule()
    at = moment(message.created_at)
    if message.event is not None:
        pages.paragraph([Span(text=f"{at}: {what_happened(message.event)}")], size=8.5, colour=QUIET)
        return
    star = " (favourite)" if message.is_favourite else ""
    pages.heading(speaker(message) + star, size=11)
    pages.paragraph([Span(text=at)], size=8, colour=QUIET)
    pages.gap(1)
    for part in in_order(message):
        _part(pages, part)
    for source in sources(message):
        pages.paragraph([Span(text=source)], size=8.5, colour=QUIET)
    if (told := remark(message)) is not None:
        pages.paragraph([Span(text=told, is_italic=True)], colour=QUIET)
    if message.note:
        pages.paragraph([Span(text=f"Note: {one_line(message.note)}", is_italic=True)], colour=QUIET)
    pages.gap()


def _part(pages: PdfPages, part: Part) -> None:
    if part.call is not None:
        _line(pages, f"Tool call: {title_of(part.call)}")
        pages.indent(1)
        for block in blocks_of(part.call):
            _block(pages, block)
        pages.indent(-1)
    elif part.media is not None:
        _block(pages, file_of(part))
    for is_done, told in map(entry_of, part.plan):
        pages.paragraph([Span(text=f"[{'x' if is_done else ' '}] {told}")])
    if not part.text.strip():
        return
    if part.type == "attachment":
        pages.paragraph([Span(text=f"Attached: {place_of(part)}")], size=8.5, colour=QUIET)
        pages.code(readable(part.text))
        return
    if part.type in _INDENTED:
        pages.paragraph([Span(text=_INDENTED[part.type], is_italic=True)], size=8.5, colour=QUIET)
        pages.indent(1)
    if is_too_much(part.text):
        pages.code(readable(part.text))
    else:
        _blocks(pages, parse(part.text).children)
    if part.type in _INDENTED:
        pages.indent(-1)


def _block(pages: PdfPages, block: Block) -> None:
    _line(pages, block.label)
    if block.text:
        pages.code(block.text)
    if block.picture is not None:
        pages.picture(block.picture.data)


def _line(pages: PdfPages, text: str) -> None:
    pages.paragraph([Span(text=text)], size=8.5, colour=QUIET)


_INDENTED: Final = {"reasoning": "Thinking", "compaction": "Summary of what was said before"}


def _blocks(pages: PdfPages, nodes: "Iterable[Node]") -> None:
    for node in nodes:
        if node.type == "heading":
            pages.heading(_plain(node), size=_HEADINGS.get(node.tag, BODY_SIZE))
            pages.gap(1)
        elif node.type == "paragraph":
            pages.paragraph(list(_spans(node)))
            pages.gap(1.5)
        elif node.type in {"fence", "code_block"}:
            pages.code(node.content.rstrip("\n"))
        elif node.type in {"bullet_list", "ordered_list"}:
            _list(pages, node)
        elif node.type == "table":
            _table(pages, node)
        elif node.type == "hr":
            pages.rule()
        else:  # a quotation
            pages.indent(1)
            _blocks(pages, node.children)
            pages.indent(-1)


def _list(pages: PdfPages, node: "Node") -> None:
    first = int(node.attrs.get("start", 1))
    pages.indent(1)
    for number, item in enumerate(node.children, start=first):
        pages.marker(f"{number}." if node.type == "ordered_list" else "•")
        if item.children:
            _blocks(pages, item.children)
        else:
            pages.paragraph([])
    pages.indent(-1)


def _table(pages: PdfPages, node: "Node") -> None:
    rows = [[_plain(cell) for cell in row.children] for part in node.children for row in part.children]
    is_small = all(len(row) <= MAX_COLUMNS and all(len(cell) <= MAX_CELL for cell in row) for row in rows)
    if is_small:
        pages.table(rows)
    else:
        pages.code("\n".join(" | ".join(row) for row in rows))


def _plain(node: "Node") -> str:
    return "".join(span.text for span in _spans(node))


def _spans(node: "Node", **style: Any) -> Iterator[Span]:
    """The pieces of a line within a node."""
    for child in node.children:
        if child.type in {"text", "code_inline"}:
            yield Span(text=child.content, is_code=child.type == "code_inline", **style)
        elif child.type in {"softbreak", "hardbreak"}:
            yield Span(text="\n", **style)
        elif child.type == "image":
            yield Span(text=f"[{_plain(child) or 'image'}]", **style)
        else:
            yield from _spans(child, **{**style, **_style(child)})


def _style(node: "Node") -> dict[str, Any]:
    if node.type == "link":
        return {"link": str(node.attrs.get("href") or "")}
    return {"strong": {"is_bold": True}, "em": {"is_italic": True}, "s": {"is_struck": True}}.get(
        node.type, {}
    )
