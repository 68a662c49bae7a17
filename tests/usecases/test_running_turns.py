"""The turns of this process can be looked at and ended by who does not run them."""

import asyncio

from tests.support.fake_models import FakeModel
from tests.support.store import a_session, a_turn, put
from tests.support.world import World
from threadkeep.domain.sessions import Session
from threadkeep.ports.models import TextDelta
from threadkeep.usecases.chat.turn_end import recover
from threadkeep.usecases.chat.turn_start import Outgoing


async def test_a_turn_is_asked_to_end_from_any_thread():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = world.new_session()
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.streamed()
    assert [running.turn.id for running in world.cases.running] == [begun.turn.id]
    await asyncio.to_thread(world.cases.running.request_cancel, begun.turn.id)
    turn, answer = await world.chat.wait(session.id, begun.turn.id)
    assert (turn.status, answer.content) == ("cancelled", "Half")
    async with asyncio.timeout(10):
        while len(world.cases.running):  # noqa: ASYNC110 - its task ends a step of the loop after it is stored
            await asyncio.sleep(0)


async def test_a_turn_that_does_not_run_here_is_not_heeded():
    world = World()
    world.cases.running.request_cancel("unknown")
    await world.say(world.new_session().id)
    world.cases.running.request_cancel("unknown")
    assert world.cases.running.get("unknown") is None


def kept(world: World) -> Session | None:
    with world.store.reading() as records:
        return records.session("s1")


def test_a_session_does_not_wait_for_a_dead_turn_whose_answer_cannot_be_read():
    world = World()
    put(world.store, a_session(running_turn_id="t1", activity="running"), a_turn(message_id="gone"))
    (turn,) = recover(world.store, at=world.clock.now())
    assert (turn.status, turn.holder) == ("interrupted", None)
    session = kept(world)
    assert (session.running_turn_id, session.activity) == (None, "interrupted")


def test_a_dead_turn_that_no_session_waits_for_is_left_alone():
    world = World()
    put(world.store, a_session(), a_turn("t1"), a_turn("t2", session_id="unknown"))
    assert recover(world.store, at=world.clock.now()) == []
    assert kept(world) == a_session()
