"""Moving through the tree of messages: nothing is destroyed, only another path is shown. Blocking."""

import asyncio
from collections.abc import Callable

from threadkeep.domain.errors import BranchNotFound, StoreUnavailable
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.labels import clean_title
from threadkeep.domain.messages import Message, TimelineEvent
from threadkeep.domain.sessions import ForkedFrom, Session, last_message
from threadkeep.domain.views import SessionView
from threadkeep.ports.runtime import Ids
from threadkeep.ports.store import Changes, Records
from threadkeep.usecases import timeline
from threadkeep.usecases.chat.turn_end import interrupt_orphan
from threadkeep.usecases.finding import free, message_of, newest_message
from threadkeep.usecases.long_work import LongWork
from threadkeep.usecases.order import IdempotencyKey, record, replay
from threadkeep.usecases.progress import Progress
from threadkeep.usecases.repositories.prefetch import prefetched_for_session
from threadkeep.usecases.repositories.repositories import Repositories
from threadkeep.usecases.steps import IsOver
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Mutable, Value, evolve

MAX_BRANCHES = 200
COPY_PAGE = 32
"""Messages that a fork reads at a time."""
FORK_TRIES = 10
"""So often a fork begins again when words are erased from what it copies."""


class Branch(Value):
    """A path through the tree, named by its end."""

    end: Message
    newest: Message | None
    """The newest message on it that is no entry of the timeline."""
    is_current: bool


class NewFork(Value):
    """What a client wants of a fork; None leaves it as the other session has it."""

    session_id: str
    message_id: str | None = None
    title: str | None = None
    make_current: bool = True
    window_id: str | None = None


class Branches(Value):
    """Chooses what is the visible history of a session, and copies it into new ones."""

    context: StoreContext
    ids: Ids
    long: LongWork

    def rewind(self, session_id: str, message_id: str) -> SessionView:
        """The history ends with this message. Raises SessionNotFound, SessionPaused, SessionEnded,
        SessionBusy, MessageNotFound."""
        return self._with_head(session_id, lambda changes, _: message_of(changes, session_id, message_id))

    def select(self, session_id: str, message_id: str) -> SessionView:
        """The history is the branch that holds the message, up to its newest end.

        Raises SessionNotFound, SessionPaused, SessionEnded, SessionBusy, BranchNotFound.
        """

        def newest_end(changes: Changes, session: Session) -> Message:
            message = changes.message(message_id)
            if message is None or message.session_id != session.id:
                raise BranchNotFound(message_id)
            return changes.newest_below(message)

        return self._with_head(session_id, newest_end)

    def branches(self, session_id: str) -> tuple[Branch, ...]:
        """All branches, the newest first. Raises SessionNotFound."""
        with self.context.store.reading() as records:
            session = timeline.found(records, session_id)
            current = records.path(session, limit=1)
            ends = list(records.ends(session))[:MAX_BRANCHES]
            # After a rewind the visible history ends where others go on.
            if current and current[0].id not in {end.id for end in ends}:
                ends = [*current, *ends]
            return tuple(_branch(records, session, end, is_current=end.id == session.head_id) for end in ends)

    def clear(
        self,
        session_id: str,
        *,
        reason: str | None = None,
        expected_revision: int | None = None,
        once: IdempotencyKey | None = None,
    ) -> SessionView:
        """The history is empty; what was said stays as a branch, which ends with an entry that says so.

        Raises SessionNotFound, SessionPaused, SessionEnded, SessionBusy, RevisionConflict.
        """
        repositories = prefetched_for_session(self.context, session_id)
        with self.context.store.writing() as changes:
            replay(changes, once)
            session = self._free(changes, session_id)
            session.check_revision(expected_revision)
            at = self.context.clock.now()
            if session.head_id is not None:
                event = TimelineEvent(kind="cleared", at=at, reason=reason)
                entry = timeline.timeline_entry(session, id_=self.ids.new(), event=event)
                session = timeline.put_message(changes, session, entry, origin=self.context.store.owner)
                session = session.with_head(None).changed(at=at)
                timeline.put_changed(changes, session, origin=self.context.store.owner)
            view = repositories.view(changes, session)
            record(changes, once, view, at=at)
        self.context.announce(SessionChanged(view=view))
        return view

    async def fork(
        self, new: NewFork, *, once: IdempotencyKey | None = None, progress: Progress | None = None
    ) -> SessionView:
        """A new session with copies of the messages up to one, made step by step; nobody sees it before it is whole.

        Cancelled, it leaves nothing. Raises SessionNotFound, MessageNotFound, StoreUnavailable,
        IdempotencyConflict.
        """
        repositories = await self.context.executor(
            lambda: prefetched_for_session(self.context, new.session_id)
        )
        for _ in range(FORK_TRIES):
            forking = Forking(
                progress=progress,
                context=self.context,
                repositories=repositories,
                new=new,
                once=once,
                id=self.ids.new(),
                ids=self.ids,
            )
            try:
                view = await self._forked(forking, progress)
            except CopyGivenUp:
                continue
            self.context.announce(SessionChanged(view=view))
            return view
        raise StoreUnavailable("Words are erased from the session all the time: fork it again in a moment.")

    async def _forked(self, forking: "Forking", progress: Progress | None) -> SessionView:
        with self.long.busy("making", forking.id):
            try:
                async with self.long.order.changing(forking.new.session_id):
                    view = await self.long.steps.once(forking.step)
                if view is None:  # what it copies stands: nobody needs to wait for the rest
                    view = await self.long.steps.run(forking.step, progress=progress)
                return view
            except BaseException:
                if forking.is_begun:
                    await asyncio.shield(self.context.executor(lambda: self.long.drop(forking.id)))
                raise

    def _with_head(self, session_id: str, choose: Callable[[Changes, Session], Message]) -> SessionView:
        repositories = prefetched_for_session(self.context, session_id)
        with self.context.store.writing() as changes:
            session = self._free(changes, session_id)
            head = choose(changes, session)
            if head.id != session.head_id:
                session = session.with_head(head.id).changed(at=self.context.clock.now())
                timeline.put_changed(changes, session, origin=self.context.store.owner)
            view = repositories.view(changes, session)
        self.context.announce(SessionChanged(view=view))
        return view

    def _free(self, changes: Changes, session_id: str) -> Session:
        session = timeline.found(changes, session_id)
        session.check_writable()
        return free(
            changes, interrupt_orphan(self.context.store, changes, session, at=self.context.clock.now())
        )


