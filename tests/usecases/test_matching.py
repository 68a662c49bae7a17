"""Which repository a folder is, also where its aliases disagree or another one took its place."""

import pytest

from tests.support.repositories import FakeCheckouts, checkout
from tests.support.world import World
from threadkeep.domain.repositories import MAX_BEGINNINGS, Alias, Checkout, Repository, RootCommit
from threadkeep.usecases.repositories.repositories import Match, RepositoryChoice

ONE, OTHER = "https://example.com/one", "https://example.com/other"
PLACE = "file:///a"


def world_with(**checkouts: Checkout) -> World:
    return World(checkouts=FakeCheckouts({f"file:///{name}": found for name, found in checkouts.items()}))


def seen(world: World, name: str) -> Repository:
    """The repository that a folder is from now on."""
    with world.store.writing() as changes:
        return world.repositories.resolve_or_create(changes, RepositoryChoice(uri=f"file:///{name}"))


def stored(world: World, repository: Repository) -> Repository:
    with world.store.reading() as records:
        return records.repository(repository.id)


def match(world: World, name: str) -> Match:
    with world.store.reading() as records:
        return world.repositories.match(records, world.checkouts.read(f"file:///{name}"))


async def learned(world: World, name: str, *commits: str) -> Repository:
    """The repository of a folder with these objects, once its first commit is known."""
    found = world.checkouts.read(f"file:///{name}")
    world.checkouts.commits[found.root] = list(commits)
    repository = seen(world, name)
    await world.root_commits.first_commit(found)
    return stored(world, repository)


def test_a_folder_that_becomes_a_git_repository_is_the_same_repository():
    world = world_with(a=Checkout(root="/a"))
    before = seen(world, "a")
    world.checkouts.checkouts[PLACE] = checkout("/a", origin=ONE)
    after = seen(world, "a")
    assert after.id == before.id
    assert [alias.kind for alias in after.aliases] == ["path", "commonDir", "origin"]


def test_a_folder_that_git_no_longer_keeps_is_known_by_its_path_if_it_ever_was():
    world = world_with(a=Checkout(root="/a"))
    before = seen(world, "a")
    world.checkouts.checkouts[PLACE] = checkout("/a")
    seen(world, "a")
    world.checkouts.checkouts[PLACE] = Checkout(root="/a")
    assert seen(world, "a").id == before.id


def test_a_clone_whose_origin_changes_is_the_same_repository_and_known_by_both():
    world = world_with(a=checkout("/a", origin=ONE))
    before = seen(world, "a")
    world.checkouts.checkouts[PLACE] = checkout("/a", origin=OTHER)
    after = seen(world, "a")
    assert (after.id, after.remote) == (before.id, OTHER)
    world.checkouts.checkouts["file:///b"] = checkout("/b", origin=ONE)
    assert seen(world, "b").id == before.id


def test_where_aliases_disagree_the_folder_decides_and_nothing_is_merged():
    world = world_with(a=checkout("/a", origin=ONE), b=checkout("/b", origin=OTHER))
    one, other = seen(world, "a"), seen(world, "b")
    world.checkouts.checkouts[PLACE] = checkout("/a", origin=OTHER)
    assert seen(world, "a").id == one.id
    matched = match(world, "a")
    assert [(each.repository.id, each.matched_by) for each in matched.candidates] == [
        (one.id, "commonDir"),
        (other.id, "origin"),
    ]
    world.checkouts.checkouts["file:///c"] = checkout("/c", origin=OTHER)
    assert seen(world, "c").id == other.id


def test_an_origin_is_stronger_than_the_path_of_the_time_before_git():
    world = world_with(a=Checkout(root="/a"), b=checkout("/b", origin=ONE))
    plain, clone = seen(world, "a"), seen(world, "b")
    world.checkouts.checkouts[PLACE] = checkout("/a", origin=ONE)
    assert seen(world, "a").id == clone.id
    assert [each.repository.id for each in match(world, "a").candidates] == [clone.id, plain.id]


async def test_another_repository_in_the_same_place_inherits_nothing():
    world = world_with(a=checkout("/a", origin=ONE))
    before = await learned(world, "a", "c1")
    world.checkouts.checkouts[PLACE] = checkout("/a", origin=OTHER)
    world.checkouts.commits["/a"] = ["c2"]
    after = seen(world, "a")
    assert after.id != before.id
    assert (stored(world, before).roots, after.roots) == ((), ("/a",))
    assert [alias.kind for alias in stored(world, before).aliases] == ["origin"]
    assert seen(world, "a").id == after.id


