import asyncio

import pytest

from tests.support.fake_models import FakeModel
from tests.support.world import World
from threadkeep.domain.events import (
    MessageAdded,
    SessionChanged,
    TextStreamed,
    TurnCompleted,
    TurnStarted,
)
from threadkeep.domain.messages import from_utf16, utf16_length
from threadkeep.ports.models import ReasoningDelta, Stop, TextDelta
from threadkeep.usecases.chat.turn_start import Outgoing

END = Stop(reason="endTurn")


class OtherProcess:
    """The same store as another process sees it."""

    def __init__(self, store, *, owner="other", dead=()):
        self._store = store
        self.owner = owner
        self.dead = set(dead)

    def is_alive(self, holder):
        return holder.owner not in self.dead

    def __getattr__(self, name):
        return getattr(self._store, name)


def neighbour(world: World, **options: object) -> World:
    """Another process on the same store, that has looked once."""
    other = World(store=OtherProcess(world.store, **options), clock=world.clock, id_prefix="other")
    other.following.look()
    return other


def heard(world: World, kind: str = "text") -> str:
    return "".join(delta.text for delta in world.audience.of(TextStreamed) if delta.kind == kind)


def fit_together(world: World) -> bool:
    """Whether each delta begins where the one before it ended."""
    ends: dict[str, int] = {}
    for delta in world.audience.of(TextStreamed):
        if delta.offset != ends.get(delta.kind, delta.offset):
            return False
        ends[delta.kind] = delta.offset + utf16_length(delta.text)
    return True


async def journaled(world: World, text: str, *, reasoning: str = "") -> None:
    """Waits until so much of the running answer is on disk."""
    async with asyncio.timeout(5):
        while True:
            with world.store.reading() as records:
                turn = records.running_turns()[0]
                message = records.message(turn.message_id)
            if (message.content, message.reasoning) == (text, reasoning):
                return
            await asyncio.sleep(0.01)


async def test_what_another_process_does_is_heard_in_order():
    world = World()
    session = world.new_session()
    other = neighbour(world)
    other.followed.add(session.id)
    await world.say(session.id)
    other.following.look()
    names = [type(event).__name__ for event in other.audience.events]
    assert names == ["MessageAdded", "TurnStarted", "TextStreamed", "TurnCompleted", "SessionChanged"]
    assert heard(other) == "Hello world"
    assert other.audience.of(SessionChanged)[-1].view.session == world.session(session.id)


async def test_a_process_does_not_hear_itself():
    world = World()
    world.following.look()
    session = world.new_session()
    await world.say(session.id)
    world.audience.forget()
    world.following.look()
    assert world.audience.events == []


async def test_nothing_is_told_twice():
    world = World()
    session = world.new_session()
    other = neighbour(world)
    await world.say(session.id)
    other.following.look()
    other.audience.forget()
    other.following.look()
    assert other.audience.events == []


async def test_what_happened_before_the_first_look_is_history():
    world = World()
    await world.say(world.new_session().id)
    other = neighbour(world)
    other.following.look()
    assert other.audience.events == []


async def test_an_answer_is_heard_while_it_is_written_at_the_same_offsets():
    more, thoughts, end = asyncio.Event(), asyncio.Event(), asyncio.Event()
    script = (TextDelta(text="a😀"), more, TextDelta(text="b"), thoughts, ReasoningDelta(text="hm"), end, END)
    world = World(FakeModel(*script))
    session = world.new_session()
    other = neighbour(world)
    other.followed.add(session.id)
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await journaled(world, "a😀")
    other.following.look()
    assert heard(other) == "a😀"
    more.set()
    await journaled(world, "a😀b")
    other.following.look()
    assert heard(other) == "a😀b"
    thoughts.set()
    await journaled(world, "a😀b", reasoning="hm")
    other.following.look()
    end.set()
    await world.chat.wait(session.id, begun.turn.id)
    other.following.look()
    assert (heard(other), heard(other, "reasoning")) == ("a😀b", "hm")
    assert len(other.audience.of(TextStreamed)) == 3
    assert fit_together(other)
    assert other.following.is_tailing is False


async def test_a_window_that_comes_in_mid_answer_hears_the_rest_and_no_more():
    more = asyncio.Event()
    world = World(FakeModel(TextDelta(text="Half"), more, TextDelta(text=" done"), END))
    session = world.new_session()
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await journaled(world, "Half")
    other = neighbour(world)
    shown = other.messages(session.id)
    other.followed.add(session.id)
    other.following.shown(shown)
    assert shown[-1].content == "Half"
    more.set()
    await world.chat.wait(session.id, begun.turn.id)
    other.following.look()
    assert [(delta.offset, delta.text) for delta in other.audience.of(TextStreamed)] == [(4, " done")]
    assert other.audience.of(TurnCompleted)[0].message.content == "Half done"


