"""Follows one turn from its start to its end."""

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, TypeVar

from threadkeep.client.errors import ServerGone
from threadkeep.client.notifications import Notifications
from threadkeep.protocol.request import Request
from threadkeep.protocol.types.chat import (
    CancelParams,
    CancelResult,
    ContinueParams,
    ContinueResult,
    EditParams,
    RetryParams,
    RetryResult,
    SendParams,
    SendResult,
)
from threadkeep.protocol.types.messages import Delta, Message, PartNotice, Turn, TurnCompleted, TurnRetrying

T = TypeVar("T")

Starting = SendParams | ContinueParams | RetryParams | EditParams
"""The params of a request that starts a turn."""


class Watching(Protocol):
    """What a turn needs of its client."""

    async def request(self, params: Request[T]) -> T:
        """Sends the request that has these params."""
        ...

    def subscribe(self, notifications: Notifications) -> None:
        """Adds a reader of notifications."""
        ...


class TurnStream:
    """A turn that is being watched: iterate over its deltas, then read `message`.

    Entering the context starts the turn. Leaving it early stops the watching, not the turn, which
    belongs to the session: `await turn.cancel()` stops it and keeps what came.
    """

    def __init__(self, client: Watching, params: Starting) -> None:
        self.session_id = params.session_id
        self.turn_id = ""
        """Set once the context is entered."""
        self.message_id = ""
        """The message that the answer is written to; set once the context is entered."""
        self.user_message: Message | None = None
        """The user's message as stored; None where an old one is answered."""
        self.is_queued = False
        """Whether it waits for another turn to end; set once the context is entered."""
        self.on_retrying: Callable[[TurnRetrying], None] | None = None
        """Called while the deltas are read, when the provider failed and is asked again after a while."""
        self.on_part: Callable[[PartNotice], None] | None = None
        """Called while the deltas are read, when a tool call, a plan or the like came or changed."""
        self.completed: TurnCompleted | None = None
        """Set once the turn has ended."""
        self._client = client
        self._start: Request[SendResult | ContinueResult | RetryResult] = params
        self._events = Notifications(wanted=self._is_ours)

    async def __aenter__(self) -> "TurnStream":
        self._client.subscribe(self._events)
        started = await self._client.request(self._start)
        self.turn_id, self.message_id = started.turn_id, started.assistant_message_id
        if isinstance(started, SendResult):
            self.user_message, self.is_queued = started.user_message, started.is_queued
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._events.close()

    def __aiter__(self) -> "TurnStream":
        return self

    async def __anext__(self) -> Delta:
        while self.completed is None:
            try:
                event = await anext(self._events)
            except StopAsyncIteration:
                self._check_ended()
                break
            if isinstance(event, Delta) and event.turn_id == self.turn_id:
                return event
            if isinstance(event, PartNotice) and event.turn_id == self.turn_id and self.on_part:
                self.on_part(event)
            if isinstance(event, TurnRetrying) and event.turn_id == self.turn_id and self.on_retrying:
                self.on_retrying(event)
            if isinstance(event, TurnCompleted) and event.turn.id == self.turn_id:
                self.completed = event
                self._events.close()
        raise StopAsyncIteration

    async def finish(self) -> TurnCompleted:
        """Waits for the end of the turn and gives it; deltas that were not read are skipped."""
        async for _ in self:
            pass
        assert self.completed is not None  # noqa: S101 - the loop ends no other way
        return self.completed

    async def cancel(self) -> CancelResult:
        """Stops the turn and keeps what came; a turn that has ended stays as it is."""
        return await self._client.request(CancelParams(session_id=self.session_id, turn_id=self.turn_id))

    @property
    def turn(self) -> Turn:
        """The turn in its final state; `RuntimeError` before the end."""
        return self._at_the_end().turn

    @property
    def message(self) -> Message:
        """The answer as stored; `RuntimeError` before the end."""
        return self._at_the_end().message

    def _at_the_end(self) -> TurnCompleted:
        if self.completed is None:
            raise RuntimeError("the turn has not ended: iterate over it, or await finish()")
        return self.completed

    def _is_ours(self, event: object) -> bool:
        kinds = Delta | PartNotice | TurnRetrying | TurnCompleted
        return isinstance(event, kinds) and event.session_id == self.session_id

    def _check_ended(self) -> None:
        # another reader of this turn may have met its end
        if self.completed is None:
            reason = "the client was closed before the turn ended"
            raise ServerGone(exit_code=None, stderr_tail="", reason=reason)
