"""Brings together one session as the store has it and as it was rescued; nothing of the store is overwritten but what was erased there; apart, since it knows sessions and no file."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from threadkeep.adapters.store.changes import EVENTS_KEPT
from threadkeep.adapters.store.doctor.counters import repair_counters
from threadkeep.adapters.store.doctor.examination import DOCTOR, RepairContext, newest_seq
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.records import SqliteRecords
from threadkeep.adapters.store.tables import event_rows
from threadkeep.domain.events import StoredEvent
from threadkeep.domain.messages import Message
from threadkeep.domain.secrets import without_secrets
from threadkeep.domain.sessions import Session
from threadkeep.domain.turns import Turn
from threadkeep.ports.pending_records import Pending
from threadkeep.values import evolve

AT_ONCE: Final = 200
"""Messages that one transaction stores."""

_BRANCHES: Final = uuid.UUID("5d2a1b0e-6f3c-5c55-9a3e-3f1f6d6f0b7a")
"""The names of messages that are other here than there are made of, so that they are the same each time."""
_FORGET_JOURNAL: Final = "DELETE FROM journal WHERE message_id = ?"

Lineage = Literal["missing", "removed", "behind", "same", "ahead", "apart"]
"""What the store's session is, as seen from the rescued one. Events tell: both have those until they parted."""


