"""Answers where no language model is configured: says so, and shows what a search finds; apart, since it is a model like any other."""

import asyncio
import re
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

from threadkeep.adapters.models.advice import ClientName, how_to, nobody
from threadkeep.adapters.models.file_search import FileFindings, best_snippet, search_files
from threadkeep.adapters.models.words import search_words, stems
from threadkeep.domain.attachments import QUOTED
from threadkeep.domain.errors import StoreError
from threadkeep.ports.models import ModelEvent, ModelMessage, ModelRequest, Stop, TextDelta
from threadkeep.ports.runtime import SerialExecutor
from threadkeep.ports.store import Passage

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~])")

OPENING = "**Offline:** "
"""Every answer starts with it, so that no later search finds what an earlier one showed."""
Find = Callable[[str, str], Sequence[Passage]]
"""(words, repository id) → passages of its earlier messages, best first."""
SHOWN = 5
PIECES_AT_ONCE = 32


def fenced(text: str, info: str = "text") -> str:
    """A code block; its fence is longer than any run of backticks in the text."""
    fence = "`" * max(3, 1 + _longest_run(text))
    return f"{fence}{info}\n{text}\n{fence}"


def inline_code(text: str) -> str:
    """A piece of code inside a line."""
    line = " ".join(text.split())
    ticks = "`" * (1 + _longest_run(line))
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{space}{line}{space}{ticks}"


def escaped(text: str) -> str:
    """Plain words on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def offline_answer(
    *,
    words: Sequence[str],
    passages: Sequence[Passage] | None,
    files: FileFindings | None,
    ready: Sequence[str],
    problem: str | None = None,
    is_first: bool,
    client: str | None = None,
) -> str:
    """The answer in Markdown. `passages` None: the store cannot be read; `files` None: no folder was searched;
    `problem`: what keeps the settings from naming a model; `client`: who shows the answer."""
    sections = [
        OPENING + _opening(words, ready, problem),
        *_earlier(words, passages),
        *_in_files(files),
        *_nothing(words, passages, files),
    ]
    if is_first and not ready and problem is None:
        sections.append(how_to(client))
    return "\n\n".join(sections) + "\n"


def _opening(words: Sequence[str], ready: Sequence[str], problem: str | None) -> str:
    if problem is not None:
        state = f"no model was asked, because the settings cannot be read: {escaped(problem)}"
    elif ready:
        choice = " or ".join(inline_code(model) for model in ready[:3])
        state = f"this session uses the offline model, which only searches; choose {choice} for an answer."
    else:
        state = "no language model is configured, so this is no answer, only a search."
    if not words:
        return f"{state} Your message has no words to search for."
    return f"{state} It looked for {', '.join(inline_code(word) for word in words)}."


def _earlier(words: Sequence[str], passages: Sequence[Passage] | None) -> Iterator[str]:
    if passages is None:
        yield "Earlier sessions cannot be searched just now: the store does not answer."
    elif passages:
        yield "### Earlier sessions of this repository"
        for passage in passages:
            speaker = "you" if passage.role == "user" else passage.role
            when = passage.at[:16].replace("T", " ")
            yield f"**{escaped(passage.session_title)}**, {escaped(speaker)}, {escaped(when)} UTC"
            snippet = best_snippet(passage.text, stems(words))
            yield fenced(snippet.text if snippet else passage.text[:160].strip())


def _in_files(files: FileFindings | None) -> Iterator[str]:
    if files is None or not files.places:
        return
    yield "### Files of this repository"
    for place in files.places:
        yield inline_code(f"{place.path}:{place.snippet.line}")
        yield fenced(place.snippet.text)
    if not files.is_complete:
        yield f"Only {files.files} files were searched: there are more than a short search can read."


def _nothing(
    words: Sequence[str], passages: Sequence[Passage] | None, files: FileFindings | None
) -> Iterator[str]:
    if not words or passages or (files and files.places):
        return
    places = ["earlier sessions"] if passages is not None else []
    if files is not None:
        places.append(
            f"{files.files} text files" if files.is_complete else f"the first {files.files} text files"
        )
    if places:
        yield f"Nothing was found in {' and '.join(places)} of this repository."


class OfflineModel:
    """The embedded default. It reads; it never guesses.

    `ready` names the models that could answer, if there are any.
    """

    def __init__(
        self,
        find: Find,
        run: SerialExecutor,
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
