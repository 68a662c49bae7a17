"""The end of an answer that the store refuses, until somebody can store it."""

import asyncio
import threading
from collections.abc import Callable

import attrs

from threadkeep.domain.events import Event
from threadkeep.domain.messages import Failure, Message
from threadkeep.domain.turns import Turn

UNSTORED = (
    "The answer is whole, but only in this process's memory: it is stored by the first write that succeeds. "
    "Do not close the editor before that."
)


def unstored(turn: Turn, message: Message, failure: Failure) -> tuple[Turn, Message]:
    """The turn and its message as they are told as long as their end is not stored."""
    failure = attrs.evolve(failure, message=f"{failure.message} {UNSTORED}")
    return (
        attrs.evolve(turn, status="failed", error=failure),
        attrs.evolve(message, status="failed", error=failure),
    )


class Lost(Exception):
    """The turn belongs to this process no more, and who has it was told."""


class Storing:
    """Stores the end of a turn, once: whoever writes next may do it too. Any thread may call it."""

    def __init__(self, store: Callable[[], list[Event]], *, wake: asyncio.Event) -> None:
        """wake: set when it is stored. Make it on the event loop."""
        self._store = store
        self._wake = wake
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self.events: list[Event] | None = None
        """What is to be announced then."""

    def __call__(self) -> None:
        with self._lock:
            if self.events is None:
                self.events = self._store()
                self._loop.call_soon_threadsafe(self._wake.set)


class NothingOwed:
    """For a store that nobody tells of its debts: each turn tries again by itself."""

    def __init__(self) -> None:
        self._owed: dict[str, Callable[[], object]] = {}

    def owe(self, turn_id: str, pay: Callable[[], object]) -> None:
        self._owed[turn_id] = pay

    def tell(self, turn: Turn, message: Message) -> None:
        """Only who waits is told."""

    def forget(self, turn_id: str) -> None:
        self._owed.pop(turn_id, None)

    def pay(self) -> None:
        for pay in tuple(self._owed.values()):
            pay()
