"""Choosing words, cutting snippets and quoting them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.adapters.models.file_search import best_snippet
from threadkeep.adapters.models.offline import escaped, fenced, inline_code
from threadkeep.adapters.models.words import MAX_WORDS, search_words, stems


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("what does the store do", ("store",)),
        ("Where's the session_store opened?", ("session_store", "opened")),
        ("Café au lait", ("cafe", "lait")),
        ("store STORE Store", ("store",)),
        ("io in go?", ("io", "go")),
        ("Why doesn't the store’s index load?", ("store", "index", "load")),
        ("what is this", ()),
        ("", ()),
    ],
)
def test_words_that_carry_meaning_are_chosen(question: str, words: tuple[str, ...]) -> None:
    assert search_words(question) == words


def test_a_long_question_gives_a_bounded_number_of_words() -> None:
    assert len(search_words(" ".join(f"word{number}" for number in range(100)))) == MAX_WORDS


def test_plurals_are_looked_for_by_their_singular() -> None:
    assert stems(("stores", "classes", "queries", "class", "bus", "store")) == (
        "store",
        "class",
        "quer",
        "bus",
    )


def test_the_lines_with_most_of_the_words_are_cut_out() -> None:
    text = "store\n" + "x\n" * 10 + "the session\nin the store\ny\nz\nafter\n"
    snippet = best_snippet(text, ("store", "session"))
    assert snippet is not None
    assert (snippet.line, snippet.text) == (12, "the session\nin the store\ny\nz")
    assert snippet.hits == {"store": 1.0, "session": 1.0}


@pytest.mark.parametrize(
    "definition", ["class Store:", "  export function store() {", "# The store", "pub fn store"]
)
def test_a_definition_comes_before_an_import(definition: str) -> None:
    snippet = best_snippet(f"from store import store\nstore()\n\n{definition}\n  end", ("store",), lines=1)
    assert snippet is not None
    assert snippet.text == definition


def test_a_long_line_is_cut_around_the_word() -> None:
    snippet = best_snippet("a" * 500 + " store " + "b" * 500, ("store",), width=40)
    assert snippet is not None
    assert "store" in snippet.text
    assert len(snippet.text) <= 42


def test_accents_and_case_do_not_matter() -> None:
    snippet = best_snippet("Im CAFÉ", ("cafe",))
    assert snippet is not None
    assert snippet.text == "Im CAFÉ"


def test_a_text_without_the_words_has_no_snippet() -> None:
    assert best_snippet("nothing here", ("store",)) is None


@given(st.text(), st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_any_text_can_be_searched(text: str, parts: list[str]) -> None:
    snippet = best_snippet(text, parts)
    assert snippet is None or snippet.hits


@given(st.text())
def test_a_fence_holds_whatever_is_in_it(text: str) -> None:
    first, *_, last = fenced(text).split("\n")
    assert first == f"{last}text"
    assert last not in text
    assert set(last) == {"`"}


@given(st.text(min_size=1).filter(str.strip))
def test_inline_code_holds_whatever_is_in_it(text: str) -> None:
    code = inline_code(text)
    ticks = re.match("`+", code)
    assert ticks is not None
    assert "\n" not in code
    assert ticks[0] not in " ".join(text.split())


def test_special_characters_are_escaped() -> None:
    assert escaped("a *b*\n<i> [c](d)") == "a \\*b\\* \\<i\\> \\[c\\](d)"
