"""Storing the begin of a turn. Blocking: run in the lane."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from threadkeep.domain.errors import NothingToContinue, SessionBusy
from threadkeep.domain.events import Event, MessageAdded, SessionChanged, TurnStarted
from threadkeep.domain.messages import CUT_OFF, Message, text_part
from threadkeep.domain.sessions import DEFAULT_TITLE, Session, title_from
from threadkeep.domain.turns import Holder, Turn
from threadkeep.ports.models import ModelRequest
from threadkeep.ports.preferences import Preferences
from threadkeep.ports.store import Changes, Store
from threadkeep.ports.surroundings import Clock, Ids
from threadkeep.usecases import timeline
from threadkeep.usecases.agents import Agents, Answerer
from threadkeep.usecases.once import Once, keep, recall
from threadkeep.usecases.prompts import model_request
from threadkeep.usecases.recovery import settle
from threadkeep.usecases.repositories import Repositories

MAX_TIMELINE_ENTRIES = 50
"""How far back behind entries of the timeline an answer to carry on with is looked for."""


@attrs.frozen(kw_only=True)
class Outgoing:
    """A user's message on its way."""

    session_id: str
    text: str
    agent: str | None = None
    model: str | None = None
    metadata: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Begun:
    """A turn that is stored as running, and all that is needed to run it."""

    turn: Turn
    message: Message
    user_message: Message | None
    seq: int
    request: ModelRequest
    events: tuple[Event, ...]


@attrs.frozen(kw_only=True)
class Beginning:
    """Begins turns: for a new message, or to carry on with an answer that was cut off."""

    store: Store
    clock: Clock
    ids: Ids
    repositories: Repositories
    preferences: Preferences
    holder: Callable[[], Holder]

    def begin(self, outgoing: Outgoing, once: Once | None) -> Begun:
        """Stores the user's message, the empty answer and the turn. For errors see `Chat.send`."""
        with self.store.writing() as changes:
            recall(changes, once)
            session = self._free_session(changes, outgoing.session_id)
            answerer = self._answerer(session, agent=outgoing.agent, model=outgoing.model)
            at = self.clock.now()
            question = self._question(session, outgoing, at=at)
            session = timeline.put_message(changes, session, question, origin=self.store.owner)
            answer = self._answer(session, answerer, at=at)
            turn = self._turn(answer, answerer, asked_by=question.id, at=at)
            answer = attrs.evolve(answer, turn_id=turn.id)
            session = self._started(
                changes, session, turn, answer, head_id=answer.id, message_count=session.message_count + 1
            )
            session = self._titled(changes, session, outgoing.text, at=at)
            begun = self._begun(changes, session, turn, answer, answerer, question=question)
            keep(changes, once, begun, at=at)
        return begun

    def begin_again(self, session_id: str, once: Once | None) -> Begun:
        """Stores a new turn on the newest answer. For errors see `Chat.carry_on`."""
        with self.store.writing() as changes:
            recall(changes, once)
            session = self._free_session(changes, session_id)
            cut_off = _cut_off_answer(changes, session)
            wanted = f"{cut_off.provider}:{cut_off.model}" if cut_off.provider else None
            answerer = self._answerer(session, agent=cut_off.agent, model=wanted)
            at = self.clock.now()
            turn = self._turn(cut_off, answerer, asked_by=cut_off.parent_id, at=at)
            answer = attrs.evolve(cut_off, status="streaming", turn_id=turn.id, error=None, completed_at=None)
            session = self._started(changes, session, turn, answer)
            begun = self._begun(changes, session, turn, answer, answerer, question=None)
            keep(changes, once, begun, at=at)
        return begun

    def _free_session(self, changes: Changes, session_id: str) -> Session:
        session = timeline.found(changes, session_id)
        session.check_writable()
        session = settle(self.store, changes, session, at=self.clock.now())
        turn = changes.turn(session.running_turn_id) if session.running_turn_id else None
        if turn is not None:
            raise busy(turn)
        return session

    def _answerer(self, session: Session, *, agent: str | None, model: str | None) -> Answerer:
        return Agents(preferences=self.preferences).answerer(session, agent=agent, model=model)

    def _question(self, session: Session, outgoing: Outgoing, *, at: str) -> Message:
        return Message(
            id=self.ids.new(),
            session_id=session.id,
            seq=session.seq + 1,
            role="user",
            parts=(text_part(outgoing.text),),
            parent_id=session.head_id,
            metadata=outgoing.metadata,
            created_at=at,
            completed_at=at,
        )

    def _answer(self, session: Session, answerer: Answerer, *, at: str) -> Message:
        return Message(
            id=self.ids.new(),
            session_id=session.id,
            seq=session.seq + 1,
            role="assistant",
            status="streaming",
            parent_id=session.head_id,
            agent=answerer.agent.name,
            model=answerer.model,
            provider=answerer.provider,
            created_at=at,
        )

    def _turn(self, answer: Message, answerer: Answerer, *, asked_by: str | None, at: str) -> Turn:
        return Turn(
            id=self.ids.new(),
            session_id=answer.session_id,
            status="running",
            user_message_id=asked_by,
            message_id=answer.id,
            agent=answerer.agent.name,
            model=answerer.model,
            provider=answerer.provider,
            started_at=at,
            holder=self.holder(),
        )

    def _started(
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

    def _titled(self, changes: Changes, session: Session, text: str, *, at: str) -> Session:
        """The session named after its first message, unless somebody named it."""
        if session.title != DEFAULT_TITLE or session.title_source != "default":
            return session
        title = title_from(text)
        if self.preferences.titles == "off" or title == DEFAULT_TITLE:
            return session
        return timeline.put_changed(changes, session.changed(at=at, title=title), origin=self.store.owner)

    def _begun(
        self,
        changes: Changes,
        session: Session,
        turn: Turn,
        answer: Message,
        answerer: Answerer,
        *,
        question: Message | None,
    ) -> Begun:
        view = self.repositories.view(changes, session)
        request = model_request(
            session,
            agent=answerer.agent,
            model=answerer.model,
            history=changes.path(session, limit=self.preferences.context_messages),
            root=self.repositories.present_root(view.repository.repository),
            carries_on=question is None,
        )
        asked = (MessageAdded(message=question),) if question else ()
        return Begun(
            turn=turn,
            message=answer,
            user_message=question,
            seq=session.seq,
            request=request,
            events=(*asked, TurnStarted(turn=turn), SessionChanged(view=view)),
        )


def busy(turn: Turn) -> SessionBusy:
    """The error that names who runs a turn."""
    holder = turn.holder
    told = (
        {"client": holder.client, "pid": holder.pid, "host": holder.host, "since": holder.since}
        if holder
        else None
    )
    return SessionBusy(turn_id=turn.id, holder=told)


def _cut_off_answer(changes: Changes, session: Session) -> Message:
    """The newest message behind any timeline entries, if it is an answer that was cut off."""
    recent = changes.path(session, limit=MAX_TIMELINE_ENTRIES)
    newest = next((message for message in reversed(recent) if message.role != "event"), None)
    if newest is None or newest.role != "assistant" or newest.status not in CUT_OFF:
        raise NothingToContinue(session.id)
    return newest
