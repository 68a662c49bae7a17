"""What a handler knows besides the use application: who is connected, and what this process is."""

from collections.abc import Callable

from threadkeep.config import Loaded
from threadkeep.faces.lsp.audience import ConnectionAudience
from threadkeep.faces.lsp.progress import Sender, WorkInProgress
from threadkeep.values import Value, field


class Connection(Value):
    """One client's connection to this process."""

    audience: ConnectionAudience
    sender: Sender
    """Takes what is sent beside the audience's events."""
    settings: Callable[[], Loaded]
    """The settings as they are now."""
    log_path: str | None
    """Where the log is written; None if it cannot be."""
    work: WorkInProgress = field(init=False)
    """Its long requests."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "work", WorkInProgress(self.sender))
