import pytest

from tests.support.repositories import FakeCheckouts, checkout
from tests.support.world import FOLDER, World
from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.events import TaskChanged
from threadkeep.domain.repositories import MAX_ROOTS, Checkout
from threadkeep.usecases.repositories.repositories import RepositoryChoice, Where

ORIGIN = "github.com/acme/app"


def repository_id(world: World, uri: str) -> str:
    with world.store.writing() as changes:
        return world.repositories.resolve_or_create(changes, RepositoryChoice(uri=uri)).id


def world_with(**checkouts: Checkout) -> World:
    return World(checkouts=FakeCheckouts({f"file:///{name}": found for name, found in checkouts.items()}))


def test_worktrees_are_one_repository():
    world = world_with(
        a=checkout("/a"), b=Checkout(root="/b", common_dir="/a/.git", branch="feature", head_file="/x")
    )
    assert repository_id(world, "file:///a") == repository_id(world, "file:///b")


def test_second_clones_are_one_repository():
    world = world_with(a=checkout("/a", origin=ORIGIN), b=checkout("/b", origin=ORIGIN))
    assert repository_id(world, "file:///a") == repository_id(world, "file:///b")


def test_a_moved_folder_with_an_origin_is_the_same_repository():
    world = world_with(a=checkout("/a", origin=ORIGIN))
    before = repository_id(world, "file:///a")
    world.checkouts.checkouts = {"file:///moved": checkout("/moved", origin=ORIGIN)}
    assert repository_id(world, "file:///moved") == before


def test_folders_without_anything_in_common_are_different_repositories():
    world = world_with(a=checkout("/a"), b=checkout("/b"), c=Checkout(root="/c"))
    assert len({repository_id(world, f"file:///{name}") for name in "abc"}) == 3


def test_a_folder_without_git_is_known_by_its_path():
    world = world_with(c=Checkout(root="/c"))
    assert repository_id(world, "file:///c") == repository_id(world, "file:///c")
    view = world.opening.open(Where(repository=RepositoryChoice(uri="file:///c"))).view
    assert (view.session.key.task, view.repository.repository.name) == ("default", "c")


def test_a_repository_is_named_after_its_origin_else_its_folder():
    world = world_with(a=checkout("/a", origin=ORIGIN), b=checkout("/code/b"))
    with world.store.writing() as changes:
        names = [
            world.repositories.resolve_or_create(changes, RepositoryChoice(uri=f"file:///{n}")).name
            for n in "ab"
        ]
    assert names == ["app", "b"]


def test_the_folders_of_a_repository_are_remembered_the_latest_first_and_not_for_ever():
    world = world_with(**{f"w{n}": Checkout(root=f"/w{n}", common_dir="/a/.git") for n in range(30)})
    for n in range(30):
        known = repository_id(world, f"file:///w{n}")
    with world.store.reading() as records:
        roots = records.repository(known).roots
    assert (roots[0], len(roots)) == ("/w29", MAX_ROOTS)


def test_a_view_tells_which_folders_are_there():
    world = world_with(a=checkout("/a", origin=ORIGIN), b=checkout("/b", origin=ORIGIN))
    repository_id(world, "file:///a"), repository_id(world, "file:///b")
    world.checkouts.missing.add("/a")
    view = world.opening.open(Where(repository=RepositoryChoice(uri="file:///b"))).view
    assert [(root.uri, root.is_present) for root in view.repository.roots] == [
        ("file:///b", True),
        ("file:///a", False),
    ]


def test_the_task_of_a_repository_given_by_id_is_the_branch_of_its_open_folder():
    world = World()
    session = world.new_session()
    world.checkouts.checkouts[FOLDER] = checkout(branch="feature")
    by_id = Where(repository=RepositoryChoice(id=session.key.repository_id))
    assert world.opening.open(by_id).view.session.key.task == "feature"


def test_a_blank_name_is_refused():
    world = World()
    with pytest.raises(InvalidValue):
        world.new_session(repository=RepositoryChoice(name=" "))


def test_a_new_branch_of_an_open_folder_is_told_once():
    world = World()
    branches = world.branch_watch
    branches.check()
    branches.check()
    assert world.audience.events == []
    world.checkouts.checkouts[FOLDER] = checkout(branch="feature")
    branches.check()
    branches.check()
    (told,) = world.audience.of(TaskChanged)
    assert (told.task, told.repository.repository.name) == ("feature", "app")


def test_a_folder_that_is_opened_later_is_watched_from_then_on():
    world = World(folders=())
    branches = world.branch_watch
    branches.check()
    world.folders.append(FOLDER)
    branches.check()
    assert world.audience.events == []
    world.checkouts.checkouts[FOLDER] = checkout(branch=None)
    branches.check()
    assert [event.task for event in world.audience.of(TaskChanged)] == ["default"]


