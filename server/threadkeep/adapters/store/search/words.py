"""The words by which text is found: those of the domain, as tokens of the full-text index."""

import re
from functools import cache
from typing import Final

from threadkeep.domain.search import UNSPACED, Clause, WordQuery, plain

MAX_TERMS: Final = 32
"""Words of one query that are looked for; a pasted file would otherwise become a query of thousands."""

_WORD: Final = re.compile(r"\w+")
_NO_WORD: Final = re.compile(r"\W+")


def searchable(text: str) -> str:
    """The text as the index gets it: nothing but folded words, and each Chinese, Japanese or Korean run
    spelled out as its characters and pairs."""
    if text.isascii():  # the tokenizer itself does the little that is left
        return text
    return _run().sub(_spelled, _NO_WORD.sub(" ", plain(text).text))


def terms(query: str) -> tuple[str, ...]:
    """The distinct words to look for, in their order; a run without spaces counts as its pairs."""
    spelled = _run().sub(lambda run: f" {' '.join(_tokens_of_run(run[0]))} ", plain(query).text)
    return tuple(dict.fromkeys(_WORD.findall(spelled)))[:MAX_TERMS]


def word_set(text: str) -> frozenset[str]:
    """All words by which the text is found."""
    return frozenset(_WORD.findall(searchable(text).lower()))


def expression(query: WordQuery) -> str:
    """The query for the index; it has at least one clause. What is wide is left to a look at the texts,
    unless there is nothing else."""
    narrow = [clause for clause in query.clauses if not clause.is_wide]
    return " AND ".join(map(clause_expression, narrow or query.clauses))


def clause_expression(clause: Clause) -> str:
    """What finds one clause."""
    words = _tokens_of_run(clause.words[0]) if clause.is_run else clause.words
    return f'"{" ".join(words)}"' + (" *" if clause.is_prefix else "")  # words hold no quotes


@cache  # made when it is first needed: that takes longer than most imports
def _run() -> re.Pattern[str]:
    return re.compile(f"(?:(?=\\w)[{UNSPACED}])+")


def _spelled(run: re.Match[str]) -> str:
    return f" {' '.join((*run[0], *_pairs(run[0])))} "


def _tokens_of_run(run: str) -> tuple[str, ...]:
    return _pairs(run) or (run,)


def _pairs(run: str) -> tuple[str, ...]:
    return tuple(run[at : at + 2] for at in range(len(run) - 1))
