"""Lists of repositories and tasks tell how much is kept, and what has lost its folders."""

import pytest

from tests.support.repositories import FakeCheckouts, checkout
from tests.support.world import FOLDER, World
from threadkeep.domain.errors import InvalidCursor, RepositoryNotFound
from threadkeep.domain.repositories import Checkout
from threadkeep.usecases.repositories.repositories import RepositoryChoice
from threadkeep.usecases.repositories.repository_lists import UsedRepository, UsedTask
from threadkeep.values import evolve

TRASHED = {"trashed_at": "2026-01-01T00:00:00.000Z"}
ARCHIVED = {"archived_at": "2026-01-01T00:00:00.000Z"}


def named(name: str) -> RepositoryChoice:
    return RepositoryChoice(name=name)


def at(name: str) -> RepositoryChoice:
    return RepositoryChoice(uri=f"file:///{name}")


def names(listed: tuple[UsedRepository, ...]) -> list[str]:
    return [used.view.repository.name for used in listed]


def tasks(listed: tuple[UsedTask, ...]) -> list[tuple[str, bool]]:
    return [(used.task, used.is_checked_out) for used in listed]


def set_fields(world: World, session_id: str, **fields: str) -> None:
    session = world.session(session_id)
    with world.store.writing() as changes:
        changes.put_session(evolve(session, **fields))


def test_the_last_active_repository_comes_first_and_one_without_sessions_last():
    world = World()
    with world.store.writing() as changes:
        world.repositories.resolve_or_create(changes, named("empty"))
    for name in ("a", "b", "a"):
        world.new_session(repository=named(name))
    listed = world.repository_lists.all(limit=10)
    assert names(listed.repositories) == ["a", "b", "empty"]
    assert [used.use.sessions for used in listed.repositories] == [2, 1, 0]
    assert listed.next_cursor is None


def test_archived_and_trashed_sessions_are_counted_apart():
    world = World()
    ids = [world.new_session().id for _ in range(4)]
    set_fields(world, ids[0], **ARCHIVED)
    set_fields(world, ids[1], **ARCHIVED, **TRASHED)
    set_fields(world, ids[2], **TRASHED)
    (used,) = world.repository_lists.all(limit=10).repositories
    assert (used.use.sessions, used.use.archived, used.use.trashed, used.use.total) == (1, 1, 2, 4)
    assert used.use.last_activity_at == max(world.session(id_).last_activity_at for id_ in ids)


def test_a_repository_is_an_orphan_when_none_of_its_folders_is_there():
    world = World(
        checkouts=FakeCheckouts(
            {
                "file:///a": checkout("/a"),
                "file:///b": checkout("/b", common_dir="/a/.git"),
                "file:///c": checkout("/c"),
            }
        )
    )
    for choice in (at("a"), at("b"), at("c"), named("notes")):
        world.new_session(repository=choice)
    world.checkouts.missing |= {"/a", "/c"}

    def listed(is_orphan: bool | None) -> list[str]:
        return names(world.repository_lists.all(limit=10, is_orphan=is_orphan).repositories)

    assert listed(None) == ["notes", "c", "a"]
    assert (listed(True), listed(False)) == (["c"], ["notes", "a"])
    (used,) = world.repository_lists.all(limit=10, is_orphan=True).repositories
    assert [(root.uri, root.is_present) for root in used.view.roots] == [("file:///c", False)]


async def test_a_repository_that_lost_its_place_is_an_orphan():
    world = World()
    world.checkouts.commits["/code/app"] = ["c1"]
    old = world.new_session()
    await world.root_commits.first_commit(world.checkouts.read(FOLDER))
    world.checkouts.commits["/code/app"] = ["c2"]
    world.new_session()
    orphans = world.repository_lists.all(limit=10, is_orphan=True).repositories
    assert [used.view.repository.id for used in orphans] == [old.key.repository_id]


@pytest.mark.parametrize("is_orphan", [None, False])
def test_pages_of_repositories_follow_each_other_without_gap_or_repeat(is_orphan):
    world = World()
    for n in range(5):
        world.new_session(repository=named(str(n)))
    with world.store.writing() as changes:
        for n in "67":
            world.repositories.resolve_or_create(changes, named(n))
    pages, cursor = [], None
    for _ in range(4):
        page = world.repository_lists.all(limit=2, cursor=cursor, is_orphan=is_orphan)
        pages.append(names(page.repositories))
        cursor = page.next_cursor
    assert pages == [["4", "3"], ["2", "1"], ["0", "7"], ["6"]]
    assert cursor is None


