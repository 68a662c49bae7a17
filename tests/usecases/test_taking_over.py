"""A turn whose process does not react is taken over; that process then stores nothing of it and says what is stored."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fake_models import FakeModel
from tests.support.world import World
from tests.usecases.test_following import heard, journaled, neighbour
from threadkeep.domain.errors import SessionBusy, SessionNotFound, TurnNotFound
from threadkeep.domain.events import SessionRemoved, TurnCompleted, TurnStarted
from threadkeep.domain.turns import Turn
from threadkeep.ports.models import Stop, TextDelta
from threadkeep.usecases.chat import elsewhere
from threadkeep.usecases.chat.journal import AnswerJournal
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.values import evolve

END = Stop(reason="endTurn")
HALF = (TextDelta(text="Half"), FakeModel.HOLD)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "ELSEWHERE_SECONDS", 0.15)
    monkeypatch.setattr(elsewhere, "AGAIN_SECONDS", 0.1)


async def an_answer(world: World, text: str = "Half") -> Turn:
    """A turn that runs in the world, with so much of it on disk."""
    session = world.new_session()
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await journaled(world, text)
    return begun.turn


def stored(world: World, turn: Turn) -> tuple[Turn, str]:
    with world.store.reading() as records:
        now = records.turn(turn.id)
        return now, records.message(turn.message_id).content


async def test_a_holder_that_does_not_react_is_told_by_name_and_since_when():
    world = World(FakeModel(*HALF))
    turn = await an_answer(world)
    other = neighbour(world)
    with pytest.raises(SessionBusy) as refused:
        await other.chat.cancel(turn.session_id)
    data = refused.value.data
    assert (data["is_unresponsive"], data["can_take_over"], data["holder"]["pid"]) == (True, True, 1)
    assert "test (process 1 on here)" in refused.value.message
    with pytest.raises(SessionBusy) as again:
        await other.lifecycle.move(turn.session_id, "paused")
    assert again.value.data["unresponsive_since"] == data["unresponsive_since"]


async def test_it_is_taken_over_with_the_text_that_is_stored():
    world = World(FakeModel(*HALF))
    turn = await an_answer(world)
    other, third = neighbour(world), neighbour(world, owner="third")
    ended = await other.chat.take_over(turn.session_id, turn.id)
    assert (ended.status, ended.holder, ended.epoch) == ("interrupted", None, turn.epoch + 1)
    assert stored(world, turn) == (ended, "Half")
    assert other.session(turn.session_id).activity == "interrupted"
    third.following.look()
    for window in (other, third):
        (told,) = window.audience.of(TurnCompleted)
        assert (told.turn, told.message.content) == (ended, "Half")


async def test_after_it_everything_works():
    world = World(FakeModel(*HALF))
    turn = await an_answer(world)
    other = neighbour(world)
    await other.chat.take_over(turn.session_id)
    begun = await other.chat.carry_on(turn.session_id)
    assert begun.message.id == turn.message_id
    _, message = await other.chat.wait(turn.session_id, begun.turn.id)
    assert message.content == "HalfHello world"
    await other.lifecycle.move(turn.session_id, "paused")
    await other.lifecycle.move(turn.session_id, "ended")


async def test_a_holder_that_reacts_is_asked_and_keeps_what_came():
    world = World(FakeModel(*HALF))
    world.following.look()
    turn = await an_answer(world)
    other = neighbour(world)

    async def reacting() -> None:
        while world.cases.running:
            world.following.look()
            await asyncio.sleep(0.01)

    watching = asyncio.get_running_loop().create_task(reacting())
    ended = await other.chat.take_over(turn.session_id)
    await watching
    assert (ended.status, ended.epoch) == ("cancelled", turn.epoch)


async def test_what_is_at_rest_or_unknown_is_not_taken_over():
    world = World()
    session = world.new_session()
    assert await world.chat.take_over(session.id) is None
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.chat.wait(session.id, begun.turn.id)
    assert (await world.chat.take_over(session.id, begun.turn.id)).status == "completed"
    with pytest.raises(TurnNotFound):
        await world.chat.take_over(session.id, "unknown")
    with pytest.raises(SessionNotFound):
        await world.chat.take_over("unknown")


async def test_a_turn_of_this_window_is_stopped_as_by_cancel():
    world = World(FakeModel(*HALF))
    turn = await an_answer(world)
    assert (await world.chat.take_over(turn.session_id)).status == "cancelled"


async def test_the_old_holder_goes_on_and_stores_nothing():
    taken = asyncio.Event()
    world = World(FakeModel(TextDelta(text="Half"), taken, TextDelta(text=" more"), FakeModel.HOLD))
    turn = await an_answer(world)
    other = neighbour(world)
    ended = await other.chat.take_over(turn.session_id)
    taken.set()
    told, message = await world.chat.wait(turn.session_id, turn.id)  # noticed with the next text
    assert (told, message.content) == (ended, "Half")
    await world.at_rest()
    assert stored(world, turn) == (ended, "Half")
    assert [done.message.content for done in world.audience.of(TurnCompleted)] == ["Half"]
    assert world.audience.events[-1] is world.audience.of(TurnCompleted)[0]
    assert world.model.closed == 1


async def test_the_old_holder_that_hears_of_it_first_says_no_more():
    heard_of_it = asyncio.Event()
    world = World(FakeModel(TextDelta(text="Half"), heard_of_it, TextDelta(text=" more"), END))
    world.following.look()
    turn = await an_answer(world)
    other = neighbour(world)
    await other.chat.take_over(turn.session_id)
    world.following.look()
    heard_of_it.set()
    await world.at_rest()
    assert heard(world) == "Half"
    assert [done.turn.status for done in world.audience.of(TurnCompleted)] == ["interrupted"]
    world.following.look()
    assert len(world.audience.of(TurnCompleted)) == 1
    assert stored(world, turn)[1] == "Half"


async def test_the_old_holder_shows_what_another_one_carried_on_with():
    world = World(FakeModel(*HALF))
    turn = await an_answer(world)
    other = neighbour(world)
    await other.chat.take_over(turn.session_id)
    begun = await other.chat.carry_on(turn.session_id)
    shown = world.cases.running.up_to_date([evolve(begun.message, status="streaming")])
    assert shown[0].turn_id == begun.turn.id
    await other.chat.wait(turn.session_id, begun.turn.id)
    assert (await world.chat.cancel(turn.session_id, turn.id)).status == "interrupted"
    assert stored(world, turn)[1] == "HalfHello world"


async def test_what_was_erased_meanwhile_stays_erased():
    erased = asyncio.Event()
    world = World(FakeModel(TextDelta(text="Half"), erased, TextDelta(text=" more"), END))
    turn = await an_answer(world)
    other = neighbour(world)
    waiting = asyncio.get_running_loop().create_task(world.chat.wait(turn.session_id, turn.id))
    await other.chat.take_over(turn.session_id)
    await other.cases.trash.move(turn.session_id, trashed=True)
    await other.cases.trash.purge(turn.session_id)
    erased.set()
    with pytest.raises(SessionNotFound):
        await waiting
    await world.at_rest()
    with world.store.reading() as records:
        assert (records.session(turn.session_id), records.message(turn.message_id)) == (None, None)
        assert (records.turn(turn.id), list(records.journal(turn.message_id))) == (None, [])
    assert other.audience.of(SessionRemoved)


async def test_ending_the_old_holder_stores_nothing_either():
    world = World(FakeModel(*HALF))
    turn = await an_answer(world)
    other = neighbour(world)
    ended = await other.chat.take_over(turn.session_id)
    await world.chat.stop_all()
    assert stored(world, turn) == (ended, "Half")


async def test_what_waits_rests_and_goes_on_with_the_next_message():
    world = World(FakeModel(*HALF))
    turn = await an_answer(world)
    other = neighbour(world)
    waiting = await other.chat.send(Outgoing(session_id=turn.session_id, text="Then?", when_busy="queue"))
    assert waiting.is_queued
    await other.chat.take_over(turn.session_id)
    assert [each.id for each in await other.chat.queue(turn.session_id)] == [waiting.turn.id]
    last = await other.chat.send(Outgoing(session_id=turn.session_id, text="Now", when_busy="queue"))
    for each in (waiting, last):
        assert (await other.chat.wait(turn.session_id, each.turn.id))[0].status == "completed"
    assert len(other.audience.of(TurnStarted)) == 2


async def test_a_turn_of_an_older_program_is_not_taken_over():
    world = World(FakeModel(*HALF))
    turn = await an_answer(world)
    with world.store.writing() as changes:
        changes.put_turn(evolve(changes.turn(turn.id), epoch=0))
    other = neighbour(world)
    with pytest.raises(SessionBusy, match="older version") as refused:
        await other.chat.take_over(turn.session_id)
    assert refused.value.data["can_take_over"] is False
    assert not stored(world, turn)[0].is_final


async def test_an_older_window_that_asks_for_the_end_takes_no_turn_away():
    asked = asyncio.Event()
    world = World(FakeModel(TextDelta(text="Half"), asked, TextDelta(text=" more"), END))
    turn = await an_answer(world)
    with world.store.writing() as changes:  # which drops what it does not know
        changes.put_turn(evolve(changes.turn(turn.id), status="stopping", epoch=0))
    asked.set()
    ended, message = await world.chat.wait(turn.session_id, turn.id)
    assert (ended.status, message.content) == ("completed", "Half more")


async def test_a_window_that_ends_the_turn_of_a_dead_one_tells_so():
    world = World(FakeModel(*HALF))
    turn = await an_answer(world)
    other = neighbour(world)
    other.followed.add(turn.session_id)
    other.following.shown(other.messages(turn.session_id))
    other.store.dead.add(world.store.owner)
    await other.chat.send(Outgoing(session_id=turn.session_id, text="Next"))
    other.following.look()
    assert other.audience.of(TurnCompleted)[0].turn.id == turn.id


# two holders of one turn, and everything that each may do, in any order

MOVES = st.lists(
    st.sampled_from(["old journals", "old ends", "old is told", "take over", "carry on", "new ends"]),
    max_size=12,
)


@pytest.mark.medium
@given(moves=MOVES)
@settings(max_examples=150, deadline=None)
def test_whoever_was_taken_over_changes_nothing_whatever_the_order(moves: list[str]) -> None:
    asyncio.run(_interleaved(moves))


async def _interleaved(moves: list[str]) -> None:
    world = World(FakeModel(FakeModel.HOLD))
    session = world.new_session()
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await asyncio.sleep(0)
    old = world.cases.running.get(begun.turn.id)
    journal: AnswerJournal = old._journal
    other = neighbour(world)
    expected, owner, newer, newest = "", "old", None, ""
    for number, move in enumerate(moves):
        text = f"{number} "
        if move == "old journals":
            journal._append([("text", text)])
            expected += text if owner == "old" else ""
        elif move == "old ends" and world.cases.running:
            await world.chat.cancel(session.id, begun.turn.id)
            await world.at_rest()
            if owner == "old":
                # what was journaled beside the running turn is not among what it announced
                expected, owner = stored(world, begun.turn)[1], "nobody"
        elif move == "old is told":
            world.following.look()
        elif move == "take over" and owner == "old":
            await other.chat._elsewhere.take_over(session.id, begun.turn.id)
            owner = "nobody"
        elif move == "carry on" and owner == "nobody":
            other.model.script = (TextDelta(text=text), FakeModel.HOLD)
            newer = await other.chat.carry_on(session.id)
            other.audience.forget()
            await other.streamed()
            expected, owner, newest = expected + text, "new", text
        elif move == "new ends" and owner == "new":
            await other.chat.cancel(session.id, newer.turn.id)
            owner = "nobody"
        await asyncio.sleep(0)
        running = {"old": begun.turn.id, "new": newer.turn.id if newer else None, "nobody": None}[owner]
        assert world.session(session.id).running_turn_id == running
        now, text = stored(world, begun.turn)
        assert now.is_final == (owner != "old")
        # the newest of what runs may wait for its journal
        assert text == expected or (owner == "new" and text == expected.removesuffix(newest))
        if owner == "nobody":
            assert journal_of(world, begun.turn) == []
        _says_its_end_last(world, begun.turn)
    await other.chat.stop_all()
    await world.chat.stop_all()


def journal_of(world: World, turn: Turn) -> list[tuple[str, str]]:
    with world.store.reading() as records:
        return list(records.journal(turn.message_id))


def _says_its_end_last(world: World, turn: Turn) -> None:
    """The window of the old holder, about that turn."""
    said = [
        type(event).__name__
        for event in world.audience.events
        if getattr(event, "turn_id", None) == turn.id or getattr(event, "turn", turn).id == turn.id
    ]
    assert said.count("TurnCompleted") <= 1
    if "TurnCompleted" in said:
        assert "TextStreamed" not in said[said.index("TurnCompleted") :]
