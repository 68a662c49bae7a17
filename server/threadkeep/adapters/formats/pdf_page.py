"""Text in flow on the pages of a PDF: what a message is made of, and the fonts that it needs; apart, since it knows how text is laid out and nothing of sessions."""

import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from threadkeep.adapters.formats.pdf_fonts import Fonts, face_for
from threadkeep.domain.errors import ExtraMissing
from threadkeep.values import Value

BODY_SIZE: Final = 10.0
LINE: Final = 5.2
"""Millimetres from one line of text to the next."""
INDENT: Final = 6.0
MAX_INDENT: Final = 48.0
PIECE: Final = 1_000
PIXEL: Final = 25.4 / 96
"""Millimetres of one of an image."""
MAX_PIXELS: Final = 30_000_000
"""Of a picture that is drawn: a small file may tell of any number, which would all be held."""
"""Characters that are written at once."""

TEXT: Final = (28, 32, 36)
QUIET: Final = (96, 100, 108)
LINK: Final = (52, 81, 178)
CODE: Final = (241, 243, 245)
RULE: Final = (215, 219, 224)

_INVISIBLE: Final = frozenset("\u200b\u200c\u200d\u2060\ufe0e\ufe0f\ufeff")
_COMPLEX: Final = re.compile("[\u0590-\u109f\u1780-\u17ff\ufb1d-\ufdff\ufe70-\ufefc]")
"""Scripts that are written from the right, or whose letters change with those beside them."""
_STYLES: Final = ("", "B", "I", "BI")


class Span(Value):
    """A piece of a line."""

    text: str
    is_bold: bool = False
    is_italic: bool = False
    is_struck: bool = False
    is_code: bool = False
    link: str | None = None