def test_a_page_that_ends_the_list_has_no_cursor():
    world = World()
    for n in range(2):
        world.new_session(repository=named(str(n)))
    for is_orphan in (None, False):
        assert world.repository_lists.all(limit=2, is_orphan=is_orphan).next_cursor is None


def test_tasks_come_the_last_active_first_and_a_checked_out_one_even_without_sessions():
    world = World()
    for task in ("x", "y", "x"):
        world.new_session(task=task)
    listed = world.repository_lists.tasks(None, limit=10)
    assert tasks(listed.tasks) == [("x", False), ("y", False), ("main", True)]
    assert [used.use.sessions for used in listed.tasks] == [2, 1, 0]
    assert listed.repository.repository.name == "app"


def test_every_worktree_that_is_there_counts_as_checked_out():
    world = World(
        checkouts=FakeCheckouts(
            {
                FOLDER: checkout(),
                "file:///b": checkout("/b", common_dir="/code/app/.git", branch="b"),
                "file:///c": checkout("/c", common_dir="/code/app/.git", branch="c"),
            }
        )
    )
    for choice in (None, at("b"), at("c")):
        world.new_session(repository=choice)
    world.checkouts.missing.add("/c")
    listed = world.repository_lists.tasks(None, limit=10)
    assert sorted(tasks(listed.tasks)) == [("b", True), ("c", False), ("main", True)]


def test_a_folder_that_is_another_repository_by_now_checks_out_nothing():
    world = World(
        checkouts=FakeCheckouts({FOLDER: checkout(), "file:///b": checkout("/b", origin="https://b/b")})
    )
    session = world.new_session()
    other = world.new_session(repository=at("b"))
    world.checkouts.checkouts[FOLDER] = checkout(
        "/code/app", common_dir="/elsewhere/.git", origin="https://b/b"
    )
    for mine, expected in ((session, [("main", False)]), (other, [("main", True)])):
        choice = RepositoryChoice(id=mine.key.repository_id)
        assert tasks(world.repository_lists.tasks(choice, limit=10).tasks) == expected


def test_without_git_the_default_task_is_what_is_there():
    world = World(checkouts=FakeCheckouts({FOLDER: Checkout(root="/code/app")}))
    world.new_session()
    assert tasks(world.repository_lists.tasks(None, limit=10).tasks) == [("default", True)]
    world.new_session(repository=named("notes"))
    assert tasks(world.repository_lists.tasks(named("notes"), limit=10).tasks) == [("default", False)]


def test_a_repository_that_was_never_seen_has_no_tasks():
    listed = World().repository_lists.tasks(None, limit=10)
    assert (listed.repository, listed.tasks) == (None, ())


def test_an_unknown_id_is_refused():
    with pytest.raises(RepositoryNotFound):
        World().repository_lists.tasks(RepositoryChoice(id="nobody"), limit=10)


def test_pages_of_tasks_follow_each_other_without_gap_or_repeat():
    world = World()
    for n in range(4):
        world.new_session(task=str(n))
    pages, cursor = [], None
    for _ in range(3):
        page = world.repository_lists.tasks(None, limit=2, cursor=cursor)
        pages.append([used.task for used in page.tasks])
        cursor = page.next_cursor
    assert pages == [["3", "2"], ["1", "0"], ["main"]]
    assert cursor is None


def test_a_cursor_of_another_list_is_refused():
    world = World()
    for task in "abc":
        world.new_session(task=task)
        world.new_session(repository=named(task))
    of_tasks = world.repository_lists.tasks(None, limit=1).next_cursor
    of_repositories = world.repository_lists.all(limit=1).next_cursor
    with pytest.raises(InvalidCursor):
        world.repository_lists.all(limit=1, cursor=of_tasks)
    for cursor in (of_repositories, "x", ""):
        with pytest.raises(InvalidCursor):
            world.repository_lists.tasks(None, limit=1, cursor=cursor)


def test_a_folder_on_a_share_that_is_away_makes_no_orphan() -> None:
    world = World()
    world.new_session(task="main")
    world.checkouts.away = {"/code/app"}
    (listed,) = world.repository_lists.all(limit=10).repositories
    assert [root.is_present for root in listed.view.roots] == [None]
    assert not listed.is_orphan
    assert world.repository_lists.all(limit=10, is_orphan=True).repositories == ()
    assert len(world.repository_lists.all(limit=10, is_orphan=False).repositories) == 1


def test_the_tasks_of_a_repository_on_a_share_that_is_away_are_listed() -> None:
    world = World()
    session = world.new_session(task="main")
    world.checkouts.away = {"/code/app"}
    listed = world.repository_lists.tasks(RepositoryChoice(id=session.key.repository_id), limit=10)
    assert [(each.task, each.is_checked_out) for each in listed.tasks] == [("main", False)]
