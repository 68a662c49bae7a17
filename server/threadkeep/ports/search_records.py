"""What the store can tell of the texts that it holds, for those who search them."""

from collections.abc import Sequence
from typing import Final, Literal, Protocol

from threadkeep.domain.search import WordQuery
from threadkeep.domain.sessions import Session
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.values import Value

SearchField = Literal["content", "note", "title", "tags"]

SOURCES: Final = 6
"""Sources of texts that a store may have."""

Position = tuple[int, ...]
"""How far each of the sources was read, 0 for not at all; only the store that gave it knows them."""

BEGINNING: Final[Position] = (0,) * SOURCES


class StoredText(Value):
    """A text of a session, or of one of its messages."""

    session: Session
    field: SearchField
    """`note` is the message's where there is one, else the session's."""
    text: str
    message_id: str | None = None
    seq: int | None = None
    at: str
    """When the message or the session was made."""
    score: float | None = None
    """Where they are ranked: more is better."""
    place: tuple[int, int] = (0, 0)
    """The source that it was read from, and where in it."""


class TextScan(Value):
    """Some of all texts, the newest first."""

    texts: tuple[StoredText, ...]
    after: Position | None
    """Where the next ones begin; None at the end."""
    done: float
    """About how much of all was read by now, from 0 to 1."""


class SearchRecords(Protocol):
    """Reads texts: the content and notes of messages, the titles, tags and notes of sessions.

    Any method may raise StoreUnavailable or StoreCorrupt. `session_id` leaves out all other sessions.
    Within a source, newest means stored last.
    """

    def found_texts(
        self,
        query: WordQuery,
        wanted: SessionFilter,
        *,
        limit: int,
        after: Position = BEGINNING,
        session_id: str | None = None,
    ) -> Sequence[StoredText]:
        """The newest texts that hold the query, from the position on."""
        ...

    def ranked_texts(
        self,
        query: WordQuery,
        wanted: SessionFilter,
        *,
        limit: int,
        skip: int = 0,
        most: int,
        session_id: str | None = None,
    ) -> Sequence[StoredText] | None:
        """The texts that hold the query, the best first, without the first `skip`; None if more than
        `most` texts of all sessions hold it."""
        ...

    def scanned_texts(
        self,
        wanted: SessionFilter,
        *,
        limit: int,
        after: Position = BEGINNING,
        session_id: str | None = None,
        holding: str = "",
    ) -> TextScan:
        """Looks at the next `limit` texts, the newest first, and gives those of wanted sessions; of those
        that do not hold `holding`, whatever its case, some may be left out."""
        ...


def position_after(after: Position, texts: Sequence[StoredText]) -> Position:
    """The position behind these texts, which were read from that position on."""
    position = list(after)
    for text in texts:
        source, place = text.place
        position[source] = place
    return tuple(position)
