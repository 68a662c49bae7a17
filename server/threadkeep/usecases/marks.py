"""A person's marks on single messages, and erasing what should never have been said. Blocking."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from threadkeep.domain.errors import MessageNotFound
from threadkeep.domain.events import Event, MessageAdded, SessionChanged
from threadkeep.domain.labels import clean_note
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import DEFAULT_TITLE, Session, title_from
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.usecases.finding import free
from threadkeep.usecases.once import Once, keep, recall
from threadkeep.usecases.queue import drop
from threadkeep.usecases.repositories import Repositories
from threadkeep.usecases.surroundings import Surroundings

MAX_FORKS = 1000


@attrs.frozen(kw_only=True)
class Marks:
    """Changes what is written beside messages, in sessions of any state."""

    around: Surroundings

    def update(self, message_id: str, fields: Mapping[str, Any], *, once: Once | None = None) -> Message:
        """Sets is_favourite, note, metadata; what is not in `fields` is kept. Raises MessageNotFound, InvalidValue."""
        clean_note(fields.get("note"))
        with self.around.store.writing() as changes:
            recall(changes, once)
            message = _found(changes, message_id, with_journal=False)
            wanted = {**fields, **({"metadata": fields["metadata"] or {}} if "metadata" in fields else {})}
            different = {name: value for name, value in wanted.items() if getattr(message, name) != value}
            changed = attrs.evolve(message, **different)
            if different:
                self._put(changes, changed)
            changed = _found(changes, message_id)
            keep(changes, once, changed, at=self.around.clock.now())
        if different:
            self.around.announce(MessageAdded(message=changed))
        return changed

    def erase(self, message_id: str) -> Message:
        """Takes the text of a message and of its copies in forks out of everything that is stored.

        The message keeps its place. Call `StoreCare.finish_erasing` after it. Raises MessageNotFound, SessionBusy while it is being written.
        """
        events: list[Event] = []
        repositories = self._looked_at(message_id)
        with self.around.store.writing(erasing=True) as changes:
            self._drop_queued(changes, message_id)
            message = _found(changes, message_id)
            erased = message
            for copy in list(_with_copies(changes, message)):
                session = timeline.found(changes, copy.session_id)
                if copy.status == "streaming":
                    free(changes, session)
                done = _emptied(copy)
                erased = done if copy.id == message.id else erased
                self._put(changes, done)
                session = self._without_traces(changes, copy)
                events += [
                    MessageAdded(message=done),
                    SessionChanged(view=repositories.view(changes, session)),
                ]
        for event in events:
            self.around.announce(event)
        return erased

    def _looked_at(self, message_id: str) -> Repositories:
        """As the transaction needs them: forks are of the same repository, nearly always."""
        with self.around.store.reading() as records:
            message = records.message(message_id)
        return self.around.looked_at(message.session_id) if message else self.around.repositories

    def _drop_queued(self, changes: Changes, message_id: str) -> None:
        """A message that waits joins the history, as what is taken out of the queue does."""
        waiting = [turn for turn in changes.running_turns() if turn.user_message_id == message_id]
        for turn in waiting:
            if turn.status == "queued":
                session = timeline.found(changes, turn.session_id)
                drop(changes, session, [turn], origin=self.around.store.owner, at=self.around.clock.now())

    def _put(self, changes: Changes, message: Message) -> None:
        session = timeline.found(changes, message.session_id)
        at, origin = self.around.clock.now(), self.around.store.owner
        timeline.put_remarked(changes, session, message, origin=origin, at=at)

    def _without_traces(self, changes: Changes, message: Message) -> Session:
        """The session without what was made of the message: preview, title, summary, draft, stored answers."""
        session = timeline.found(changes, message.session_id)
        fields: dict[str, Any] = {"context_summary": None, "context_summary_seq": 0}
        if session.last_message is not None and session.last_message.preview == message.preview:
            fields["last_message"] = attrs.evolve(session.last_message, preview="")
        is_first = message.parent_id is None or _is_first(changes, message.parent_id)
        if session.title == title_from(message.content) or (session.title_source == "generated" and is_first):
            fields |= {"title": DEFAULT_TITLE, "title_source": "default"}
        session = session.changed(at=self.around.clock.now(), **fields)
        timeline.put_changed(changes, session, origin=self.around.store.owner)
        for draft in changes.drafts(session.id):
            if message.content and message.content in draft.text:
                changes.put_draft(attrs.evolve(draft, text=""))
        changes.forget_outcomes(message.id)
        changes.forget_outcomes(session.id)
        return session


def _found(changes: Changes, message_id: str, *, with_journal: bool = True) -> Message:
    message = changes.message(message_id, with_journal=with_journal)
    if message is None:
        raise MessageNotFound(message_id)
    return message


def _is_first(changes: Changes, message_id: str) -> bool:
    message = changes.message(message_id)
    return message is not None and message.parent_id is None


def _emptied(message: Message) -> Message:
    """The message without anything that was said, or sent along."""
    return attrs.evolve(message, parts=(), metadata={}, note=None)


def _with_copies(changes: Changes, message: Message) -> Iterator[Message]:
    """The message, and the copies that forks of its session hold: the same words, said at the same time."""
    yield message
    forks = changes.sessions(
        SessionFilter(forked_from=message.session_id, archived="include", trashed="include"),
        SessionSort(),
        limit=MAX_FORKS,
    )
    for fork in forks:
        for copy in _all_messages(changes, fork):
            if (copy.created_at, copy.role, copy.parts) == (message.created_at, message.role, message.parts):
                yield from _with_copies(changes, copy)


def _all_messages(changes: Changes, session: Session) -> Iterator[Message]:
    """The messages of all branches, each once."""
    seen: set[str] = set()
    for end in changes.ends(session):
        for message in changes.path(attrs.evolve(session, head_id=end.id), limit=session.seq + 1):
            if message.id not in seen:
                seen.add(message.id)
                yield message
