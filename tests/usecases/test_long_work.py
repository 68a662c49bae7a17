"""Whatever takes long may be killed after any step: it is finished or gone then, and nobody sees it by halves."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.soak.audit import problems
from tests.support.repositories import FakeCheckouts, checkout
from tests.support.store import FixedClock
from tests.support.surroundings import FakeClock
from tests.support.world import World
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.rescue import RESCUED
from threadkeep.adapters.store.routing import RoutingStore
from threadkeep.adapters.store.upkeep import SqliteUpkeep
from threadkeep.domain.errors import SessionNotFound, StoreUnavailable
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.sessions import Session
from threadkeep.domain.usage import UsageQuery
from threadkeep.ports.pending_records import Pending
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Changes, Records, Store
from threadkeep.usecases.order import IdempotencyKey, Replayed
from threadkeep.usecases.repositories.repositories import RepositoryChoice
from threadkeep.usecases.sessions.branches import NewFork
from threadkeep.usecases.sessions.sessions import SessionPatch
from threadkeep.usecases.steps import Steps
from threadkeep.values import Value, evolve

EVERYTHING = SessionFilter(archived="include", trashed="include")
WORDS = ("ornithopter", "two", "three")


class Mortal:
    """A store whose process dies after so many transactions."""

    def __init__(self, store: Store, *, after: int) -> None:
        self._store = store
        self.left = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def writing(self, *, durable: bool = True, erasing: bool = False) -> Iterator[Changes]:
        self._live()
        self.left -= 1
        with self._store.writing(durable=durable, erasing=erasing) as changes:
            yield changes

    def reading(self) -> AbstractContextManager[Records]:
        self._live()
        return self._store.reading()

    def _live(self) -> None:
        if self.left <= 0:
            raise StoreUnavailable("The process is dead.")


class Setting(Value, kw_only=False):
    """A conversation with a fork, and another repository, made in a folder."""

    world: World
    session: Session
    fork: Session
    other: Session


def in_small_steps(world: World) -> World:
    """Each step does one piece of its work."""
    world.cases.long.steps = Steps(
        store=world.store, executor=world.executor, timer=lambda: lambda: True, seconds=1, pause=0
    )
    return world


def opened(folder: Path, *, store: Store | None = None, prefix: str = "id") -> World:
    checkouts = FakeCheckouts({"file:///a": checkout("/a"), "file:///b": checkout("/b")})
    kept = store or open_store(folder, clock=FixedClock())
    world = World(
        store=kept, checkouts=checkouts, folders=("file:///a",), clock=FakeClock(), id_prefix=prefix
    )
    return in_small_steps(world)


async def begun(folder: Path) -> Setting:
    world = opened(folder, prefix="begun")
    session = world.new_session()
    for word in WORDS:
        await world.say(session.id, word)
    await world.at_rest()
    fork = (await world.branches.fork(NewFork(session_id=session.id))).session
    other = world.new_session(repository=RepositoryChoice(uri="file:///b"))
    for _ in range(2):
        world.new_session(repository=RepositoryChoice(uri="file:///b"), task="more")
    return Setting(world, session, fork, other)


async def fork(world: World, setting: Setting) -> object:
    return await world.branches.fork(NewFork(session_id=setting.session.id, title="New"))


async def purge(world: World, setting: Setting) -> object:
    return await world.cases.trash.purge(setting.session.id)


async def erase(world: World, setting: Setting) -> object:
    return await world.annotations.erase(world.messages(setting.session.id)[0].id)


async def merge(world: World, setting: Setting) -> object:
    choice = RepositoryChoice(id=setting.session.key.repository_id)
    return await world.moving.relocate(choice, "file:///b", merge=True)


Work = Callable[[World, Setting], Awaitable[object]]


def state(records: Records) -> dict[str, object]:
    """What anybody can see of everything."""
    sessions = records.sessions(EVERYTHING, SessionSort(by="createdAt"), limit=100)
    repository_ids = {session.key.repository_id for session in sessions}
    return {
        "sessions": [
            (each.title, each.key.repository_id, each.trashed_at is None, len(records.path(each, limit=99)))
            for each in sessions
        ],
        "found": [
            sorted(
                (passage.session_id, passage.text)
                for id_ in sorted(repository_ids)
                for passage in records.passages(word, repository_id=id_, limit=99)
            )
            for word in WORDS
        ],
        "usage": records.usage(EVERYTHING, UsageQuery(by="session")).total,
    }


def seen(world: World) -> dict[str, object]:
    with world.store.reading() as records:
        return state(records) | {"messages": world.store.facts().messages}


async def settled(world: World) -> None:
    """What a window does in a quiet moment."""
    world.cases.long.look()
    world.cases.long.begin()
    if world.cases.long._working is not None:
        await world.cases.long._working


@pytest.mark.medium
@pytest.mark.parametrize("work", [fork, purge, erase, merge])
async def test_what_is_killed_after_any_step_is_finished_or_gone(tmp_path: Path, work: Work) -> None:
    """And is seen by nobody before: not in lists, counts, search and usage."""
    found, ended = [], []
    is_done = False
    for number in itertools.count():
        folder = tmp_path / str(number)
        setting = await begun(folder)
        if work is purge:
            await setting.world.cases.trash.move(setting.session.id, trashed=True)
        before = seen(setting.world)
        mortal = Mortal(setting.world.store, after=number)
        with suppress(StoreUnavailable):
            await work(opened(folder, store=mortal, prefix="id"), setting)
            is_done = True
        setting.world.store.close()  # the lock by which it lived is free
        assert problems(folder) == []
        heir = opened(folder, prefix="heir")
        found.append(seen(heir))
        await settled(heir)
        ended.append(seen(heir))
        with heir.store.reading() as records:
            assert list(records.pending()) == []
        heir.store.close()
        assert problems(folder) == []
        checkup = SqliteUpkeep(lambda: folder, clock=FixedClock()).check()  # noqa: B023 - called at once
        assert checkup.problems == ()
        if is_done:
            break
    after = ended[-1]
    assert after != before
    assert all(state in (before, after) for state in ended)
    # copies lose their words one after the other, and sessions move so, each as a whole
    if work in {fork, purge}:
        assert all(state in (before, after) for state in found)
    assert len(ended) > 3, "it takes more than one step"


@pytest.mark.medium
@pytest.mark.parametrize("lies_there", ["nothing", "an older state"])
@pytest.mark.parametrize("work", [fork, erase, merge])
async def test_what_a_rescue_has_half_done_is_finished_or_gone_once_it_is_taken_in(
    tmp_path: Path, work: Work, lies_there: str
) -> None:
    """The files are taken away after any step, and its process ends."""
    ended = []
    is_done = False
    for number in itertools.count():
        folder, place = tmp_path / str(number), tmp_path / f"{number} later"
        setting = await begun(folder)
        before = seen(setting.world)
        upkeep = SqliteUpkeep(lambda: folder, clock=FixedClock())  # noqa: B023 - called at once
        place.mkdir()
        if lies_there == "an older state":
            upkeep.back_up(str(place / "threadkeep.db"))
        mortal = Mortal(setting.world.store, after=number)
        with suppress(StoreUnavailable):
            await work(opened(folder, store=mortal, prefix="id"), setting)
            is_done = True
        setting.world.store.close()
        upkeep.back_up(str(tmp_path / "rescue.db"))
        (tmp_path / "rescue.db").rename(place / f"{RESCUED}now.db")
        assert SqliteUpkeep(lambda: place, clock=FixedClock()).check(repairs=True).is_healthy  # noqa: B023 - as above
        heir = opened(place, prefix="heir")
        await settled(heir)
        ended.append(seen(heir))
        with heir.store.reading() as records:
            assert list(records.pending()) == []
        heir.store.close()
        assert problems(place) == []
        if is_done:
            break
    after = ended[-1]
    assert after != before
    assert all(state in (before, after) for state in ended)
    assert len(ended) > 3, "it takes more than one step"


class Pausing:
    """Steps that let others do something after each of them."""

    def __init__(self, world: World, then: Callable[[int], Awaitable[None]]) -> None:
        self._world = world
        self._then = then
        self._count = 0

    def __call__(self, work: Callable[[], Any]) -> Awaitable[Any]:
        return self._done(work)

    async def _done(self, work: Callable[[], Any]) -> Any:
        found = await self._world.executor(work)
        self._count += 1
        await self._then(self._count)
        return found


def files(folder: Path) -> bytes:
    """Everything that stands in the folder's files."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def after_each_step(world: World, then: Callable[[int], Awaitable[None]]) -> None:
    world.cases.long.steps = evolve(world.cases.long.steps, executor=Pausing(world, then))


