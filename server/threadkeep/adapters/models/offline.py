"""Answers where no language model is configured: says so, and shows what a search finds."""

import asyncio
import re
import threading
from collections.abc import AsyncGenerator, Callable, Sequence

from threadkeep.adapters.models.advice import ClientName, nobody
from threadkeep.adapters.models.file_search import FileFindings, search_files
from threadkeep.adapters.models.offline_answer import OPENING, offline_answer
from threadkeep.adapters.models.words import search_words, stems
from threadkeep.domain.attachments import QUOTED
from threadkeep.domain.errors import StoreError
from threadkeep.ports.models import ModelEvent, ModelMessage, ModelRequest, Stop, TextDelta
from threadkeep.ports.store import Passage
from threadkeep.ports.surroundings import Lane

Find = Callable[[str, str], Sequence[Passage]]
"""(words, repository id) → passages of its earlier messages, best first."""

SHOWN = 5
PIECES_AT_ONCE = 32


class OfflineModel:
    """The embedded default. It reads; it never guesses.

    `ready` names the models that could answer, if there are any.
    """

    def __init__(
        self,
        find: Find,
        run: Lane,
        *,
        ready: Sequence[str] = (),
        problem: str | None = None,
        client: ClientName = nobody,
    ) -> None:
        """problem: why nobody else is asked, though the settings may name somebody."""
        self._client = client
        self._problem = problem
        self._find = find
        self._run = run
        self._ready = tuple(ready)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """The findings, word by word."""
        question = next((said for said in reversed(request.messages) if said.role == "user"), None)
        words = search_words(question.content.partition(QUOTED)[0]) if question else ()
        passages = await self._passages(request, question, words)
        answer = offline_answer(
            words=words,
            passages=passages,
            files=await _files(request.root, words),
            ready=self._ready,
            problem=self._problem,
            client=self._client(),
            is_first=not any(said.content.startswith(OPENING) for said in request.messages[:-1]),
        )
        for count, piece in enumerate(re.findall(r"\s*\S+\s?", _rest(answer, request.messages))):
            if count % PIECES_AT_ONCE == 0:
                await asyncio.sleep(0)  # a long answer must not hold up the others
            yield TextDelta(text=piece)
        yield Stop(reason="endTurn")

    async def aclose(self) -> None:
        """Nothing is held."""

    async def _passages(
        self, request: ModelRequest, question: ModelMessage | None, words: Sequence[str]
    ) -> Sequence[Passage] | None:
        """What earlier messages say; None if they cannot be read just now."""
        if question is None or not words:
            return ()
        try:
            found = await self._run(lambda: self._find(" ".join(words), request.repository_id))
        except StoreError:
            return None
        kept: dict[str, Passage] = {}
        for passage in found:
            is_own = passage.text.startswith(OPENING)
            is_question = passage.session_id == request.session_id and passage.text == question.content
            if not (is_own or is_question):
                kept.setdefault(passage.text.strip(), passage)
        return list(kept.values())[:SHOWN]


async def _files(root: str | None, words: Sequence[str]) -> FileFindings | None:
    if root is None or not words:
        return None
    stop = threading.Event()
    try:
        return await asyncio.to_thread(search_files, root, stems(words), limit=SHOWN, is_unwanted=stop.is_set)
    finally:
        stop.set()


def _rest(answer: str, messages: Sequence[ModelMessage]) -> str:
    """What is still to be said, where the last message is an answer that was cut off."""
    if not messages or messages[-1].role != "assistant":
        return answer
    said = messages[-1].content
    return answer[len(said) :] if answer.startswith(said) else f"\n\n{answer}"
