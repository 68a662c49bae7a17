import pytest

from tests.support.fake_models import FakeModel
from tests.support.store import values_of
from tests.support.world import World
from threadkeep.domain.errors import InvalidCursor, InvalidValue, MessageNotFound, SessionNotFound
from threadkeep.domain.events import (
    MessageAdded,
    SessionChanged,
    TurnCompleted,
    TurnStarted,
)
from threadkeep.ports.models import TextDelta
from threadkeep.usecases.chat.turn_start import Outgoing


async def talked(*texts: str) -> tuple[World, str]:
    world = World()
    session = world.new_session()
    for text in texts:
        await world.say(session.id, text)
    return world, session.id


def said(page) -> list[str]:
    return [m.content for m in values_of(page.messages) if m.role == "user"]


async def test_older_messages_come_page_by_page():
    world, session_id = await talked("one", "two", "three")
    newest = world.history.page(session_id, limit=2)
    assert (said(newest), newest.after_cursor) == (["three"], None)
    middle = world.history.page(session_id, limit=2, before=newest.before_cursor)
    assert said(middle) == ["two"]
    oldest = world.history.page(session_id, limit=2, before=middle.before_cursor)
    assert (said(oldest), oldest.before_cursor) == (["one"], None)


async def test_and_back_to_the_newest():
    world, session_id = await talked("one", "two", "three")
    newest = world.history.page(session_id, limit=2)
    middle = world.history.page(session_id, limit=2, before=newest.before_cursor)
    forth = world.history.page(session_id, limit=2, after=middle.after_cursor)
    assert values_of(forth.messages) == values_of(newest.messages)
    assert (forth.after_cursor, forth.before_cursor is not None) == (None, True)


async def test_a_page_around_a_message_has_it_in_the_middle_and_goes_on_both_ways():
    world, session_id = await talked("one", "two", "three", "four")
    messages = world.messages(session_id)
    page = world.history.page(session_id, limit=4, around=messages[4].id)
    assert values_of(page.messages) == tuple(messages[2:6])
    older = world.history.page(session_id, limit=9, before=page.before_cursor)
    newer = world.history.page(session_id, limit=9, after=page.after_cursor)
    assert values_of(older.messages) == tuple(messages[:2])
    assert values_of(newer.messages) == tuple(messages[6:])


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 8, 20])
async def test_a_page_around_any_message_is_full_and_holds_it(limit):
    world, session_id = await talked("one", "two", "three", "four")
    messages = world.messages(session_id)
    for index, message in enumerate(messages):
        page = world.history.page(session_id, limit=limit, around=message.id)
        shown = values_of(page.messages)
        first = messages.index(shown[0])
        assert shown == tuple(messages[first : first + min(limit, len(messages))])
        assert message in shown
        assert (page.before_cursor is not None) == (first > 0)
        assert (page.after_cursor is not None) == (shown[-1] != messages[-1])
        assert index - first <= max(limit // 2, limit - (len(messages) - index))


async def test_there_is_no_page_around_what_the_history_does_not_show():
    world, session_id = await talked("one", "two")
    _, elsewhere = await talked("three")
    hidden = world.messages(session_id)[2]
    world.branches.rewind(session_id, world.messages(session_id)[1].id)
    for message_id, told in (
        (hidden.id, "another branch"),
        ("nobody", "no message"),
        (elsewhere, "no message"),
    ):
        with pytest.raises(MessageNotFound, match=told):
            world.history.page(session_id, limit=2, around=message_id)
    with pytest.raises(InvalidValue, match="together with before"):
        world.history.page(session_id, limit=2, before="a", around=hidden.id)


async def test_a_bad_cursor_is_refused():
    world, session_id = await talked("one")
    with pytest.raises(InvalidCursor):
        world.history.page(session_id, limit=2, before="nonsense")
    with pytest.raises(InvalidValue):
        world.history.page(session_id, limit=2, before="a", after="b")
    with pytest.raises(SessionNotFound):
        world.history.page("nobody", limit=2)


async def test_events_tell_exactly_what_happened_since():
    world, session_id = await talked()
    known = world.session(session_id).seq
    await world.say(session_id, "one")
    gap = world.history.events(session_id, after_seq=known, limit=100)
    assert [type(past.event) for past in gap.events] == [
        MessageAdded,
        TurnStarted,
        SessionChanged,
        TurnCompleted,
    ]
    seqs = [past.stored.seq for past in gap.events]
    assert seqs == list(range(known + 1, gap.seq + 1))
    assert (gap.seq, gap.reset, gap.running) == (world.session(session_id).seq, False, None)


async def test_there_is_no_gap_for_who_is_up_to_date():
    world, session_id = await talked("one")
    seq = world.session(session_id).seq
    gap = world.history.events(session_id, after_seq=seq, limit=100)
    assert (gap.events, gap.reset, gap.seq) == ((), False, seq)


async def test_a_seq_from_the_future_is_told_to_start_over():
    world, session_id = await talked("one")
    assert world.history.events(session_id, after_seq=10_000, limit=100).reset is True


async def test_a_running_answer_is_told_with_the_gap():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = world.new_session()
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.streamed()
    gap = world.history.events(session.id, after_seq=begun.session.seq, limit=100)
    (running,) = world.cases.running.up_to_date([gap.running])
    assert (running.id, running.content) == (begun.message.id, "Half")
    await world.chat.stop_all()