@pytest.fixture
async def setting(tmp_path: Path) -> AsyncIterator[Setting]:
    made = await begun(tmp_path)
    yield made
    made.world.store.close()


async def test_a_fork_that_is_cancelled_leaves_nothing(setting: Setting) -> None:
    before = seen(setting.world)
    forking = asyncio.ensure_future(fork(setting.world, setting))

    async def cancel(count: int) -> None:
        if count == 3:
            forking.cancel()

    after_each_step(setting.world, cancel)
    with pytest.raises(asyncio.CancelledError):
        await forking
    assert seen(setting.world) == before
    in_small_steps(setting.world)
    await settled(setting.world)
    assert seen(setting.world) == before
    with setting.world.store.reading() as records:
        assert list(records.pending()) == []


async def test_words_that_are_erased_while_a_fork_is_made_are_not_in_it(setting: Setting) -> None:
    question = setting.world.messages(setting.session.id)[0]

    async def erase_once(count: int) -> None:
        if count == 4:
            in_small_steps(setting.world)
            await setting.world.annotations.erase(question.id)

    after_each_step(setting.world, erase_once)
    view = await setting.world.branches.fork(NewFork(session_id=setting.session.id))
    assert [each.content for each in setting.world.messages(view.session.id)][:1] == [""]
    with setting.world.store.reading() as records:
        assert WORDS[0] not in str(records.all_messages(view.session.id)[0])
        assert [each.kind for each in records.pending()] == []


