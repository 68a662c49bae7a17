"""The drawing of how costs grow: whole, readable, and of what the table says."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.charts import HEIGHT, LABEL, RIGHT, WIDTH, apart, growth_chart
from tests.benchmarks.figures import Row, Table

SVG = "{http://www.w3.org/2000/svg}"


def a_table(*steps: tuple[str, float, float]) -> Table:
    """Steps: messages, µs of an append, µs of a list; the yardstick takes half of it."""
    rows = [
        Row(
            what=messages,
            values={
                "sessions": 1,
                "append, µs": append,
                "append, × raw": 2.0,
                "list of 20, µs": listed,
                "list of 20, × raw": 2.0,
            },
        )
        for messages, append, listed in steps
    ]
    return Table(id="growth", title="messages stored", rows=rows)


def test_each_operation_is_a_line_beside_that_of_its_yardstick() -> None:
    drawing = ElementTree.fromstring(
        growth_chart(a_table(("100", 400.0, 600.0), ("1,000,000", 500.0, 1600.0)))
    )
    lines = list(drawing.iter(f"{SVG}polyline"))
    assert [line.get("stroke-dasharray") is not None for line in lines] == [True, False, True, False]
    assert lines[0].get("stroke") == lines[1].get("stroke") != lines[2].get("stroke")
    texts = [text.text for text in drawing.iter(f"{SVG}text")]
    assert {"append: 500 µs", "list of 20: 1.6 ms", "100", "1,000,000", "messages stored"} <= set(texts)
    assert "append 400 to 500 µs" in (drawing.findtext(f"{SVG}desc") or "")


def test_everything_is_drawn_inside_of_the_picture() -> None:
    drawing = ElementTree.fromstring(growth_chart(a_table(("100", 10.0, 99.0), ("1,000", 5e4, 5e4))))
    circles = [
        (float(each.get("cx", "-1")), float(each.get("cy", "-1"))) for each in drawing.iter(f"{SVG}circle")
    ]
    assert len(circles) == 4
    assert all(0 <= x <= WIDTH - RIGHT and 0 <= y <= HEIGHT for x, y in circles)


def test_no_colour_is_light_or_dark_only() -> None:
    text = growth_chart(a_table(("100", 10.0, 99.0), ("1,000", 5e4, 5e4)))
    assert not any(colour in text for colour in ("#fff", "white", "#000", "black"))


def test_one_size_draws_no_line() -> None:
    with pytest.raises(ValueError, match="one size"):
        growth_chart(a_table(("100", 10.0, 99.0)))


@given(st.lists(st.integers(0, 400), max_size=8).map(sorted))
def test_labels_never_overlap_and_stay_where_there_is_room(places: list[int]) -> None:
    found = apart(places)
    assert all(after - before >= LABEL for before, after in pairwise(found))
    assert all(new >= old for new, old in zip(found, places, strict=True))
    if all(after - before >= LABEL for before, after in pairwise(places)):
        assert found == places
