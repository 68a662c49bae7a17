import pytest

from tests.support.world import World
from threadkeep.domain.events import StoreWarned
from threadkeep.ports.session_filter import SessionFilter, SessionSort


@pytest.fixture
def world() -> World:
    world = World()
    world.new_session(task="old")
    world.new_session(task="loved", tags=("keep",))
    world.clock.advance(days=40)
    return world


def in_trash(world: World) -> list[str]:
    """The tasks of the sessions in the trash."""
    with world.store.reading() as records:
        ids = records.session_ids(SessionFilter(trashed="only"), SessionSort())
        return [session.key.task for session in map(records.session, ids) if session]


async def test_without_the_setting_nothing_is_ever_put_away(world: World):
    await world.cases.retention.keep()
    assert (in_trash(world), world.audience.of(StoreWarned)) == ([], [])


async def test_old_sessions_go_into_the_trash_and_it_is_told(world: World):
    world.preferences.retention_days = 30
    await world.cases.retention.keep()
    assert in_trash(world) == ["old"]
    (told,) = world.audience.of(StoreWarned)
    assert told.kind == "retention"
    assert "nobody has used them for 30 days: 1 session." in told.message


async def test_what_was_put_away_can_be_restored_for_thirty_days_and_is_then_erased(world: World):
    world.preferences.retention_days = 30
    await world.cases.retention.keep()
    world.clock.advance(days=29)
    await world.cases.retention.keep()
    assert in_trash(world) == ["old"]
    world.clock.advance(days=2)
    await world.cases.retention.keep()
    assert in_trash(world) == []
    assert "Erased" in world.audience.of(StoreWarned)[-1].message
