"""The turns that run in this process; apart from how one runs, which an editor's start does not need."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from threadkeep.domain.approvals import Approval
from threadkeep.domain.messages import Message
from threadkeep.domain.turns import Turn
from threadkeep.ports.history_records import Entry

if TYPE_CHECKING:  # an editor's start runs none
    from threadkeep.usecases.chat.turn_runner import TurnRunner


Shown = TypeVar("Shown", bound=Entry)


class TurnRegistry:
    """Filled and emptied by the chat, on the event loop."""

    def __init__(self) -> None:
        self._by_id: dict[str, TurnRunner] = {}
        self._lost: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> "Iterator[TurnRunner]":
        return iter(tuple(self._by_id.values()))

    def get(self, turn_id: str) -> "TurnRunner | None":
        """The turn, if it runs here."""
        return self._by_id.get(turn_id)

    def add(self, running: "TurnRunner") -> None:
        """Notes a turn that begins."""
        self._loop = asyncio.get_running_loop()
        self._by_id[running.turn.id] = running

    def remove(self, turn_id: str) -> None:
        """Forgets a turn that has ended."""
        del self._by_id[turn_id]

    def request_cancel(self, turn_id: str) -> None:
        """Ends a turn of this process because another one asks for it; any thread may call it."""
        running = self._by_id.get(turn_id)
        if running is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(running.stop, "cancelled")

    def decided(self, approval: Approval) -> None:
        """Tells a turn of this process that what it asked for was decided; any thread may call it."""
        running = self._by_id.get(approval.turn_id)
        if running is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(running.decided, approval)

    def lose(self, turn_id: str, turn: Turn | None, message: Message | None) -> bool:
        """Takes note that another process has ended a turn so, or erased it. Whether it ran here: then the
        client is told here, once. Any thread may call it."""
        if turn_id in self._lost:
            return True
        running = self._by_id.get(turn_id)
        if running is None or self._loop is None:
            return False
        self._lost.add(turn_id)
        self._loop.call_soon_threadsafe(running.lost, turn, message)
        return True

    def up_to_date(self, messages: Sequence[Shown]) -> tuple[Shown | Message, ...]:
        """Messages just read from the store, running answers as far as they were announced.

        Only true in the same step of the event loop in which the executor gave the messages: then an
        answer that was read as streaming and is ours cannot have ended yet.
        """
        # by turn: one that was taken over, and the one that carries on with it elsewhere, have one message
        live = {(running.turn.id, running.turn.message_id): running for running in self}
        return tuple(
            live[message.turn_id or "", message.id].up_to_date(message)
            if isinstance(message, Message)
            and (message.turn_id, message.id) in live
            and message.status == "streaming"
            else message
            for message in messages
        )
