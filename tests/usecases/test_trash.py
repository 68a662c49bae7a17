import asyncio

import pytest

from tests.support.fake_models import FakeModel
from tests.support.world import World
from threadkeep.adapters.store.memory import MemoryStore
from threadkeep.adapters.store.routing import RoutingStore
from threadkeep.domain.errors import (
    InvalidTransition,
    NotInTrash,
    RevisionConflict,
    SessionBusy,
    SessionNotFound,
)
from threadkeep.domain.events import SessionChanged, SessionRemoved
from threadkeep.domain.sessions import Session
from threadkeep.domain.turns import Holder
from threadkeep.ports.models import TextDelta
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.usecases.order import IdempotencyKey, Replayed
from threadkeep.usecases.sessions.following import Following
from threadkeep.values import evolve

TRASHED = SessionFilter(archived="include", trashed="only")


async def in_trash(world: World) -> Session:
    session = world.new_session()
    return (await world.cases.trash.move(session.id, trashed=True)).session


def listed(world: World, wanted: SessionFilter | None = None) -> list[str]:
    with world.store.reading() as records:
        return list(records.session_ids(wanted or SessionFilter(), SessionSort()))


async def test_a_deleted_session_is_in_the_trash_and_comes_back_as_it_was():
    world = World()
    session = world.new_session()
    await world.say(session.id)
    before = world.session(session.id)
    trashed = (await world.cases.trash.move(session.id, trashed=True)).session
    assert trashed.trashed_at is not None
    assert (listed(world), listed(world, TRASHED)) == ([], [session.id])
    restored = (await world.cases.trash.move(session.id, trashed=False)).session
    assert (restored.trashed_at, restored.title, restored.status) == (None, before.title, "active")
    assert len(world.messages(session.id)) == 2
    assert [event.view.session.trashed_at is None for event in world.audience.of(SessionChanged)[-2:]] == [
        False,
        True,
    ]


async def test_deleting_twice_changes_nothing_the_second_time():
    world = World()
    session = await in_trash(world)
    told = len(world.audience.events)
    again = (await world.cases.trash.move(session.id, trashed=True)).session
    assert (again, len(world.audience.events)) == (session, told)


async def test_a_running_turn_is_stopped_and_its_text_kept():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.streamed()
    trashed = (await world.cases.trash.move(session.id, trashed=True)).session
    assert (trashed.running_turn_id, world.messages(session.id)[-1].content) == (None, "Half")


async def test_what_waits_joins_the_history_unanswered():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="first"))
    await world.chat.send(Outgoing(session_id=session.id, text="waits", when_busy="queue"))
    await world.cases.trash.move(session.id, trashed=True)
    texts = [(message.content, message.status) for message in world.messages(session.id)]
    assert ("waits", "cancelled") in texts
    await world.cases.trash.move(session.id, trashed=False)
    assert len(world.cases.running) == 0


async def test_a_session_in_the_trash_takes_no_message_and_says_why():
    world = World()
    session = await in_trash(world)
    with pytest.raises(InvalidTransition, match="restore it"):
        await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    assert world.messages(session.id) == ()


async def test_a_turn_of_another_process_keeps_a_session_out_of_the_trash(monkeypatch):
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    session = world.new_session()
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.streamed()
    monkeypatch.setattr(world.store, "is_alive", lambda holder: isinstance(holder, Holder))
    monkeypatch.setattr("threadkeep.usecases.chat.chat.CANCEL_SECONDS", 0.05, raising=False)
    other = World(store=world.store, clock=world.clock, id_prefix="other")
    with pytest.raises(SessionBusy):
        async with asyncio.timeout(20):
            await other.cases.trash.move(session.id, trashed=True)
    assert world.session(session.id).trashed_at is None


async def test_the_revision_is_checked():
    world = World()
    session = world.new_session()
    with pytest.raises(RevisionConflict):
        await world.cases.trash.move(session.id, trashed=True, expected_revision=session.revision + 1)


async def test_only_what_is_in_the_trash_is_erased():
    world = World()
    session = world.new_session()
    with pytest.raises(NotInTrash):
        await world.cases.trash.purge(session.id)
    assert world.session(session.id) == session


async def test_an_erased_session_is_gone_and_told():
    world = World()
    session = await in_trash(world)
    await world.cases.trash.purge(session.id)
    with pytest.raises(SessionNotFound):
        world.session(session.id)
    assert world.audience.of(SessionRemoved) == [SessionRemoved(session_id=session.id)]
    with pytest.raises(SessionNotFound):
        await world.cases.trash.purge(session.id)


async def test_erasing_is_repeated_with_its_key():
    world = World()
    session = await in_trash(world)
    once = IdempotencyKey(method="session/purge", key="k", fingerprint="f", encode=lambda _: {})
    await world.cases.trash.purge(session.id, once=once)
    with pytest.raises(Replayed) as before:
        await world.cases.trash.purge(session.id, once=once)
    assert before.value.result == {}


async def test_another_window_hears_that_a_session_is_gone():
    world = World()
    other = World(store=world.store, clock=world.clock, id_prefix="other")
    other.store = world.store
    session = await in_trash(world)
    follower = _as_another_process(other)
    follower.look()
    await world.cases.trash.purge(session.id)
    follower.look()
    assert other.audience.of(SessionRemoved) == [SessionRemoved(session_id=session.id)]


async def test_a_private_session_leaves_no_trace_of_its_id_when_erased():
    kept = MemoryStore()
    world = World(store=RoutingStore(kept))
    session = world.new_session(is_private=True)
    await world.cases.trash.move(session.id, trashed=True)
    await world.cases.trash.purge(session.id)
    with kept.reading() as records:
        assert list(records.events(session.id, after_seq=0, limit=9)) == []


def _as_another_process(world: World):
    """Follows the store of a world as a process would that did not write what it finds."""

    class Elsewhere:
        owner = "elsewhere"

        def __getattr__(self, name):
            return getattr(world.store, name)

    context = evolve(world.cases.trash.context, store=Elsewhere())
    return Following(
        context=context,
        followed=lambda: world.followed,
        stop=lambda turn_id: None,
        lose=world.cases.running.lose,
    )
