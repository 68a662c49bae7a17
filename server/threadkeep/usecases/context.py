"""Making a conversation fit a model's window: the oldest part is replaced by a summary, in what is sent only."""

import logging
from collections.abc import Callable, Sequence
from functools import partial

import attrs

from threadkeep.domain.attachments import rendered
from threadkeep.domain.errors import ProviderError
from threadkeep.domain.events import MessageAdded, SessionChanged
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import Session
from threadkeep.ports.documents import Documents
from threadkeep.ports.models import ModelRequest
from threadkeep.ports.preferences import Preferences
from threadkeep.ports.store import Records
from threadkeep.usecases import timeline
from threadkeep.usecases.attachments import refreshed
from threadkeep.usecases.beginning import Begun
from threadkeep.usecases.prompts import (
    OFFLINE,
    SUMMARISE,
    characters_a_token,
    model_request,
    shortened,
    side_request,
    transcript,
)
from threadkeep.usecases.side_requests import SideAnswer, answer_side_request
from threadkeep.usecases.surroundings import Surroundings

SUMMARY_CHARACTERS = 4000
SUMMARISED_CHARACTERS = 60_000
"""The most that is given to a model to summarise at once."""
MAX_BEHIND = 200
"""Messages that may wait for a summary. Of an older conversation that never had one, only so many are read."""
ANSWER_SHARE = 0.25
"""The part of a window that is kept free for the answer."""

logger = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Gathered:
    """What a turn's request is made of. `dropped` does not fit and is to be summarised."""

    session: Session
    kept: tuple[Message, ...]
    dropped: tuple[Message, ...]
    root: str | None


@attrs.frozen(kw_only=True)
class Context:
    """Builds the request of a turn. Its coroutines belong to the event loop."""

    around: Surroundings
    preferences: Preferences
    documents: Callable[[], Documents]

    async def request(self, begun: Begun, *, is_too_long: bool = False) -> ModelRequest:
        """The request. is_too_long: the provider refused a longer one, so much of it must go."""
        documents = self.documents()
        await self.preferences.models.probe_if_new(begun.turn.provider)

        def gather() -> tuple[Gathered, ModelRequest | None]:
            gathered = self._gather(begun, documents, is_too_long=is_too_long)
            return gathered, None if gathered.dropped else self._built(begun, gathered, documents)

        gathered, request = await self.around.lane(gather)
        if request is None:
            summarised = await self._with_summary(begun, gathered)
            request = await self.around.lane(lambda: self._built(begun, summarised, documents))
        return request

    def _built(self, begun: Begun, gathered: Gathered, documents: Documents) -> ModelRequest:
        name = partial(documents.name, root=gathered.root)
        return model_request(
            gathered.session,
            agent=begun.answerer.agent,
            model=begun.turn.model,
            history=gathered.kept,
            rendered=partial(rendered, name=name),
            root=gathered.root,
            carries_on=begun.carries_on,
        )

    def _gather(self, begun: Begun, documents: Documents, *, is_too_long: bool) -> Gathered:
        with self.around.store.reading() as records:
            session = timeline.found(records, begun.session.id)
            path = attrs.evolve(session, head_id=begun.message.id)
            limit = self.preferences.context_messages
            history = _since_summary(records, path, limit=limit + MAX_BEHIND)
            view = self.around.repositories.view(records, session)
        fresh = self._refreshed(session, history, documents, begun)
        cut = self._cut(fresh, begun, limit=limit, is_too_long=is_too_long)
        return Gathered(
            session=session,
            kept=tuple(fresh[cut:]),
            dropped=tuple(fresh[:cut]),
            root=self.around.repositories.answering_root(view.repository.repository),
        )

    def _refreshed(
        self, session: Session, history: Sequence[Message], documents: Documents, begun: Begun
    ) -> list[Message]:
        """The messages, those stored anew whose attachments have become stale since, or fresh again."""
        just_sent = begun.turn.user_message_id if begun.has_fresh_attachments else None
        fresh = refreshed(history, documents, just_sent=just_sent)
        changed = [now for now, before in zip(fresh, history, strict=True) if now is not before]
        if changed:
            around = self.around
            with around.store.writing() as changes:
                session = timeline.found(changes, session.id)
                for message in changed:
                    session = timeline.put_remarked(
                        changes, session, message, origin=around.store.owner, at=around.clock.now()
                    )
            for message in changed:
                around.announce(MessageAdded(message=message))
        return list(fresh)

    def _cut(self, fresh: Sequence[Message], begun: Begun, *, limit: int, is_too_long: bool) -> int:
        """How many of the oldest messages go. Once some must, half of what may stay does, so that the
        next turns need no new summary."""
        sizes = [sum(len(part.text) for part in message.parts) for message in fresh]
        window = self._window(begun)
        most = sum(sizes)
        if window is not None:
            most = int(window * (1 - ANSWER_SHARE) * characters_a_token(fresh))
        if is_too_long:
            most = min(most, sum(sizes) // 2)
        if len(fresh) <= limit and sum(sizes) <= most:
            return 0
        cut, kept = len(fresh), 0
        while cut > 0 and (len(fresh) - cut < max(1, limit // 2)) and kept + sizes[cut - 1] <= most // 2:
            cut -= 1
            kept += sizes[cut]
        # The question itself, and the answer below it, always go along.
        return min(cut, max(0, len(fresh) - 2))

    def _window(self, begun: Begun) -> int | None:
        for info in self.preferences.models.models(begun.turn.provider):
            if info.name == begun.turn.model:
                return info.context_window
        return None

    async def _with_summary(self, begun: Begun, gathered: Gathered) -> Gathered:
        told = transcript(gathered.dropped, summary=gathered.session.context_summary)
        summary = await self._summary(begun, told) if told else SideAnswer(text="")
        upto = gathered.dropped[-1].seq
        session = await self.around.lane(lambda: self._stored_summary(gathered.session.id, summary, upto))
        return attrs.evolve(gathered, session=session)

    async def _summary(self, begun: Begun, told: str) -> SideAnswer:
        if begun.turn.provider != OFFLINE:
            request = side_request(
                begun.session,
                model=begun.turn.model,
                instruction=SUMMARISE,
                text=shortened(told, most=SUMMARISED_CHARACTERS),
            )
            try:
                model = self.preferences.models.get(begun.turn.provider)
                summary = await answer_side_request(model, request, most=SUMMARY_CHARACTERS)
            except (ProviderError, TimeoutError) as error:
                logger.info("a summary could not be had: %s", error)
            else:
                if summary.text.strip():
                    return summary
        return SideAnswer(text=shortened(told, most=SUMMARY_CHARACTERS))

    def _stored_summary(self, session_id: str, summary: SideAnswer, upto: int) -> Session:
        around = self.around
        repositories = around.looked_at(session_id)
        with around.store.writing() as changes:
            session = timeline.found(changes, session_id)
            session = timeline.put_noted(
                changes,
                session,
                origin=around.store.owner,
                at=around.clock.now(),
                context_summary=summary.text.strip() or None,
                context_summary_seq=upto,
                usage=summary.counted_in(session),
            )
            view = repositories.view(changes, session)
        around.announce(SessionChanged(view=view))
        return session


def _since_summary(records: Records, session: Session, *, limit: int) -> Sequence[Message]:
    """The messages that no summary stands for, oldest first; the newest of them where they are too many."""
    since = records.path_after(session, limit=limit, after_seq=session.context_summary_seq)
    return since if len(since) < limit else records.path(session, limit=limit)
