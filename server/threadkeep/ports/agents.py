"""Agents that people keep as files."""

from collections.abc import Sequence
from typing import Protocol

from threadkeep.domain.agents import Agent, BrokenAgent


class AgentFiles(Protocol):
    """Read anew for every use, as people edit these files at any time. Blocking; raises nothing.

    Within one folder no two agents have the same name: the second is broken.
    """

    def user(self) -> Sequence[Agent | BrokenAgent]:
        """The agents of the user's own folder, by the names of their files."""
        ...

    def repository(self, root: str) -> Sequence[Agent | BrokenAgent]:
        """The agents that lie in a repository at this canonical path, each named `repo:NAME`.

        Whoever asks has made sure that the user trusts this folder.
        """
        ...
