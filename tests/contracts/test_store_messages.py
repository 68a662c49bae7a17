"""What every store promises about messages, their tree, and the text that is being written."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.each_store import EACH_STORE
from tests.support.store import a_message, a_session, an_attachment, at, chain, opened_store, put
from threadkeep.domain.messages import Failure, Message, Part, Range, TimelineEvent, Usage, text_part
from threadkeep.ports.store import Store
from threadkeep.values import evolve


@pytest.fixture(params=EACH_STORE)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        yield opened


def test_a_message_comes_back_with_every_field(store: Store) -> None:
    full = a_message(
        role="assistant",
        parts=(
            Part(type="reasoning", text="hm \x00", signature="c2lnbmVk"),
            text_part('"quoted" \ud83d 猫 \U0001f600'),
            an_attachment(range_=Range(start_line=1, start_character=0, end_line=9, end_character=3)),
            an_attachment(range_=None, kind="text", uri=None, language_id=None, stale="changed"),
        ),
        status="failed",
        turn_id="t1",
        agent="a",
        model="m",
        provider="p",
        usage=Usage(cost=0.25),
        is_favourite=True,
        note="n",
        metadata={"sql": "SELECT 1", "rows": [[1, None]]},
        event=TimelineEvent(kind="switched", at=at(1), from_="a", to="b", reason="why"),
        error=Failure(kind="providerAuth", message="no", retryable=True, data={"status": 401}),
        erased_at=at(3),
        completed_at=at(2),
    )
    put(store, full)
    with store.reading() as records:
        assert records.message(full.id) == full
        assert records.message("nobody") is None


def test_the_path_leads_from_the_head_to_the_root(store: Store) -> None:
    # 1 ─ 2 ─ 3      4 is a sibling of 2, its answer 5 is the head
    #  └─ 4 ─ 5
    messages = [
        a_message("m1", seq=1),
        a_message("m2", seq=2, parent_id="m1"),
        a_message("m3", seq=5, parent_id="m2"),
        a_message("m4", seq=6, parent_id="m1"),
        a_message("m5", seq=9, parent_id="m4"),
    ]
    session = a_session(head_id="m5")
    put(store, session, *messages)
    with store.reading() as records:
        assert [message.id for message in records.path(session, limit=10)] == ["m1", "m4", "m5"]
        assert [message.id for message in records.path(session, limit=2)] == ["m4", "m5"]
        assert [message.id for message in records.path(session, limit=10, before_seq=6)] == ["m1"]
        assert [message.id for message in records.path(session, limit=1, before_seq=9)] == ["m4"]
        assert [message.id for message in records.path(session, limit=9, before_seq=7)] == ["m1", "m4"]
        assert records.path(session, limit=10, before_seq=1) == []
        assert [message.id for message in records.path_after(session, limit=10, after_seq=1)] == ["m4", "m5"]
        assert [message.id for message in records.path_after(session, limit=1, after_seq=0)] == ["m1"]
        assert [message.id for message in records.path_after(session, limit=9, after_seq=5)] == ["m4", "m5"]
        assert records.path_after(session, limit=10, after_seq=9) == []
        assert [entry.id for entry in records.entries(session, limit=9, before_seq=7)] == ["m1", "m4"]
        assert [entry.id for entry in records.entries_after(session, limit=9, after_seq=5)] == ["m4", "m5"]


def test_a_session_without_messages_has_an_empty_path(store: Store) -> None:
    put(store, a_session())
    with store.reading() as records:
        assert records.path(a_session(), limit=5) == []
        assert records.path_after(a_session(), limit=5, after_seq=0) == []
        assert records.path(a_session(head_id="gone"), limit=5) == []


def test_a_page_can_be_empty(store: Store) -> None:
    session, messages = chain(3)
    put(store, session, *messages)
    with store.reading() as records:
        assert records.path(session, limit=0) == []
        assert records.path_after(session, limit=0, after_seq=0) == []
        assert records.entries(session, limit=0) == []
        assert records.entries_after(session, limit=0, after_seq=0) == []


def test_another_sessions_messages_are_not_in_the_path(store: Store) -> None:
    session, messages = chain(3)
    put(store, session, *messages)
    with store.reading() as records:
        assert records.path(a_session("s2", head_id="m3"), limit=5) == []


def test_a_message_needs_its_parent_in_its_session(store: Store) -> None:
    put(store, a_message("m1"))
    with pytest.raises(ValueError, match="parent"):
        put(store, a_message("m2", seq=2, parent_id="m0"))
    with pytest.raises(ValueError, match="parent"):
        put(store, a_message("m2", seq=2, parent_id="m1", session_id="s2"))


@pytest.mark.parametrize("moved", [{"seq": 3}, {"parent_id": None}, {"session_id": "s2"}])
def test_a_message_keeps_its_place(store: Store, moved: dict[str, object]) -> None:
    put(store, a_message("m1"), a_message("m2", seq=2, parent_id="m1"))
    with pytest.raises(ValueError, match="cannot change"):
        put(store, evolve(a_message("m2", seq=2, parent_id="m1"), **moved))


def test_siblings_are_counted_by_parent_and_kind(store: Store) -> None:
    messages = [
        a_message("root1", seq=1),
        a_message("root2", seq=2),
        a_message("answer1", seq=3, parent_id="root1", role="assistant"),
        a_message("event", seq=4, parent_id="root1", role="event"),
        a_message("answer2", seq=5, parent_id="root1", role="assistant"),
        a_message("aside", seq=6, parent_id="root1"),
        a_message("only", seq=7, parent_id="answer2"),
        a_message("elsewhere", seq=8, session_id="s2"),
    ]
    put(store, *messages)
    with store.reading() as records:
        assert records.siblings(messages) == {
            "root1": (0, 2),
            "root2": (1, 2),
            "answer1": (0, 2),
            "answer2": (1, 2),
        }
        assert records.siblings([messages[4], messages[6]]) == {"answer2": (1, 2)}
        assert records.siblings([]) == {}


def streaming(**fields: object) -> Message:
    return evolve(a_message("m1", role="assistant", status="streaming"), **fields)


def test_a_streaming_message_comes_with_its_journal(store: Store) -> None:
    session = a_session(head_id="m1")
    put(store, session, streaming())
    with store.writing(durable=False) as changes:
        for kind, text in (
            ("reasoning", "hm"),
            ("reasoning", "m "),
            ("text", "Hel"),
            ("text", ""),
            ("text", "lo 猫"),
        ):
            changes.append_journal("m1", kind, text)  # type: ignore[arg-type]  # a literal in a tuple
    with store.reading() as records:
        expected = streaming(parts=(Part(type="reasoning", text="hmm "), text_part("Hello 猫")))
        assert records.message("m1") == expected
        assert list(records.path(session, limit=5)) == [expected]
        assert list(records.path_after(session, limit=5, after_seq=0)) == [expected]
        assert list(records.entries(session, limit=5)) == [expected]
        assert list(records.entries_after(session, limit=5, after_seq=0)) == [expected]


def test_a_finished_message_loses_its_journal(store: Store) -> None:
    put(store, streaming())
    with store.writing(durable=False) as changes:
        changes.append_journal("m1", "text", "half")
    finished = streaming(status="interrupted", parts=(text_part("half"),))
    put(store, finished)
    with store.reading() as records:
        assert records.message("m1") == finished
    put(store, streaming(parts=(text_part("half"),)))
    with store.writing(durable=False) as changes:
        changes.append_journal("m1", "text", " and half")
    with store.reading() as records:
        continued = records.message("m1")
        assert continued is not None
        assert continued.content == "half and half"


def test_a_streaming_message_that_is_put_again_keeps_its_journal(store: Store) -> None:
    put(store, streaming())
    with store.writing() as changes:
        changes.append_journal("m1", "text", "half")
        changes.put_message(streaming(note="kept"))
    with store.reading() as records:
        message = records.message("m1")
        assert message is not None
        assert (message.content, message.note) == ("half", "kept")


def the_tree(store: Store) -> None:
    """root ─ left ─ end (newest); ─ right ─ event, which has the highest seq."""
    put(
        store,
        a_message("root", seq=1),
        a_message("left", seq=2, parent_id="root", role="assistant"),
        a_message("right", seq=3, parent_id="root", role="assistant"),
        a_message("end", seq=5, parent_id="left"),
        a_message("event", seq=8, parent_id="right", role="event"),
        a_message("other root", seq=4),
        a_message("elsewhere", seq=9, session_id="s2"),
    )


def test_ends_are_the_messages_that_none_follows(store: Store) -> None:
    the_tree(store)
    with store.reading() as records:
        assert [message.id for message in records.ends(a_session())] == ["event", "end", "other root"]
        assert [message.id for message in records.ends(a_session("s2"))] == ["elsewhere"]
        assert list(records.ends(a_session("nobody"))) == []
        assert list(records.ends(a_session("\ud800"))) == []
    put(store, a_message("on", seq=10, parent_id="end"))
    with store.reading() as records:
        assert [message.id for message in records.ends(a_session())] == ["on", "event", "other root"]


@pytest.mark.parametrize(
    ("message_id", "newest"),
    [
        ("root", "event"),
        ("left", "end"),
        ("right", "event"),
        ("end", "end"),
        ("other root", "other root"),
        ("elsewhere", "elsewhere"),
    ],
)
def test_the_newest_below_a_message_is_of_its_branches(store: Store, message_id: str, newest: str) -> None:
    the_tree(store)
    with store.reading() as records:
        message = records.message(message_id)
        assert message is not None
        assert records.newest_below(message) == records.message(newest)


def test_the_newest_below_a_message_that_is_not_stored_is_itself(store: Store) -> None:
    the_tree(store)
    with store.reading() as records:
        assert records.newest_below(a_message("new", seq=20)) == a_message("new", seq=20)


def test_ends_come_with_their_journal(store: Store) -> None:
    put(store, a_message("m0"), streaming(seq=2, parent_id="m0"))
    with store.writing(durable=False) as changes:
        changes.append_journal("m1", "text", "half")
        expected = streaming(seq=2, parent_id="m0", parts=(text_part("half"),))
        assert list(changes.ends(a_session())) == [expected]
        assert changes.newest_below(a_message("m0")) == expected
