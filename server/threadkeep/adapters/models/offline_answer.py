"""The words of the answer that no language model gave."""

from collections.abc import Iterator, Sequence

from threadkeep.adapters.models.advice import how_to
from threadkeep.adapters.models.file_search import FileFindings
from threadkeep.adapters.models.markdown import escaped, fenced, inline_code
from threadkeep.adapters.models.snippets import best_snippet
from threadkeep.adapters.models.words import stems
from threadkeep.ports.store import Passage

OPENING = "**Offline:** "
"""Every answer starts with it, so that no later search finds what an earlier one showed."""


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
