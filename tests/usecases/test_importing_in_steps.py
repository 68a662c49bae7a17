"""Sessions of any size come in step by step: a kill leaves them whole or gone, and what grew goes on the next time."""

import itertools
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from tests.soak.audit import problems
from tests.support.store import a_message
from tests.support.transcripts import a_conversation
from tests.support.world import World
from tests.usecases.test_importing import stored, take, told
from tests.usecases.test_long_work import Mortal, opened, seen, settled
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.transfer import Transcript
from threadkeep.usecases import timeline
from threadkeep.usecases.progress import Cancelled
from threadkeep.usecases.steps import IsOver, Steps
from threadkeep.usecases.transfer import import_storing
from threadkeep.values import evolve

T = TypeVar("T")

SAID = tuple(f"said {number}" for number in range(6))


@pytest.fixture(autouse=True)
def _little_is_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test can store takes more than one transaction."""
    monkeypatch.setattr(import_storing, "MOST_MESSAGES", 2)


def large(*more: str) -> Transcript:
    return a_conversation(*SAID, *more)


def before_each_step(world: World, do: Callable[[], None]) -> None:
    def timer() -> IsOver:
        do()
        return lambda: True

    world.cases.long.steps = Steps(
        store=world.store, executor=world.executor, timer=timer, seconds=1, pause=0
    )


class AfterEachStep(Steps):
    """Does something between two steps."""

    then: Callable[[], None]

    def run_here(self, step: Callable[[IsOver], T | None], *, check: Callable[[], None] = lambda: None) -> T:
        def and_then(is_over: IsOver) -> T | None:
            found = step(is_over)
            self.then()
            return found

        return super().run_here(and_then, check=check)


async def test_a_large_session_is_seen_by_nobody_before_it_is_whole(tmp_path: Path) -> None:
    world = opened(tmp_path)
    empty, looked = seen(world), []

    def look() -> None:
        with world.store.reading() as records:
            looked.append((records.session("s1"), records.message("s1-m1"), len(records.pending())))
        assert world.audience.of(SessionChanged) == []
        assert seen(world) == empty

    before_each_step(world, look)
    assert (await take(world, large())).imported == 1
    assert len(looked) == len(SAID)
    assert {each[:2] for each in looked} == {(None, None)}
    assert [message.content for message in world.messages("s1")] == list(SAID)
    assert len(world.audience.of(SessionChanged)) == 1
    world.store.close()
    assert problems(tmp_path) == []


@pytest.mark.medium
@pytest.mark.parametrize("mode", ["newer", "replace"])
@pytest.mark.parametrize("is_here", [False, True], ids=["new", "grown"])
async def test_an_import_that_is_killed_after_any_step(tmp_path: Path, is_here: bool, mode: str) -> None:
    """A new session is whole or gone; of one that grew all is consistent, and the next import ends it."""
    is_done = False
    for number in itertools.count():
        folder = tmp_path / str(number)
        world = opened(folder)
        if is_here:
            await take(world, a_conversation(*SAID[:2]))
            await world.say("s1", "mine")
        mortal = Mortal(world.store, after=number)
        dying = opened(folder, store=mortal)
        with suppress(Exception):
            is_done = (await take(dying, large(), mode=mode)).imported == 1  # type: ignore[arg-type]
        world.store.close()
        assert problems(folder) == []
        heir = opened(folder, prefix="heir")
        transcript = stored(heir, "s1")
        if not is_here:
            assert transcript is None or len(transcript.messages) == len(SAID)
        await settled(heir)
        with heir.store.reading() as records:
            assert list(records.pending()) == []
        await take(heir, large(), mode=mode)  # type: ignore[arg-type]
        transcript = stored(heir, "s1")
        assert transcript is not None
        assert set(SAID) <= {message.content for message in transcript.messages}
        assert len(transcript.messages) == len(SAID) + 2 * is_here
        heir.store.close()
        assert problems(folder) == []
        if is_done:
            break
    assert number > 3, "it takes more than one step"


async def test_what_a_dead_process_was_making_is_made_anew_at_once(tmp_path: Path) -> None:
    world = opened(tmp_path)
    with suppress(Exception):
        await take(opened(tmp_path, store=Mortal(world.store, after=3)), large())
    world.store.close()
    heir = opened(tmp_path, prefix="heir")
    with heir.store.reading() as records:
        assert [each.subject for each in records.pending()] == ["s1"]
    assert (await take(heir, large())).imported == 1
    heir.store.close()
    assert problems(tmp_path) == []


async def test_what_another_process_is_making_is_left_to_it(tmp_path: Path) -> None:
    world = opened(tmp_path)
    other = opened(tmp_path, prefix="other")
    with other.store.writing() as changes:
        changes.begin_making(large().session, owner=other.store.owner)
    done = await take(world, large())
    assert (done.imported, "at this moment" in told(done)[0]) == (0, True)
    other.store.close()
    world.store.close()


async def test_a_cancelled_import_leaves_nothing_of_the_session_in_the_making(tmp_path: Path) -> None:
    world = opened(tmp_path)
    before, count = seen(world), iter(range(100))

    def check() -> None:
        if next(count) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        world.importing.storing.store([large()], "skip", check=check)
    await settled(world)
    assert seen(world) == before
    with world.store.reading() as records:
        assert list(records.pending()) == []
    world.store.close()


async def test_what_the_store_does_not_take_leaves_nothing(tmp_path: Path) -> None:
    world = opened(tmp_path)
    await take(world, a_conversation("Mine", session_id="s9"))
    thief = large()
    taken = thief.messages[-1].id
    with world.store.writing() as changes:
        changes.put_message(evolve(world.messages("s9")[0], id=taken, seq=1))
    done = await take(world, thief)
    assert (done.imported, "in another session" in told(done)[0]) == (0, True)
    await settled(world)
    assert stored(world, "s1") is None
    world.store.close()


async def test_what_is_said_between_two_steps_of_growth_keeps_its_place(tmp_path: Path) -> None:
    world = opened(tmp_path)
    await take(world, a_conversation(*SAID[:2]))
    steps = 0

    def say() -> None:
        nonlocal steps
        steps += 1
        if steps == 3:
            with world.store.writing() as changes:
                session = timeline.found(changes, "s1")
                mine = a_message("mine", seq=session.seq + 1, parent_id=session.head_id, text="Mine")
                timeline.put_message(changes, session, mine, origin="another window")

    world.cases.long.steps = AfterEachStep(
        store=world.store, executor=world.executor, timer=lambda: lambda: True, seconds=1, pause=0, then=say
    )
    await take(world, large(), mode="newer")
    session = world.session("s1")
    assert session.head_id == "mine"
    transcript = stored(world, "s1")
    assert transcript is not None
    assert {message.id for message in transcript.messages} >= {"mine", "s1-m6"}
    assert session.message_count == len(transcript.messages) == 7
    assert steps > 3
    world.store.close()
    assert problems(tmp_path) == []


async def test_what_others_store_while_the_rest_of_a_dead_process_is_cleared_stays(tmp_path: Path) -> None:
    """They may finish the clearing, and import the same session, between two steps of it."""
    world, other = opened(tmp_path), opened(tmp_path, prefix="other")
    session = large().session
    with world.store.writing() as changes:
        changes.begin_making(session, owner="a dead process")
        for message in large().messages:
            changes.put_message(message)
    mine = a_message("mine", session_id="s1", text="mine")

    def finish_and_store() -> None:
        with other.store.writing() as changes:
            if changes.is_pending("dropping", "s1"):
                changes.clear_away("s1")
                changes.put_message(mine)
                theirs = evolve(session, seq=1, head_id="mine", message_count=1)
                timeline.put_changed(changes, theirs, origin=other.store.owner)

    steps = world.cases.long.steps
    world.cases.long.steps = AfterEachStep(
        store=steps.store,
        executor=steps.executor,
        timer=steps.timer,
        seconds=1,
        pause=0,
        then=finish_and_store,
    )
    await take(world, large())
    with world.store.reading() as records:
        assert records.message("mine") is not None
    for each in (world, other):
        each.store.close()
    assert problems(tmp_path) == []
