"""What a query means, where it is found, and the piece that is shown."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.domain.search import (
    KEPT,
    MAX_CLAUSES,
    MAX_RANGES,
    MAX_WORDS,
    SNIPPET_LENGTH,
    Clause,
    Folding,
    PartQuery,
    caseless,
    parse_words,
    plain,
    snippet,
)

TEXTS = st.text(
    st.sampled_from("abAB _.*\"-'ßﬁéE\u0301İıſ猫咪の한ｶﾞ½😀\x00\ud800\n") | st.characters(), max_size=40
)


def words(*given: str, prefix: bool = False) -> Clause:
    return Clause(words=given, is_prefix=prefix)


@pytest.mark.parametrize(
    ("query", "clauses"),
    [
        ("a b", [words("a"), words("b")]),
        ('"a b" c', [words("a", "b"), words("c")]),
        ('say "a b', [words("say"), words("a", "b")]),
        ("pre* x", [words("pre", prefix=True), words("x")]),
        ('"a pre"*', [words("a", "pre", prefix=True)]),
        ("a.* b", [words("a"), words("b")]),
        ("Os.Path*", [words("os", "path", prefix=True)]),
        ("snake_case", [words("snake_case")]),
        ("mixed中文w*", [words("mixed"), Clause(words=("中文",), is_run=True), words("w", prefix=True)]),
        ("a a A", [words("a")]),
        ("", []),
        ('"" * ** "*"', []),
    ],
)
def test_a_query_is_words_phrases_and_prefixes(query: str, clauses: list[Clause]) -> None:
    assert list(parse_words(query).clauses) == clauses


def test_a_pasted_file_is_no_query_of_thousands() -> None:
    assert len(parse_words(" ".join(f"w{n}" for n in range(9_999))).clauses) == MAX_CLAUSES


@given(TEXTS, TEXTS)
def test_any_text_is_a_query_and_is_found_where_its_words_are(query: str, text: str) -> None:
    parsed = parse_words(query)
    ranges = parsed.ranges(text)
    assert all(0 <= start < end <= len(text) for start, end in ranges)
    assert all(first[1] <= second[0] for first, second in pairwise(ranges))
    assert bool(ranges) >= parsed.holds(text)
    assert parsed.holds(text) == (bool(parsed.clauses) and all(parsed.counts(text)))


@given(TEXTS, st.text(st.characters(max_codepoint=127)))
def test_the_quick_look_at_a_plain_text_passes_over_none_that_holds_the_query(query: str, text: str) -> None:
    parsed = parse_words(query)
    for longer in (text, f"{text} {query}"):
        if longer.isascii() and parsed.holds(longer):
            assert parsed.may_be_in(longer)


@given(TEXTS)
def test_every_text_with_a_word_holds_itself(text: str) -> None:
    assert parse_words(text.replace("*", " ").replace('"', " ")).holds(text) == bool(
        re.search(r"\w", plain(text).text.replace("*", " ").replace('"', " "))
    )


@given(TEXTS, st.data())
def test_a_part_is_found_wherever_it_stands(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    part = text[start : data.draw(st.integers(start, len(text)))]
    if part:
        ranges = PartQuery(part).ranges(text.swapcase() if text.isascii() else text)
        assert ranges
        assert all(0 <= begin < end <= len(text) for begin, end in ranges)


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("Die Straße.", "strasse", ["Straße"]),
        ("cafe\u0301s, CAFÉS", "cafes", ["cafe\u0301s", "CAFÉS"]),
        ("eﬃcient", "efficient", ["eﬃcient"]),
        ("a-b a b", '"a b"', ["a-b", "a b"]),
        ("prefixes", "pre*", ["prefixes"]),
        ("İstanbul", "istanbul", ["İstanbul"]),
        ("我喜歡猫咪", "喜歡", ["喜歡"]),
        ("ｶﾞｽ ＡＢＣ", "abc", ["ＡＢＣ"]),
        ("がく かく", "かく", ["かく"]),
    ],
)
def test_findings_stand_in_the_text_as_it_was_written(text: str, query: str, marked: list[str]) -> None:
    assert [text[start:end] for start, end in parse_words(query).ranges(text)] == marked


def test_a_part_keeps_its_accents_and_loses_its_case() -> None:
    assert PartQuery("É").ranges("é e") == [(0, 1)]
    assert PartQuery("aa").ranges("AAAA") == [(0, 2), (2, 4)]
    assert PartQuery("ss").ranges("Straße") == [(4, 5)]


def test_so_many_findings_are_told() -> None:
    assert len(parse_words("a").ranges("a " * 999)) == MAX_RANGES == len(PartQuery("a").ranges("a" * 999))


@given(TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert caseless(caseless(text).text).text == caseless(text).text


@given(TEXTS, st.data())
def test_a_place_in_a_folded_text_leads_back(text: str, data: st.DataObject) -> None:
    folded = plain(text)
    if folded.text:
        start = data.draw(st.integers(0, len(folded.text) - 1))
        end = data.draw(st.integers(start + 1, len(folded.text)))
        begin, finish = folded.original(start, end)
        assert folded.text[start:end] in plain(text[begin:finish]).text


def test_a_snippet_begins_before_the_first_finding_and_between_words() -> None:
    text = "word " * 100 + "needle " + "tail " * 100
    start = text.index("needle")
    shown = snippet(text, [(start, start + 6)])
    assert text[shown.start :].startswith(shown.text)
    assert "needle" in shown.text
    assert (text[shown.start - 1], len(shown.text) <= SNIPPET_LENGTH) == (" ", True)
    assert shown.text.split()[-1] == "tail"
    assert shown.ranges == ((start, start + 6),)


def test_places_of_a_snippet_are_utf_16() -> None:
    text = "😀" * 100 + " needle 😀 needle"
    ranges = [match.span() for match in re.finditer("needle", text)]
    shown = snippet(text, ranges)
    units = text.encode("utf-16-le")
    assert [units[a * 2 : b * 2].decode("utf-16-le") for a, b in shown.ranges] == ["needle", "needle"]
    assert units[shown.start * 2 :].decode("utf-16-le").startswith(shown.text)


@given(TEXTS, TEXTS)
def test_any_snippet_is_a_piece_of_its_text(query: str, text: str) -> None:
    ranges = parse_words(query).ranges(text)
    shown = snippet(text, ranges)
    assert shown.text in text
    assert len(shown.ranges) == len(ranges)


def test_a_pasted_file_is_no_phrase_of_thousands():
    query = parse_words('"' + "00 " * 3_000 + '" 1 ' + "2 " * 40)
    assert sum(len(clause.words) for clause in query.clauses) <= MAX_WORDS
    assert query.clauses[0].words == ("00",) * MAX_WORDS
    assert query.holds("00 " * MAX_WORDS)


def test_characters_that_were_met_are_forgotten_where_they_become_too_many() -> None:
    fold = Folding(str.casefold)
    letters = "".join(map(chr, range(0xF0000, 0xF0000 + KEPT + 1)))
    assert fold(letters).text == letters
    assert len(fold) <= KEPT


def test_a_letter_that_becomes_several_is_found_whole_in_the_original() -> None:
    folded = Folding(str.casefold)("Straße é")
    assert folded.text == "strasse é"
    assert [folded.original(4, 5), folded.original(5, 7)] == [(4, 5), (4, 6)]
