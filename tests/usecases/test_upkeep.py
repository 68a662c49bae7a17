"""Care for the store is asked for in order, beside the executor."""

from tests.support.world import World
from threadkeep.ports.upkeep import Backup, Checkup, Problem


async def test_a_checkup_and_a_backup_are_passed_on() -> None:
    world = World()
    problem = Problem(kind="counters", message="wrong", count=1)
    world.upkeep.checkup = Checkup(problems=(problem,), backup="/b")
    checkup = await world.cases.store_care.check(repairs=True)
    assert (checkup.problems, checkup.is_healthy) == ((problem,), False)
    assert await world.cases.store_care.back_up("/x.db") == Backup(path="/x.db", size=1)
    assert world.upkeep.asked == [("check", True), ("back_up", "/x.db")]
