from pathlib import Path

import pytest

from tests.support.store import FixedClock
from tests.support.world import World
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.routing import RoutingStore
from threadkeep.domain.errors import SessionNotFound
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.usecases.order import IdempotencyKey, Replayed
from threadkeep.usecases.repositories.repositories import Where
from threadkeep.usecases.sessions.branches import NewFork
from threadkeep.usecases.sessions.sessions import NewSession

SECRET = "zanzibar"


@pytest.fixture
def world(tmp_path: Path):
    store = RoutingStore(open_store(tmp_path / "store", clock=FixedClock()))
    yield World(store=store)
    store.close()


def private(world: World, **fields: object):
    return world.new_session(is_private=True, **fields)


async def used(world: World):
    """A private session that had all kinds of things done to it."""
    session = private(world, title=f"About {SECRET}")
    await world.say(session.id, SECRET)
    question, answer = world.messages(session.id)
    begun = await world.chat.retry(session.id, answer.id)
    await world.chat.wait(session.id, begun.turn.id)
    world.annotations.update(question.id, {"note": SECRET})
    world.opening.set_draft(session.id, text=SECRET)
    world.sessions.switch_agent(session.id, "coder", reason=SECRET)
    await world.lifecycle.move(session.id, "paused", reason=SECRET)
    await world.lifecycle.move(session.id, "active")
    return session


async def test_no_word_of_a_private_session_reaches_the_disk(world: World, tmp_path: Path) -> None:
    session = await used(world)
    fork = (await world.branches.fork(NewFork(session_id=session.id))).session
    assert fork.is_private is True
    assert world.store.facts().sessions == 0
    world.store.close()
    for path in (tmp_path / "store").rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


async def test_a_private_session_works_like_any_other(world: World) -> None:
    session = await used(world)
    assert [m.content for m in world.messages(session.id) if m.role != "event"] == [SECRET, "Hello world"]
    opened = world.opening.open(Where())
    assert (opened.view.session.id, opened.drafts.own.text) == (session.id, SECRET)
    gap = world.history.events(session.id, after_seq=0, limit=100)
    assert [past.stored.seq for past in gap.events] == list(range(1, gap.seq + 1))
    assert world.session(session.id).message_count == 3


async def test_private_and_kept_sessions_are_listed_together(world: World) -> None:
    kept = [world.new_session(title=title) for title in ("a", "c")]
    hidden = private(world, title="b")
    sort = SessionSort(by="title", order="ascending")
    first = world.listing.by_cursor(SessionFilter(), sort, limit=2, with_total=True)
    rest = world.listing.by_cursor(SessionFilter(), sort, limit=2, cursor=first.next_cursor)
    ids = [view.session.id for view in (*first.views, *rest.views)]
    assert (ids, first.total) == ([kept[0].id, hidden.id, kept[1].id], 3)


def test_another_process_does_not_see_it(world: World, tmp_path: Path) -> None:
    session = private(world)
    other = World(store=RoutingStore(open_store(tmp_path / "store", clock=FixedClock())), id_prefix="other")
    with pytest.raises(SessionNotFound):
        other.session(session.id)
    other.store.close()


def test_the_session_that_was_made_current_last_is_given(world: World) -> None:
    kept, hidden = world.new_session(), private(world)
    assert world.opening.open(Where()).view.session.id == hidden.id
    world.opening.activate(kept.id)
    assert world.opening.open(Where()).view.session.id == kept.id


def test_an_idempotent_answer_of_a_private_session_is_kept_with_it(world: World, tmp_path: Path) -> None:
    once = IdempotencyKey(
        method="session/create", key="k", fingerprint="f", encode=lambda view: view.session.title
    )
    new = NewSession(is_private=True, title=SECRET)
    world.sessions.create(new, once=once)
    with pytest.raises(Replayed) as before:
        world.sessions.create(new, once=once)
    assert before.value.result == SECRET
