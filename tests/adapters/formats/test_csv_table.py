"""csv is RFC 4180, and no cell of it is a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.transcripts import a_conversation, a_full_transcript, a_transcript
from threadkeep.adapters.formats.csv_table import COLUMNS, CsvFormat
from threadkeep.domain.transfer import Transcript
from threadkeep.values import evolve


def written(*transcripts: Transcript) -> str:
    return b"".join(CsvFormat().pieces(transcripts, is_single=False)).decode("utf-8")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_there_is_a_row_for_each_message_of_the_visible_history() -> None:
    first, second = rows(written(a_full_transcript()))[:2]
    assert list(first) == list(COLUMNS)
    assert (first["message_id"], first["role"], first["content"]) == ("m1", "user", "Why?\n```py\n")
    assert (second["message_id"], second["model"], second["cost"]) == ("m3", "large", "0.25")
    assert (first["workflow"], first["session_tags"], first["note"]) == ("review", "a, ü", "asked twice")


def test_an_entry_of_the_history_tells_what_happened() -> None:
    assert rows(written(a_full_transcript()))[-1]["content"] == "agentSwitched assistant coder code"


def test_a_session_without_messages_has_a_row() -> None:
    (row,) = rows(written(a_transcript()))
    assert (row["session_id"], row["message_id"], row["content"]) == ("s1", "", "")


def test_records_end_with_carriage_return_and_line_feed_and_cells_keep_their_lines() -> None:
    text = written(a_conversation('He said "a, b"\nand left.'))
    assert text.endswith("\r\n")
    assert '"He said ""a, b""\nand left."' in text
    assert rows(text)[0]["content"] == 'He said "a, b"\nand left.'


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", '=HYPERLINK("http://x")']
)
def test_a_formula_becomes_text(text: str) -> None:
    conversation = a_conversation(text)
    poisoned = evolve(conversation, session=evolve(conversation.session, title=text))
    (row,) = rows(written(poisoned))
    assert row["content"] == f"'{text}"
    assert row["session_title"] == f"'{text}"


@given(texts=st.lists(st.text(), min_size=1, max_size=3))
def test_any_words_come_back_from_a_reader_of_csv_and_none_is_a_formula(texts: list[str]) -> None:
    found = [row["content"] for row in rows(written(a_conversation(*texts)))]
    assert len(found) == len(texts)
    for said, cell in zip(texts, found, strict=True):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        plain = said.replace("\x00", "").encode("utf-8", "replace").decode()
        assert cell.removeprefix("'") == plain.removeprefix("'")
