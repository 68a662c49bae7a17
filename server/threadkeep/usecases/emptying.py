"""Taking the words out of a message, and out of all that was made of them."""

from collections.abc import Iterator
from typing import Any, Final

from threadkeep.domain.events import Event, MessageAdded, SessionChanged
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import DEFAULT_TITLE, Session, title_from
from threadkeep.ports.pending_records import Pending
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Changes, Records
from threadkeep.usecases import timeline
from threadkeep.usecases.finding import free
from threadkeep.usecases.steps import IsOver
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Mutable, evolve

MAX_FORKS: Final = 1000


class Emptying(Mutable):
    """One message, step by step; again does no harm. Blocking: run in the executor."""

    context: StoreContext
    message_id: str
    _texts: list[str] | None = None
    """What stands in answers that are kept for repeated requests, and is to go with them."""
    _place: str = ""

    def step(self, is_over: IsOver) -> bool | None:
        """Does some of it in a transaction of its own; True when all is done."""
        emptied, told = None, list[Event]()
        with self.context.store.writing(durable=False, erasing=True) as changes:
            pending = pending_emptying(changes, self.message_id)
            if pending is None:
                return True  # another process was as fast
            if self._texts is None:
                message = changes.message(self.message_id)
                if message is not None and pending.source is None:
                    emptied = empty(changes, message, self.context, told=told)
                    changes.put_pending(evolve(pending, source=message.session_id))
                self._texts = [self.message_id, *([message.session_id] if message else [])]
            is_done = self._forget(changes, is_over)
            if is_done:
                changes.remove_pending("emptying", self.message_id)
        for event in told:
            self.context.announce(event)
        if emptied is not None:
            announce_emptied(self.context, emptied)
        return is_done or None

    def _forget(self, changes: Changes, is_over: IsOver) -> bool:
        while self._texts:
            place = changes.forget_outcomes(self._texts[-1], after=self._place, is_over=is_over)
            self._place = place or ""
            if place is not None:
                return False
            self._texts.pop()
        return True


def pending_emptying(records: Records, message_id: str) -> Pending | None:
    """What is left to be done for a message; with a source its words are gone, and what is said in it since stays."""
    if not records.is_pending("emptying", message_id):
        return None
    return next(
        (each for each in records.pending() if (each.kind, each.subject) == ("emptying", message_id)), None
    )


def is_to_be_emptied(records: Records, message_id: str) -> bool:
    """Whether a message still has the words that were erased from the one that it was copied from."""
    pending = pending_emptying(records, message_id)
    return pending is not None and pending.source is None


def empty(changes: Changes, message: Message, context: StoreContext, *, told: list[Event]) -> Message | None:
    """Stores the message without its words, and its session without what was made of them.

    told: gets what else is to be announced once that is stored. Gives the message as it is then; None if it had none. Raises SessionBusy while it is being written.
    """
    session = timeline.found(changes, message.session_id)
    if message.status == "streaming":
        free(changes, session)
    # an import must not bring them back
    erased_at = message.erased_at or context.clock.now()
    emptied = evolve(message, parts=(), metadata={}, note=None, erased_at=erased_at)
    if emptied == message:
        return None
    at, origin = context.clock.now(), context.store.owner
    if session.activity == "waiting":
        from threadkeep.usecases.chat.approvals import withdraw_all  # seldom

        session, closed = withdraw_all(changes, session, origin=origin, at=at)
        told += closed
    timeline.put_remarked(changes, session, emptied, origin=origin, at=at)
    _clean_session(changes, message, origin=origin, at=context.clock.now())
    return emptied


def announce_emptied(context: StoreContext, emptied: Message) -> None:
    """Tells what changed with it; after the transaction, for a folder may be looked at."""
    context.announce(MessageAdded(message=emptied))
    with context.store.reading() as records:
        session = records.session(emptied.session_id)
        view = context.repositories.view(records, session) if session else None
    if view is not None:
        context.announce(SessionChanged(view=view))


def copies(records: Records, message: Message) -> tuple[list[Message], set[str]]:
    """The copies on other branches, and those that forks hold, and forks of those: the same words, said at the same time.

    Gives also the ids of all forks that were looked at. It looks at every message of each.
    """
    found = twins(records, message)
    looked_at: set[str] = set()
    sources = [message]
    while sources:
        for fork in forks(records, sources.pop().session_id):
            looked_at.add(fork.id)
            for copy in records.messages_of_time(fork.id, message.created_at):
                if _is_copy(copy, message):
                    found.append(copy)
                    sources.append(copy)
    return found, looked_at


def twins(records: Records, message: Message) -> list[Message]:
    """Its copies in its own session: an import puts what follows a record with other words below both."""
    if not message.parts:
        return []
    same = [
        each
        for each in records.messages_of_time(message.session_id, message.created_at)
        if each.id != message.id and (each.role, each.parts) == (message.role, message.parts)
    ]
    return [each for each in same if not _is_on_path(records, *sorted([each, message], key=lambda m: m.seq))]


def _is_on_path(records: Records, upper: Message, lower: Message) -> bool:
    """Whether the one was said before the other: then somebody says the same again."""
    above: Message | None = lower
    while above is not None and above.id != upper.id:
        above = records.message(above.parent_id) if above.parent_id else None
    return above is not None


def _is_copy(copy: Message, message: Message) -> bool:
    """Whether both say and do the same; a call that went on is in the copy as it was."""
    calls = [[part.call.id for part in each.kept.values() if part.call] for each in (copy, message)]
    return (copy.role, copy.outline.parts, calls[0]) == (message.role, message.outline.parts, calls[1])


def forks(records: Records, session_id: str) -> Iterator[Session]:
    """The forks of a session, wherever they lie."""
    yield from records.sessions(
        SessionFilter(forked_from=session_id, archived="include", trashed="include"),
        SessionSort(),
        limit=MAX_FORKS,
    )


def _clean_session(changes: Changes, message: Message, *, origin: str, at: str) -> None:
    """Takes what was made of the message out of its session: preview, title, summary, draft."""
    session = timeline.found(changes, message.session_id)
    fields: dict[str, Any] = {"context_summary": None, "context_summary_seq": 0}
    if session.last_message is not None and session.last_message.preview == message.preview:
        fields["last_message"] = evolve(session.last_message, preview="")
    is_first = message.parent_id is None or _is_first(changes, message.parent_id)
    if session.title == title_from(message.content) or (session.title_source == "generated" and is_first):
        fields |= {"title": DEFAULT_TITLE, "title_source": "default"}
    session = session.changed(at=at, **fields)
    timeline.put_changed(changes, session, origin=origin)
    for draft in changes.drafts(session.id):
        texts = (draft.text, *(attachment.text or "" for attachment in draft.attachments))
        if message.content and any(message.content in text for text in texts):
            changes.put_draft(draft.emptied)


def _is_first(changes: Changes, message_id: str) -> bool:
    message = changes.message(message_id)
    return message is not None and message.parent_id is None
