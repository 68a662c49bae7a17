"""Files of agents for tests, without a file system."""

from collections.abc import Sequence

from threadkeep.domain.agents import Agent, BrokenAgent
from threadkeep.values import Mutable, field

Found = Agent | BrokenAgent


class FakeAgentFiles(Mutable):
    """Files of agents that a test writes down as what they hold."""

    users: Sequence[Found] = ()
    by_root: dict[str, Sequence[Found]] = field(factory=dict)
    asked: list[str] = field(factory=list)
    """Every root that was asked for, oldest first."""

    def user(self) -> Sequence[Found]:
        return self.users

    def repository(self, root: str) -> Sequence[Found]:
        self.asked.append(root)
        return self.by_root.get(root, ())
