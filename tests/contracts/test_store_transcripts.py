"""What every store promises about sessions as a whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.each_store import EACH_STORE
from tests.support.store import a_message, a_session, opened_store, put
from threadkeep.ports.store import Store


@pytest.fixture(params=EACH_STORE)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        yield opened


def test_all_messages_of_all_branches_come_by_seq(store: Store) -> None:
    put(
        store,
        a_session(head_id="m3"),
        a_message("m1", seq=1),
        a_message("m3", seq=3, parent_id="m1"),
        a_message("m2", seq=2, parent_id="m1"),
        a_message("m5", seq=5),
        a_session("s2"),
        a_message("n1", seq=1, session_id="s2"),
    )
    with store.reading() as records:
        assert [message.id for message in records.all_messages("s1")] == ["m1", "m2", "m3", "m5"]
        assert [message.id for message in records.all_messages("s2")] == ["n1"]
        assert list(records.all_messages("nobody")) == []
        assert list(records.all_messages("\ud800\x00")) == []


def test_a_running_answer_comes_with_what_is_journaled(store: Store) -> None:
    put(store, a_session(head_id="m1"), a_message("m1", role="assistant", status="streaming", text="So"))
    with store.writing() as changes:
        changes.append_journal("m1", "text", " far")
    with store.reading() as records:
        assert [message.content for message in records.all_messages("s1")] == ["So far"]


def test_messages_of_a_private_session_are_read_where_they_are(store: Store) -> None:
    put(store, a_session(is_private=True, head_id="m1"), a_message("m1", text="Secret"))
    with store.reading() as records:
        assert [message.content for message in records.all_messages("s1")] == ["Secret"]
