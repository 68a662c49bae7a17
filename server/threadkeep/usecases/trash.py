"""The trash: sessions go in and come out again; only from there are they erased for good."""

from functools import partial

import attrs

from threadkeep.domain.errors import NotInTrash, SessionBusy, ThreadkeepError
from threadkeep.domain.events import Event, SessionChanged, SessionRemoved, StoredEvent
from threadkeep.domain.views import SessionView
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.usecases.chat import Chat
from threadkeep.usecases.finding import free
from threadkeep.usecases.once import Once, keep, recall
from threadkeep.usecases.queue import drop, queued_turns
from threadkeep.usecases.recovery import settle
from threadkeep.usecases.surroundings import Surroundings


@attrs.frozen(kw_only=True)
class Trash:
    """Moves sessions into the trash and out of it, and erases what lies there."""

    around: Surroundings
    chat: Chat

    async def move(
        self,
        session_id: str,
        *,
        trashed: bool,
        expected_revision: int | None = None,
        once: Once | None = None,
    ) -> SessionView:
        """The session in the trash, or out of it; again does nothing. In the trash nothing runs or waits:
        a running turn is stopped first and its text kept, and its queue joins the history unanswered.

        Raises SessionNotFound, RevisionConflict, IdempotencyConflict, SessionBusy where another process
        does not let go of a turn.
        """
        move = partial(self._move, session_id, trashed, expected_revision, once)
        try:
            return await self.around.lane(move)
        except SessionBusy:
            await self.chat.stop_session(session_id)
            return await self.around.lane(move)

    def purge(self, session_id: str, *, once: Once | None = None) -> None:
        """Erases a session from every table, index and free page. Blocking.

        Raises SessionNotFound, NotInTrash, IdempotencyConflict.
        """
        with self.around.store.writing(erasing=True) as changes:
            recall(changes, once)
            events = [self._purged(changes, session_id)]
            keep(changes, once, None, at=self.around.clock.now())
        for event in events:
            self.around.announce(event)

    def purge_all(self, session_ids: list[str]) -> int:
        """Erases those that are still in the trash, all at once; how many they were. Blocking."""
        if not session_ids:
            return 0
        events: list[Event] = []
        with self.around.store.writing(erasing=True) as changes:
            for session_id in session_ids:
                try:
                    events.append(self._purged(changes, session_id))
                except ThreadkeepError:
                    continue  # taken out of the trash meanwhile, or erased by another window
        for event in events:
            self.around.announce(event)
        return len(events)

    def trashed(
        self, changes: Changes, session_id: str, *, trashed: bool, expected_revision: int | None = None
    ) -> tuple[SessionView, list[Event]]:
        """Moves a session within a transaction; the events are to be announced after it."""
        session = timeline.found(changes, session_id)
        session.check_revision(expected_revision)
        if trashed == (session.trashed_at is not None):
            return self.around.repositories.view(changes, session), []
        events: list[Event] = []
        at, origin = self.around.clock.now(), self.around.store.owner
        if trashed:
            session = free(changes, settle(self.around.store, changes, session, at=at))
            queued = queued_turns(changes, session_id)
            session, events = drop(changes, session, queued, origin=origin, at=at)
            session = attrs.evolve(session, activity="idle") if queued else session
        session = session.changed(at=at, trashed_at=at if trashed else None)
        timeline.put_changed(changes, session, origin=origin)
        view = self.around.repositories.view(changes, session)
        return view, [*events, SessionChanged(view=view)]

    def _move(
        self, session_id: str, trashed: bool, expected_revision: int | None, once: Once | None
    ) -> SessionView:
        with self.around.store.writing() as changes:
            recall(changes, once)
            view, events = self.trashed(
                changes, session_id, trashed=trashed, expected_revision=expected_revision
            )
            keep(changes, once, view, at=self.around.clock.now())
        for event in events:
            self.around.announce(event)
        return view

    def _purged(self, changes: Changes, session_id: str) -> Event:
        session = timeline.found(changes, session_id)
        if session.trashed_at is None:
            raise NotInTrash(session_id)
        changes.erase_session(session_id)
        changes.forget_outcomes(session_id)
        if not session.is_private:  # which no other window knows
            gone = StoredEvent(
                session_id=session_id,
                seq=session.seq + 1,
                at=self.around.clock.now(),
                kind="sessionRemoved",
                origin=self.around.store.owner,
            )
            changes.put_event(gone)
        return SessionRemoved(session_id=session_id)
