"""Renamed folders and branches are hinted at, never matched; a person's answer is remembered."""

import pytest

from tests.support.repositories import checkout
from tests.support.world import FOLDER, World
from threadkeep.domain.errors import InvalidValue, RepositoryNotFound
from threadkeep.domain.events import RepositoryHinted
from threadkeep.domain.hints import Hint
from threadkeep.domain.repositories import FormerBranch
from threadkeep.domain.sessions import Session
from threadkeep.usecases.repositories.repositories import RepositoryChoice, Where
from threadkeep.usecases.sessions.opening import OpenResult
from threadkeep.values import evolve

OLD, NEW = "file:///code/old", "file:///code/new"


def opened(world: World, uri: str = FOLDER, **options: object) -> OpenResult:
    return world.opening.open(Where(repository=RepositoryChoice(uri=uri)), **options)  # type: ignore[arg-type]


def said(world: World, session: Session) -> Session:
    """The session, with something said in it."""
    with world.store.writing() as changes:
        kept = changes.session(session.id)
        assert kept is not None
        changes.put_session(evolve(kept, message_count=2))
    return world.session(session.id)


async def learn(world: World) -> None:
    world.root_commits.begin()
    learning = world.root_commits._learning
    if learning is not None:
        await learning


async def moved(*, origins: tuple[str | None, str | None] = (None, None)) -> tuple[World, Session]:
    """A folder with a session, which then lies elsewhere."""
    world = World()
    world.checkouts.checkouts = {
        OLD: checkout("/code/old", origin=origins[0]),
        NEW: checkout("/code/new", origin=origins[1]),
    }
    world.checkouts.commits = {"/code/old": ["a" * 40], "/code/new": ["a" * 40]}
    before = opened(world, OLD).view
    assert before is not None
    await learn(world)
    world.checkouts.missing = {"/code/old"}
    return world, said(world, before.session)


def hints(world: World) -> list[Hint]:
    return [event.hint for event in world.audience.events if isinstance(event, RepositoryHinted)]


async def test_a_folder_that_was_renamed_is_hinted_at_when_its_first_commit_is_learned() -> None:
    world, before = await moved()
    first = opened(world, NEW)
    assert first.created
    assert first.hint is None
    await learn(world)

    (told,) = hints(world)
    (other,) = told.repositories
    assert other.view.repository.id == before.key.repository_id
    assert (other.kind, other.use.sessions) == ("moved", 1)
    assert told.repository.repository.roots == ("/code/new",)
    assert opened(world, NEW).hint == told


async def test_what_was_opened_is_never_matched_by_a_hint() -> None:
    world, before = await moved()
    opened(world, NEW)
    await learn(world)
    view = opened(world, NEW).view
    assert view is not None
    assert view.session.key.repository_id != before.key.repository_id


async def test_the_hint_is_gone_when_the_repositories_are_one_and_the_old_session_is_back() -> None:
    world, before = await moved()
    opened(world, NEW, window_id="w")
    await learn(world)
    await world.moving.relocate(RepositoryChoice(id=before.key.repository_id), NEW, merge=True)
    again = opened(world, NEW, window_id="w")
    assert again.hint is None
    assert again.view is not None
    assert again.view.session.id == before.id


async def test_a_copy_beside_its_original_is_no_move() -> None:
    world, _ = await moved()
    world.checkouts.missing = set()
    opened(world, NEW)
    await learn(world)
    hint = opened(world, NEW).hint
    assert hint is not None
    assert [other.kind for other in hint.repositories] == ["copied"]


async def test_a_folder_on_a_share_that_is_away_may_be_there_still() -> None:
    world, _ = await moved()
    world.checkouts.missing, world.checkouts.away = set(), {"/code/old"}
    opened(world, NEW)
    await learn(world)
    assert [other.kind for other in hints(world)[0].repositories] == ["unknown"]


async def test_forks_from_different_places_are_no_hint_but_one_without_an_origin_is() -> None:
    forks, _ = await moved(origins=("https://x/a", "https://x/b"))
    opened(forks, NEW)
    await learn(forks)
    assert opened(forks, NEW).hint is None
    later, _ = await moved(origins=(None, "https://x/b"))
    opened(later, NEW)
    await learn(later)
    assert opened(later, NEW).hint is not None


async def test_a_repository_without_sessions_is_no_hint() -> None:
    world, before = await moved()
    with world.store.writing() as changes:
        changes.put_session(evolve(before, trashed_at="2026-01-01T00:00:00.000Z"))
    opened(world, NEW)
    await learn(world)
    assert hints(world) == []
    assert opened(world, NEW).hint is None


