"""pdf shows every word, whichever fonts there are, and names the extra that it needs."""

import re
import sys
import zlib
from pathlib import Path

import pytest

from tests.support.store import a_message
from tests.support.transcripts import (
    a_conversation,
    a_full_transcript,
    a_picture,
    a_transcript,
    agent_parts,
)
from threadkeep.adapters.formats import pdf_document, pdf_page
from threadkeep.adapters.formats.pdf_document import PdfFormat
from threadkeep.adapters.formats.pdf_fonts import Fonts, face_for, font_folders, found_fonts
from threadkeep.adapters.formats.pdf_page import PdfPages, Span
from threadkeep.domain.errors import ExtraMissing
from threadkeep.domain.transfer import Transcript

NO_FONTS = Fonts(body=None, mono=None, further=())

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the library reads pictures of fonts late


@pytest.fixture(autouse=True)
def without_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-in ones only: they are the same everywhere, and their text can be read in the file."""
    monkeypatch.setattr(pdf_document, "found_fonts", lambda: NO_FONTS)


def written(*transcripts: Transcript) -> bytes:
    return b"".join(PdfFormat().pieces(transcripts, is_single=False))


def said(data: bytes) -> str:
    """What stands on the pages, with the built-in fonts."""
    pytest.importorskip("fpdf")
    found = []
    for stream in re.findall(rb"stream\n(.*?)\nendstream", data, re.DOTALL):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        blocks = re.findall(rb"\((.*?)(?<!\\)\) Tj", text, re.DOTALL)
        found += [re.sub(rb"\\(.)", rb"\1", block).decode("latin-1") for block in blocks]
    return " ".join(found)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fpdf", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'threadkeep\[pdf\]'") as raised:
        written(a_conversation("Hi"))
    assert raised.value.data == {"extra": "threadkeep[pdf]"}


@pytest.mark.medium
def test_all_parts_of_a_session_are_on_its_pages() -> None:
    text = said(
        written(
            a_full_transcript(),
            a_conversation(
                "# Head\n\n1. one\n   - two\n\n> quoted\n\n~~struck~~ **bold** *slanted* `code` [link](https://x.org)\n\n"
                "| a | b |\n|---|---|\n| c | d |\n\n```\nfenced\n\tline\n```\n\n---\n\n![picture](https://x.org/i.png)",
                session_id="s2",
                title="Second",
            ),
        )
    )
    for word in (
        "Why is it so?",
        "Attached: file:///x.py",
        "def f",
        "Agent changed",
        "Second",
        "Head",
        "one",
        "two",
    ):
        assert word in text
    for word in ("quoted", "struck", "bold", "slanted", "code", "link", "fenced", "[picture]", "(favourite)"):
        assert word in text


@pytest.mark.medium
def test_links_that_may_run_something_are_text() -> None:
    data = written(a_conversation("[x](javascript:alert(1)) [y](https://x.org/)"))
    assert b"/URI (https://x.org/)" in data
    assert b"/URI (javascript" not in data
    assert b"/JavaScript" not in data


def test_what_no_font_has_is_named() -> None:
    assert "[grinning face]" in said(written(a_conversation("😀")))


@pytest.mark.medium
@pytest.mark.parametrize(
    "text",
    [
        "x" * 20_000,
        "字" * 5_000,
        "| " + "x" * 5_000 + " | b |\n|---|---|\n| c | d |",
        "|" + "a|" * 40 + "\n|" + "-|" * 40 + "\n|" + "b|" * 40,
        "| a |\n|---|",
        "> " * 30 + "deep",
        "\n".join("  " * level + "- x" for level in range(30)),
        "- \n1. \n",
        "\n\n\n",
        "```\n" + "y" * 10_000 + "\n```",
        "`" * 100,
        "\x00\ud800 \u202e",
        "<b>&amp;",
        "**" * 500,
        "999999999. x",
    ],
    ids=lambda text: text[:10],
)
def test_any_layout_fits_on_pages(text: str) -> None:
    assert written(a_conversation(text)).startswith(b"%PDF")


def test_no_session_is_a_page_that_says_so() -> None:
    assert "There is no session" in said(written())


def test_the_same_sessions_give_the_same_file() -> None:
    assert written(a_conversation("Hi")) == written(a_conversation("Hi"))


@pytest.mark.slow
def test_fonts_of_this_computer_are_embedded_and_show_more() -> None:
    fonts = found_fonts()
    if fonts.body is None or fonts.mono is None:
        pytest.skip("there are no fonts on this computer")
    pages = PdfPages(fonts, title="Ünïcödé", at="2026-01-01T00:00:00Z")
    pages.begin("Ελληνικά")
    assert pages.shown("Ελληνικά, Русский") == "Ελληνικά, Русский"
    assert pages.shown("\ue123") == "[U+E123]"
    pages.paragraph([Span(text="Ελληνικά", is_bold=True), Span(text="Русский", is_code=True)])
    assert b"/FontFile2" in pages.output()


def test_fonts_are_found_by_the_names_of_their_files(tmp_path: Path) -> None:
    inner = tmp_path / "truetype"
    inner.mkdir()
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf", "msyh.TTC", "readme.txt"):
        (inner / name).write_bytes(b"")
    found = found_fonts([tmp_path / "nowhere", tmp_path])
    regular, mono = inner / "DejaVuSans.ttf", inner / "DejaVuSansMono.ttf"
    assert found.body == (regular, inner / "DejaVuSans-Bold.ttf", regular, regular)
    assert found.mono == (mono, mono, mono, mono)
    assert found.further == (inner / "msyh.TTC",)
    assert found_fonts([]) == NO_FONTS


@pytest.mark.medium
def test_a_broken_font_is_passed_over(tmp_path: Path) -> None:
    fonts = found_fonts()
    if fonts.body is None or fonts.mono is None:
        pytest.skip("there are no fonts on this computer")
    broken = tmp_path / "msyh.ttc"
    broken.write_bytes(b"no font")
    pages = PdfPages(
        Fonts(body=fonts.body, mono=fonts.mono, further=(broken,)), title="x", at="2026-01-01T00:00:00Z"
    )
    assert pages.shown("字") == "[cjk unified ideograph-5b57]"
    pages.begin("x")
    assert pages.output().startswith(b"%PDF")


def test_each_platform_has_its_folders_of_fonts() -> None:
    windows = font_folders({"WINDIR": "W", "LOCALAPPDATA": "L"}, "win32")
    assert windows == [Path("W", "Fonts"), Path("L", "Microsoft", "Windows", "Fonts")]
    assert Path("/h/Library/Fonts") in font_folders({"HOME": "/h"}, "darwin")
    assert font_folders({"HOME": "/h"}, "linux") == [
        Path("/usr/local/share/fonts"),
        Path("/usr/share/fonts"),
        Path("/h/.local/share/fonts"),
        Path("/h/.fonts"),
    ]


@pytest.mark.parametrize(("text", "face"), [("かな漢字", 0), ("한국어", 1), ("汉字", 2)])
def test_a_collection_shows_each_country_its_own_face(text: str, face: int) -> None:
    assert face_for(Path("NotoSansCJK-Regular.ttc"), text) == face
    assert face_for(Path("msyh.ttc"), text) == 0


def test_long_text_is_written_in_pieces_that_keep_words_and_marks_together() -> None:
    for text in ("", "a", "word " * 1_000, "e\u0301" * 3_000, "x" * 5_000, "a b\n" * 2_000):
        pieces = list(pdf_page._pieces(text))
        assert "".join(pieces) == text
        assert all(len(piece) <= 2 * pdf_page.PIECE for piece in pieces)
        assert not any(piece.startswith("\u0301") for piece in pieces)
    assert all(piece.endswith(" ") for piece in list(pdf_page._pieces("word " * 1_000))[:-1])


@pytest.mark.medium
def test_what_agents_did_is_on_the_pages_with_its_pictures() -> None:
    data = written(a_transcript(a_message("m1", role="assistant", parts=agent_parts())))
    text = said(data)
    for told in (
        "Tool call: Edit a.py (completed)",
        "$ make (exit code -9)",
        "line 49",
        "[x] Look",
        "Image: shot.png",
    ):
        assert told in text
    assert b"/Subtype /Image" in data


@pytest.mark.medium
@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n", b"<svg/>", b""])
def test_a_picture_that_is_none_is_a_line(data: bytes) -> None:
    written_ = written(a_transcript(a_message("m1", parts=(a_picture(data),))))
    assert "Image: shot.png" in said(written_)
    assert b"/Subtype /Image" not in written_
