"""What a folder leads to, and telling where a repository is now."""

import asyncio

import pytest

from tests.support.fake_models import FakeModel
from tests.support.repositories import FakeCheckouts, checkout
from tests.support.world import World
from threadkeep.adapters.store.memory import MemoryStore
from threadkeep.adapters.store.routing import RoutingStore
from threadkeep.domain.errors import (
    IdempotencyConflict,
    InvalidValue,
    RepositoryAmbiguous,
    RepositoryNotFound,
)
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.repositories import Alias, Checkout, Repository
from threadkeep.domain.sessions import Session
from threadkeep.ports.models import TextDelta
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.usecases.order import IdempotencyKey, Replayed
from threadkeep.usecases.repositories import merging, moving
from threadkeep.usecases.repositories.moving import Resolution
from threadkeep.usecases.repositories.repositories import RepositoryChoice, Where
from threadkeep.values import evolve

ONE, OTHER = "https://example.com/one", "https://example.com/other"


def world_with(**checkouts: Checkout) -> World:
    return World(checkouts=FakeCheckouts({f"file:///{name}": found for name, found in checkouts.items()}))


def at(name: str) -> RepositoryChoice:
    return RepositoryChoice(uri=f"file:///{name}")


def seen(world: World, name: str) -> Repository:
    with world.store.writing() as changes:
        return world.repositories.resolve_or_create(changes, at(name))


def stored(world: World, repository_id: str) -> Repository | None:
    with world.store.reading() as records:
        return records.repository(repository_id)


def candidates(found: Resolution) -> list[tuple[str, str]]:
    return [(each.repository.id, each.matched_by) for each in found.candidates]


def move(world: World, old: str, new: str) -> None:
    """The folder is somewhere else now."""
    found = world.checkouts.checkouts.pop(f"file:///{old}")
    world.checkouts.checkouts[f"file:///{new}"] = evolve(
        found, root=f"/{new}", common_dir=found.common_dir and f"/{new}/.git"
    )
    world.checkouts.missing.add(f"/{old}")
    if f"/{old}" in world.checkouts.commits:
        world.checkouts.commits[f"/{new}"] = world.checkouts.commits.pop(f"/{old}")


# --- resolve ---


async def test_a_folder_that_was_never_seen_leads_nowhere_and_stays_unknown():
    world = world_with(a=checkout("/a", origin=ONE, branch="x"))
    found = await world.moving.resolve(at("a"))
    assert (found.resolved, found.candidates, found.is_ambiguous) == (None, (), False)
    assert (found.checkout.task, found.is_there) == ("x", True)
    with world.store.reading() as records:
        assert records.repositories() == []


async def test_by_default_the_open_folder_is_resolved():
    world = World()
    session = world.new_session()
    found = await world.moving.resolve(None)
    assert candidates(found) == [(session.key.repository_id, "commonDir")]


async def test_a_repository_is_resolved_with_a_folder_of_its_own_that_is_there():
    world = world_with(a=checkout("/a"), b=checkout("/b", common_dir="/a/.git", branch="b"))
    known = seen(world, "b")
    seen(world, "a")
    world.checkouts.missing.add("/a")
    found = await world.moving.resolve(RepositoryChoice(id=known.id))
    assert (candidates(found), found.checkout.root) == ([(known.id, "id")], "/b")
    world.checkouts.missing.add("/b")
    assert (await world.moving.resolve(RepositoryChoice(id=known.id))).checkout is None


async def test_a_name_leads_to_its_repository_or_nowhere():
    world = World()
    assert (await world.moving.resolve(RepositoryChoice(name="notes"))).candidates == ()
    known = world.new_session(repository=RepositoryChoice(name="notes")).key.repository_id
    assert candidates(await world.moving.resolve(RepositoryChoice(name="notes"))) == [(known, "name")]


async def test_an_unknown_id_is_refused():
    with pytest.raises(RepositoryNotFound):
        await World().moving.resolve(RepositoryChoice(id="nobody"))


async def test_aliases_that_disagree_are_reported_with_every_candidate():
    world = world_with(a=checkout("/a", origin=ONE), b=checkout("/b", origin=OTHER))
    one, other = seen(world, "a"), seen(world, "b")
    world.checkouts.checkouts["file:///a"] = checkout("/a", origin=OTHER)
    found = await world.moving.resolve(at("a"))
    assert candidates(found) == [(one.id, "commonDir"), (other.id, "origin")]
    assert (found.is_ambiguous, found.resolved.repository.id) == (True, one.id)
    assert set(found.views) == {one.id, other.id}


