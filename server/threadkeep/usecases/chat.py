"""The conversation: sending, waiting, stopping, carrying on."""

import asyncio
from collections.abc import Sequence

from threadkeep.domain.errors import InvalidValue, TurnNotFound
from threadkeep.domain.messages import Message
from threadkeep.domain.turns import Turn
from threadkeep.usecases import timeline
from threadkeep.usecases.beginning import Beginning, Begun, Outgoing, busy
from threadkeep.usecases.once import Once
from threadkeep.usecases.recovery import Ending
from threadkeep.usecases.running import RunningTurn, Surroundings

POLL_SECONDS = 0.2
"""How often a turn that another process runs is looked at by who waits for it."""


class Chat:
    """Runs the turns of this process. Its coroutines belong to the event loop."""

    def __init__(self, around: Surroundings, beginning: Beginning) -> None:
        self._around = around
        self._beginning = beginning
        self._running: dict[str, RunningTurn] = {}

    async def send(self, outgoing: Outgoing, *, once: Once | None = None) -> Begun:
        """Stores the user's message and starts the turn that answers it; returns before any token.

        Raises SessionNotFound, SessionPaused, SessionEnded, SessionBusy, AgentNotFound, ModelNotFound,
        ProviderNotFound, InvalidValue for a blank text, IdempotencyConflict.
        """
        if not outgoing.text.strip():
            raise InvalidValue("text", "must not be blank")
        return self._start(await self._around.lane(lambda: self._beginning.begin(outgoing, once)))

    async def carry_on(self, session_id: str, *, once: Once | None = None) -> Begun:
        """Starts a new turn that extends the newest answer, if that was cut off.

        Raises SessionNotFound, SessionPaused, SessionEnded, SessionBusy, NothingToContinue,
        ModelNotFound, ProviderNotFound, IdempotencyConflict.
        """
        return self._start(await self._around.lane(lambda: self._beginning.begin_again(session_id, once)))

    async def wait(self, session_id: str, turn_id: str) -> tuple[Turn, Message]:
        """The turn and its message, once it has ended. Raises SessionNotFound, TurnNotFound."""
        while True:
            running = self._of(session_id, turn_id)
            if running is not None:
                return await running.wait()
            turn, message = await self._around.lane(lambda: self._stored(session_id, turn_id))
            if turn.is_final:
                return turn, message
            if self._of(session_id, turn_id) is None:
                await asyncio.sleep(POLL_SECONDS)

    async def cancel(self, session_id: str, turn_id: str | None = None) -> Turn | None:
        """Stops a turn and returns it once its end is stored; a finished one as it is, None if none runs.

        Raises SessionNotFound, TurnNotFound, SessionBusy where another process runs it.
        """
        wanted = turn_id or await self._around.lane(lambda: self._running_turn_id(session_id))
        if wanted is None:
            return None
        # Looked up in the lane even if it runs here: a turn that is being begun is known after that.
        turn, _ = await self._around.lane(lambda: self._stored(session_id, wanted))
        running = self._of(session_id, wanted)
        if running is not None:
            running.stop("cancelled")
            return (await running.wait())[0]
        if not turn.is_final:
            raise busy(turn)
        return turn

    async def stop_session(self, session_id: str) -> None:
        """Stops the turn of a session, if this process runs one, and keeps its text."""
        await self._stop([r for r in self._running.values() if r.turn.session_id == session_id], "cancelled")

    async def stop_all(self) -> None:
        """Interrupts every turn of this process and stores what came."""
        await self._stop(list(self._running.values()), "interrupted")

    @property
    def running_count(self) -> int:
        """Turns that this process runs."""
        return len(self._running)

    def up_to_date(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        """Messages just read from the store, running answers as far as they were announced.

        Only true in the same step of the event loop in which the lane gave the messages: then an
        answer that was read as streaming and is ours cannot have ended yet.
        """
        live = {running.turn.message_id: running for running in self._running.values()}
        return tuple(
            live[message.id].so_far if message.id in live and message.status == "streaming" else message
            for message in messages
        )

    def _start(self, begun: Begun) -> Begun:
        running = RunningTurn(begun.turn, begun.message, around=self._around)
        self._running[begun.turn.id] = running
        models = self._beginning.preferences.models
        running.start(
            lambda: models.get(begun.turn.provider),
            begun.request,
            before=begun.events,
            at_end=lambda: self._running.pop(begun.turn.id),
        )
        return begun

    def _of(self, session_id: str, turn_id: str) -> RunningTurn | None:
        running = self._running.get(turn_id)
        return running if running is not None and running.turn.session_id == session_id else None

    async def _stop(self, turns: Sequence[RunningTurn], ending: Ending) -> None:
        for running in turns:
            running.stop(ending)
        await asyncio.gather(*(running.wait() for running in turns))

    def _running_turn_id(self, session_id: str) -> str | None:
        with self._around.store.reading() as records:
            return timeline.found(records, session_id).running_turn_id

    def _stored(self, session_id: str, turn_id: str) -> tuple[Turn, Message]:
        with self._around.store.reading() as records:
            timeline.found(records, session_id)
            turn = records.turn(turn_id)
            message = records.message(turn.message_id) if turn else None
            if turn is None or message is None or turn.session_id != session_id:
                raise TurnNotFound(turn_id)
            return turn, message
