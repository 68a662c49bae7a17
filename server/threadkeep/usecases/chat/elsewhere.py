"""Ending turns that other processes run: they are asked to, and one that does not react can be taken over."""

import asyncio
from collections.abc import Awaitable, Callable

from threadkeep.domain.events import SessionChanged
from threadkeep.domain.messages import Message
from threadkeep.domain.turns import Turn
from threadkeep.usecases import timeline
from threadkeep.usecases.chat.turn_end import interrupt_orphan, take_over
from threadkeep.usecases.finding import busy
from threadkeep.usecases.repositories.prefetch import prefetched_for_session
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import evolve

ELSEWHERE_SECONDS = 3.0
"""How long another process may take to end a turn that it was asked to end, before it is told as one that does
not react: more than its look at the store (1 s), its provider's letting go (1 s) and a write."""
AGAIN_SECONDS = 1.0
"""The same for one that was asked before, and may have gone on since."""


class Elsewhere:
    """Belongs to the event loop."""

    def __init__(self, context: StoreContext, *, announce_end: Callable[[str], None]) -> None:
        """announce_end: announces, in the executor, another process's turn that was ended here."""
        self._context = context
        self._announce_end = announce_end
        self._asked: dict[str, tuple[float, str]] = {}
        """The turns that were asked to end: since when, by the loop's time and by the clock."""

    async def cancel(self, turn: Turn, *, wait: Callable[[], Awaitable[tuple[Turn, Message]]]) -> Turn:
        """The turn once its process has ended it; `wait` waits for that. Raises SessionBusy if it does not react."""
        now = asyncio.get_running_loop().time
        await self._context.executor(lambda: self._ask_to_stop(turn))
        asked_at, at = self._asked.setdefault(turn.id, (now(), self._context.clock.now()))
        try:
            async with asyncio.timeout(max(asked_at + ELSEWHERE_SECONDS - now(), AGAIN_SECONDS)):
                ended, _ = await wait()
        except TimeoutError:
            raise busy(turn, unresponsive_since=at) from None
        self._asked.pop(turn.id, None)
        return ended

    async def take_over(self, session_id: str, turn_id: str) -> Turn | None:
        """The turn as it has ended here, if it still ran."""
        turn = await self._context.executor(lambda: self._take_over(session_id, turn_id))
        self._asked.pop(turn_id, None)
        return turn

    def _ask_to_stop(self, turn: Turn) -> None:
        """Marks the turn, which its process looks at; or ends it, if that process is dead."""
        context = self._context
        at, repositories = context.clock.now(), prefetched_for_session(context, turn.session_id)
        with context.store.writing() as changes:
            before = timeline.found(changes, turn.session_id)
            session = interrupt_orphan(context.store, changes, before, at=at)
            has_settled = before.running_turn_id == turn.id and session.running_turn_id is None
            running = changes.turn(turn.id)
            if session.running_turn_id == turn.id and running is not None:
                changes.put_turn(evolve(running, status="stopping"))
                origin = context.store.owner
                session = timeline.put_noted(changes, session, origin=origin, at=at, activity="stopping")
            view = repositories.view(changes, session)
        if has_settled:
            self._announce_end(turn.id)
        else:
            context.announce(SessionChanged(view=view))

    def _take_over(self, session_id: str, turn_id: str) -> Turn | None:
        context = self._context
        with context.store.writing() as changes:
            session, turn = timeline.found(changes, session_id), changes.turn(turn_id)
            is_running = turn is not None and not turn.is_final and session.running_turn_id == turn_id
            if turn is not None and is_running:
                take_over(changes, session, turn, origin=context.store.owner, at=context.clock.now())
                turn = changes.turn(turn_id)
        if is_running:
            self._announce_end(turn_id)
        return turn
