"""The turns of this process can be looked at and ended by who does not run them."""

import asyncio

from tests.support.fake_models import FakeModel
from tests.support.world import World
from threadkeep.ports.models import TextDelta
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