class CopyGivenUp(Exception):
    """Words were erased from what is being copied: the copy must not have them."""


class Forking(Mutable):
    """One fork in the making. Blocking: run in the executor."""

    context: StoreContext
    repositories: Repositories
    new: NewFork
    once: IdempotencyKey | None
    progress: Progress | None
    id: str
    ids: Ids
    is_begun: bool = False
    _head_id: str | None = None
    """Where the history ended when this began."""
    _copied_to: int = 0
    """The seq of the last message that was copied."""
    _made: Session | None = None
    """The new session as far as it goes."""

    def step(self, is_over: IsOver) -> SessionView | None:
        """Copies some more messages; when there are none left, the new session is there.

        Raises SessionNotFound, MessageNotFound, CopyGivenUp, IdempotencyConflict.
        """
        with self.context.store.writing(durable=False) as changes:
            old = self._source(changes)
            if not self._copied(changes, old, is_over):
                if self.progress is not None:
                    self.progress.reach(self._made_so_far.message_count, old.message_count)
                return None
        with self.context.store.writing() as changes:
            old = self._source(changes)
            session = self._session(old)
            timeline.put_changed(
                changes, evolve(session, seq=session.seq + 1), origin=self.context.store.owner
            )
            session = timeline.found(changes, session.id)
            if self.new.make_current:
                changes.make_current(session, window_id=self.new.window_id)
            view = self.repositories.view(changes, session)
            record(changes, self.once, view, at=session.created_at)
        return view

    def _source(self, changes: Changes) -> Session:
        """The session that is copied, with the history that it had in the beginning."""
        replay(changes, self.once)
        old = timeline.found(changes, self.new.session_id)
        if self._made is not None:
            if not changes.is_pending("making", self.id):
                raise CopyGivenUp
            return evolve(old, head_id=self._head_id)
        if self.new.message_id is not None:
            old = evolve(old, head_id=message_of(changes, old.id, self.new.message_id).id)
        self._head_id = old.head_id
        at = self.context.clock.now()
        self._made = Session(
            id=self.id,
            key=old.key,
            is_private=old.is_private,
            agent=old.agent,
            forked_from=ForkedFrom(session_id=old.id, message_id=old.head_id),
            created_at=at,
            updated_at=at,
            last_activity_at=at,
        )
        changes.begin_making(self._made, owner=self.context.store.owner)
        self.is_begun = True
        return old

    def _session(self, old: Session) -> Session:
        """The new session as the other one is now: it may have been moved or marked meanwhile."""
        made = self._made_so_far
        title = clean_title(self.new.title or "")
        return evolve(
            made,
            key=old.key,
            links=old.links,
            title=title or old.title,
            title_source="user" if title else old.title_source,
            agent=old.agent,
            model=old.model,
            provider=old.provider,
            tags=old.tags,
            metadata=old.metadata,
        )

    def _copied(self, changes: Changes, old: Session, is_over: IsOver) -> bool:
        """Whether all of the visible history is copied; a running answer is copied as it is now."""
        session, has_copied = self._made_so_far, False
        while page := changes.path_after(old, limit=COPY_PAGE, after_seq=self._copied_to):
            for message in page:
                if has_copied and is_over():
                    return False
                copy = evolve(
                    _at_rest(changes.whole(message), at=self.context.clock.now()),
                    id=self.ids.new(),
                    session_id=self.id,
                    seq=session.seq + 1,
                    parent_id=session.head_id,
                    turn_id=None,
                    status="interrupted" if message.status == "streaming" else message.status,
                )
                changes.put_message(copy)
                self._made = session = evolve(
                    session,
                    seq=copy.seq,
                    head_id=copy.id,
                    message_count=session.message_count + copy.is_counted,
                    last_message=last_message(copy) if copy.is_counted else session.last_message,
                )
                self._copied_to, has_copied = message.seq, True
        return True

    @property
    def _made_so_far(self) -> Session:
        if self._made is None:
            raise RuntimeError("The fork has not begun.")
        return self._made


def _at_rest(message: Message, *, at: str) -> Message:
    """The message without calls of which more is to come: that comes to the one that is copied."""
    if not any(part.is_open for part in message.parts):
        return message
    parts = tuple(
        evolve(part, call=part.call.cut_off(at=at)) if part.call and part.is_open else part
        for part in message.parts
    )
    return evolve(message, parts=parts)


def _branch(records: Records, session: Session, end: Message, *, is_current: bool) -> Branch:
    newest = newest_message(records, evolve(session, head_id=end.id))
    return Branch(end=end, newest=newest, is_current=is_current)
