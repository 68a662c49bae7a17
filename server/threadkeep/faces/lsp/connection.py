"""What a handler knows besides the use cases: who is connected, and what this process is."""

from collections.abc import Callable

import attrs

from threadkeep.config import Loaded
from threadkeep.faces.lsp.audience import ConnectionAudience
from threadkeep.faces.lsp.progress import Sender, WorkInProgress


@attrs.frozen(kw_only=True)
class Connection:
    """One client's connection to this process."""

    audience: ConnectionAudience
    sender: Sender
    """Takes what is sent beside the audience's events."""
    settings: Callable[[], Loaded]
    """The settings as they are now."""
    log_path: str | None
    """Where the log is written; None if it cannot be."""
    work: WorkInProgress = attrs.field(
        init=False, default=attrs.Factory(lambda self: WorkInProgress(self.sender), takes_self=True)
    )
    """Its long requests."""
