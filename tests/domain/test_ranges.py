import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.domain.messages import Range
from threadkeep.domain.ranges import clamped, cut, replaced

END = 2**31 - 1
LINES = st.text(
    st.sampled_from("aé\u4e2d😀\t \x0b\x0c\x1c\x85\u2028\u2029") | st.characters(exclude_categories=["Cs"]),
    max_size=8,
).map(lambda line: line.replace("\r", "").replace("\n", ""))


def a_range(start: tuple[int, int], end: tuple[int, int]) -> Range:
    return Range(start_line=start[0], start_character=start[1], end_line=end[0], end_character=end[1])


def units(text: str) -> int:
    return sum(2 if ord(char) > 0xFFFF else 1 for char in text)


@st.composite
def places(draw: st.DrawFn) -> tuple[str, Range, int, int]:
    """A text, a range of it, and the indexes where that begins and ends."""
    endings = draw(st.sampled_from([["\n"], ["\r\n"], ["\r"], ["\n", "\r\n"], ["\r", "\r\n"]]))
    lines = draw(st.lists(LINES, min_size=1, max_size=6))
    text, positions = "", []
    for number, line in enumerate(lines):
        positions += [(number, units(line[:at]), len(text) + at) for at in range(len(line) + 1)]
        text += line + (draw(st.sampled_from(endings)) if number < len(lines) - 1 else "")
    first, last = sorted(draw(st.tuples(*[st.sampled_from(positions)] * 2)))
    return text, a_range(first[:2], last[:2]), first[2], last[2]


@given(places())
def test_a_range_is_cut_where_utf16_columns_say(drawn):
    text, place, start, end = drawn
    assert cut(text, place) == text[start:end]


@given(places(), LINES)
def test_a_range_is_replaced_where_utf16_columns_say(drawn, by):
    text, place, start, end = drawn
    assert replaced(text, place, by) == text[:start] + by + text[end:]


@given(places())
def test_a_range_inside_the_text_is_left_as_it_is(drawn):
    text, place, _, _ = drawn
    assert clamped(text, place) == place


@given(places(), st.integers(0, END), st.integers(0, END))
def test_clamping_a_range_changes_nothing_that_is_cut(drawn, line, character):
    text, place, start, _ = drawn
    longer = a_range((place.start_line, place.start_character), (place.end_line + line, character))
    within = clamped(text, longer)
    assert within is not None
    assert clamped(text, within) == within
    assert cut(text, within) == cut(text, longer)
    if line > len(text):
        assert cut(text, longer) == text[start:]


@pytest.mark.parametrize("text", ["", "a", "a\n", "😀", "a\r\n😀b", "a\rb\r", "\n\n"])
def test_a_range_that_goes_far_past_the_end_ends_at_the_end(text):
    everything = a_range((0, 0), (END, END))
    assert cut(text, everything) == text
    within = clamped(text, everything)
    assert within is not None
    assert cut(text, within) == text
    assert replaced(text, everything, "x") == "x"


@pytest.mark.parametrize(
    ("text", "last"), [("", (0, 0)), ("a\n", (1, 0)), ("a\nb😀", (1, 3)), ("a\rb", (1, 1)), ("a\r\n", (1, 0))]
)
def test_an_end_past_the_last_line_becomes_the_end_of_the_text(text, last):
    assert clamped(text, a_range((0, 0), (9, 9))) == a_range((0, 0), last)


@pytest.mark.parametrize(
    ("text", "line"), [("", 1), ("a", 1), ("a\n", 2), ("a\r\n", 2), ("a\rb", 2), ("a", 10**30)]
)
def test_a_range_that_begins_behind_the_last_line_is_outside(text, line):
    assert clamped(text, a_range((line, 0), (line, 1))) is None
    assert cut(text, a_range((line, 0), (line, 1))) == ""


def test_a_column_past_the_end_of_a_line_is_its_end():
    assert cut("ab\r\ncd", a_range((0, 1), (0, 99))) == "b"
    assert clamped("ab\r\ncd", a_range((0, 99), (1, 99))) == a_range((0, 2), (1, 2))
    assert replaced("abc", a_range((0, 3), (0, 10)), "X") == "abcX"


def test_a_column_inside_a_character_is_before_it():
    assert cut("a😀b", a_range((0, 0), (0, 2))) == "a"
    assert cut("a😀b", a_range((0, 2), (0, 4))) == "😀b"


def test_lines_end_where_editors_end_them_and_nowhere_else():
    assert cut("one\n\x0ctwo\u2028still two\nthree", a_range((2, 0), (2, 5))) == "three"


def test_a_range_that_ends_before_it_begins_is_empty():
    assert cut("abc\ndef", a_range((1, 1), (0, 1))) == ""


@pytest.mark.parametrize(
    "place",
    [
        ((1, 1), (0, 1)),
        ((1, 2), (1, 1)),
        ((3, 0), (3, 0)),
        ((2, 1), (2, 1)),
        ((0, 1), (3, 0)),
        ((0, 1), (2, 1)),
    ],
    ids=str,
)
def test_what_the_text_does_not_have_is_not_replaced(place):
    with pytest.raises(ValueError, match=r"line that is not there|before it begins"):
        replaced("abc\ndef", a_range(*place), "X")


def test_the_line_behind_the_last_begins_at_the_end_of_the_text():
    assert replaced("abc\ndef", a_range((2, 0), (2, 0)), "X") == "abc\ndefX"
    assert replaced("abc\ndef", a_range((0, 1), (2, 0)), "X") == "aX"
    assert replaced("", a_range((1, 0), (1, 0)), "X") == "X"