async def test_a_fork_of_a_session_that_is_purged_meanwhile_is_none(setting: Setting) -> None:
    await setting.world.cases.trash.move(setting.session.id, trashed=True)

    async def purge_once(count: int) -> None:
        if count == 4:
            in_small_steps(setting.world)
            await setting.world.cases.trash.purge(setting.session.id)

    after_each_step(setting.world, purge_once)
    with pytest.raises(SessionNotFound):
        await setting.world.branches.fork(NewFork(session_id=setting.session.id))
    with setting.world.store.reading() as records:
        assert [each.kind for each in records.pending()] == []


async def test_what_is_being_made_or_erased_is_not_found_by_its_ids(setting: Setting) -> None:
    world, looked = setting.world, []
    made: list[str] = []
    turns: list[str] = []

    async def look(count: int) -> None:
        with world.store.reading() as records:
            hidden = [each.subject for each in records.pending()]
            looked.extend(hidden)
            for id_ in made:
                message = records.message(id_)
                assert message is None or message.session_id not in hidden
            for id_ in turns:
                turn = records.turn(id_)
                assert turn is None or turn.session_id not in hidden

    after_each_step(world, look)
    await world.branches.fork(NewFork(session_id=setting.session.id))
    assert looked
    for word in ("four", "five"):  # each step erases one message, and the newest turn with the first
        await world.say(setting.fork.id, word)
    await world.at_rest()
    made += [message.id for message in world.messages(setting.fork.id)]
    turns += [message.turn_id for message in world.messages(setting.fork.id) if message.turn_id]
    assert turns
    in_small_steps(world)
    await world.cases.trash.move(setting.fork.id, trashed=True)
    looked.clear()
    after_each_step(world, look)
    await world.cases.trash.purge(setting.fork.id)
    assert setting.fork.id in looked


async def test_the_same_fork_asked_for_twice_is_made_once(setting: Setting) -> None:
    once = IdempotencyKey(
        method="session/fork", key="k", fingerprint="f", encode=lambda view: view.session.id
    )
    new = NewFork(session_id=setting.session.id)
    first = await setting.world.branches.fork(new, once=once)
    with pytest.raises(Replayed) as before:
        await setting.world.branches.fork(new, once=once)
    assert before.value.result == first.session.id


async def test_a_fork_has_what_its_session_was_given_meanwhile(setting: Setting) -> None:
    async def retitle(count: int) -> None:
        if count == 2:
            setting.world.sessions.update(setting.session.id, SessionPatch(fields={"title": "Renamed"}))

    after_each_step(setting.world, retitle)
    view = await setting.world.branches.fork(NewFork(session_id=setting.session.id))
    assert view.session.title == "Renamed"
    told = [event.view.session.id for event in setting.world.audience.of(SessionChanged)]
    assert told[-1] == view.session.id


