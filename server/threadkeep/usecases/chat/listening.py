"""Asking a model until it has spoken, and what it says beside and at the end of its answer."""

import asyncio
from collections.abc import Awaitable, Callable

from threadkeep.domain.errors import ContextTooLong, ProviderError
from threadkeep.domain.events import TurnRetrying
from threadkeep.domain.messages import STOP_REASON_LENGTH, Message, Usage
from threadkeep.domain.turns import Turn
from threadkeep.ports.models import (
    AnswerExtras,
    Model,
    ModelRequest,
    PartEvent,
    ReasoningDelta,
    Stop,
    TextDelta,
    UsageReport,
)
from threadkeep.ports.runtime import Audience
from threadkeep.usecases.chat.journal import Kind
from threadkeep.usecases.chat.turn_end import Ending, check_end, check_room
from threadkeep.values import Value

FIRST_SECONDS = 0.5
MOST_SECONDS = 30.0
"""A provider that asks for more patience than this is not waited for: the person decides."""


class ModelCall(Value):
    """How a turn asks its model."""

    model: Callable[[], Model]
    request: Callable[[bool], Awaitable[ModelRequest]]
    """The request; given True, a much shorter one, since the provider refused the first."""
    retries: int
    """How often a provider that fails before its first word is asked again."""
    random: Callable[[], float]


def retry_seconds(error: ProviderError, *, attempt: int, retries: int, random: float) -> float | None:
    """Seconds to wait before the next attempt, None if there is to be none.

    attempt: the one that failed, from 1. random: from 0 to 1, so that many clients do not come back at once.
    """
    if not error.retryable or attempt > retries:
        return None
    wanted = error.data.get("retry_after_ms")
    if wanted is not None:
        return wanted / 1000 if wanted / 1000 <= MOST_SECONDS else None
    return min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** (attempt - 1) * (0.75 + random / 2))


END = Stop(reason="endTurn")
"""What a model that says no reason means."""


class Listener:
    """Hears one turn's model. Its methods belong to the event loop."""

    def __init__(
        self,
        turn: Turn,
        *,
        announce: Audience,
        hear: Callable[[Kind, str], None],
        sign: Callable[[str], None],
        change: Callable[[PartEvent], Awaitable[None]],
        so_far: Callable[[], Message],
    ) -> None:
        """hear, sign and change take what is said and done; so_far gives the message with all of it."""
        self._turn = turn
        self._announce = announce
        self._hear = hear
        self._sign = sign
        self._change = change
        self._so_far = so_far
        self._stop: Stop | None = None
        self._has_heard = False
        self.usage: Usage | None = None
        self.extras: list[AnswerExtras] = []

    def failed(self, error: BaseException) -> None:
        """Notes what the turn failed of, unless the model named a reason itself."""
        if self._stop is None and isinstance(error, ProviderError):
            self._stop = _stop_of(error)

    def stop_reason(self, status: Ending) -> str | None:
        """Why a turn of this status stopped; None where nobody told."""
        reason = self._stop.reason[:STOP_REASON_LENGTH] if self._stop else END.reason
        if status in ("completed", "cancelled"):
            return reason if status == "completed" else "cancelled"
        if status == "interrupted":
            return None
        return "error" if reason == END.reason else reason

    async def read(self, call: ModelCall) -> None:
        """Asks until the model has spoken, or must not be asked again. Raises ProviderError."""
        request = await call.request(False)
        attempt, is_shortened = 1, False
        while True:
            try:
                await self._listen(call.model(), request)
                break
            except ContextTooLong:
                if self._has_heard or is_shortened:
                    raise
                is_shortened = True
                request = await call.request(True)
            except ProviderError as error:
                seconds = retry_seconds(error, attempt=attempt, retries=call.retries, random=call.random())
                if self._has_heard or seconds is None:
                    raise
                attempt += 1
                self._announce_retry(error, attempt=attempt, seconds=seconds)
                await asyncio.sleep(seconds)
        check_end(self._stop or END, self._so_far(), provider=self._turn.provider)

    async def _listen(self, model: Model, request: ModelRequest) -> None:
        self._stop = None
        events = model.stream(request)
        try:
            async for event in events:
                match event:
                    case TextDelta(text=text):
                        self._has_heard = True
                        self._hear("text", text)
                    case ReasoningDelta(text=text, signature=signature):
                        self._has_heard = True
                        self._hear("reasoning", text)
                        if signature is not None:
                            self._sign(signature)
                    case UsageReport(usage=usage):
                        self.usage = usage
                    case AnswerExtras():
                        self.extras.append(event)
                    case Stop():
                        self._stop = event
                    case _:
                        self._has_heard = True
                        await self._change(event)
        finally:
            await events.aclose()
        check_room(self._stop or END, self._so_far(), provider=self._turn.provider)

    def _announce_retry(self, error: ProviderError, *, attempt: int, seconds: float) -> None:
        self._announce(
            TurnRetrying(
                session_id=self._turn.session_id,
                turn_id=self._turn.id,
                attempt=attempt,
                kind=error.kind,
                retry_after_ms=round(seconds * 1000),
            )
        )


def _stop_of(error: ProviderError) -> Stop:
    """The stop of a turn that failed of it; an adapter's own error may name a reason (its `stop_reason`)."""
    return Stop(reason=getattr(error, "stop_reason", "error"))
