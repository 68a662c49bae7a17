"""Deals with messages one after another: the next is looked at when the task of the one before took its first step."""

import asyncio
from collections import deque
from collections.abc import Callable

from threadkeep.faces.lsp.messages import Message

HOLD_SECONDS = 0.05


class Pump:
    """A queue on the event loop's thread."""

    def __init__(self, receive: Callable[[Message], bool], *, is_held: Callable[[], bool]) -> None:
        """`receive` tells whether it started a task; while `is_held`, nothing more is received."""
        self._receive = receive
        self._is_held = is_held
        self._queue: deque[Message | Callable[[], None]] = deque()
        self._is_scheduled = False
        self._is_stopped = False

    def put(self, messages: list[Message], *, then: Callable[[], None]) -> None:
        """Queues messages; `then` is called when the last of them was received."""
        self._queue.extend(messages)
        self._queue.append(then)
        if not self._is_scheduled:
            self._run()

    def stop(self) -> None:
        """Receives no more."""
        self._is_stopped = True
        self._queue.clear()

    def _run(self) -> None:
        self._is_scheduled = False
        loop = asyncio.get_running_loop()
        while self._queue and not self._is_stopped:
            if self._is_held():
                self._is_scheduled = True
                loop.call_later(HOLD_SECONDS, self._run)
                return
            item = self._queue.popleft()
            if callable(item):
                item()
            elif self._receive(item):
                # behind the first step of the task, which create_task has just put into the loop's queue
                self._is_scheduled = True
                loop.call_soon(self._run)
                return
