"""Notifications as values, and the queues that their readers take them from."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from threadkeep.client.errors import FellBehind, MalformedAnswer
from threadkeep.values import Value, evolve

if TYPE_CHECKING:
    from threadkeep.protocol.types.hints import RepositoryHinted
    from threadkeep.protocol.types.messages import (
        Delta,
        MessageNotice,
        PartNotice,
        TurnCompleted,
        TurnRetrying,
        TurnStarted,
    )
    from threadkeep.protocol.types.organise import SessionRemoved
    from threadkeep.protocol.types.repositories import TaskChanged
    from threadkeep.protocol.types.server import StoreWarning
    from threadkeep.protocol.types.sessions import SessionChanged

MOST_WAITING = 10_000


class UnknownNotification(Value):
    """A notification that this client does not know, or cannot read; safe to ignore."""

    method: str
    """Its method."""
    params: Any = None
    """Its params, as JSON."""


Notification: TypeAlias = (
    "SessionChanged | SessionRemoved | TaskChanged | RepositoryHinted | TurnStarted | MessageNotice | PartNotice"
    " | Delta | TurnRetrying | TurnCompleted | StoreWarning | UnknownNotification"
)
"""What a server announces: the classes of the protocol's notifications."""


def read_notification(method: str, params: Any) -> Notification:
    """The value of the class that `METHODS` gives for `method`, else an `UnknownNotification`."""
    from threadkeep.client.reading import read
    from threadkeep.protocol.methods import NOTIFICATIONS

    known = NOTIFICATIONS.get(method)
    if known is None:
        return UnknownNotification(method=method, params=params)
    try:
        notification: Notification = read(params, known.params)
    except MalformedAnswer:
        return UnknownNotification(method=method, params=params)
    return notification


class Notifications:
    """An async iterator over what comes after it was made.

    Reading it slowly is harmless: deltas of one text that wait are joined. It ends when the client
    is closed. Iterating raises `ServerGone` when the server dies, and `FellBehind` when more than
    10,000 events were left unread.
    """

    def __init__(self, *, wanted: Callable[[Notification], bool] | None = None) -> None:
        self._wanted = wanted
        self._waiting: deque[list[Notification]] = deque()
        self._arrived = asyncio.Event()
        self._closed = False
        self._error: Exception | None = None

    def add(self, event: Notification) -> None:
        """Puts an event at the end of the queue."""
        if self._closed or (self._wanted is not None and not self._wanted(event)):
            return
        if self._waiting and _continues(self._waiting[-1][-1], event):
            self._waiting[-1].append(event)
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append([event])
        else:
            self._waiting.clear()
            self.close(FellBehind(f"more than {MOST_WAITING} notifications were left unread"))
        self._arrived.set()

    def close(self, error: Exception | None = None) -> None:
        """Takes no more events; after those that wait the iteration ends, with `error` if given."""
        if not self._closed:
            self._closed, self._error = True, error
            self._arrived.set()

    def __aiter__(self) -> "Notifications":
        return self

    async def __anext__(self) -> Notification:
        while not self._waiting:
            if self._error is not None:
                raise self._error
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return _joined(self._waiting.popleft())


def _continues(last: Notification, event: Notification) -> bool:
    from threadkeep.protocol.types.messages import Delta

    return (
        isinstance(last, Delta)
        and isinstance(event, Delta)
        and (last.turn_id, last.message_id, last.kind) == (event.turn_id, event.message_id, event.kind)
        and (last.index, last.tool_call_id) == (event.index, event.tool_call_id)
        and last.offset + _length(last) == event.offset
    )


def _length(delta: "Delta") -> int:
    """Of its text, in the unit of its offset."""
    if delta.kind == "toolOutput":
        return len(delta.text.encode("utf-8", "replace"))
    return utf16_length(delta.text)


def _joined(events: list[Notification]) -> Notification:
    """One of several events, which are deltas then."""
    if len(events) == 1:
        return events[0]
    deltas: Any = events
    text = "".join(delta.text for delta in deltas)
    joined: Notification = evolve(deltas[0], text=text, saved_offset=deltas[-1].saved_offset)
    return joined


def utf16_length(text: str) -> int:
    """The UTF-16 code units of `text`, the unit of the protocol's offsets."""
    return len(text) + sum(character > "\uffff" for character in text)
