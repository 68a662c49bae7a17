import asyncio
import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support.fake_models import FakeModel
from tests.support.world import World
from threadkeep.domain.errors import InvalidTransition, RevisionConflict, SessionBusy, ThreadkeepError
from threadkeep.domain.events import MessageAdded
from threadkeep.domain.turns import Holder
from threadkeep.ports.models import TextDelta
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.usecases.order import IdempotencyKey, Replayed
from threadkeep.values import evolve

STATUSES = ("active", "paused", "ended")
ALLOWED = {("active", "paused"), ("active", "ended"), ("paused", "active"), ("paused", "ended")}


async def running(model_says: str = "Half") -> tuple[World, str]:
    world = World(FakeModel(TextDelta(text=model_says), FakeModel.HOLD))
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.streamed()
    return world, session.id


@pytest.mark.parametrize(("before", "after"), [*itertools.product(STATUSES, STATUSES)])
async def test_only_the_moves_of_the_table_are_made(before, after):
    world = World()
    session = world.new_session()
    if before != "active":
        await world.lifecycle.move(session.id, before)
    entries = len(world.messages(session.id))
    if (before, after) in ALLOWED:
        assert (await world.lifecycle.move(session.id, after)).session.status == after
        assert len(world.messages(session.id)) == entries + 1
    else:
        with pytest.raises(InvalidTransition):
            await world.lifecycle.move(session.id, after)
        assert len(world.messages(session.id)) == entries


async def test_a_move_leaves_an_entry_with_its_reason():
    world = World()
    session = world.new_session()
    view = await world.lifecycle.move(session.id, "paused", reason="Lunch")
    (entry,) = world.messages(session.id)
    assert (entry.role, entry.event.kind, entry.event.reason) == ("event", "paused", "Lunch")
    assert (entry.event.from_, entry.event.to) == ("active", "paused")
    assert (view.session.message_count, view.session.seq) == (0, 3)
    assert world.audience.of(MessageAdded)[-1].message == entry


@pytest.mark.parametrize("status", ["paused", "ended"])
async def test_a_running_turn_is_stopped_first_and_its_text_kept(status):
    world, session_id = await running()
    view = await world.lifecycle.move(session_id, status)
    messages = world.messages(session_id)
    assert [(m.role, m.content, m.status) for m in messages] == [
        ("user", "Hi", "complete"),
        ("assistant", "Half", "cancelled"),
        ("event", "", "complete"),
    ]
    assert (view.session.status, view.session.running_turn_id) == (status, None)


async def test_a_move_that_is_refused_stops_no_turn():
    world, session_id = await running()
    with pytest.raises(RevisionConflict):
        await world.lifecycle.move(session_id, "paused", expected_revision=99)
    with pytest.raises(InvalidTransition):
        await world.lifecycle.move(session_id, "active")
    assert len(world.cases.running) == 1
    await world.chat.stop_all()


async def test_a_turn_of_another_process_is_not_stopped_from_here():
    world, session_id = await running()
    with world.store.writing() as changes:
        (turn,) = changes.running_turns()
        other = Holder(owner=world.store.owner, client="other", pid=2, host="there", since="2026")
        changes.put_turn(evolve(turn, holder=other))
    stranger = World(store=world.store, id_prefix="other")
    with pytest.raises(SessionBusy) as refused:
        await stranger.lifecycle.move(session_id, "paused")
    assert refused.value.data["holder"]["client"] == "other"
    await world.chat.stop_all()


async def test_the_same_move_twice_with_a_key_is_made_once():
    world = World()
    session = world.new_session()
    once = IdempotencyKey(
        method="session/pause", key="k", fingerprint="f", encode=lambda view: view.session.status
    )
    await world.lifecycle.move(session.id, "paused", once=once)
    with pytest.raises(Replayed) as before:
        await world.lifecycle.move(session.id, "paused", once=once)
    assert before.value.result == "paused"


class Life(RuleBasedStateMachine):
    """Whatever a person does in whatever order, the session's counters and history agree with its state."""

    @initialize()
    def begin(self):
        self.loop = asyncio.new_event_loop()
        self.world = World()
        self.id = self.world.new_session().id
        self.status = "active"
        self.said = 0
        self.moves = 0

    def attempt(self, doing) -> bool:
        try:
            self.loop.run_until_complete(doing)
        except ThreadkeepError:
            return False
        return True

    @rule(status=st.sampled_from(STATUSES))
    def move(self, status):
        done = self.attempt(self.world.lifecycle.move(self.id, status))
        assert done == ((self.status, status) in ALLOWED)
        if done:
            self.status = status
            self.moves += 1

    @rule()
    def say(self):
        done = self.attempt(self.world.say(self.id))
        assert done == (self.status == "active")
        self.said += done

    @rule(archived=st.booleans())
    def archive(self, archived):
        self.world.sessions.set_archived(self.id, archived=archived)

    @invariant()
    def history_and_counters_agree(self):
        session = self.world.session(self.id)
        messages = self.world.messages(self.id)
        assert session.status == self.status
        assert session.message_count == 2 * self.said == sum(m.role != "event" for m in messages)
        assert sum(m.role == "event" for m in messages) == self.moves
        assert [m.seq for m in messages] == sorted({m.seq for m in messages})
        assert session.seq >= max((m.seq for m in messages), default=0)

    def teardown(self):
        if hasattr(self, "loop"):
            self.loop.close()


Life.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestLife = pytest.mark.medium(Life.TestCase)