async def test_a_continued_answer_goes_on_where_it_stood():
    world = World(FakeModel(TextDelta(text="Half"), RuntimeError("cut")))
    session = world.new_session()
    await world.say(session.id)
    other = neighbour(world)
    other.followed.add(session.id)
    more = asyncio.Event()
    world.model.script = (TextDelta(text=" do"), more, TextDelta(text="ne"), END)
    begun = await world.chat.carry_on(session.id)
    await journaled(world, "Half do")
    other.following.look()
    assert heard(other) == " do"
    more.set()
    await world.chat.wait(session.id, begun.turn.id)
    other.following.look()
    assert (heard(other), other.audience.of(TextStreamed)[0].offset) == (" done", 4)


async def test_the_turn_of_a_dead_process_is_interrupted_and_told():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await journaled(world, "Half")
    other = neighbour(world, dead=[world.store.owner])
    other.followed.add(session.id)
    other.following.shown(other.messages(session.id))
    other.following.reap_dead_owners()
    told = other.audience.of(TurnCompleted)[0]
    assert (told.turn.status, told.message.status, told.message.content) == (
        "interrupted",
        "interrupted",
        "Half",
    )
    assert other.audience.of(SessionChanged)[-1].view.session.activity == "interrupted"
    other.audience.forget()
    other.following.reap_dead_owners()
    assert other.audience.events == []


async def test_a_living_process_keeps_its_turn():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    neighbour(world).following.reap_dead_owners()
    assert world.session(session.id).activity == "running"
    await world.chat.stop_all()


async def follow_in_background(world: World) -> None:
    while True:
        world.following.look()
        await asyncio.sleep(0.01)


async def test_a_turn_can_be_cancelled_from_another_window():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    world.following.look()
    session = world.new_session()
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.streamed()
    other = neighbour(world)
    looking = asyncio.create_task(follow_in_background(world))
    turn = await other.chat.cancel(session.id)
    assert (turn.id, turn.status) == (begun.turn.id, "cancelled")
    assert world.messages(session.id)[-1].content == "Half"
    looking.cancel()


@pytest.mark.parametrize("status", ["paused", "ended"])
async def test_pausing_or_ending_from_another_window_stops_the_turn_first(status):
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    world.following.look()
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.streamed()
    other = neighbour(world)
    looking = asyncio.create_task(follow_in_background(world))
    assert (await other.lifecycle.move(session.id, status)).session.status == status
    assert [m.content for m in world.messages(session.id)] == ["Hi", "Half", ""]
    looking.cancel()


async def test_interrupting_works_across_windows():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    world.following.look()
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.streamed()
    other = neighbour(world)
    looking = asyncio.create_task(follow_in_background(world))
    begun = await other.chat.send(Outgoing(session_id=session.id, text="Stop", when_busy="interrupt"))
    assert (await other.chat.wait(session.id, begun.turn.id))[1].content == "Hello world"
    looking.cancel()


async def test_events_of_sessions_that_are_not_followed_have_no_text():
    world = World()
    other = neighbour(world)
    await world.say(world.new_session().id)
    other.following.look()
    assert other.audience.of(TextStreamed) == []
    assert {type(event) for event in other.audience.events} == {
        MessageAdded,
        TurnStarted,
        TurnCompleted,
        SessionChanged,
    }


@pytest.mark.parametrize(
    ("text", "offset", "rest"),
    [("abc", 1, "bc"), ("a😀b", 3, "b"), ("a😀b", 1, "😀b"), ("é", 1, ""), ("", 0, "")],
)
def test_text_is_cut_at_utf16_offsets(text, offset, rest):
    assert from_utf16(text, offset) == rest


async def test_who_has_heard_something_watches_for_dead_processes_until_it_has_looked():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    other = neighbour(world)
    other.following.reap_dead_owners()
    assert other.following.is_guarding is False
    session = world.new_session()
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    other.following.look()
    assert other.following.is_guarding is True
    other.following.reap_dead_owners()
    assert other.following.is_guarding is True
    await world.chat.cancel(session.id, begun.turn.id)
    other.following.reap_dead_owners()
    assert other.following.is_guarding is False
