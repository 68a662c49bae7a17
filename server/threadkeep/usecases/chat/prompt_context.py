"""What a model is sent: the instructions, and the conversation as far as it fits; in a side request, a part of it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from functools import partial

from threadkeep.domain.agents import Agent
from threadkeep.domain.attachments import rendered
from threadkeep.domain.errors import ProviderError
from threadkeep.domain.events import MessageAdded, SessionChanged
from threadkeep.domain.messages import Message, Usage
from threadkeep.domain.sessions import Session
from threadkeep.ports.documents import Documents
from threadkeep.ports.models import (
    Model,
    ModelMessage,
    ModelRequest,
    ReasoningText,
    Stop,
    TextDelta,
    UsageReport,
)
from threadkeep.ports.preferences import Preferences
from threadkeep.ports.store import Records
from threadkeep.usecases import timeline
from threadkeep.usecases.chat.attachments import refreshed
from threadkeep.usecases.chat.turn_start import Begun
from threadkeep.usecases.repositories.prefetch import prefetched_for_session
from threadkeep.usecases.repositories.repositories import by_id
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Value, evolve

CARRY_ON = (
    "Your last answer was cut off. Carry on exactly where it stopped, in the same language and format. "
    "Repeat nothing of it and say nothing about the interruption."
)
SUMMARISE = (
    "Summarise the conversation below for the assistant who will carry it on: the goals, the decisions and "
    "their reasons, names of files, functions and people, what is done and what is open. At most 400 words, "
    "in the conversation's language. Write the summary only."
)
SUMMARY_HEADING = "Summary of the earlier part of this conversation:"
TITLE = (
    "Give the conversation below a title of at most six words, in its own language, without quotes and "
    "without a full stop. Write the title only."
)

OFFLINE = "offline"
"""The provider that writes no text of its own."""

CHARACTERS_A_TOKEN = 4.0
"""What is assumed until a provider has reported what a conversation really took."""

Rendered = Callable[[Message], str]
"""What a model is sent of a message: its text, and its attachments as text."""

SIDE_SECONDS = 30.0
NO_ANSWER = frozenset({"error", "contentFilter", "refusal"})
"""Stop reasons after which what came is no title and no summary."""
SUMMARY_CHARACTERS = 4000
SUMMARISED_CHARACTERS = 60_000
"""The most that is given to a model to summarise at once."""
MAX_BEHIND = 200
"""Messages that may wait for a summary. Of an older conversation that never had one, only so many are read."""
ANSWER_SHARE = 0.25
"""The part of a window that is kept free for the answer."""

logger = logging.getLogger(__name__)


def is_sent(message: Message) -> bool:
    """Entries of the timeline, empty answers, and what a person took out of the queue stay in the store."""
    if message.role not in ("user", "assistant") or (
        message.role == "user" and message.status == "cancelled"
    ):
        return False
    return any(part.text.strip() for part in message.parts if part.type != "reasoning")


def model_request(
    session: Session,
    *,
    agent: Agent,
    model: str,
    history: Sequence[Message],
    rendered: Rendered,
    root: str | None,
    carries_on: bool,
) -> ModelRequest:
    """The request for the next answer, or for the rest of the last one."""
    messages = [
        ModelMessage(
            role="user" if message.role == "user" else "assistant",
            content=rendered(message),
            reasoning=tuple(
                ReasoningText(text=part.text, signature=part.signature)
                for part in message.parts
                if part.type == "reasoning" and part.signature is not None
            ),
        )
        for message in history
        if is_sent(message)
    ]
    if carries_on and messages and messages[-1].role == "assistant":
        messages.append(ModelMessage(role="user", content=CARRY_ON))
    summary = f"{SUMMARY_HEADING}\n{session.context_summary}" if session.context_summary else ""
    return ModelRequest(
        model=model,
        messages=tuple(messages),
        system="\n\n".join(text for text in (agent.prompt, summary) if text) or None,
        temperature=agent.temperature,
        session_id=session.id,
        repository_id=session.key.repository_id,
        root=root,
    )


def side_request(session: Session, *, model: str, instruction: str, text: str) -> ModelRequest:
    """A request beside the conversation: a title, a summary."""
    return ModelRequest(
        model=model,
        messages=(ModelMessage(role="user", content=text),),
        system=instruction,
        session_id=session.id,
        repository_id=session.key.repository_id,
    )


def transcript(messages: Sequence[Message], *, summary: str | None = None) -> str:
    """Messages as one text, an earlier summary first."""
    said = [f"{message.role}: {message.content}" for message in messages if is_sent(message)]
    return "\n\n".join([f"{SUMMARY_HEADING} {summary}", *said] if summary else said)


def shortened(text: str, *, most: int) -> str:
    """The beginning and the end of a text: the summary of who has no model to write one."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half].rstrip()}\n[…]\n{text[-half:].lstrip()}"


def characters_a_token(history: Sequence[Message]) -> float:
    """How many characters a token has in this conversation, as the newest reported usage tells."""
    said = 0
    told = CHARACTERS_A_TOKEN
    for message in history:
        usage: Usage | None = message.usage
        if message.role == "assistant" and usage and usage.input_tokens and said:
            told = min(6.0, max(1.0, said / usage.input_tokens))
        said += sum(len(part.text) for part in message.parts)
    return told


