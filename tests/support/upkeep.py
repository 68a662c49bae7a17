"""Care for a store that a test makes up."""

import attrs

from threadkeep.ports.upkeep import Backup, Checkup


@attrs.define(kw_only=True)
class FakeUpkeep:
    """Remembers what was asked; the answers are the test's."""

    checkup: Checkup = attrs.field(factory=Checkup)
    asked: list[tuple[str, object]] = attrs.field(factory=list)

    def check(self, *, repairs: bool = False) -> Checkup:
        self.asked.append(("check", repairs))
        return self.checkup

    def back_up(self, target: str | None = None) -> Backup:
        self.asked.append(("back_up", target))
        return Backup(path=target or "/backups/one.db", size=1)
