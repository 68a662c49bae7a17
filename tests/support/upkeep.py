"""Care for a store that a test makes up."""

from threadkeep.ports.upkeep import Backup, Checkup
from threadkeep.values import Mutable, field


class FakeUpkeep(Mutable):
    """Remembers what was asked; the answers are the test's."""

    checkup: Checkup = field(factory=Checkup)
    asked: list[tuple[str, object]] = field(factory=list)

    def check(self, *, repairs: bool = False) -> Checkup:
        self.asked.append(("check", repairs))
        return self.checkup

    def back_up(self, target: str | None = None) -> Backup:
        self.asked.append(("back_up", target))
        return Backup(path=target or "/backups/one.db", size=1)
