"""A person's marks on single messages, and erasing what should never have been said. Blocking."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from threadkeep.domain.errors import MessageNotFound
from threadkeep.domain.events import Event, MessageAdded
from threadkeep.domain.labels import clean_note
from threadkeep.domain.messages import Message
from threadkeep.ports.pending_records import Pending
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.usecases.chat.queue import drop
from threadkeep.usecases.emptying import announce_emptied, copies, empty, forks, twins
from threadkeep.usecases.long_work import LongWork
from threadkeep.usecases.order import IdempotencyKey, record, replay
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Value, evolve


class Annotations(Value):
    """Changes what is written beside messages, in sessions of any state."""

    context: StoreContext
    long: LongWork

    def update(
        self, message_id: str, fields: Mapping[str, Any], *, once: IdempotencyKey | None = None
    ) -> Message:
        """Sets is_favourite, note, metadata; what is not in `fields` is kept. Raises MessageNotFound, InvalidValue."""
        clean_note(fields.get("note"))
        with self.context.store.writing() as changes:
            replay(changes, once)
            message = _found(changes, message_id, with_journal=False)
            wanted = {**fields, **({"metadata": fields["metadata"] or {}} if "metadata" in fields else {})}
            different = {name: value for name, value in wanted.items() if getattr(message, name) != value}
            changed = evolve(message, **different)
            if different:
                self._put(changes, changed)
            changed = _found(changes, message_id)
            record(changes, once, changed, at=self.context.clock.now())
        if different:
            self.context.announce(MessageAdded(message=changed))
        return changed

    async def erase(self, message_id: str) -> Message:
        """Takes the text of a message and of its copies out of everything that is stored.

        The message keeps its place. Call `LongWork.finish_erasing` after it. Raises MessageNotFound, SessionBusy while it is being written.
        """
        erased, left = await self.begin_erasing(message_id)
        await self.go_on(left)
        return erased

    async def begin_erasing(self, message_id: str) -> tuple[Message, list[Pending]]:
        """The first step, after which the message has no words, and its copies will lose them whatever happens.

        Gives the message and what is left for `go_on`. Raises what `erase` does.
        """
        while True:
            looked = await self.context.side_executor(partial(self._looked_for, message_id))
            begun = await self.context.executor(partial(self._begun, message_id, *looked))
            if begun is not None:
                break
        emptied, is_new, left = begun
        if is_new:
            await self.context.executor(partial(announce_emptied, self.context, emptied))
        return emptied, left

    async def go_on(self, left: Iterable[Pending]) -> None:
        """What is left to be done after `begin_erasing`."""
        for pending in left:
            await self.long.finish(pending)

    def _looked_for(self, message_id: str) -> tuple[list[Message], set[str]]:
        """The copies of the message, and the forks that were looked at for them."""
        with self.context.store.reading() as records:
            message = records.message(message_id)
            return copies(records, message) if message else ([], set())

    def _begun(
        self, message_id: str, copied: list[Message], looked_at: set[str]
    ) -> tuple[Message, bool, list[Pending]] | None:
        """None if there are other forks than were looked at, or other copies."""
        owner, told = self.context.store.owner, list[Event]()
        with self.context.store.writing(erasing=True) as changes:
            self._drop_queued(changes, message_id)
            message = _found(changes, message_id)
            places = {message.session_id, *(copy.session_id for copy in copied)}
            if any(fork.id not in looked_at for place in places for fork in forks(changes, place)):
                return None
            if any(twin not in copied for twin in twins(changes, message)):
                return None
            emptied = empty(changes, message, self.context, told=told)
            done = Pending(kind="emptying", subject=message.id, owner=owner, source=message.session_id)
            left = [done, *(Pending(kind="emptying", subject=each.id, owner=owner) for each in copied)]
            for pending in left:
                changes.put_pending(pending)
            left += [
                Pending(kind="erasing", subject=session_id, owner=owner)
                for place in places
                for session_id in changes.give_up_makings(place, owner=owner)
            ]
        for event in told:
            self.context.announce(event)
        return emptied or message, emptied is not None, left

    def _drop_queued(self, changes: Changes, message_id: str) -> None:
        """A message that waits joins the history, as what is taken out of the queue does."""
        waiting = [turn for turn in changes.running_turns() if turn.user_message_id == message_id]
        for turn in waiting:
            if turn.status == "queued":
                session = timeline.found(changes, turn.session_id)
                drop(changes, session, [turn], origin=self.context.store.owner, at=self.context.clock.now())

    def _put(self, changes: Changes, message: Message) -> None:
        session = timeline.found(changes, message.session_id)
        at, origin = self.context.clock.now(), self.context.store.owner
        timeline.put_remarked(changes, session, message, origin=origin, at=at)


def _found(changes: Changes, message_id: str, *, with_journal: bool = True) -> Message:
    message = changes.message(message_id, with_journal=with_journal)
    if message is None:
        raise MessageNotFound(message_id)
    return message
