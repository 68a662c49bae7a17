"""The conversation: sending, waiting, stopping, carrying on, asking again."""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from threadkeep.domain.errors import InvalidValue, SessionBusy, ThreadkeepError, TurnNotFound
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.messages import Message, Part
from threadkeep.domain.turns import Turn
from threadkeep.ports.models import Models
from threadkeep.usecases import timeline
from threadkeep.usecases.chat.elsewhere import Elsewhere
from threadkeep.usecases.chat.listening import ModelCall
from threadkeep.usecases.chat.prompt_context import PromptContext
from threadkeep.usecases.chat.queue import drop, selected
from threadkeep.usecases.chat.titles import Titles
from threadkeep.usecases.chat.turn_end import Ending
from threadkeep.usecases.chat.turn_registry import TurnRegistry
from threadkeep.usecases.chat.turn_runner import Ended, TurnRunner
from threadkeep.usecases.chat.turn_start import Begun, Outgoing, TurnStarter
from threadkeep.usecases.order import IdempotencyKey, SessionOrder, replay
from threadkeep.usecases.repositories.prefetch import prefetched_for_session
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import evolve

if TYPE_CHECKING:
    from threadkeep.usecases.chat.approvals import Approvals

POLL_SECONDS = 0.05
"""How often a turn that another process runs is looked at by who waits for it."""

logger = logging.getLogger(__name__)


