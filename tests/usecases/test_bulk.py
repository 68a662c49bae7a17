from datetime import timedelta

import pytest

from tests.support.fake_models import FakeModel
from tests.support.world import World
from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.events import SessionChanged
from threadkeep.ports.models import TextDelta
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.usecases.order import IdempotencyKey, Replayed
from threadkeep.usecases.repositories.repositories import RepositoryChoice
from threadkeep.usecases.sessions import bulk
from threadkeep.usecases.sessions.bulk import BulkChange
from threadkeep.values import evolve

ALL = SessionFilter(archived="include", trashed="include")


def tags(world: World, *ids: str) -> list[tuple[str, ...]]:
    return [world.session(id_).tags for id_ in ids]


async def test_a_rehearsal_tells_and_changes_nothing():
    world = World()
    first = world.new_session(task="a")
    told = len(world.audience.events)
    swept = await world.cases.bulk.update(SessionFilter(), BulkChange(add_tags=("x",)), all_sessions=True)
    assert (swept.count, [view.session for view in swept.sample]) == (1, [first])
    assert (world.session(first.id), len(world.audience.events)) == (first, told)


async def test_every_session_of_the_filter_is_changed_and_told(monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    world = World()
    ids = [world.new_session(task="a", tags=("old", "keep")).id for _ in range(5)]
    other = world.new_session(task="b")
    change = BulkChange(add_tags=("new",), remove_tags=("old",), is_favourite=True, archived=True)
    world.audience.events.clear()
    swept = await world.cases.bulk.update(SessionFilter(task="a"), change, dry_run=False)
    assert (swept.count, swept.kept, len(swept.sample)) == (5, 0, 5)
    for session in map(world.session, ids):
        assert (session.tags, session.is_favourite, session.archived_at is not None) == (
            ("keep", "new"),
            True,
            True,
        )
    assert world.session(other.id) == other
    assert sorted(event.view.session.id for event in world.audience.of(SessionChanged)) == sorted(ids)


async def test_what_is_so_already_is_not_counted():
    world = World()
    world.new_session(tags=("x",))
    swept = await world.cases.bulk.update(
        SessionFilter(), BulkChange(add_tags=("x",)), all_sessions=True, dry_run=False
    )
    assert (swept.count, swept.sample) == (0, ())


async def test_sessions_go_into_the_trash_and_come_back():
    world = World()
    session = world.new_session()
    await world.cases.bulk.update(SessionFilter(), BulkChange(trashed=True), all_sessions=True, dry_run=False)
    assert world.session(session.id).trashed_at is not None
    back = await world.cases.bulk.update(
        SessionFilter(trashed="only"), BulkChange(trashed=False), dry_run=False
    )
    assert (back.count, world.session(session.id).trashed_at) == (1, None)


async def test_a_session_that_answers_is_left_and_told():
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD))
    busy, idle = world.new_session(), world.new_session()
    await world.chat.send(Outgoing(session_id=busy.id, text="Hi"))
    swept = await world.cases.bulk.update(
        SessionFilter(), BulkChange(trashed=True), all_sessions=True, dry_run=False
    )
    assert (swept.count, swept.kept) == (1, 1)
    assert world.session(busy.id).trashed_at is None
    assert world.session(idle.id).trashed_at is not None


async def test_a_change_of_nothing_is_refused():
    with pytest.raises(InvalidValue):
        await World().cases.bulk.update(SessionFilter(), BulkChange(), all_sessions=True)


async def test_a_repository_that_was_never_seen_has_no_sessions():
    world = World()
    world.new_session()
    nowhere = RepositoryChoice(name="nowhere")
    swept = await world.cases.bulk.update(
        SessionFilter(), BulkChange(trashed=True), repository=nowhere, dry_run=False
    )
    assert swept.count == 0


async def test_a_repeat_with_its_key_gets_the_first_answer():
    world = World()
    world.new_session()
    once = IdempotencyKey(method="m", key="k", fingerprint="f", encode=lambda swept: {"count": swept.count})
    change = BulkChange(add_tags=("x",))
    await world.cases.bulk.update(SessionFilter(), change, all_sessions=True, dry_run=False, once=once)
    with pytest.raises(Replayed) as before:
        await world.cases.bulk.update(SessionFilter(), change, all_sessions=True, dry_run=False, once=once)
    assert before.value.result == {"count": 1}


