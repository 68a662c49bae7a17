"""The trash: sessions go in and come out again; only from there are they erased for good."""

from collections.abc import Iterable
from functools import partial

from threadkeep.domain.errors import NotInTrash, SessionBusy
from threadkeep.domain.events import Event, SessionChanged, SessionRemoved, StoredEvent
from threadkeep.domain.views import SessionView
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.usecases.chat.chat import Chat
from threadkeep.usecases.chat.queue import drop
from threadkeep.usecases.chat.turn_end import interrupt_orphan
from threadkeep.usecases.finding import free
from threadkeep.usecases.long_work import LongWork
from threadkeep.usecases.order import IdempotencyKey, record, replay
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Value, evolve


class Trash(Value):
    """Moves sessions into the trash and out of it, and erases what lies there."""

    context: StoreContext
    chat: Chat
    long: LongWork

    async def move(
        self,
        session_id: str,
        *,
        trashed: bool,
        expected_revision: int | None = None,
        once: IdempotencyKey | None = None,
    ) -> SessionView:
        """The session in the trash, or out of it; again does nothing. In the trash nothing runs or waits:
        a running turn is stopped first and its text kept, and its queue joins the history unanswered.

        Raises SessionNotFound, RevisionConflict, IdempotencyConflict, SessionBusy where another process
        does not let go of a turn.
        """
        move = partial(self._move, session_id, trashed, expected_revision, once)
        try:
            return await self.context.executor(move)
        except SessionBusy:
            await self.chat.stop_session(session_id)
            return await self.context.executor(move)

    async def purge(self, session_id: str, *, once: IdempotencyKey | None = None) -> None:
        """Erases a session from every table and index: out of everybody's sight at once, and then row by row.

        Call `LongWork.finish_erasing` after it. Raises SessionNotFound, NotInTrash, IdempotencyConflict.
        """
        await self.clear(await self.hide(session_id, once=once))

    async def hide(self, session_id: str, *, once: IdempotencyKey | None = None) -> list[str]:
        """The first step of a purge, after which nobody sees the session, and it will be erased whatever happens.

        The ids of what is left to be cleared away. Raises what `purge` does.
        """
        return await self.context.executor(partial(self._hidden, session_id, once))

    async def clear(self, left: Iterable[str]) -> None:
        """What is left to be done after `hide`."""
        for session_id in left:
            await self.long.clear(session_id)

    def trashed(
        self, changes: Changes, session_id: str, *, trashed: bool, expected_revision: int | None = None
    ) -> tuple[SessionView, list[Event]]:
        """Moves a session within a transaction; the events are to be announced after it."""
        session = timeline.found(changes, session_id)
        session.check_revision(expected_revision)
        if trashed == (session.trashed_at is not None):
            return self.context.repositories.view(changes, session), []
        events: list[Event] = []
        at, origin = self.context.clock.now(), self.context.store.owner
        if trashed:
            session = free(changes, interrupt_orphan(self.context.store, changes, session, at=at))
            queued = timeline.queued_turns(changes, session_id)
            session, events = drop(changes, session, queued, origin=origin, at=at)
            session = evolve(session, activity="idle") if queued else session
        session = session.changed(at=at, trashed_at=at if trashed else None)
        timeline.put_changed(changes, session, origin=origin)
        view = self.context.repositories.view(changes, session)
        return view, [*events, SessionChanged(view=view)]

    def _move(
        self, session_id: str, trashed: bool, expected_revision: int | None, once: IdempotencyKey | None
    ) -> SessionView:
        with self.context.store.writing() as changes:
            replay(changes, once)
            view, events = self.trashed(
                changes, session_id, trashed=trashed, expected_revision=expected_revision
            )
            record(changes, once, view, at=self.context.clock.now())
        for event in events:
            self.context.announce(event)
        return view

    def _hidden(self, session_id: str, once: IdempotencyKey | None) -> list[str]:
        is_over = self.long.steps.timer_of_a_step()
        owner = self.context.store.owner
        with self.context.store.writing(erasing=True) as changes:
            replay(changes, once)
            session = timeline.found(changes, session_id)
            if session.trashed_at is None:
                raise NotInTrash(session_id)
            left = [session_id, *changes.give_up_makings(session_id, owner=owner)]
            changes.erase_session(session_id, owner=owner, is_over=is_over)
            if not session.is_private:  # which no other window knows
                gone = StoredEvent(
                    session_id=session_id,
                    seq=session.seq + 1,
                    at=self.context.clock.now(),
                    kind="sessionRemoved",
                    origin=owner,
                )
                changes.put_event(gone)
            record(changes, once, None, at=self.context.clock.now())
        self.context.announce(SessionRemoved(session_id=session_id))
        return left
