"""What the store can tell of tokens and costs."""

from typing import Protocol

from threadkeep.domain.usage import Sums, UsageQuery
from threadkeep.ports.session_filter import SessionFilter


class UsageRecords(Protocol):
    """Sums over finished answers. Any method may raise StoreUnavailable or StoreCorrupt."""

    def usage(self, wanted: SessionFilter, asked: UsageQuery) -> Sums:
        """What the answers of the wanted sessions took.

        It takes as long as there are sessions, not messages: sums are kept while answers are stored. An
        answer that a fork copied counts once, where it was given; so a session is stored before its messages.
        """
        ...