async def test_the_clean_up_takes_what_is_old_and_leaves_what_somebody_marked():
    world = World()
    old = world.new_session()
    favourite = world.new_session(tags=("mine",))
    world.clock.advance(days=91)
    new = world.new_session()
    rehearsed = await world.cases.bulk.clean_up(timedelta(days=90), SessionFilter())
    assert (rehearsed.count, rehearsed.kept, world.session(old.id)) == (1, 1, old)
    swept = await world.cases.bulk.clean_up(timedelta(days=90), SessionFilter(), dry_run=False)
    assert [view.session.id for view in swept.sample] == [old.id]
    assert world.session(old.id).trashed_at is not None
    assert [world.session(id_).trashed_at for id_ in (favourite.id, new.id)] == [None, None]


async def test_a_session_that_was_only_talked_in_is_not_old():
    world = World()
    session = world.new_session()
    world.clock.advance(days=91)
    await world.say(session.id)
    swept = await world.cases.bulk.clean_up(timedelta(days=90), SessionFilter())
    assert swept.count == 0


async def test_the_trash_is_emptied_of_what_lay_there_for_thirty_days():
    world = World()
    old, young = world.new_session(), world.new_session()
    await world.cases.trash.move(old.id, trashed=True)
    world.clock.advance(days=31)
    await world.cases.trash.move(young.id, trashed=True)
    age = timedelta(days=365)
    rehearsed = await world.cases.bulk.clean_up(age, SessionFilter(), purge_trash=True)
    assert (rehearsed.purged, world.session(old.id).trashed_at is not None) == (1, True)
    kept = await world.cases.bulk.clean_up(age, SessionFilter(), dry_run=False)
    assert kept.purged == 0
    swept = await world.cases.bulk.clean_up(age, SessionFilter(), dry_run=False, purge_trash=True)
    assert swept.purged == 1
    with world.store.reading() as records:
        assert [session_id for session_id in (old.id, young.id) if records.session(session_id)] == [young.id]


@pytest.mark.parametrize(
    "nothing",
    [
        SessionFilter(),
        SessionFilter(archived="include", trashed="include"),
        SessionFilter(title="", min_messages=0, status=frozenset(), task=""),
    ],
)
async def test_a_filter_that_asks_for_nothing_is_refused_unless_all_are_meant(nothing):
    world = World()
    session = world.new_session()
    for dry_run in (True, False):
        with pytest.raises(InvalidValue, match="allSessions: true"):
            await world.cases.bulk.update(nothing, BulkChange(archived=True), dry_run=dry_run)
    assert world.session(session.id) == session


async def test_the_sessions_that_are_named_are_changed_and_no_other():
    world = World()
    one, other, third = (world.new_session().id for _ in range(3))
    named = SessionFilter(ids=frozenset({one, third, "gone"}))
    swept = await world.cases.bulk.update(named, BulkChange(is_favourite=True), dry_run=False)
    assert swept.count == 2
    assert [world.session(id_).is_favourite for id_ in (one, other, third)] == [True, False, True]
    nobody = await world.cases.bulk.update(
        SessionFilter(ids=frozenset(), task="t"), BulkChange(is_favourite=True)
    )
    assert nobody.count == 0


@pytest.mark.parametrize(
    "something",
    [
        SessionFilter(is_favourite=False),
        SessionFilter(archived="only"),
        SessionFilter(tags=frozenset({"x"})),
        SessionFilter(updated_before="2030-01-01T00:00:00.000Z"),
    ],
)
def test_a_filter_asks_for_something_that_sessions_may_lack(something):
    assert something.is_narrow


async def test_a_tag_that_no_session_can_have_is_refused_and_a_full_session_is_kept():
    world = World()
    full = world.new_session(tags=tuple(f"{n}" for n in range(100)))
    other = world.new_session()
    with pytest.raises(InvalidValue, match=r"change\.addTags"):
        await world.cases.bulk.update(SessionFilter(), BulkChange(add_tags=("x" * 101,)), all_sessions=True)
    swept = await world.cases.bulk.update(
        SessionFilter(), BulkChange(add_tags=("x",)), all_sessions=True, dry_run=False
    )
    assert (swept.count, swept.kept) == (1, 1)
    assert (world.session(full.id), world.session(other.id).tags) == (full, ("x",))


@pytest.mark.parametrize("days", [999_999, 800_000])
async def test_nothing_is_older_than_the_calendar(days):
    world = World()
    world.new_session()
    swept = await world.cases.bulk.clean_up(
        timedelta(days=days), SessionFilter(), dry_run=False, purge_trash=True
    )
    assert (swept.count, swept.purged) == (0, 0)


