"""Storing the begin of a turn. Blocking: run in the executor."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from threadkeep.domain.errors import NothingToContinue, ThreadkeepError
from threadkeep.domain.events import Event, MessageAdded, SessionChanged, TurnStarted
from threadkeep.domain.messages import Message, Part, text_part
from threadkeep.domain.secrets import without_secrets
from threadkeep.domain.sessions import DEFAULT_TITLE, Session, title_from
from threadkeep.domain.turns import Holder, Turn, Waiting
from threadkeep.ports.preferences import Preferences
from threadkeep.ports.runtime import Clock, Ids
from threadkeep.ports.store import Changes, Store
from threadkeep.usecases import timeline
from threadkeep.usecases.agents import Agents, Answerer
from threadkeep.usecases.chat.queue import drop, question_of
from threadkeep.usecases.chat.turn_end import failure_of, interrupt_orphan
from threadkeep.usecases.emptying import is_to_be_emptied
from threadkeep.usecases.finding import busy, free, message_of, newest_message, question_to_retry
from threadkeep.usecases.order import IdempotencyKey, record, replay
from threadkeep.usecases.repositories.prefetch import ready_for_session
from threadkeep.usecases.repositories.repositories import Repositories
from threadkeep.values import Value, evolve, field

WhenBusy = Literal["reject", "queue", "interrupt"]


class Outgoing(Value):
    """A user's message on its way. `replaces` is the message that it is set beside, for an edit."""

    session_id: str
    text: str
    attachments: tuple[Part, ...] | None = None
    """None for none, and for an edit those of the old message."""
    agent: str | None = None
    model: str | None = None
    """`provider:model`."""
    metadata: Mapping[str, Any] = field(factory=dict)
    when_busy: WhenBusy = "reject"
    replaces: str | None = None


class Begun(Value):
    """A turn that is stored as running, or as queued, and all that is needed to run it."""

    turn: Turn
    message: Message
    user_message: Message | None
    session: Session
    answerer: Answerer
    carries_on: bool = False
    has_fresh_attachments: bool = False
    """Whether the question's attachments were read for this very turn."""
    is_queued: bool = False
    events: tuple[Event, ...]


