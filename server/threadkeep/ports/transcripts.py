"""What the store can tell of a session as a whole."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from threadkeep.domain.messages import Message


class TranscriptRecords(Protocol):
    """Reads whole sessions. Any method may raise StoreUnavailable or StoreCorrupt."""

    def all_messages(self, session_id: str) -> Sequence[Message]:
        """The messages of a session on all its branches, by seq; a running answer with what is journaled."""
        ...

    def messages_that_may(self, session_id: str, hold: Callable[[str], bool]) -> Iterable[Message]:
        """Of those at least each whose texts `hold` something; it is asked with a message's whole document.

        To be taken once, inside the transaction and before anything is written.
        """
        ...

    def messages_of_time(self, session_id: str, created_at: str) -> Sequence[Message]:
        """The messages of a session on all its branches that were begun at that time; it looks at them all."""
        ...
