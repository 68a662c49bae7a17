"""The visible history of a session, as it is shown."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from threadkeep.domain.messages import Message, MessageStatus, Role
from threadkeep.domain.sessions import Session
from threadkeep.values.forms import Filled, whole


class StoredMessage:
    """A message that is shown as it is stored: nothing of it has to be looked at, so that no value is made of it.

    It has no attachment, no event and no error, and it is not being written.
    """

    __slots__ = ("_get", "size", "stored")

    def __init__(self, stored: Mapping[str, Any] | Filled, *, size: int = 0) -> None:
        self.size = size
        """As of a message, from how much room it takes where it is stored."""
        self.stored = stored
        """JSON, by the names of the fields of `Message`, or such JSON as a form that is filled in. What has its default
        may be left out, and a newer version may have added something."""
        self._get: Callable[[str], Any] = stored.get

    @property
    def members(self) -> Mapping[str, Any]:
        """The JSON, whichever of both it is."""
        found: Mapping[str, Any] = (
            self.stored.filled(whole) if isinstance(self.stored, Filled) else self.stored
        )
        return found

    @property
    def id(self) -> str:
        return str(self._get("id"))

    @property
    def session_id(self) -> str:
        return str(self._get("session_id"))

    @property
    def seq(self) -> int:
        return int(self._get("seq"))

    @property
    def role(self) -> Role:
        role: Role = self._get("role")
        return role

    @property
    def status(self) -> MessageStatus:
        status: MessageStatus = self._get("status") or "complete"
        return status

    @property
    def turn_id(self) -> str | None:
        return self._get("turn_id")  # type: ignore[no-any-return]  # a text or nothing

    @property
    def parent_id(self) -> str | None:
        return self._get("parent_id")  # type: ignore[no-any-return]  # as above

    @property
    def is_counted(self) -> bool:
        """As of a message."""
        return self.role != "event"


Entry = Message | StoredMessage
"""What is shown of a history: a value where something of it has to be looked at."""


class HistoryRecords(Protocol):
    """Reads visible histories to show them. Any method may raise StoreUnavailable or StoreCorrupt."""

    def entries(self, session: Session, *, limit: int, before_seq: int | None = None) -> Sequence[Entry]:
        """The newest `limit` messages of the visible history with a seq below `before_seq`, oldest first."""
        ...

    def entries_after(self, session: Session, *, limit: int, after_seq: int) -> Sequence[Entry]:
        """The oldest `limit` messages of the visible history with a seq above `after_seq`, oldest first."""
        ...

    def siblings(self, messages: Sequence[Entry]) -> dict[str, tuple[int, int]]:
        """For each message that has any: its index among its siblings (same parent, both answers or
        both not) and their count. Event entries have none."""
        ...