async def test_what_was_replaced_is_told_before_and_after_and_is_no_ambiguity():
    world = world_with(a=checkout("/a"))
    world.checkouts.commits["/a"] = ["c1"]
    old = seen(world, "a")
    await world.moving.resolve(at("a"))
    world.checkouts.commits["/a"] = ["c2"]
    before = await world.moving.resolve(at("a"))
    assert (before.resolved, candidates(before), before.is_ambiguous) == (None, [(old.id, "replaced")], False)
    new = seen(world, "a")
    after = await world.moving.resolve(at("a"))
    assert candidates(after) == [(new.id, "commonDir"), (old.id, "replaced")]
    assert (after.resolved.repository.id, after.is_ambiguous) == (new.id, False)


async def test_a_fork_is_another_repository_and_a_hint():
    world = world_with(a=checkout("/a", origin=ONE), b=checkout("/b", origin=OTHER))
    world.checkouts.commits |= {"/a": ["c1"], "/b": ["c1"]}
    one = seen(world, "a")
    assert (await world.moving.resolve(at("a"))).alike == ()
    found = await world.moving.resolve(at("b"))
    assert (found.candidates, found.first_commit) == ((), "c1")
    assert [each.id for each in found.alike] == [one.id]
    other = seen(world, "b")
    await world.moving.resolve(at("b"))
    assert [each.id for each in (await world.moving.resolve(at("a"))).alike] == [other.id]


async def test_an_answer_waits_for_its_hint_only_so_long(monkeypatch):
    monkeypatch.setattr(moving, "HINT_SECONDS", 0.01)
    world = world_with(a=checkout("/a"))
    known = seen(world, "a")
    world.checkouts.hanging = asyncio.Event()
    found = await world.moving.resolve(at("a"))
    assert (candidates(found), found.first_commit) == ([(known.id, "commonDir")], None)
    await world.root_commits.stop()


# --- relocate ---


async def test_a_repository_that_moved_without_an_origin_is_found_by_its_hint_and_relocated():
    world = world_with(a=checkout("/a"))
    world.checkouts.commits["/a"] = ["c1"]
    session = world.new_session(repository=at("a"))
    await world.moving.resolve(at("a"))
    move(world, "a", "b")
    (alike,) = (await world.moving.resolve(at("b"))).alike
    assert alike.id == session.key.repository_id
    relocated = await world.moving.relocate(RepositoryChoice(id=alike.id), "file:///b")
    assert [root.uri for root in relocated.repository.roots] == ["file:///b", "file:///a"]
    assert (relocated.moved, relocated.merged) == (0, ())
    assert world.opening.open(Where(repository=at("b"))).view.session.id == session.id


async def test_the_folder_where_it_was_names_a_repository_too():
    world = world_with(a=checkout("/a"))
    known = seen(world, "a")
    move(world, "a", "b")
    assert (await world.moving.relocate(at("a"), "file:///b")).repository.repository.id == known.id
    assert seen(world, "b").id == known.id


async def test_a_folder_that_belongs_to_another_repository_with_sessions_is_ambiguous():
    world = world_with(a=checkout("/a"), b=checkout("/b"))
    one, other = (world.new_session(repository=at(name)).key.repository_id for name in "ab")
    before = stored(world, one), stored(world, other)
    with pytest.raises(RepositoryAmbiguous) as raised:
        await world.moving.relocate(RepositoryChoice(id=one), "file:///b")
    assert [(each["id"], each["session_count"]) for each in raised.value.data["candidates"]] == [
        (one, 1),
        (other, 1),
    ]
    assert (stored(world, one), stored(world, other)) == before


async def test_a_trashed_session_is_a_session():
    world = world_with(a=checkout("/a"), b=checkout("/b"))
    one = seen(world, "a")
    session = world.new_session(repository=at("b"))
    with world.store.writing() as changes:
        changes.put_session(evolve(session, trashed_at="2026-01-01T00:00:00.000Z"))
    with pytest.raises(RepositoryAmbiguous):
        await world.moving.relocate(RepositoryChoice(id=one.id), "file:///b")


async def test_a_repository_without_sessions_is_merged_without_asking():
    world = world_with(a=checkout("/a"), b=checkout("/b", origin=OTHER))
    one, other = seen(world, "a"), seen(world, "b")
    relocated = await world.moving.relocate(RepositoryChoice(id=one.id), "file:///b")
    assert (relocated.moved, relocated.merged) == (0, (other.id,))
    assert stored(world, other.id) is None
    assert seen(world, "b").id == one.id


async def merged(world: World) -> tuple[list[Session], Repository]:
    """Three sessions of /b, of which one is archived and one trashed, after /b was merged into /a."""
    one = seen(world, "a")
    sessions = [world.new_session(repository=at("b"), task=task) for task in ("x", "y", "z")]
    with world.store.writing() as changes:
        changes.put_session(evolve(sessions[1], archived_at="2026-01-01T00:00:00.000Z"))
        changes.put_session(evolve(sessions[2], trashed_at="2026-01-01T00:00:00.000Z"))
    world.audience.forget()
    relocated = await world.moving.relocate(RepositoryChoice(id=one.id), "file:///b", merge=True)
    assert (relocated.moved, relocated.merged) == (3, (sessions[0].key.repository_id,))
    return sessions, one


