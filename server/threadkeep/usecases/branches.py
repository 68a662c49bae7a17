"""Moving through the tree of messages: nothing is destroyed, only another path is shown. Blocking."""

from collections.abc import Callable

import attrs

from threadkeep.domain.errors import BranchNotFound
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.labels import clean_title
from threadkeep.domain.messages import Message, TimelineEvent
from threadkeep.domain.sessions import ForkedFrom, Session, last_message
from threadkeep.domain.views import SessionView
from threadkeep.ports.store import Changes, Records
from threadkeep.ports.surroundings import Ids
from threadkeep.usecases import timeline
from threadkeep.usecases.finding import free, message_of, newest_message
from threadkeep.usecases.once import Once, keep, recall
from threadkeep.usecases.recovery import settle
from threadkeep.usecases.surroundings import Surroundings

MAX_BRANCHES = 200
COPY_PAGE = 500
"""Messages that a fork reads and writes at a time."""


@attrs.frozen(kw_only=True)
class Branch:
    """A path through the tree, named by its end."""

    end: Message
    newest: Message | None
    """The newest message on it that is no entry of the timeline."""
    is_current: bool


@attrs.frozen(kw_only=True)
class NewFork:
    """What a client wants of a fork; None leaves it as the other session has it."""

    session_id: str
    message_id: str | None = None
    title: str | None = None
    make_current: bool = True
    window_id: str | None = None


@attrs.frozen(kw_only=True)
class Branches:
    """Chooses what is the visible history of a session, and copies it into new ones."""

    around: Surroundings
    ids: Ids

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
        with self.around.store.reading() as records:
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
        once: Once | None = None,
    ) -> SessionView:
        """The history is empty; what was said stays as a branch, which ends with an entry that says so.

        Raises SessionNotFound, SessionPaused, SessionEnded, SessionBusy, RevisionConflict.
        """
        repositories = self.around.looked_at(session_id)
        with self.around.store.writing() as changes:
            recall(changes, once)
            session = self._free(changes, session_id)
            session.check_revision(expected_revision)
            at = self.around.clock.now()
            if session.head_id is not None:
                event = TimelineEvent(kind="cleared", at=at, reason=reason)
                entry = timeline.timeline_entry(session, id_=self.ids.new(), event=event)
                session = timeline.put_message(changes, session, entry, origin=self.around.store.owner)
                session = session.with_head(None).changed(at=at)
                timeline.put_changed(changes, session, origin=self.around.store.owner)
            view = repositories.view(changes, session)
            keep(changes, once, view, at=at)
        self.around.announce(SessionChanged(view=view))
        return view

    def fork(self, new: NewFork, *, once: Once | None = None) -> SessionView:
        """A new session with copies of the messages up to one. Raises SessionNotFound, MessageNotFound."""
        repositories = self.around.looked_at(new.session_id)
        with self.around.store.writing() as changes:
            recall(changes, once)
            old = timeline.found(changes, new.session_id)
            if new.message_id is not None:
                old = attrs.evolve(old, head_id=message_of(changes, old.id, new.message_id).id)
            session = self._forked(changes, old, new)
            if new.make_current:
                changes.make_current(session, window_id=new.window_id)
            view = repositories.view(changes, session)
            keep(changes, once, view, at=session.created_at)
        self.around.announce(SessionChanged(view=view))
        return view

    def _forked(self, changes: Changes, old: Session, new: NewFork) -> Session:
        at = self.around.clock.now()
        title = clean_title(new.title or "")
        session = Session(
            id=self.ids.new(),
            key=old.key,
            links=old.links,
            is_private=old.is_private,
            title=title or old.title,
            title_source="user" if title else old.title_source,
            agent=old.agent,
            model=old.model,
            provider=old.provider,
            tags=old.tags,
            metadata=old.metadata,
            forked_from=ForkedFrom(session_id=old.id, message_id=old.head_id),
            created_at=at,
            updated_at=at,
            last_activity_at=at,
        )
        changes.put_session(session)
        session = self._copied(changes, old, session)
        return timeline.put_changed(
            changes, attrs.evolve(session, seq=session.seq + 1), origin=self.around.store.owner
        )

    def _copied(self, changes: Changes, old: Session, session: Session) -> Session:
        """The session with copies of the other's visible history; a running answer is copied as it is now."""
        after = 0
        while page := changes.path_after(old, limit=COPY_PAGE, after_seq=after):
            for message in page:
                copy = attrs.evolve(
                    message,
                    id=self.ids.new(),
                    session_id=session.id,
                    seq=session.seq + 1,
                    parent_id=session.head_id,
                    turn_id=None,
                    status="interrupted" if message.status == "streaming" else message.status,
                )
                changes.put_message(copy)
                session = attrs.evolve(
                    session,
                    seq=copy.seq,
                    head_id=copy.id,
                    message_count=session.message_count + copy.is_counted,
                    last_message=last_message(copy) if copy.is_counted else session.last_message,
                )
            after = page[-1].seq
        return session

    def _with_head(self, session_id: str, choose: Callable[[Changes, Session], Message]) -> SessionView:
        repositories = self.around.looked_at(session_id)
        with self.around.store.writing() as changes:
            session = self._free(changes, session_id)
            head = choose(changes, session)
            if head.id != session.head_id:
                session = session.with_head(head.id).changed(at=self.around.clock.now())
                timeline.put_changed(changes, session, origin=self.around.store.owner)
            view = repositories.view(changes, session)
        self.around.announce(SessionChanged(view=view))
        return view

    def _free(self, changes: Changes, session_id: str) -> Session:
        session = timeline.found(changes, session_id)
        session.check_writable()
        return free(changes, settle(self.around.store, changes, session, at=self.around.clock.now()))


def _branch(records: Records, session: Session, end: Message, *, is_current: bool) -> Branch:
    newest = newest_message(records, attrs.evolve(session, head_id=end.id))
    return Branch(end=end, newest=newest, is_current=is_current)