async def test_a_tag_of_an_older_version_can_be_taken_away():
    world = World()
    session = world.new_session()
    with world.store.writing() as changes:
        changes.put_session(evolve(session, tags=("a\u202eb",)))
    await world.cases.bulk.update(
        SessionFilter(tags=frozenset({"a\u202eb"})), BulkChange(remove_tags=("a\u202eb",)), dry_run=False
    )
    assert world.session(session.id).tags == ()


LONG = "x" * 150
"""A tag that older versions took."""


def with_tags(world: World, *given: str) -> str:
    """The id of a session with these tags, whatever they are."""
    session = world.new_session()
    with world.store.writing() as changes:
        changes.put_session(evolve(session, tags=given))
    return session.id


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (BulkChange(remove_tags=("keep",), archived=True), (LONG,)),
        (BulkChange(remove_tags=(LONG,), archived=True), ("keep",)),
        (BulkChange(add_tags=("new",), archived=True), ("keep", "new", LONG)),
    ],
    ids=str,
)
async def test_a_tag_that_is_too_long_by_now_hinders_no_change(change, expected):
    world = World()
    session_id = with_tags(world, LONG, "keep")
    swept = await world.cases.bulk.update(SessionFilter(), change, all_sessions=True, dry_run=False)
    session = world.session(session_id)
    assert (swept.count, swept.kept) == (1, 0)
    assert (session.tags, session.archived_at is not None) == (expected, True)


async def test_a_blank_tag_to_take_away_is_refused():
    with pytest.raises(InvalidValue, match=r"change\.removeTags"):
        await World().cases.bulk.update(SessionFilter(), BulkChange(remove_tags=(" ",)), all_sessions=True)


async def test_a_tag_that_is_there_is_no_change_whatever_the_order_of_the_tags():
    world = World()
    session_id = with_tags(world, "b", "a")
    before = world.session(session_id)
    change = BulkChange(add_tags=("a",))
    swept = await world.cases.bulk.update(SessionFilter(), change, all_sessions=True, dry_run=False)
    assert (swept.count, world.session(session_id)) == (0, before)


async def long_in_the_trash(world: World, **fields: object) -> str:
    """The id of a session that has been in the trash for 31 days."""
    session_id = world.new_session(**fields).id
    await world.cases.trash.move(session_id, trashed=True)
    world.clock.advance(days=31)
    return session_id


def left(world: World) -> set[str]:
    """The ids of all sessions, wherever they are."""
    with world.store.reading() as records:
        return set(records.session_ids(ALL, SessionSort()))


@pytest.mark.parametrize("dry_run", [True, False])
async def test_nothing_is_erased_that_the_filter_leaves_out(dry_run):
    world = World()
    other = await long_in_the_trash(world, task="b")
    wanted = await long_in_the_trash(world, task="a")
    swept = await world.cases.bulk.clean_up(
        timedelta(days=90), SessionFilter(task="a"), dry_run=dry_run, purge_trash=True
    )
    assert (swept.purged, left(world)) == (1, {other, wanted} if dry_run else {other})


async def test_nothing_is_erased_of_another_repository():
    world = World()
    trashed = await long_in_the_trash(world)
    mine = RepositoryChoice(id=world.session(trashed).key.repository_id)
    for choice, expected in ((RepositoryChoice(name="nowhere"), {trashed}), (mine, set[str]())):
        swept = await world.cases.bulk.clean_up(
            timedelta(days=90), SessionFilter(), repository=choice, dry_run=False, purge_trash=True
        )
        assert (swept.purged, left(world)) == (1 - len(expected), expected)


@pytest.mark.parametrize(("archived", "erased"), [("exclude", 2), ("include", 2), ("only", 1)])
async def test_what_was_archived_before_it_went_into_the_trash_is_erased_too(archived, erased):
    world = World()
    put_away = world.new_session().id
    world.sessions.set_archived(put_away, archived=True)
    await world.cases.trash.move(put_away, trashed=True)
    await long_in_the_trash(world)
    swept = await world.cases.bulk.clean_up(
        timedelta(days=90), SessionFilter(archived=archived), purge_trash=True
    )
    assert swept.purged == erased


@pytest.mark.parametrize("purge_trash", [True, False])
async def test_whoever_means_the_trash_puts_nothing_into_it(purge_trash):
    world = World()
    trashed, old = await long_in_the_trash(world), world.new_session().id
    world.clock.advance(days=91)
    swept = await world.cases.bulk.clean_up(
        timedelta(days=90), SessionFilter(trashed="only"), dry_run=False, purge_trash=purge_trash
    )
    assert (swept.count, swept.kept, swept.sample, swept.purged) == (0, 0, (), int(purge_trash))
    assert world.session(old).trashed_at is None
    assert left(world) == ({old} if purge_trash else {old, trashed})
