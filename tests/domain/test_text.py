from hypothesis import given
from hypothesis import strategies as st

from threadkeep.domain.text import folded


def test_case_and_accents_make_no_difference():
    assert folded("Ärger im CAFÉ, Straße") == folded("arger im cafe, STRASSE")


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert folded(folded(text)) == folded(text)
