import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.domain.errors import InvalidCursor
from threadkeep.ports.session_filter import CursorKey, SessionSort
from threadkeep.usecases import cursors


@given(st.integers(min_value=0))
def test_a_history_cursor_comes_back_as_its_place(seq):
    assert cursors.history_position(cursors.history_cursor(seq)) == seq


@given(st.sampled_from(["updatedAt", "createdAt", "title"]), st.text(), st.text(min_size=1))
def test_a_list_cursor_comes_back_as_its_place(by, value, id_):
    sort, place = SessionSort(by=by), CursorKey(value=value, id=id_)
    assert cursors.session_cursor_key(cursors.session_cursor(sort, place), sort) == place


@given(st.sampled_from(["repositories", "tasks"]), st.none() | st.text(), st.text())
def test_a_cursor_of_what_is_used_comes_back_as_its_place(kind, last, name):
    assert cursors.use_position(cursors.use_cursor(kind, last, name), kind) == (last or "", name)


@given(st.text())
def test_anything_else_is_refused_by_name(text):
    for read in (
        cursors.history_position,
        lambda cursor: cursors.session_cursor_key(cursor, SessionSort()),
        lambda cursor: cursors.use_position(cursor, "tasks"),
    ):
        with pytest.raises(InvalidCursor):
            read(text)


def test_a_cursor_of_one_kind_is_not_one_of_another():
    with pytest.raises(InvalidCursor):
        cursors.session_cursor_key(cursors.history_cursor(1), SessionSort())
    counted = SessionSort(by="messageCount")
    with pytest.raises(InvalidCursor):
        cursors.session_cursor_key(cursors.session_cursor(counted, CursorKey(value="x", id="y")), counted)
