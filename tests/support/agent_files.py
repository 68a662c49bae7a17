"""Files of agents for tests, without a file system."""

from collections.abc import Sequence

import attrs

from threadkeep.domain.agents import Agent, BrokenAgent

Found = Agent | BrokenAgent


@attrs.define(kw_only=True)
class FakeAgentFiles:
    """Files of agents that a test writes down as what they hold."""

    users: Sequence[Found] = ()
    by_root: dict[str, Sequence[Found]] = attrs.field(factory=dict)
    asked: list[str] = attrs.field(factory=list)
    """Every root that was asked for, oldest first."""

    def user(self) -> Sequence[Found]:
        return self.users

    def repository(self, root: str) -> Sequence[Found]:
        self.asked.append(root)
        return self.by_root.get(root, ())