def test_a_folder_that_is_not_on_this_computer_does_not_stop_the_others():
    world = World(folders=("vscode-remote://x/y", FOLDER))
    world.branch_watch.check()
    world.checkouts.checkouts[FOLDER] = checkout(branch="feature")
    world.branch_watch.check()
    assert [event.task for event in world.audience.of(TaskChanged)] == ["feature"]


def stood(*folders: str, are_named: bool = True, world: World | None = None) -> World:
    """Folders without version control that an editor has open, or that a client in a terminal stands in."""
    return World(
        checkouts=FakeCheckouts(),
        folders=[f"file://{each}" for each in folders],
        are_named=are_named,
        store=world.store if world else None,
        id_prefix="again" if world else "id",
    )


def root_of(world: World, uri: str | None = None) -> str:
    choice = RepositoryChoice(uri=uri) if uri else None
    view = world.opening.open(Where(repository=choice)).view
    assert view is not None
    return view.repository.repository.roots[0]


def test_a_workspace_folder_without_version_control_is_one_repository_with_what_lies_in_it():
    world = stood("/notes")
    assert root_of(world, "file:///notes/deep/er/file.md") == "/notes"
    assert root_of(world, "file:///notes/deep") == "/notes"
    assert root_of(world, "file:///notes") == "/notes"
    assert root_of(world, "file:///notesandmore") == "/notesandmore"
    assert len(world.repository_lists.all(limit=10).repositories) == 2


def test_the_innermost_workspace_folder_counts_and_version_control_within_it_goes_before():
    world = stood("/notes", "/notes/mine")
    world.checkouts.checkouts["file:///notes/mine/app"] = checkout("/notes/mine/app")
    assert root_of(world, "file:///notes/mine/a") == "/notes/mine"
    assert root_of(world, "file:///notes/a") == "/notes"
    assert root_of(world, "file:///notes/mine/app") == "/notes/mine/app"


def test_a_folder_with_sessions_of_its_own_stays_what_it_is():
    world = stood()
    assert root_of(world, "file:///notes/old") == "/notes/old"
    world.folders.append("file:///notes")
    assert root_of(world, "file:///notes/old") == "/notes/old"
    assert root_of(world, "file:///notes/new") == "/notes"


def test_who_stands_in_a_folder_is_in_the_workspace_around_it_that_has_sessions():
    editor = stood("/notes")
    assert root_of(editor) == "/notes"
    terminal = stood("/notes/deep", are_named=False, world=editor)
    assert root_of(terminal) == "/notes"
    other_editor = stood("/notes/deep", world=editor)
    assert root_of(other_editor) == "/notes/deep"


def test_who_stood_in_a_folder_made_it_no_workspace():
    terminal = stood("/notes", are_named=False)
    assert root_of(terminal) == "/notes"
    assert root_of(stood("/notes/deep", are_named=False, world=terminal)) == "/notes/deep"


def test_a_workspace_without_sessions_takes_nothing_in():
    editor = stood("/notes")
    assert repository_id(editor, "file:///notes")
    assert root_of(stood("/notes/deep", are_named=False, world=editor)) == "/notes/deep"


@pytest.mark.parametrize("wide", ["/", "/home", "/home/ada"])
def test_the_home_folder_and_the_whole_disk_stand_for_nothing_in_them(wide: str):
    editor = stood(wide)
    assert root_of(editor) == wide
    assert root_of(editor, "file:///home/ada/notes") == "/home/ada/notes"
    assert root_of(stood("/home/ada/more", are_named=False, world=editor)) == "/home/ada/more"


def test_resolving_a_file_tells_the_workspace_folder():
    world = stood("/notes")
    root_of(world)
    found = world.moving._resolution(RepositoryChoice(uri="file:///notes/deep"))
    assert found.checkout is not None
    assert found.checkout.root == "/notes"
    assert found.resolved is not None
    assert found.resolved.matched_by == "path"


def test_a_folder_that_is_away_changes_no_branch_and_holds_up_no_other():
    world = world_with(a=checkout("/a"), b=checkout("/b"))
    world.folders[:] = ["file:///a", "file:///b"]
    world.branch_watch.check()
    world.checkouts.away = {"/a"}
    world.checkouts.checkouts["file:///b"] = checkout("/b", branch="other")
    world.branch_watch.check()
    world.checkouts.away = set()
    world.checkouts.checkouts["file:///a"] = checkout("/a", branch="late")
    world.branch_watch.check()
    tasks = [event.task for event in world.audience.events if isinstance(event, TaskChanged)]
    assert tasks == ["other", "late"]
