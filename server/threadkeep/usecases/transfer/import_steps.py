"""Sessions of any size on their way in, a short transaction at a time: others come in between; apart, since others write in between."""

from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from threadkeep.domain.events import SessionChanged
from threadkeep.domain.messages import Message
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session
from threadkeep.domain.transcripts import usage_of
from threadkeep.domain.transfer import Transcript
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.usecases.steps import IsOver
from threadkeep.usecases.store_context import StoreContext
from threadkeep.usecases.transfer.import_merging import Merge
from threadkeep.usecases.transfer.import_planning import Put, repository_here, untaken
from threadkeep.values import Mutable, evolve, field, members

EVENTS_READ: Final = 1_000
"""More than a purge leaves."""
PURGED_GAP: Final = 2
"""So far the seq of a session moves on that is brought back after a purge, that whoever has seen the old one
reads it anew."""

_COUNTED: Final = frozenset({"seq", "revision", "usage", "message_count", "last_message"})
_OF_HEAD: Final = frozenset({"head_id", "context_summary", "context_summary_seq"})
_TIMES: Final = frozenset({"updated_at", "last_activity_at"})


class Overtaken(Exception):
    """The session changed since it was planned what becomes of it: that has to be planned again."""


class Making(Mutable):
    """A new session, which nobody sees before it is whole. Blocking."""

    context: StoreContext
    planned: Put
    is_begun: bool = False
    _next: int = 0
    """Of the messages, the first that is not stored."""

    def step(self, is_over: IsOver) -> Session | None:
        """Stores some more messages; the session with the last of them. Raises Overtaken, and ValueError for what
        the store does not take."""
        session, messages = self.planned.session, self.planned.transcript.messages
        with self.context.store.writing(durable=False) as changes:
            self._check(changes)
            if not self.is_begun:
                changes.begin_making(session, owner=self.context.store.owner)
            at = self._next
            while at < len(messages) and (at == self._next or not is_over()):
                changes.put_message(messages[at])
                at += 1
            is_whole = at == len(messages)
            if is_whole:
                session = put_session(changes, self.planned.transcript, {}, origin=self.context.store.owner)
                (view,) = self.context.repositories.views(changes, [session])
        self._next, self.is_begun = at, True
        if not is_whole:
            return None
        self.context.announce(SessionChanged(view=view))
        return session

    def _check(self, changes: Changes) -> None:
        session_id = self.planned.session.id
        is_free = changes.session(session_id) is None
        if not is_free or self.is_begun != changes.is_pending("making", session_id):
            raise Overtaken


def put_session(
    changes: Changes, transcript: Transcript, homes: dict[Repository, Repository], *, origin: str
) -> Session:
    """Stores a new session under its repository as it is known here, which is made if it is new.

    homes: what was found in this transaction.
    """
    home = homes.get(transcript.repository) or repository_here(changes, transcript.repository)
    if home is None:
        home = untaken(changes, transcript.repository)
        changes.put_repository(home)
    homes[transcript.repository] = home
    session = transcript.session
    session = evolve(session, key=evolve(session.key, repository_id=home.id))
    oldest = changes.oldest_event_seq(session.id)
    if oldest is not None:  # of one with its id that was purged
        left = changes.events(session.id, after_seq=oldest - 1, limit=EVENTS_READ)
        session = evolve(session, seq=max(session.seq, *(event.seq for event in left)) + PURGED_GAP)
    timeline.put_changed(changes, session, origin=origin)
    if oldest is not None:
        changes.forget_events(session.id, before_seq=session.seq)
    return session


class Growing(Mutable):
    """What a session that is here takes in. Each step leaves a whole session, and the last one moves the end of
    its history: what came in before is a branch, and importing it again goes on there. Blocking."""

    context: StoreContext
    planned: Merge
    is_begun: bool = False
    _waiting: deque[tuple[Message | None, Message]] = field(factory=deque)
    """What is to be stored: what was there before, and what is then."""

    def __post_init__(self) -> None:
        found = self.planned.merged
        self._waiting.extend([*found.finished, *self.planned.marked])
        self._waiting.extend((None, message) for message in found.added)

    def step(self, is_over: IsOver) -> Session | None:
        """Stores some more messages; the session once it has all. Raises Overtaken, and ValueError for what the
        store does not take."""
        waiting = self._waiting.copy()
        with self.context.store.writing(durable=False) as changes:
            here = self._here(changes)
            session = self._grown(changes, here, waiting, is_over)
            if not waiting:
                session = self._ended(changes, session)
            if session != here:
                session = evolve(session, revision=here.revision + 1, seq=session.seq + 1)
                timeline.put_changed(changes, session, origin=self.context.store.owner)
                if session.seq > here.seq + 1:
                    # without an event for each message: whoever has seen the session before reads it anew
                    changes.forget_events(session.id, before_seq=session.seq)
            (view,) = self.context.repositories.views(changes, [session])
        self._waiting, self.is_begun = waiting, True
        if waiting:
            return None
        self.context.announce(SessionChanged(view=view))
        return session

    def _here(self, changes: Changes) -> Session:
        here = changes.session(self.planned.here.id)
        if here is None:
            raise Overtaken
        if not self.is_begun and here != self.planned.here:
            raise Overtaken
        return here

    def _grown(
        self,
        changes: Changes,
        here: Session,
        waiting: deque[tuple[Message | None, Message]],
        is_over: IsOver,
    ) -> Session:
        """The session with some more of the messages, the newest of which may be its last one now."""
        added: list[Message] = []
        usage, seq, count = here.usage, here.seq, 0
        while waiting and (not count or not is_over()):
            before, message = waiting.popleft()
            count += 1
            stored = changes.message(message.id, with_journal=False)
            if before is not None:
                if stored is not None and stored.outline == before.outline:
                    changes.put_message(message)
                    seq += not added
                    if message.usage is not None and before.usage is None:
                        usage += usage_of(here, [message])
            elif stored is None:
                message = evolve(message, seq=seq + 1)
                seq += 1
                changes.put_message(message)
                added.append(message)
        if added:
            usage += usage_of(here, added)
            seq += 1
        return evolve(
            here,
            usage=usage if usage != here.usage else here.usage,
            seq=seq,
            message_count=here.message_count + sum(message.is_counted for message in added),
        )

    def _ended(self, changes: Changes, session: Session) -> Session:
        """The session with what else changes of it, and only that: others may have changed it meanwhile."""
        before, after = self.planned.here, self.planned.session
        changed: dict[str, Any] = {
            name: value
            for name, value in members(after).items()
            if value != getattr(before, name) and name not in _COUNTED | _TIMES
        }
        is_running = session.running_turn_id is not None and changes.turn(session.running_turn_id) is not None
        if "head_id" in changed and (session.head_id != before.head_id or is_running):
            changed = {name: value for name, value in changed.items() if name not in _OF_HEAD}
        last = after.last_message
        if last is not None and (session.last_message is None or last.at > session.last_message.at):
            changed["last_message"] = last
        for name in _TIMES:
            changed[name] = max(getattr(session, name), getattr(after, name))
        return evolve(session, **changed)


def size_of(messages: Iterable[Message]) -> int:
    """About how many characters all parts have, with what lies inside of them."""
    return sum(part.size for message in messages for part in message.parts)