async def test_what_lost_its_place_is_still_known_by_its_origin():
    world = world_with(a=checkout("/a", origin=ONE))
    before = await learned(world, "a", "c1")
    world.checkouts.commits["/a"] = ["c2"]
    after = seen(world, "a")
    assert after.id == before.id
    assert after.beginnings == ()
    assert match(world, "a").replaced is None


async def test_repositories_that_take_turns_in_one_place_are_kept_apart():
    world = world_with(a=checkout("/a"))
    one = await learned(world, "a", "c1")
    other = await learned(world, "a", "c2")
    third = await learned(world, "a", "c3")
    assert len({one.id, other.id, third.id}) == 3
    for commit, expected in (("c1", one), ("c3", third), ("c2", other), ("c1", one)):
        world.checkouts.commits["/a"] = [commit]
        assert seen(world, "a").id == expected.id


async def test_an_object_database_that_cannot_be_read_proves_nothing():
    world = world_with(a=checkout("/a"))
    before = await learned(world, "a", "c1")
    del world.checkouts.commits["/a"]
    assert seen(world, "a").id == before.id


async def test_a_repository_keeps_its_place_as_long_as_any_first_commit_of_it_is_there():
    world = world_with(a=checkout("/a"))
    before = await learned(world, "a", "c1")
    world.clock.advance(days=8)
    assert (await learned(world, "a", "c2", "c1")).id == before.id
    world.checkouts.commits["/a"] = ["c2"]
    assert seen(world, "a").id == before.id


def test_a_folder_that_is_gone_is_the_repository_that_was_seen_there():
    world = world_with(a=checkout("/a", branch="feature"), b=checkout("/b", common_dir="/a/.git"))
    known = seen(world, "a")
    seen(world, "b")
    world.checkouts.checkouts[PLACE] = Checkout(root="/a")
    world.checkouts.missing.add("/a")
    assert [each.matched_by for each in match(world, "a").candidates] == ["lastSeen"]
    before = stored(world, known)
    session = world.new_session(repository=RepositoryChoice(uri=PLACE))
    assert (session.key.repository_id, session.key.task) == (known.id, "main")
    assert stored(world, known) == before


def test_a_folder_that_is_gone_and_was_several_repositories_is_none_of_them():
    world = world_with(a=Checkout(root="/a"))
    with world.store.writing() as changes:
        for id_ in "xy":
            changes.put_repository(Repository(id=id_, name=id_, aliases=(), roots=("/a",)))
    world.checkouts.missing.add("/a")
    assert match(world, "a").candidates == ()


def test_a_plain_folder_in_the_place_of_a_repository_is_another_one():
    world = world_with(a=checkout("/a"))
    before = seen(world, "a")
    world.checkouts.checkouts[PLACE] = Checkout(root="/a")
    assert seen(world, "a").id != before.id


def test_the_first_of_several_folders_decides_and_each_is_its_own():
    world = world_with(a=checkout("/a"), b=checkout("/b"))
    world.folders[:] = ["file:///b", "file:///a"]
    assert world.new_session().key.repository_id == seen(world, "b").id
    assert seen(world, "a").id != seen(world, "b").id


def test_the_id_of_a_merged_repository_leads_to_what_it_became():
    world = world_with(a=checkout("/a"), b=checkout("/b"))
    one, other = seen(world, "a"), seen(world, "b")
    with world.store.writing() as changes:
        changes.remove_repository(other.id)
        changes.put_repository(one.absorbing(other))
    session = world.new_session(repository=RepositoryChoice(id=other.id))
    assert session.key.repository_id == one.id
    assert seen(world, "b").id == one.id


@pytest.mark.parametrize(
    ("aliases", "is_folderless"),
    [
        ((Alias(kind="name", value="x"),), True),
        ((Alias(kind="name", value="x"), Alias(kind="id", value="y")), True),
        ((Alias(kind="name", value="x"), Alias(kind="path", value="/x")), False),
        ((Alias(kind="origin", value="x"),), False),
        ((), False),
    ],
)
def test_only_what_is_known_by_a_name_alone_is_without_folders(aliases, is_folderless):
    assert Repository(id="r", name="x", aliases=aliases).is_folderless is is_folderless


def test_first_commits_are_remembered_the_latest_first_and_not_for_ever():
    repository = Repository(id="r", name="x", aliases=())
    for n in range(MAX_BEGINNINGS + 5):
        repository = repository.began_with(RootCommit(common_dir=f"/{n}", commit="c", at=str(n)))
    repository = repository.began_with(RootCommit(common_dir="/40", commit="c", at="later"))
    assert len(repository.beginnings) == MAX_BEGINNINGS
    assert [each.at for each in repository.beginnings_at("/40")] == ["later"]
    assert repository.beginnings[0].at == "later"
