import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.domain.attachments import QUOTED, fenced, fingerprint, is_same, rendered
from threadkeep.domain.messages import Attachment, Message, Part, Range, text_part

TEXTS = st.text(st.sampled_from("`~a \n\r") | st.characters(exclude_categories=["Cs"]))


def attached(text: str, *, kind: str = "file", **fields: object) -> Part:
    attachment = Attachment(kind=kind, hash=fingerprint(text), **fields)  # type: ignore[arg-type]  # a builder
    return Part(type="attachment", text=text, attachment=attachment)


def a_message(*parts: Part, text: str = "Why?") -> Message:
    return Message(
        id="m", session_id="s", seq=1, role="user", parts=(text_part(text), *parts), created_at="2026-01-01"
    )


def shown(*parts: Part, text: str = "Why?") -> str:
    return rendered(a_message(*parts, text=text), name=lambda uri: uri.removeprefix("file:///app/"))


def lines(first: int, last: int, *, end_character: int = 1) -> Range:
    return Range(start_line=first, start_character=0, end_line=last, end_character=end_character)


@given(st.text())
def test_a_fingerprint_is_the_sha256_of_the_text(text):
    assert fingerprint(text) == hashlib.sha256(text.encode()).hexdigest()


def test_a_text_with_half_a_character_has_a_fingerprint_as_well():
    assert fingerprint("\ud800") != fingerprint("\ufffd")


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))))
def test_a_text_is_the_same_with_other_line_ends(parts):
    lf, crlf = "\n".join(parts), "\r\n".join(parts)
    for sent in (lf, crlf):
        attachment = Attachment(kind="file", hash=fingerprint(sent))
        assert is_same(lf, attachment)
        assert is_same(crlf, attachment)
        assert not is_same(lf + "x", attachment)


def test_a_message_without_attachments_is_what_the_user_wrote():
    assert shown(text="  Why?\n") == "  Why?\n"


def test_an_attachment_stands_under_what_the_user_wrote():
    part = attached("def f(): ...\n", uri="file:///app/src/a.py", language_id="python")
    assert shown(part) == (
        f"Why?\n\n{QUOTED}\n\nAttachment: src/a.py, whole file, language python\n```python\ndef f(): ...\n```"
    )


def test_every_attachment_is_headed_by_what_it_is():
    place = lines(11, 29)
    parts = [
        attached("a", kind="range", uri="file:///app/a.py", range=place),
        attached("a", kind="selection", uri="file:///app/a.py", range=place),
        attached("a", kind="selection"),
        attached("a", kind="text"),
        attached("a", kind="diff"),
        attached("a", kind="diff", language_id="patch"),
    ]
    headings = [line for line in shown(*parts).splitlines() if line.startswith("Attachment: ")]
    assert headings == [
        "Attachment: a.py, lines 12-30",
        "Attachment: a.py, lines 12-30, selection",
        "Attachment: selection",
        "Attachment: text",
        "Attachment: diff, language diff",
        "Attachment: diff, language patch",
    ]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (lines(0, 0), "line 1"),
        (lines(0, 0, end_character=0), "line 1"),
        (lines(0, 1, end_character=0), "line 1"),
        (lines(0, 1), "lines 1-2"),
        (lines(4, 7, end_character=0), "lines 5-7"),
    ],
)
def test_lines_are_counted_as_people_do(place, words):
    part = attached("a", kind="range", uri="file:///app/a.py", range=place)
    assert f"Attachment: a.py, {words}\n" in shown(part)


@pytest.mark.parametrize(
    ("stale", "line"),
    [
        ("changed", "The file has changed since this was taken from it."),
        ("missing", "The file is gone since this was taken from it."),
    ],
)
def test_a_stale_attachment_says_so(stale, line):
    part = attached("a", uri="file:///app/a.py", stale=stale)
    assert shown(part).endswith(f"Attachment: a.py, whole file\n{line}\n```\na\n```")


@given(TEXTS)
def test_no_text_closes_its_own_fence(text):
    first, *inside, last = fenced(text, "python").split("\n")
    fence = first.removesuffix("python")
    assert re.fullmatch("`{3,}", fence)
    assert last == fence
    assert fence not in "\n".join(inside)
    assert text in fenced(text, "python")


@given(TEXTS, TEXTS)
def test_attachments_follow_each_other_outside_of_their_fences(one, two):
    parts = [attached(one, kind="text"), attached(two, kind="text")]
    assert (
        shown(*parts)
        == f"Why?\n\n{QUOTED}\n\nAttachment: text\n{fenced(one)}\n\nAttachment: text\n{fenced(two)}"
    )


@pytest.mark.parametrize("sign", ["\n", "\r", "\x1b", "\x85", "\u2028", "\u202e", "\udcff"])
def test_a_heading_stays_on_its_line_whatever_the_file_is_called(sign):
    part = attached("a", uri=f"file:///app/a{sign}```{sign}b")
    assert "Attachment: a\ufffd```\ufffdb, whole file\n```\na\n```" in shown(part)


@pytest.mark.parametrize("language", ["py`thon", "python\n", "a b", "", "x" * 41, "é"])
def test_a_language_that_is_no_word_is_left_out(language):
    part = attached("a", uri="file:///app/a.py", language_id=language)
    assert shown(part).endswith("Attachment: a.py, whole file\n```\na\n```")


def test_attachments_alone_need_no_words():
    assert shown(attached("a", kind="text"), text="") == f"{QUOTED}\n\nAttachment: text\n```\na\n```"


def test_a_file_that_stands_in_for_a_buffer_says_so():
    part = attached("a", uri="file:///app/a.py", is_stand_in=True)
    assert "what the editor shows may differ.\n```\na\n```" in shown(part)