class TurnStarter(Value):
    """Begins turns: for new words, for another answer, or to carry on with one that was cut off."""

    store: Store
    clock: Clock
    ids: Ids
    repositories: Repositories
    preferences: Preferences
    agents: Agents
    holder: Callable[[], Holder]

    def begin(self, outgoing: Outgoing, once: IdempotencyKey | None) -> Begun:
        """Stores the user's message, the empty answer and the turn, or queues them. Errors: `Chat.send`."""
        ready = ready_for_session(self, outgoing.session_id)
        with self.store.writing() as changes:
            replay(changes, once)
            session = self._open_session(changes, outgoing.session_id)
            running = changes.turn(session.running_turn_id) if session.running_turn_id else None
            if running is not None and outgoing.when_busy != "queue":
                raise busy(running)
            answerer = ready._answerer(changes, session, agent=outgoing.agent, model=outgoing.model)
            may_pass = outgoing.replaces is not None or outgoing.when_busy == "interrupt"
            if running is not None or (timeline.queued_turns(changes, session.id) and not may_pass):
                begun = ready._queue(changes, session, outgoing, answerer)
            else:
                begun = ready._begin(changes, session, outgoing, answerer)
            if outgoing.replaces is None:
                _drop_sent(changes, session.id, outgoing.text)
            record(changes, once, begun, at=begun.turn.started_at)
        return begun

    def begin_queued(self, session_id: str) -> Begun | tuple[Event, ...]:
        """Begins what waits, the oldest first; or gives the events of what could not be begun, none if
        nothing waits, something runs, or the session rests."""
        with self.store.reading() as records:
            if not timeline.queued_turns(records, session_id):
                return ()  # as nearly always: no need to be alone with the store
        ready = ready_for_session(self, session_id)
        with self.store.writing() as changes:
            session = timeline.found(changes, session_id)
            queued = timeline.queued_turns(changes, session_id)
            if session.status != "active" or session.running_turn_id is not None or not queued:
                return ()
            turn, at = queued[0], self.clock.now()
            waiting = turn.waiting or Waiting(parts=())
            try:
                answerer = ready._answerer(changes, session, agent=waiting.agent, model=waiting.model)
            except ThreadkeepError as error:
                return ready._failed(changes, session, turn, error, at=at)
            question = question_of(session, turn, at=at)
            session = timeline.put_message(changes, session, question, origin=self.store.owner)
            return ready._answer(changes, session, answerer, question=question, at=at, queued=turn)

    def begin_again(self, session_id: str, message_id: str | None, once: IdempotencyKey | None) -> Begun:
        """Stores a new turn on the newest answer. For errors see `Chat.carry_on`."""
        ready = ready_for_session(self, session_id)
        with self.store.writing() as changes:
            replay(changes, once)
            session = self._free_session(changes, session_id)
            cut_off = newest_message(changes, session)
            if message_id is not None and (cut_off is None or cut_off.id != message_id):
                told = (
                    "Another message is the newest by now: look at it, then carry on with that, or send one."
                )
                raise NothingToContinue(session.id, told=told)
            if cut_off is None or not cut_off.can_be_continued or is_to_be_emptied(changes, cut_off.id):
                raise NothingToContinue(session.id)
            answerer = ready._same_answerer(changes, session, cut_off)
            at = self.clock.now()
            turn = self._turn(session, answerer, message_id=cut_off.id, asked_by=cut_off.parent_id, at=at)
            answer = cut_off.begun_again(turn.id)
            session = self._put_started(changes, session, turn, answer)
            view = ready.repositories.view(changes, session)
            begun = Begun(
                turn=turn,
                message=answer,
                user_message=None,
                session=session,
                answerer=answerer,
                carries_on=True,
                events=(TurnStarted(turn=turn), SessionChanged(view=view)),
            )
            record(changes, once, begun, at=at)
        return begun

    def begin_alternative(
        self, session_id: str, message_id: str | None, *, model: str | None, once: IdempotencyKey | None
    ) -> Begun:
        """Stores an empty answer beside another one, and its turn. For errors see `Chat.retry`."""
        ready = ready_for_session(self, session_id)
        with self.store.writing() as changes:
            replay(changes, once)
            session = self._free_session(changes, session_id)
            session = session.with_head(question_to_retry(changes, session, message_id))
            answerer = ready._answerer(changes, session, agent=None, model=model)
            begun = ready._answer(changes, session, answerer, question=None, at=self.clock.now())
            record(changes, once, begun, at=begun.turn.started_at)
        return begun

    def _begin(self, changes: Changes, session: Session, outgoing: Outgoing, answerer: Answerer) -> Begun:
        at = self.clock.now()
        parts = self._kept((text_part(outgoing.text), *(outgoing.attachments or ())))
        if outgoing.replaces is not None:
            old = message_of(changes, session.id, outgoing.replaces, role="user")
            if outgoing.attachments is None:
                parts += self._kept(part for part in old.parts if part.type == "attachment")
            session = session.with_head(old.parent_id)
        question = Message(
            id=self.ids.new(),
            session_id=session.id,
            seq=session.seq + 1,
            role="user",
            parts=parts,
            parent_id=session.head_id,
            metadata=outgoing.metadata,
            created_at=at,
            completed_at=at,
        )
        session = timeline.put_message(changes, session, question, origin=self.store.owner)
        begun = self._answer(changes, session, answerer, question=question, at=at)
        return evolve(begun, has_fresh_attachments=outgoing.attachments is not None)

    def _queue(self, changes: Changes, session: Session, outgoing: Outgoing, answerer: Answerer) -> Begun:
        at = self.clock.now()
        turn = evolve(
            self._turn(session, answerer, message_id=self.ids.new(), asked_by=self.ids.new(), at=at),
            status="queued",
            holder=None,
            waiting=Waiting(
                parts=self._kept((text_part(outgoing.text), *(outgoing.attachments or ()))),
                agent=outgoing.agent,
                model=outgoing.model,
                metadata=outgoing.metadata,
            ),
        )
        changes.put_turn(turn)
        activity = session.activity if session.running_turn_id else "queued"
        question = question_of(session, turn, at=at)
        session = timeline.put_noted(changes, session, origin=self.store.owner, at=at, activity=activity)
        answer = Message(
            id=turn.message_id, session_id=session.id, seq=session.seq, role="assistant", created_at=at
        )
        return Begun(
            turn=turn,
            message=answer,
            user_message=question,
            session=session,
            answerer=answerer,
            is_queued=True,
            events=(SessionChanged(view=self.repositories.view(changes, session)),),
        )

    def _failed(
        self, changes: Changes, session: Session, turn: Turn, error: ThreadkeepError, *, at: str
    ) -> tuple[Event, ...]:
        """Who should have answered is gone since: the person has to choose again."""
        origin, failure = self.store.owner, failure_of(error)
        session, events = drop(changes, session, [turn], origin=origin, at=at, error=failure)
        session = timeline.put_noted(changes, session, origin=origin, at=at, activity="failed")
        return (*events, SessionChanged(view=self.repositories.view(changes, session)))

    def _answer(
        self,
        changes: Changes,
        session: Session,
        answerer: Answerer,
        *,
        question: Message | None,
        at: str,
        queued: Turn | None = None,
    ) -> Begun:
        """The empty answer below the session's head, and its turn."""
        withdrawn: list[Event] = []
        if session.activity == "waiting":  # an answer that was cut off is not gone on with
            from threadkeep.usecases.chat.approvals import withdraw_all

            session, withdrawn = withdraw_all(changes, session, origin=self.store.owner, at=at)
        message_id = queued.message_id if queued else self.ids.new()
        turn = self._turn(session, answerer, message_id=message_id, asked_by=session.head_id, at=at)
        turn = evolve(turn, id=queued.id) if queued else turn
        answer = Message(
            id=message_id,
            session_id=session.id,
            seq=session.seq + 1,
            role="assistant",
            status="streaming",
            turn_id=turn.id,
            parent_id=session.head_id,
            agent=answerer.agent.name,
            model=answerer.model,
            provider=answerer.provider,
            created_at=at,
        )
        count = session.message_count + 1
        session = self._put_started(changes, session, turn, answer, head_id=answer.id, message_count=count)
        session = self._titled(changes, session, question, at=at)
        view = self.repositories.view(changes, session)
        asked = (MessageAdded(message=question),) if question else ()
        return Begun(
            turn=turn,
            message=answer,
            user_message=question,
            session=session,
            answerer=answerer,
            events=(*withdrawn, *asked, TurnStarted(turn=turn), SessionChanged(view=view)),
        )

    def _open_session(self, changes: Changes, session_id: str) -> Session:
        session = timeline.found(changes, session_id)
        session.check_writable()
        return interrupt_orphan(self.store, changes, session, at=self.clock.now())

    def _free_session(self, changes: Changes, session_id: str) -> Session:
        return free(changes, self._open_session(changes, session_id))

    def _answerer(
        self, changes: Changes, session: Session, *, agent: str | None, model: str | None, **more: bool
    ) -> Answerer:
        repository = changes.repository(session.key.repository_id)
        return self.agents.answerer(session, repository=repository, agent=agent, model=model, **more)

    def _same_answerer(self, changes: Changes, session: Session, answer: Message) -> Answerer:
        """Who began an answer goes on with it, and nobody else; for another, there is retrying."""
        wanted = f"{answer.provider}:{answer.model}" if answer.provider else None
        return self._answerer(changes, session, agent=answer.agent, model=wanted, is_named=False)

    def _turn(
        self, session: Session, answerer: Answerer, *, message_id: str, asked_by: str | None, at: str
    ) -> Turn:
        return Turn(
            id=self.ids.new(),
            session_id=session.id,
            status="running",
            user_message_id=asked_by,
            message_id=message_id,
            agent=answerer.agent.name,
            model=answerer.model,
            provider=answerer.provider,
            started_at=at,
            holder=self.holder(),
            redacts=self.preferences.redacts,
            epoch=1,
        )

    def _kept(self, parts: Iterable[Part]) -> tuple[Part, ...]:
        """The parts as the settings have them stored, and told from then on."""
        return without_secrets(parts) if self.preferences.redacts else tuple(parts)

    def _put_started(
        self, changes: Changes, session: Session, turn: Turn, answer: Message, **fields: Any
    ) -> Session:
        return timeline.put_turn(
            changes,
            session,
            turn,
            answer,
            origin=self.store.owner,
            at=turn.started_at,
            activity="running",
            running_turn_id=turn.id,
            **fields,
        )

    def _titled(self, changes: Changes, session: Session, question: Message | None, *, at: str) -> Session:
        """The session named after its first message, unless somebody named it."""
        if question is None or session.title != DEFAULT_TITLE or session.title_source != "default":
            return session
        title = title_from(question.content)
        if self.preferences.titles == "off" or title == DEFAULT_TITLE:
            return session
        return timeline.put_changed(changes, session.changed(at=at, title=title), origin=self.store.owner)


def _drop_sent(changes: Changes, session_id: str, text: str) -> None:
    """Removes the drafts that were just sent, in the transaction of the message: they never come back after it."""
    for draft in changes.drafts(session_id):
        if draft.text.strip() == text.strip():
            changes.put_draft(draft.emptied)