class PdfPages:
    """Pages that grow at their end; `output` gives the file."""

    def __init__(self, fonts: Fonts, *, title: str, at: str) -> None:
        """at: when it was made, RFC 3339. Raises ExtraMissing."""
        self._pdf = _new_pdf()
        self._further = list(fonts.further)
        self._fallbacks: list[str] = []
        self._covered: set[int] = set()
        self._body = self._add_family("body", fonts.body, otherwise="helvetica")
        self._mono = self._add_family("mono", fonts.mono, otherwise="courier")
        self._is_plain = fonts.body is None or fonts.mono is None
        if not self._is_plain:
            self._fallbacks.append(self._body)
            self._pdf.set_fallback_fonts(self._fallbacks, exact_match=False)
        self._indent = 0.0
        self._pdf.set_title(self.shown(title))
        self._pdf.set_creator("Threadkeep")
        self._pdf.set_producer("Threadkeep")
        self._pdf.set_creation_date(datetime.fromisoformat(at))
        self._pdf.set_auto_page_break(True, margin=18)
        self._pdf.set_margins(18, 16, 18)
        self._pdf.footer_font = self._body

    def begin(self, title: str) -> None:
        """A new page, with an entry in the outline."""
        self._pdf.add_page()
        self._pdf.start_section(self.shown(title))

    def heading(self, text: str, *, size: float = 12.0) -> None:
        """A line in bold."""
        self._room(size)
        self.paragraph([Span(text=text, is_bold=True)], size=size)

    def paragraph(
        self, spans: Sequence[Span], *, size: float = BODY_SIZE, colour: tuple[int, int, int] = TEXT
    ) -> None:
        """Text that wraps at the margins."""
        line = LINE * size / BODY_SIZE
        is_dense = _is_dense("".join(span.text for span in spans))
        self._pdf.set_x(self._left)
        self._shape("".join(span.text for span in spans))
        for span in spans:
            style = ("B" if span.is_bold else "") + ("I" if span.is_italic else "")
            self._set_font(self._mono if span.is_code else self._body, style, size)
            self._pdf.strikethrough = span.is_struck
            self._pdf.set_text_color(*(LINK if span.link else colour))
            for piece in _pieces(self.shown(span.text)):
                self._pdf.write(line, piece, link=span.link or "", **_wrapping(is_dense))
        self._pdf.strikethrough = False
        self._pdf.ln(line)

    def code(self, text: str) -> None:
        """Text as it is, in a box; long lines wrap."""
        self._set_font(self._mono, "", 8.5)
        self._pdf.set_text_color(*TEXT)
        self._pdf.set_fill_color(*CODE)
        self._pdf.set_x(self._left)
        shown = self.shown(text.expandtabs(4)) or " "
        self._shape(shown)
        self._pdf.multi_cell(
            0,
            4.4,
            shown,
            fill=True,
            align="L",
            new_x="LMARGIN",
            new_y="NEXT",
            padding=(1.5, 2),
            **_wrapping(True),
        )
        self.gap()

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """A table, its first row in bold."""
        from fpdf.fonts import FontFace

        self._set_font(self._body, "", 9)
        self._pdf.set_text_color(*TEXT)
        self._pdf.set_draw_color(*RULE)
        self._pdf.set_fill_color(255, 255, 255)
        shown = [[self.shown(text) for text in row] for row in rows]
        self._shape("".join(text for row in shown for text in row))
        widths = _column_widths(shown, most=self._pdf.w - self._pdf.r_margin - self._left)
        with self._pdf.table(
            align="LEFT",
            width=sum(widths),
            col_widths=tuple(widths),
            line_height=4.8,
            padding=1.2,
            text_align="LEFT",
            headings_style=FontFace(emphasis="BOLD"),
        ) as table:
            for row in shown:
                cells = table.row()
                for text in row:
                    cells.cell(text)
        self.gap()

    def picture(self, data: bytes) -> None:
        """An image as large as it is, at most the width and half the height of the page; nothing for what is none."""
        from PIL import Image

        try:
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    return
                most = self._pdf.w - self._pdf.r_margin - self._left
                scale = min(PIXEL, most / width, self._pdf.h / 2 / height)
                if self._pdf.will_page_break(height * scale):
                    self._pdf.add_page()
                self._pdf.image(image, x=self._left, w=width * scale, h=height * scale)
        except Exception:  # noqa: BLE001 - whatever is wrong with a picture, its line says that it is there
            return
        self.gap()

    def rule(self) -> None:
        """A thin line from margin to margin."""
        self._pdf.set_draw_color(*RULE)
        y = self._pdf.get_y() + 1
        self._pdf.line(self._left, y, self._pdf.w - self._pdf.r_margin, y)
        self._pdf.ln(3)

    def gap(self, height: float = 2.0) -> None:
        """Room between two things."""
        self._pdf.ln(height)

    def indent(self, steps: int) -> None:
        """Moves the left margin, to the right or back."""
        self._indent += steps * INDENT
        self._pdf.set_left_margin(18 + min(self._indent, MAX_INDENT))

    def marker(self, text: str) -> None:
        """What stands in the margin, before the line that comes next."""
        y = self._pdf.get_y()
        self._room(BODY_SIZE)
        y = self._pdf.get_y()
        self._set_font(self._body, "", BODY_SIZE)
        self._pdf.set_text_color(*QUIET)
        self._pdf.set_x(self._left - INDENT)
        self._pdf.cell(INDENT, LINE, self.shown(text))
        self._pdf.set_xy(self._left, y)

    def output(self) -> bytes:
        """The whole file."""
        data = bytes(self._pdf.output())
        for font in self._pdf.fonts.values():
            with suppress(AttributeError):  # the built-in ones have no file
                font.ttfont.close()
        return data

    def shown(self, text: str) -> str:
        """The text, with the names of characters that no font of this computer has."""
        missing = {letter for letter in text if ord(letter) not in self._covered and letter != "\n"}
        while missing and self._further and not self._is_plain:
            self._add_further(self._further.pop(0), "".join(missing))
            missing = {letter for letter in missing if ord(letter) not in self._covered}
        if not missing:
            return text
        return text.translate({ord(letter): _name(letter) for letter in missing})

    @property
    def _left(self) -> float:
        return float(self._pdf.l_margin)

    def _room(self, size: float) -> None:
        """Goes to the next page where a line and what follows it would be torn apart."""
        if self._pdf.will_page_break(LINE * size / BODY_SIZE * 2.5):
            self._pdf.add_page()

    def _shape(self, text: str) -> None:
        """Has letters joined and written from the right where the text needs it; it takes its time."""
        self._pdf.set_text_shaping(not self._is_plain and _COMPLEX.search(text) is not None)

    def _set_font(self, family: str, style: str, size: float) -> None:
        self._pdf.set_font(family, style=style, size=size)

    def _add_family(self, name: str, paths: tuple[Path, Path, Path, Path] | None, *, otherwise: str) -> str:
        if paths is None:
            self._covered |= set(range(0x20, 0x7F)) | set(range(0xA0, 0x100))
            return otherwise
        for style, path in zip(_STYLES, paths, strict=True):
            self._pdf.add_font(name, style=style, fname=path)
        self._covered |= set(self._pdf.fonts[name].cmap)
        return name

    def _add_further(self, path: Path, text: str) -> None:
        name = f"further{len(self._fallbacks)}"
        try:
            self._pdf.add_font(name, fname=path, collection_font_number=face_for(path, text))
        except Exception:  # noqa: BLE001 - whatever is wrong with a font of this computer, the next may do
            return
        self._fallbacks.append(name)
        self._pdf.set_fallback_fonts(self._fallbacks, exact_match=False)
        self._covered |= set(self._pdf.fonts[name].cmap)


