"""Naming a session after its first answer, once, and never over a person's own title."""

import logging

from threadkeep.domain.errors import ThreadkeepError
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import DEFAULT_TITLE, FIRST_MESSAGES, TITLE_LENGTH, title_from
from threadkeep.ports.preferences import Preferences
from threadkeep.usecases import timeline
from threadkeep.usecases.chat.prompt_context import (
    OFFLINE,
    TITLE,
    SideAnswer,
    answer_side_request,
    shortened,
    side_request,
    transcript,
)
from threadkeep.usecases.chat.turn_start import Begun
from threadkeep.usecases.repositories.prefetch import prefetched_for_session
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Value, evolve

SHOWN_CHARACTERS = 4000

logger = logging.getLogger(__name__)


class Titles(Value):
    """Has a model name sessions. Its coroutines belong to the event loop."""

    context: StoreContext
    preferences: Preferences

    async def name(self, begun: Begun, answer: Message) -> None:
        """Names the session of a turn that has ended, if that is still to be done. Never raises."""
        if self.preferences.titles != "auto" or begun.turn.provider == OFFLINE or answer.status != "complete":
            return
        try:
            shown = await self.context.executor(lambda: self._shown(begun.session.id))
            if shown is None:
                return
            request = side_request(begun.session, model=begun.turn.model, instruction=TITLE, text=shown)
            model = self.preferences.models.get(begun.turn.provider)
            said = await answer_side_request(model, request, most=TITLE_LENGTH * 4)
            title = title_from(said.text.strip().strip("\"'«»“”"))
            if title == DEFAULT_TITLE:
                return
            await self.context.executor(lambda: self._store(begun.session.id, title, said))
        except (ThreadkeepError, TimeoutError) as error:
            logger.info("a title could not be had: %s", error)

    def _shown(self, session_id: str) -> str | None:
        """What the model reads to name the session; None where there is nothing to name."""
        with self.context.store.reading() as records:
            session = timeline.found(records, session_id)
            if not session.is_nameless:
                return None
            return shortened(transcript(records.path(session, limit=FIRST_MESSAGES)), most=SHOWN_CHARACTERS)

    def _store(self, session_id: str, title: str, said: SideAnswer) -> None:
        context = self.context
        repositories = prefetched_for_session(context, session_id)
        with context.store.writing() as changes:
            session = timeline.found(changes, session_id)
            if not session.is_nameless:
                return
            session = session.changed(at=context.clock.now(), title=title, title_source="generated")
            session = evolve(session, usage=said.counted_in(session))
            timeline.put_changed(changes, session, origin=context.store.owner)
            view = repositories.view(changes, session)
        context.announce(SessionChanged(view=view))
