"""What the user's settings mean for a conversation, as of now."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from threadkeep.domain.agents import Agent, BrokenAgent

if TYPE_CHECKING:  # an editor's start asks no model
    from threadkeep.ports.models import Models

Titles = Literal["auto", "first-message", "off"]


class Preferences(Protocol):
    """Read anew for every use: settings may change while the server runs."""

    @property
    def models(self) -> "Models": ...

    @property
    def is_model_named(self) -> bool:
        """Whether the default is named down to its model, so that nothing has to be found for it."""
        ...

    @property
    def agents(self) -> Sequence[Agent | BrokenAgent]:
        """Every agent; a later one of the same name wins, also one that cannot be used."""
        ...

    @property
    def default_agent(self) -> str: ...

    @property
    def titles(self) -> Titles: ...

    @property
    def redacts(self) -> bool:
        """Whether secrets are taken out of messages before they are stored."""
        ...

    @property
    def retention_days(self) -> int | None:
        """Days without activity after which a session goes into the trash by itself; None: never."""
        ...

    @property
    def context_messages(self) -> int:
        """How many of the newest messages are sent to a model."""
        ...
