"""The full-text index and the look at a text agree on what is found."""

import apsw
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from threadkeep.adapters.store.engine.layouts import plain_text
from threadkeep.adapters.store.search.fulltext import expression, searchable, terms, word_set
from threadkeep.adapters.store.tables.search_schema import SEARCH_TABLES
from threadkeep.domain.search import parse_words

PIECES = st.sampled_from(
    (
        "foo",
        "Bar",
        "foo_bar",
        "straße",
        "ﬁ",
        "é",
        "E\u0301",
        "İ",
        "猫咪",
        "の",
        "한국",
        "ｶﾞ",
        "½",
        " ",
        '"',
        "*",
    )
) | st.sampled_from(
    (".", "-", "(", "^", ":", "+", "AND", "NEAR", "text", "5", "\x00", "\ud800", "😀", "\n", " ")
)
TEXTS = st.lists(PIECES | st.characters(), max_size=12).map("".join)


@pytest.fixture(scope="module")
def index() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE message_words(id INTEGER PRIMARY KEY, text, session)")
    connection.execute(next(table for table in SEARCH_TABLES if "TABLE message_text" in table))
    return connection


def is_found(index: apsw.Connection, query: str, text: str) -> bool:
    """Whether the index of this one text finds it."""
    clauses = parse_words(query)
    if not clauses.clauses:
        return False
    index.execute(
        "DELETE FROM message_words; INSERT INTO message_words VALUES (1, ?, -5)",
        (searchable(plain_text(text)),),
    )
    index.execute("INSERT INTO message_text(message_text) VALUES ('rebuild')")
    match = f'text : ({expression(clauses)}) AND session : ("-5" OR "7")'
    return bool(
        index.execute("SELECT rowid FROM message_text WHERE message_text MATCH ?", (match,)).fetchall()
    )


@given(TEXTS, TEXTS)
@example("foo ba*", "foo bar")
@example('"straße', "STRASSE")
@example("猫咪のfoo", "猫咪のfoo")
def test_the_index_finds_what_the_words_are_found_in(index: apsw.Connection, query: str, text: str) -> None:
    clauses = parse_words(query)
    narrow = [clause for clause in clauses.clauses if not clause.is_wide]
    if narrow == list(clauses.clauses) or not narrow:
        assert is_found(index, query, text) == clauses.holds(text)
    else:  # what is wide was not asked for
        assert is_found(index, query, text) >= clauses.holds(text)


@given(TEXTS, st.data())
def test_a_piece_of_a_text_finds_it(index: apsw.Connection, text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    piece = text[start : data.draw(st.integers(start, len(text)))]
    assert is_found(index, piece, text) >= parse_words(piece).holds(text)
    assert is_found(index, f'"{piece}"', text) == parse_words(f'"{piece}"').holds(text)


def test_a_session_is_told_by_its_number(index: apsw.Connection) -> None:
    assert is_found(index, "word", "a word")
    assert not is_found(index, "5", "a word")


@given(TEXTS)
def test_words_of_a_question_are_words_of_its_text(text: str) -> None:
    assert set(terms(text)) <= word_set(text)