def _new_pdf() -> Any:
    try:
        # fpdf2 does without it, and would write backwards what goes from the right
        import uharfbuzz  # type: ignore[import-untyped]  # noqa: F401 - fpdf2 uses it, it has no types
        from fpdf import FPDF
    except ImportError as error:
        raise ExtraMissing("threadkeep[pdf]", purpose="Exporting as PDF") from error

    class Pdf(FPDF):
        footer_font = "helvetica"

        def footer(self) -> None:
            self.set_y(-12)
            self.set_font(self.footer_font, size=8)
            self.set_text_color(*QUIET)
            left, self.l_margin = self.l_margin, self.r_margin
            self.set_x(self.l_margin)
            self.cell(0, 4, str(self.page_no()), align="C")
            self.l_margin = left

    return Pdf(format="A4")


def _column_widths(rows: Sequence[Sequence[str]], *, most: float) -> list[float]:
    """Millimetres: what the longest cell needs, or less where that is more than the page has."""
    longest = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    wanted = [min(max(length * 2.1, 8) + 6, most * 0.7) for length in longest]
    scale = min(1.0, most / sum(wanted))
    return [width * scale for width in wanted]


def _width(text: str) -> int:
    """Columns of a terminal that it would take: those of East Asia are as wide as two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces that end between words where they can: the library's time grows with the square of one."""
    at = 0
    while len(text) - at > PIECE:
        end = at + PIECE
        space = text.rfind(" ", at + PIECE // 2, end)
        end = space + 1 if space >= 0 else end
        while (
            end < len(text)
            and (unicodedata.combining(text[end]) or text[end] in _INVISIBLE)
            and end < at + 2 * PIECE
        ):
            end += 1
        yield text[at:end]
        at = end
    yield text[at:]


def _wrapping(is_dense: bool) -> dict[str, Any]:
    from fpdf.enums import WrapMode

    return {"wrapmode": WrapMode.CHAR if is_dense else WrapMode.WORD}


def _is_dense(text: str) -> bool:
    """Whether it is mostly in a script without spaces, where lines may end anywhere."""
    letters = sum(letter.isalpha() for letter in text)
    dense = sum("\u3040" <= letter <= "\u30ff" or "\u3400" <= letter <= "\u9fff" for letter in text)
    return dense * 3 > letters


def _name(letter: str) -> str:
    if letter in _INVISIBLE:
        return ""
    if letter.isspace():
        return " "
    name = unicodedata.name(letter, "").lower()
    return f"[{name}]" if name else f"[U+{ord(letter):04X}]"