class SideAnswer(Value):
    """What a model said beside the conversation, and the tokens that it took."""

    text: str
    usage: Usage | None = None

    def counted_in(self, session: Session) -> Usage:
        """The session's usage with this."""
        return session.usage + self.usage if self.usage else session.usage


async def answer_side_request(model: Model, request: ModelRequest, *, most: int) -> SideAnswer:
    """What the model says, at most so many characters. Raises ProviderError, TimeoutError."""
    said: list[str] = []
    usage: Usage | None = None
    length = 0
    async with asyncio.timeout(SIDE_SECONDS), aclosing(model.stream(request)) as events:
        async for event in events:
            if isinstance(event, UsageReport):
                usage = event.usage
            elif isinstance(event, Stop) and event.reason in NO_ANSWER:
                said.clear()
            elif isinstance(event, TextDelta):
                said.append(event.text)
                length += len(event.text)
                if length >= most:
                    break
    return SideAnswer(text="".join(said)[:most], usage=usage)


class Gathered(Value):
    """What a turn's request is made of. `dropped` does not fit and is to be summarised."""

    session: Session
    kept: tuple[Message, ...]
    dropped: tuple[Message, ...]
    root: str | None


class PromptContext(Value):
    """Builds the request of a turn. Its coroutines belong to the event loop."""

    context: StoreContext
    preferences: Preferences
    documents: Callable[[], Documents]

    async def request(self, begun: Begun, *, is_too_long: bool = False) -> ModelRequest:
        """The request. is_too_long: the provider refused a longer one, so much of it must go."""
        documents = self.documents()
        await self.preferences.models.probe_if_new(begun.turn.provider)

        def gather() -> tuple[Gathered, ModelRequest | None]:
            gathered = self._gather(begun, documents, is_too_long=is_too_long)
            return gathered, None if gathered.dropped else self._built(begun, gathered, documents)

        gathered, request = await self.context.executor(gather)
        if request is None:
            summarised = await self._with_summary(begun, gathered)
            request = await self.context.executor(lambda: self._built(begun, summarised, documents))
        return request

    def _built(self, begun: Begun, gathered: Gathered, documents: Documents) -> ModelRequest:
        name = partial(documents.name, root=gathered.root)
        return model_request(
            gathered.session,
            agent=begun.answerer.agent,
            model=begun.turn.model,
            history=gathered.kept,
            rendered=partial(_rendered, name=name),
            root=gathered.root,
            carries_on=begun.carries_on,
        )

    def _gather(self, begun: Begun, documents: Documents, *, is_too_long: bool) -> Gathered:
        with self.context.store.reading() as records:
            session = timeline.found(records, begun.session.id)
            path = evolve(session, head_id=begun.message.id)
            limit = self.preferences.context_messages
            history = _since_summary(records, path, limit=limit + MAX_BEHIND)
            repository = by_id(records, session.key.repository_id)
        fresh = self._refreshed(session, history, documents, begun)
        cut = self._cut(fresh, begun, limit=limit, is_too_long=is_too_long)
        return Gathered(
            session=session,
            kept=tuple(fresh[cut:]),
            dropped=tuple(fresh[:cut]),
            root=self.context.repositories.answering_root(repository),
        )

    def _refreshed(
        self, session: Session, history: Sequence[Message], documents: Documents, begun: Begun
    ) -> list[Message]:
        """The messages, those stored anew whose attachments have become stale since, or fresh again."""
        if not any(map(_has_attachments, history)):
            return list(history)
        just_sent = begun.turn.user_message_id if begun.has_fresh_attachments else None
        fresh = refreshed(history, documents, just_sent=just_sent)
        changed = [now for now, before in zip(fresh, history, strict=True) if now is not before]
        if changed:
            context = self.context
            with context.store.writing() as changes:
                session = timeline.found(changes, session.id)
                for message in changed:
                    session = timeline.put_remarked(
                        changes, session, message, origin=context.store.owner, at=context.clock.now()
                    )
            for message in changed:
                context.announce(MessageAdded(message=message))
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
        session = await self.context.executor(
            lambda: self._stored_summary(gathered.session.id, summary, upto)
        )
        return evolve(gathered, session=session)

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
        context = self.context
        repositories = prefetched_for_session(context, session_id)
        with context.store.writing() as changes:
            session = timeline.found(changes, session_id)
            session = timeline.put_noted(
                changes,
                session,
                origin=context.store.owner,
                at=context.clock.now(),
                context_summary=summary.text.strip() or None,
                context_summary_seq=upto,
                usage=summary.counted_in(session),
            )
            view = repositories.view(changes, session)
        context.announce(SessionChanged(view=view))
        return session


def _since_summary(records: Records, session: Session, *, limit: int) -> Sequence[Message]:
    """The messages that no summary stands for, oldest first; the newest of them where they are too many."""
    since = records.path_after(session, limit=limit, after_seq=session.context_summary_seq)
    return since if len(since) < limit else records.path(session, limit=limit)


def _has_attachments(message: Message) -> bool:
    return any(part.attachment is not None for part in message.parts)


def _rendered(message: Message, *, name: Callable[[str], str]) -> str:
    return rendered(message, name=name) if _has_attachments(message) else message.content