async def test_no_word_of_a_private_fork_reaches_the_disk(tmp_path: Path) -> None:
    world = opened(tmp_path, store=RoutingStore(open_store(tmp_path, clock=FixedClock())))
    session = world.new_session(is_private=True)
    await world.say(session.id, "ornithopter")
    view = await world.branches.fork(NewFork(session_id=session.id))
    assert len(world.messages(view.session.id)) == 2
    assert b"ornithopter" not in files(tmp_path)
    world.store.close()


async def test_the_work_of_a_living_process_is_left_alone(setting: Setting, tmp_path: Path) -> None:
    beside = opened(tmp_path, prefix="beside")

    async def look(count: int) -> None:
        await settled(beside)

    after_each_step(setting.world, look)
    view = await setting.world.branches.fork(NewFork(session_id=setting.session.id))
    assert len(setting.world.messages(view.session.id)) == 2 * len(WORDS)
    beside.store.close()


async def test_nothing_is_put_into_a_session_that_is_being_erased(setting: Setting) -> None:
    """What is put would go with it."""
    store, session = setting.world.store, setting.session
    with store.writing() as changes:
        changes.erase_session(session.id, owner=store.owner, is_over=lambda: True)
        assert changes.is_pending("erasing", session.id)
    with pytest.raises(StoreUnavailable, match="still being erased"), store.writing() as changes:
        changes.put_session(session)
    with pytest.raises(StoreUnavailable, match="still being erased"), store.writing() as changes:
        changes.begin_making(session, owner=store.owner)
    await settled(setting.world)
    with store.writing() as changes:
        changes.put_session(evolve(session, head_id=None))
    assert setting.world.messages(session.id) == ()


async def test_a_row_that_is_kept_free_is_given_to_nobody_else(setting: Setting) -> None:
    """By it the usage of a hidden session is known."""
    store = setting.world.store
    making = evolve(setting.session, id="made", forked_from=None)
    with store.writing() as changes:
        changes.begin_making(making, owner=store.owner)
    between = setting.world.new_session()
    with store.reading() as records:
        before = records.usage(EVERYTHING, UsageQuery(by="session")).total
    with store.writing() as changes:
        answer = setting.world.messages(setting.session.id)[1]
        changes.put_message(evolve(answer, id="own", session_id="made", parent_id=None, turn_id=None, seq=1))
    with store.reading() as records:
        assert records.usage(EVERYTHING, UsageQuery(by="session")).total == before
    with store.writing() as changes:
        changes.put_session(evolve(making, seq=1, head_id="own", message_count=1))
    with store.reading() as records:
        by_session = records.usage(EVERYTHING, UsageQuery(by="session"))
        assert by_session.total.amount.answers == before.amount.answers + 1
        assert between.id not in str(by_session)


async def test_sessions_follow_a_repository_that_is_merged_into_another_one_meanwhile(tmp_path: Path) -> None:
    world = opened(tmp_path)
    world.checkouts.checkouts["file:///c"] = checkout("/c")
    home = {}
    for name, task in itertools.product("abc", ("one", "two", "three")):
        session = world.new_session(repository=RepositoryChoice(uri=f"file:///{name}"), task=task)
        home[name] = session.key.repository_id

    async def merge_further(count: int) -> None:
        if count == 1:
            await world.moving.relocate(RepositoryChoice(id=home["c"]), "file:///a", merge=True)

    after_each_step(world, merge_further)
    await world.moving.relocate(RepositoryChoice(id=home["a"]), "file:///b", merge=True)
    with world.store.reading() as records:
        sessions = records.sessions(EVERYTHING, SessionSort(), limit=100)
        assert [repository.id for repository in records.repositories()] == [home["c"]]
        assert [session.key.repository_id for session in sessions] == [home["c"]] * 9
    world.store.close()


async def test_what_cannot_be_finished_keeps_nothing_else_from_being_finished(setting: Setting) -> None:
    world, owner = setting.world, setting.world.store.owner
    await world.cases.trash.move(setting.session.id, trashed=True)
    with world.store.writing() as changes:
        changes.put_pending(Pending(kind="merging", subject="gone", owner=owner, source="nowhere"))
    await world.cases.trash.hide(setting.session.id)
    await settled(world)
    with world.store.reading() as records:
        assert [pending.subject for pending in records.pending()] == ["gone"]
    assert not world.store.has_traces
