"""What the store can tell of a session as a whole."""

from collections.abc import Sequence
from typing import Protocol

from threadkeep.domain.messages import Message


class TranscriptRecords(Protocol):
    """Reads whole sessions. Any method may raise StoreUnavailable or StoreCorrupt."""

    def all_messages(self, session_id: str) -> Sequence[Message]:
        """The messages of a session on all its branches, by seq; a running answer with what is journaled."""
        ...