async def test_merging_moves_every_session_and_tells_of_each():
    world = world_with(a=checkout("/a"), b=checkout("/b"))
    sessions, one = await merged(world)
    for before in sessions:
        after = world.session(before.id)
        assert after.key == evolve(before.key, repository_id=one.id)
        assert (after.revision, after.seq) == (before.revision + 1, before.seq + 1)
        assert (after.updated_at, after.last_activity_at) == (before.updated_at, before.last_activity_at)
        gap = world.history.events(before.id, after_seq=before.seq, limit=10)
        assert [event.stored.kind for event in gap.events] == ["sessionChanged"]
    told = {event.view.session.id for event in world.audience.of(SessionChanged)}
    assert told == {session.id for session in sessions}
    assert {event.view.repository.repository.id for event in world.audience.of(SessionChanged)} == {one.id}


async def test_a_private_session_goes_with_the_others():
    checkouts = FakeCheckouts({"file:///a": checkout("/a"), "file:///b": checkout("/b")})
    world = World(store=RoutingStore(MemoryStore()), checkouts=checkouts)
    one = seen(world, "a")
    private = world.new_session(repository=at("b"), is_private=True)
    with pytest.raises(RepositoryAmbiguous):
        await world.moving.relocate(RepositoryChoice(id=one.id), "file:///b")
    assert (await world.moving.relocate(RepositoryChoice(id=one.id), "file:///b", merge=True)).moved == 1
    assert world.session(private.id).key.repository_id == one.id
    assert world.opening.open(Where(repository=at("b"))).view.session.id == private.id


async def test_the_folders_and_the_id_of_a_merged_repository_lead_to_the_other():
    world = world_with(a=checkout("/a"), b=checkout("/b", origin=OTHER), c=checkout("/c", origin=OTHER))
    sessions, one = await merged(world)
    assert {seen(world, name).id for name in "abc"} == {one.id}
    by_old_id = RepositoryChoice(id=sessions[0].key.repository_id)
    assert world.opening.open(Where(repository=by_old_id, task="x")).view.session.id == sessions[0].id


async def test_what_was_current_stays_so_unless_something_else_is_current_there():
    world = world_with(a=checkout("/a"), b=checkout("/b"))
    kept = world.new_session(repository=at("a"), task="both")
    world.new_session(repository=at("b"), task="both")
    old = world.new_session(repository=at("b"), task="only")
    new = world.new_session(repository=at("b"), task="only", make_current=False)
    windows = world.new_session(repository=at("b"), task="only", window_id="w")
    world.opening.activate(old.id)
    await world.moving.relocate(at("a"), "file:///b", merge=True)

    def opened(task: str, window_id: str | None = None) -> str:
        where = Where(repository=at("a"), task=task)
        return world.opening.open(where, window_id=window_id).view.session.id

    assert (opened("both"), opened("only"), opened("only", "w")) == (kept.id, old.id, windows.id)
    assert new.id not in (old.id, windows.id)


async def test_a_session_that_had_left_is_not_made_current_where_it_went():
    world = world_with(a=checkout("/a"), b=checkout("/b"))
    seen(world, "a")
    left = world.new_session(repository=at("b"), task="x")
    stays = world.new_session(repository=at("b"), task="y")
    with world.store.writing() as changes:
        changes.put_session(evolve(left, key=evolve(left.key, task="y")))
        changes.put_session(evolve(stays, last_activity_at="2027-01-01T00:00:00.000Z"))
    await world.moving.relocate(at("a"), "file:///b", merge=True)
    assert world.opening.open(Where(repository=at("a"), task="y")).view.session.id == stays.id


async def test_relocating_to_its_own_folder_changes_nothing():
    world = world_with(a=checkout("/a", origin=ONE))
    known = seen(world, "a")
    relocated = await world.moving.relocate(RepositoryChoice(id=known.id), "file:///a")
    assert (relocated.repository.repository, relocated.merged) == (known, ())


async def test_a_person_knows_better_than_what_was_seen_in_the_folder_before():
    world = world_with(a=checkout("/a"))
    world.checkouts.commits["/a"] = ["c1"]
    old = world.new_session(repository=at("a"))
    await world.moving.resolve(at("a"))
    world.checkouts.commits["/a"] = ["c2"]  # its history was rewritten
    new = world.new_session(repository=at("a"))
    await world.moving.resolve(at("a"))
    assert new.key.repository_id != old.key.repository_id
    await world.moving.relocate(RepositoryChoice(id=old.key.repository_id), "file:///a", merge=True)
    assert seen(world, "a").id == old.key.repository_id
    await world.moving.resolve(at("a"))
    assert seen(world, "a").id == old.key.repository_id
    assert world.session(new.id).key.repository_id == old.key.repository_id


