import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.domain.text import folded, without_steering


def test_case_and_accents_make_no_difference():
    assert folded("Ärger im CAFÉ, Straße") == folded("arger im cafe, STRASSE")


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ümläut 🙂 and 日本", "plain, ümläut 🙂 and 日本"),
        ("two\n\tlines\r\nand a third", "two\n\tlines\nand a third"),
        ("\x1b[31;1mred\x1b[0m", "red"),
        ("\x9b2Jgone", "gone"),
        ("\x1b]0;title\x07a\x1b]52;c;Y2xpcA==\x1b\\b\x9d0;x\x9cc", "abc"),
        ("\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1bP1$r\x1b\\a\x1b_k\x1b\\b\x1bcc", "abc"),
        ("\x1b(0q\x1b7\x1b=", "q"),
        ("not ended: \x1b]0;title", "not ended: ]0;title"),
        ("\x1b", ""),
        ("a\rb\bc\x00d\x7fe\x85f", "abcdef"),
        ("user\u202egnp.exe\u2066x\u2069\u200f", "usergnp.exex"),
    ],
    ids=repr,
)
def test_what_would_steer_a_terminal_is_taken_out(text, shown):
    assert without_steering(text) == shown


@given(st.text(st.sampled_from("\x1b\x9b\x9d\x90\x9c[]P\\;0mA \x07\u202e\n\r")))
def test_nothing_that_steers_a_terminal_is_left(text):
    left = without_steering(text)
    assert not set(left) & set("\x1b\x9b\x9d\x90\x9c\x07\u202e\r")
    assert without_steering(left) == left
