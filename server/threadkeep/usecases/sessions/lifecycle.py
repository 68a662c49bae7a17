"""Pausing, resuming and ending sessions: a running turn is stopped first, and its text kept."""

from functools import partial

from threadkeep.domain.errors import SessionBusy
from threadkeep.domain.events import Event, MessageAdded, SessionChanged
from threadkeep.domain.messages import TimelineEvent
from threadkeep.domain.sessions import Session, SessionStatus
from threadkeep.domain.views import SessionView
from threadkeep.ports.runtime import Ids
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.usecases.chat.chat import Chat
from threadkeep.usecases.chat.queue import drop
from threadkeep.usecases.chat.turn_end import interrupt_orphan
from threadkeep.usecases.finding import busy
from threadkeep.usecases.order import IdempotencyKey, record, replay
from threadkeep.usecases.repositories.prefetch import prefetched_for_session
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Value, evolve

_ENTRY: dict[SessionStatus, str] = {"paused": "paused", "active": "resumed", "ended": "ended"}


class Lifecycle(Value):
    """Moves sessions between their states; each move leaves an entry in the history."""

    context: StoreContext
    ids: Ids
    chat: Chat

    async def move(
        self,
        session_id: str,
        status: SessionStatus,
        *,
        reason: str | None = None,
        expected_revision: int | None = None,
        once: IdempotencyKey | None = None,
    ) -> SessionView:
        """The session in its new state.

        Raises SessionNotFound, InvalidTransition, RevisionConflict, IdempotencyConflict, SessionBusy
        where another process runs a turn.
        """
        move = partial(self._move, session_id, status, reason, expected_revision, once)
        try:
            view = await self.context.executor(move)
        except SessionBusy:
            # Only where a turn runs: else the move takes effect in its place among all requests.
            await self.chat.stop_session(session_id)
            view = await self.context.executor(move)
        if status == "active":
            await self.chat.go_on(session_id)
        return view

    def _move(
        self,
        session_id: str,
        status: SessionStatus,
        reason: str | None,
        expected_revision: int | None,
        once: IdempotencyKey | None,
    ) -> SessionView:
        repositories = prefetched_for_session(self.context, session_id)
        with self.context.store.writing() as changes:
            replay(changes, once)
            session = timeline.found(changes, session_id)
            session.check_revision(expected_revision)
            at = self.context.clock.now()
            moved = session.moved_to(status, at=at)
            session = self._without_turn(changes, session, at=at)
            queued = timeline.queued_turns(changes, session_id)
            dropped: list[Event] = []
            if status == "ended":
                origin = self.context.store.owner
                if session.activity == "waiting":
                    from threadkeep.usecases.chat.approvals import withdraw_all

                    session, dropped = withdraw_all(changes, session, origin=origin, at=at)
                session, gone = drop(changes, session, queued, origin=origin, at=at)
                dropped += gone
            elif queued:
                session = evolve(session, activity="queued")
            entry = timeline.timeline_entry(
                session,
                id_=self.ids.new(),
                event=TimelineEvent(
                    kind=_ENTRY[status], at=at, from_=session.status, to=moved.status, reason=reason
                ),
            )
            session = timeline.put_message(changes, session, entry, origin=self.context.store.owner)
            session = timeline.put_changed(
                changes, session.moved_to(status, at=at), origin=self.context.store.owner
            )
            view = repositories.view(changes, session)
            record(changes, once, view, at=at)
        events = [*dropped, MessageAdded(message=entry), SessionChanged(view=view)]
        for event in events:
            self.context.announce(event)
        return view

    def _without_turn(self, changes: Changes, session: Session, *, at: str) -> Session:
        session = interrupt_orphan(self.context.store, changes, session, at=at)
        turn = changes.turn(session.running_turn_id) if session.running_turn_id else None
        if turn is not None:
            raise busy(turn)
        return session