async def test_a_place_can_be_taken_from_a_repository_that_was_replaced_there():
    world = world_with(a=checkout("/a", origin=ONE), b=checkout("/b", origin=OTHER))
    world.checkouts.commits |= {"/a": ["c1"], "/b": ["c2"]}
    old, other = seen(world, "a"), world.new_session(repository=at("b"))
    await world.moving.resolve(at("a"))
    world.checkouts.commits["/a"] = ["c2"]
    relocated = await world.moving.relocate(at("b"), "file:///a", merge=True)
    assert relocated.repository.repository.id == other.key.repository_id
    assert seen(world, "a").id == other.key.repository_id
    assert stored(world, old.id) is None  # its origin led to the folder as well


async def test_a_repository_that_is_known_by_a_name_can_get_a_folder():
    world = world_with(a=checkout("/a"))
    session = world.new_session(repository=RepositoryChoice(name="notes"))
    await world.moving.relocate(RepositoryChoice(name="notes"), "file:///a")
    assert seen(world, "a").id == session.key.repository_id
    assert (
        world.new_session(repository=RepositoryChoice(name="notes")).key.repository_id == seen(world, "a").id
    )


@pytest.mark.parametrize(
    ("choice", "uri", "error"),
    [
        (RepositoryChoice(id="nobody"), "file:///a", RepositoryNotFound),
        (RepositoryChoice(name="nobody"), "file:///a", RepositoryNotFound),
        (RepositoryChoice(uri="file:///never-seen"), "file:///a", RepositoryNotFound),
        (RepositoryChoice(uri="file:///a"), "file:///gone", InvalidValue),
        (RepositoryChoice(uri="file:///a"), "untitled:1", InvalidValue),
        (RepositoryChoice(name="none"), "file:///a", InvalidValue),
    ],
)
async def test_what_cannot_be_relocated_is_refused(choice, uri, error):
    world = world_with(a=checkout("/a"))
    seen(world, "a")
    world.new_session(repository=RepositoryChoice(name="none"))
    world.checkouts.missing |= {"/gone", "/never-seen"}
    with pytest.raises(error):
        await world.moving.relocate(choice, uri)


async def test_an_answer_that_runs_ends_in_the_repository_that_its_session_went_to():
    world = World(
        FakeModel(TextDelta(text="Half"), FakeModel.HOLD),
        checkouts=FakeCheckouts({"file:///a": checkout("/a"), "file:///b": checkout("/b")}),
    )
    one, session = seen(world, "a"), world.new_session(repository=at("b"))
    await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    await world.streamed()
    await world.moving.relocate(RepositoryChoice(id=one.id), "file:///b", merge=True)
    turn = await world.chat.cancel(session.id)
    assert turn.status == "cancelled"
    assert world.messages(session.id)[-1].content == "Half"
    assert world.session(session.id).key.repository_id == one.id


async def test_the_same_request_twice_merges_once():
    world = world_with(a=checkout("/a"), b=checkout("/b"))
    one = seen(world, "a")
    world.new_session(repository=at("b"))

    async def relocate(fingerprint: str) -> object:
        once = IdempotencyKey(
            method="repository/relocate", key="k", fingerprint=fingerprint, encode=lambda result: result.moved
        )
        return await world.moving.relocate(RepositoryChoice(id=one.id), "file:///b", merge=True, once=once)

    await relocate("f")
    with pytest.raises(Replayed) as before:
        await relocate("f")
    assert before.value.result == 1
    with pytest.raises(IdempotencyConflict):
        await relocate("g")


async def test_many_sessions_are_moved_at_once(monkeypatch):
    monkeypatch.setattr(merging, "AT_ONCE", 2)
    world = world_with(a=checkout("/a"), b=checkout("/b"))
    one = seen(world, "a")
    for _ in range(5):
        world.new_session(repository=at("b"))
    assert (await world.moving.relocate(RepositoryChoice(id=one.id), "file:///b", merge=True)).moved == 5


def test_all_that_a_repository_was_known_by_goes_with_it():
    one = Repository(id="one", name="one", aliases=(Alias(kind="path", value="/a"),), roots=("/a", "/c"))
    other = Repository(
        id="other",
        name="other",
        aliases=(Alias(kind="path", value="/b"), Alias(kind="id", value="older")),
        roots=("/b", "/c"),
        remote=ONE,
    )
    both = one.absorbing(other)
    assert [(alias.kind, alias.value) for alias in both.aliases] == [
        ("path", "/a"),
        ("path", "/b"),
        ("id", "older"),
        ("id", "other"),
    ]
    assert (both.id, both.name, both.roots, both.remote) == ("one", "one", ("/a", "/c", "/b"), ONE)