class SessionMerge:
    """One session. Each part is to be run in a transaction of its own, in order: others write in between."""

    def __init__(
        self, context: RepairContext, rescued: SqliteStorage, session: Session, turns: Sequence[str]
    ) -> None:
        """session: as it was rescued, under the repository that it has in the store; turns: the ids of its turns
        there, oldest first."""
        self._context = context
        self._ours = context.changes
        self._turns = turns
        self._theirs = theirs = SqliteRecords(rescued)
        self._session = session
        self._events = list(theirs.events(session.id, after_seq=0, limit=10 * EVENTS_KEPT))
        self._names: dict[str, str] = {}
        """What messages are called here that are called otherwise there."""
        self.has_changed = False

    def lineage(self) -> Lineage:
        """How the two came about; see `Lineage`."""
        ours = self._ours.session(self._session.id)
        if ours is None:
            is_removed = event_rows.has_kind(self._context.storage, self._session.id, "sessionRemoved")
            return "removed" if is_removed else "missing"
        mine = list(self._ours.events(ours.id, after_seq=0, limit=10 * EVENTS_KEPT))
        if mine[-1:] == self._events[-1:]:
            return "same"
        if self._events and self._events[-1] in mine:
            return "ahead"
        both = max((at for at, event in enumerate(mine, 1) if event in self._events), default=0)
        is_common = both > 0 or not mine  # without any, an earlier repair did not come to its end
        return "behind" if is_common and all(map(self._is_taken_for_dead, mine[both:])) else "apart"

    def _is_taken_for_dead(self, event: StoredEvent) -> bool:
        """Whether it only says that a turn was interrupted of which more was rescued."""
        turn = self._ours.turn(event.turn_id) if event.turn_id and event.kind == "turnCompleted" else None
        if turn is None or turn.status != "interrupted":
            return False
        ours, theirs = self._ours.message(turn.message_id), self._theirs.message(turn.message_id)
        return ours is not None and theirs is not None and _is_longer(theirs, ours)

    def parts(self) -> Iterator[Sequence[Message]]:
        """The rescued messages, parents first, in pieces for `take`."""
        messages = list(self._theirs.all_messages(self._session.id))
        for start in range(0, len(messages), AT_ONCE):
            yield messages[start : start + AT_ONCE]

    def begin(self, lineage: Lineage) -> None:
        """Makes room for the messages of a session that is missing."""
        if lineage == "missing":
            self._ours.put_session(
                evolve(self._session, head_id=None, running_turn_id=None, activity="idle", message_count=0)
            )

    def take(self, messages: Sequence[Message], lineage: Lineage) -> None:
        """Stores those that are missing or longer."""
        for message in messages:
            ours = self._ours.message(message.id)
            theirs = evolve(message, parent_id=self._named(message.parent_id))
            if ours is None:
                self._put_new(theirs, lineage)
            elif lineage == "behind":
                self._put(evolve(theirs, seq=ours.seq, parent_id=ours.parent_id), before=ours)
            elif lineage == "same":  # but for what is journaled, of which no event tells
                if ours.status == theirs.status == "streaming" and _is_longer(theirs, ours):
                    self._put(theirs, before=ours)
            elif theirs.erased_at is not None and ours.erased_at is None:
                # what was made of its words goes with them, which takes more than the store: who looks next does it
                self._ours.put_pending(Pending(kind="emptying", subject=ours.id, owner=DOCTOR))
            elif (ours.parts, ours.status) != (theirs.parts, theirs.status):
                self._choose(ours, theirs)

    def end(self, lineage: Lineage) -> None:
        """Stores the turns, and the session as it is with what was taken."""
        session = self._ours.session(self._session.id)
        if session is None:
            return
        if lineage == "same":
            return
        running = self._put_turns(session, lineage)
        if lineage == "missing":
            self._context.put_session(evolve(self._session, head_id=self._named(self._session.head_id)))
            self.has_changed = True
        elif lineage == "behind":
            self._go_on(session)
        else:
            self._put_apart(session, running)
        if self.has_changed:
            repair_counters(self._context, [session.id])

    def _put_new(self, message: Message, lineage: Lineage) -> None:
        session = self._ours.session(message.session_id) if lineage == "apart" else None
        if session is not None:
            seq = max(session.seq, newest_seq(self._context.storage, session.id)) + 1
            message = evolve(message, seq=seq)
            self._put(message)
            self._ours.put_session(evolve(session, seq=seq))
            self._tell("messageAdded", seq, message)
        else:
            self._put(message)

    def _put(self, message: Message, *, before: Message | None = None) -> None:
        """Stores the message, with its journal beside it while it is being written."""
        if message == before:
            return
        self.has_changed = True
        if message.status != "streaming":
            self._ours.put_message(message)
            return
        stored = self._theirs.message(message.id, with_journal=False)
        journal = self._theirs.journal(message.id)
        if any(
            kind == "part" for kind, _ in journal
        ):  # whose rows are stored with the message, at their places
            self._ours.put_message(message)
            self._context.storage.rows(_FORGET_JOURNAL, (message.id,))
            return
        parts = stored.parts if stored is not None else message.parts
        self._ours.put_message(evolve(message, parts=parts))
        self._context.storage.rows(_FORGET_JOURNAL, (message.id,))
        for kind, text in journal:
            if kind != "part":
                self._ours.append_journal(message.id, kind, text)

    def _choose(self, ours: Message, theirs: Message) -> None:
        """What to do with two that were the same message: the longer one, or both as branches."""
        is_cut_off = ours.status in {"interrupted", "failed", "cancelled"}
        is_more = ours.parts != theirs.parts or theirs.status == "complete"
        if is_cut_off and is_more and _is_longer(theirs, ours) and not self._is_remarked(ours):
            marks = {
                name: getattr(ours, name) for name in ("is_favourite", "note", "metadata", "seq", "parent_id")
            }
            self._put(self._settled(evolve(theirs, **marks)))
            self._retell(ours)
        elif ours.parts and not _is_longer(ours, theirs):
            name = str(uuid.uuid5(_BRANCHES, f"{theirs.id} {theirs.content}"))
            self._names[theirs.id] = name
            if self._ours.message(name) is None:
                self._put_new(self._settled(evolve(theirs, id=name)), "apart")

    def _is_remarked(self, message: Message) -> bool:
        """Whether somebody has done something to it since it was written: erased it, for one."""
        kind = event_rows.newest_kind(self._context.storage, message.session_id, message.id)
        return not message.parts and kind == "messageAdded"

    def _settled(self, message: Message) -> Message:
        """The message, cut off where it was being written: its turn is not the one that runs here."""
        if message.status != "streaming":
            return message
        return evolve(message, status="interrupted", completed_at=self._context.at)

    def _retell(self, message: Message) -> None:
        session = self._ours.session(message.session_id)
        if session is not None:
            self._ours.put_session(evolve(session, seq=session.seq + 1))
            self._tell("messageAdded", session.seq + 1, message)

    def _put_turns(self, session: Session, lineage: Lineage) -> str | None:
        """Stores those that are missing or further; gives the id of one that runs."""
        running = None
        for turn_id in self._turns:
            turn, ours = self._theirs.turn(turn_id), self._ours.turn(turn_id)
            if turn is None or turn == ours:
                continue
            message = self._ours.message(turn.message_id)
            is_apart = lineage == "apart"
            if is_apart and ours is not None and ours.is_final and not _has_gone_on(ours, turn, message):
                continue
            if turn.status in {"running", "stopping"}:
                is_busy = is_apart and (session.running_turn_id or session.status != "active")
                if message is None or message.status != "streaming" or is_busy:
                    turn = evolve(turn, status="interrupted", ended_at=self._context.at, holder=None)
                    self._interrupt(turn, message)
                else:
                    running = turn.id
            self._ours.put_turn(turn)
        return running

    def _interrupt(self, turn: Turn, message: Message | None) -> None:
        if message is not None and message.status == "streaming":
            parts = without_secrets(message.parts) if turn.redacts else message.parts
            self._ours.put_message(self._settled(evolve(message, parts=parts)))

    def _go_on(self, ours: Session) -> None:
        """The store's session as it went on there, with all that happened between."""
        events = [event for event in self._events if event.seq > ours.seq]
        if not events or events[0].seq > ours.seq + 1:  # who asks for those between is told to begin anew
            event_rows.forget_events(self._context.storage, ours.id)
        for event in events:
            self._ours.put_event(evolve(event, origin=DOCTOR))
        self._context.put_session(self._session)
        self.has_changed = True

    def _put_apart(self, ours: Session, running: str | None) -> None:
        head = self._named(self._session.head_id)
        after = ours
        if head is not None and head != ours.head_id and ours.head_id in {None, *self._way_to(head)}:
            after = evolve(after.with_head(head), last_message=None)
        newest = self._ours.message(after.head_id) if after.head_id else None
        if after.activity == "interrupted" and newest is not None and newest.status == "complete":
            after = evolve(after, activity="idle")
        if running is not None:
            after = evolve(after, running_turn_id=running, activity="running")
        if after != ours:
            self._context.put_session(after)
            self.has_changed = True

    def _way_to(self, head_id: str) -> Iterator[str]:
        message = self._ours.message(head_id)
        while message is not None:
            yield message.id
            message = self._ours.message(message.parent_id) if message.parent_id else None

    def _named(self, message_id: str | None) -> str | None:
        return None if message_id is None else self._names.get(message_id, message_id)

    def _tell(self, kind: Literal["messageAdded"], seq: int, message: Message) -> None:
        event = StoredEvent(
            session_id=message.session_id,
            seq=seq,
            at=self._context.at,
            kind=kind,
            message_id=message.id,
            origin=DOCTOR,
        )
        self._ours.put_event(event)


def _is_longer(one: Message, other: Message) -> bool:
    """Whether it says all that the other one says, and maybe more."""
    return one.content.startswith(other.content) and one.reasoning.startswith(other.reasoning)


def _has_gone_on(ours: Turn, theirs: Turn, message: Message | None) -> bool:
    """Whether a turn that was taken for dead here had come to its end there, with the message that was taken."""
    is_whole = message is not None and message.status != "interrupted"
    return ours.status == "interrupted" and theirs.is_final and is_whole