class Chat:
    """Runs the turns of this process. Its coroutines belong to the event loop."""

    def __init__(
        self,
        context: StoreContext,
        starter: TurnStarter,
        prompt_context: PromptContext,
        titles: Titles,
        *,
        order: SessionOrder,
        running: TurnRegistry,
        elsewhere: Elsewhere,
        approvals: "Callable[[], Approvals]",
    ) -> None:
        self._context = context
        self._starter = starter
        self._prompt_context = prompt_context
        self._titles = titles
        self._order = order
        self._running = running
        self._elsewhere = elsewhere
        self._approvals = approvals
        self._background_tasks: set[asyncio.Task[None]] = set()
        self._last_turns: set[str] = set()
        """Turns after which the queue rests."""
        self._is_stopping = False

    async def send(
        self,
        outgoing: Outgoing,
        *,
        snapshot: Callable[[], tuple[Part, ...] | None] | None = None,
        once: IdempotencyKey | None = None,
    ) -> Begun:
        """Stores the user's message and starts the turn that answers it; returns before any token.

        snapshot: reads the attachments, in the executor. Raises SessionNotFound, SessionPaused, SessionEnded,
        SessionBusy, AgentNotFound, ModelNotFound, ProviderNotFound, MessageNotFound for an edit,
        InvalidValue for a blank text, IdempotencyConflict, and what `snapshot` raises.
        """
        if not outgoing.text.strip():
            raise InvalidValue("text", "must not be blank")
        begin = partial(self._begin, outgoing, snapshot, once)
        try:
            begun = await self._context.executor(begin)
        except SessionBusy as error:
            if outgoing.when_busy != "interrupt":
                raise
            self._last_turns.add(error.data["turn_id"])
            await self.cancel(outgoing.session_id, error.data["turn_id"])
            begun = await self._context.executor(begin)
        return self._start(begun)

    async def carry_on(
        self, session_id: str, message_id: str | None = None, *, once: IdempotencyKey | None = None
    ) -> Begun:
        """Starts a new turn that extends the newest answer, if that was cut off, and is the one that is named.

        Raises SessionNotFound, SessionPaused, SessionEnded, SessionBusy, NothingToContinue,
        ModelNotFound, ProviderNotFound, IdempotencyConflict.
        """
        begin = partial(self._starter.begin_again, session_id, message_id, once)
        return self._start(await self._context.executor(begin))

    async def retry(
        self,
        session_id: str,
        message_id: str | None = None,
        *,
        model: str | None = None,
        once: IdempotencyKey | None = None,
    ) -> Begun:
        """Starts a turn that answers the same question beside an answer, by default the newest.

        Raises SessionNotFound, SessionPaused, SessionEnded, SessionBusy, MessageNotFound, AgentNotFound,
        ModelNotFound, ProviderNotFound, IdempotencyConflict.
        """
        begin = partial(self._starter.begin_alternative, session_id, message_id, model=model, once=once)
        return self._start(await self._context.executor(begin))

    async def wait(self, session_id: str, turn_id: str) -> tuple[Turn, Message]:
        """The turn and its message, once it has ended. Raises SessionNotFound, TurnNotFound."""
        while True:
            running = self._of(session_id, turn_id)
            if running is not None:
                return await running.wait()
            turn, message = await self._context.executor(lambda: self._stored(session_id, turn_id))
            if turn.is_final and message is not None:
                return turn, message
            if self._of(session_id, turn_id) is None:
                await asyncio.sleep(POLL_SECONDS)

    async def cancel(self, session_id: str, turn_id: str | None = None) -> Turn | None:
        """Stops a turn and returns it once its end is stored; a finished one as it is, None if none runs.

        A turn that another process runs is ended there. Raises SessionNotFound, TurnNotFound, SessionBusy
        if that process does not react; see `take_over`.
        """
        wanted = turn_id or await self._context.executor(lambda: self._running_turn_id(session_id))
        if wanted is None:
            await self._context.executor(lambda: self._withdraw(session_id))
            return None
        # Looked up in the executor even if it runs here: a turn that is being begun is known after that.
        turn, _ = await self._context.executor(lambda: self._stored(session_id, wanted))
        running = self._of(session_id, wanted)
        if running is not None:
            running.stop("cancelled")
            return (await running.wait())[0]
        if turn.status == "queued":
            await self.queue(session_id, clear=(wanted,))
            return (await self._context.executor(lambda: self._stored(session_id, wanted)))[0]
        if turn.is_final:
            return turn
        return await self._elsewhere.cancel(turn, wait=lambda: self.wait(session_id, wanted))

    async def take_over(self, session_id: str, turn_id: str | None = None) -> Turn | None:
        """As `cancel`, but a turn whose process does not react is ended here, as `interrupted` and with the text
        that is stored; its queue rests. That process stores nothing of the turn from then on.

        Raises SessionNotFound, TurnNotFound, SessionBusy if the process is of an older version, which would.
        """
        try:
            return await self.cancel(session_id, turn_id)
        except SessionBusy as error:
            if not error.data.get("can_take_over"):
                raise
            wanted = error.data["turn_id"]
        return await self._elsewhere.take_over(session_id, wanted)

    async def queue(self, session_id: str, *, clear: Sequence[str] = ()) -> Sequence[Turn]:
        """The turns that wait, the next one first, after some were taken out.

        Raises SessionNotFound, TurnNotFound for one to clear that does not wait.
        """
        return await self._context.executor(lambda: self._queue(session_id, clear))

    async def go_on(self, session_id: str) -> None:
        """Begins the next turn that waits, if it can. Whoever calls has the session's place in the order."""
        if self._is_stopping:
            return
        begun = await self._context.executor(lambda: self._starter.begin_queued(session_id))
        if isinstance(begun, Begun):
            self._start(begun)
            return
        for event in begun:
            self._context.announce(event)

    async def stop_session(self, session_id: str) -> None:
        """Stops the turn of a session and keeps its text; the queue rests. Raises as `cancel`."""
        turns = [r for r in self._running if r.turn.session_id == session_id]
        self._last_turns |= {running.turn.id for running in turns}
        await self._stop(turns, "cancelled")
        await self.cancel(session_id)

    async def stop_all(self) -> None:
        """Interrupts every turn of this process and stores what came; none is begun any more."""
        self._is_stopping = True
        for task in self._background_tasks:
            task.cancel()
        await self._stop(list(self._running), "interrupted")

    def _begin(
        self,
        outgoing: Outgoing,
        snapshot: Callable[[], tuple[Part, ...] | None] | None,
        once: IdempotencyKey | None,
    ) -> Begun:
        if snapshot is not None:
            # A repeated request gets its answer even if what it attached is gone by now; and no file is
            # read while other processes wait for the transaction.
            with self._context.store.reading() as records:
                replay(records, once)
            outgoing = evolve(outgoing, attachments=snapshot())
        return self._starter.begin(outgoing, once)

    def _start(self, begun: Begun) -> Begun:
        if begun.is_queued:
            for event in begun.events:
                self._context.announce(event)
            # Nothing may be running: the queue may have waited for somebody to come back.
            self._run_in_background(partial(self._go_on_in_order, begun.session.id))
            return begun
        running = TurnRunner(
            begun.turn,
            begun.message,
            context=self._context,
            lose=self._running.lose,
            approvals=self._approvals,
        )
        self._running.add(running)
        models: Models = self._starter.preferences.models
        call = ModelCall(
            model=lambda: models.get(begun.turn.provider),
            request=lambda is_too_long: self._prompt_context.request(begun, is_too_long=is_too_long),
            retries=models.retries(begun.turn.provider),
            random=random.random,
        )
        running.start(call, before=begun.events, at_end=partial(self._after, begun))
        return begun

    def _after(self, begun: Begun, ended: Ended | None) -> None:
        self._running.remove(begun.turn.id)
        if self._is_stopping or ended is None:
            return
        turn, message = ended
        if begun.session.is_nameless:
            self._run_in_background(partial(self._titles.name, begun, message))
        if turn.id in self._last_turns:
            self._last_turns.remove(turn.id)
        elif turn.status in ("completed", "cancelled"):
            self._run_in_background(partial(self._go_on_in_order, turn.session_id))

    async def _go_on_in_order(self, session_id: str) -> None:
        async with self._order.of(session_id):
            await self.go_on(session_id)

    def _run_in_background(self, doing: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.get_running_loop().create_task(_quietly(doing))
        self._background_tasks.add(task)
        task.add_done_callback(self._background_tasks.discard)

    def _of(self, session_id: str, turn_id: str) -> TurnRunner | None:
        running = self._running.get(turn_id)
        return running if running is not None and running.turn.session_id == session_id else None

    async def _stop(self, turns: Sequence[TurnRunner], ending: Ending) -> None:
        for running in turns:
            running.stop(ending)
        # one that was erased meanwhile has no end
        await asyncio.gather(*(running.wait() for running in turns), return_exceptions=True)

    def _queue(self, session_id: str, clear: Sequence[str]) -> Sequence[Turn]:
        context = self._context
        if not clear:
            with context.store.reading() as records:
                timeline.found(records, session_id)
                return timeline.queued_turns(records, session_id)
        at, origin = context.clock.now(), context.store.owner
        repositories = prefetched_for_session(context, session_id)
        with context.store.writing() as changes:
            session = timeline.found(changes, session_id)
            dropped = selected(timeline.queued_turns(changes, session_id), clear)
            session, events = drop(changes, session, dropped, origin=origin, at=at)
            left = timeline.queued_turns(changes, session_id)
            is_waiting = session.running_turn_id or left or session.activity == "waiting"
            activity = session.activity if is_waiting else "idle"
            session = timeline.put_noted(changes, session, origin=origin, at=at, activity=activity)
            events.append(SessionChanged(view=repositories.view(changes, session)))
        for event in events:
            context.announce(event)
        return left

    def _running_turn_id(self, session_id: str) -> str | None:
        with self._context.store.reading() as records:
            return timeline.found(records, session_id).running_turn_id

    def _withdraw(self, session_id: str) -> None:
        """No turn runs: but one that was cut off may still wait for a decision."""
        with self._context.store.reading() as records:
            is_waiting = timeline.found(records, session_id).activity == "waiting"
        if is_waiting:
            self._approvals().withdraw(session_id)

    def _stored(self, session_id: str, turn_id: str) -> tuple[Turn, Message | None]:
        """The turn and its message, which is not there while the turn waits."""
        with self._context.store.reading() as records:
            timeline.found(records, session_id)
            turn = records.turn(turn_id)
            if turn is None or turn.session_id != session_id:
                raise TurnNotFound(turn_id)
            return turn, records.message(turn.message_id)


async def _quietly(doing: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Somebody will come back to what failed: the store says so, or the next request does."""
    try:
        await doing()
    except ThreadkeepError as error:
        logger.info("something beside the conversation failed: %s", error)