async def test_a_no_is_remembered_on_both_sides() -> None:
    world, before = await moved()
    view = opened(world, NEW).view
    assert view is not None
    said(world, view.session)
    await learn(world)
    world.moving.answering.dismiss(RepositoryChoice(uri=NEW), other=before.key.repository_id)
    assert opened(world, NEW).hint is None
    world.checkouts.missing = set()
    assert opened(world, OLD).hint is None


def test_an_answer_names_one_thing_that_there_is() -> None:
    world = World()
    session = world.new_session()
    dismiss = world.moving.answering.dismiss
    with pytest.raises(InvalidValue):
        dismiss(None)
    with pytest.raises(InvalidValue):
        dismiss(None, other="r", task="t")
    with pytest.raises(RepositoryNotFound):
        dismiss(None, other="unknown")
    with pytest.raises(RepositoryNotFound):
        dismiss(RepositoryChoice(uri="file:///never"), task="t")
    with pytest.raises(InvalidValue, match="same"):
        dismiss(None, other=session.key.repository_id)


def renamed_branch(*names: str, is_there: bool = False) -> tuple[World, Session]:
    """A session on `old`, then the branch `new` that was called so."""
    world = World()
    world.checkouts.checkouts[FOLDER] = checkout(branch="old")
    view = opened(world).view
    assert view is not None
    said(world, view.session)
    world.checkouts.checkouts[FOLDER] = checkout(branch="new")
    world.checkouts.renamed["/code/app", "new"] = [
        FormerBranch(name=name, is_there=is_there) for name in names or ("old",)
    ]
    return world, view.session


def test_a_renamed_branch_is_offered_the_task_that_it_was() -> None:
    world, _ = renamed_branch("between", "old")
    hint = opened(world).hint
    assert hint is not None
    assert hint.task == "new"
    assert [(each.task, each.use.sessions, each.is_branch) for each in hint.former_tasks] == [
        ("old", 1, False)
    ]


def test_a_branch_that_is_called_as_the_renamed_one_was_is_told() -> None:
    world, _ = renamed_branch(is_there=True)
    hint = opened(world).hint
    assert hint is not None
    assert hint.former_tasks[0].is_branch


def test_a_task_that_is_no_branch_was_not_renamed() -> None:
    world, _ = renamed_branch()
    where = Where(repository=RepositoryChoice(uri=FOLDER), task="another")
    assert world.opening.open(where).hint is None


def test_opening_without_making_a_session_hints_as_well() -> None:
    world, _ = renamed_branch()
    opened(world)
    assert opened(world, create_if_missing=False).hint is not None


async def test_bringing_a_task_along_moves_all_its_sessions_and_what_was_current() -> None:
    world, session = renamed_branch()
    archived = world.new_session(task="old", make_current=False)
    with world.store.writing() as changes:
        changes.put_session(evolve(archived, archived_at="2026-01-01T00:00:00.000Z"))
    opened(world)

    done = await world.moving.answering.relocate_task(None, "old", "new")

    assert (done.moved, done.task, done.current_session_id) == (2, "new", session.id)
    assert world.session(archived.id).key.task == "new"
    again = opened(world)
    assert again.view is not None
    assert again.view.session.id == session.id
    assert again.hint is None


async def test_what_was_said_under_the_new_name_meanwhile_stays_current() -> None:
    world, session = renamed_branch()
    view = opened(world).view
    assert view is not None
    said(world, view.session)
    await world.moving.answering.relocate_task(None, "old", "new")
    again = opened(world).view
    assert again is not None
    assert again.session.id == view.session.id
    assert world.session(session.id).key.task == "new"


async def test_after_an_answer_a_new_branch_of_the_old_name_is_another() -> None:
    world, _ = renamed_branch()
    await world.moving.answering.relocate_task(None, "old", "new")
    world.new_session(task="old")
    assert opened(world).hint is None


def test_a_no_to_a_renamed_branch_is_remembered_for_that_name_only() -> None:
    world, _ = renamed_branch()
    world.moving.answering.dismiss(None, task="old")
    assert opened(world).hint is None
    world.checkouts.checkouts[FOLDER] = checkout(branch="newer")
    world.checkouts.renamed["/code/app", "newer"] = [FormerBranch(name="old", is_there=False)]
    assert opened(world).hint is not None


@pytest.mark.parametrize(("task", "to"), [("a", "a"), (" ", "b"), ("a", "")])
async def test_a_task_goes_to_another_one(task: str, to: str) -> None:
    with pytest.raises(InvalidValue):
        await World().moving.answering.relocate_task(None, task, to)


async def test_tasks_of_a_repository_that_was_never_seen_cannot_move() -> None:
    with pytest.raises(RepositoryNotFound):
        await World().moving.answering.relocate_task(None, "a", "b")
