"""What people read of an answer's end and its sources, in every format for people."""

from typing import Any

import pytest

from tests.support.transcripts import a_message, a_transcript
from threadkeep.adapters.formats.html_page import HtmlFormat
from threadkeep.adapters.formats.markdown_text import MarkdownFormat
from threadkeep.adapters.formats.reading import remark, sources
from threadkeep.adapters.formats.text import TextFormat
from threadkeep.domain.messages import text_part

LINKS = [{"uri": "https://example.org/a", "title": "A"}, {"uri": "https://example.org/b"}, "odd"]


@pytest.mark.parametrize("kind", [MarkdownFormat, TextFormat, HtmlFormat])
def test_what_cut_an_answer_off_and_its_sources_are_told(kind: Any) -> None:
    answer = a_message(
        "m1",
        seq=1,
        role="assistant",
        parts=(text_part("Half"),),
        stop_reason="maxTokens",
        metadata={"links": LINKS},
    )
    pieces = kind().pieces([a_transcript(answer)], is_single=True)
    text = b"".join(pieces).decode()
    assert "The answer was cut off by the token limit." in text
    assert "https://example.org/a" in text
    assert "https://example.org/b" in text


def test_an_answer_that_came_to_its_end_has_no_remark() -> None:
    whole = a_message("m1", seq=1, role="assistant", parts=(text_part("Whole"),), stop_reason="endTurn")
    assert (remark(whole), sources(whole)) == (None, [])
