"""The words by which text is found: unicode words, and pairs of characters where no space parts them."""

import re

from threadkeep.domain.text import folded

MAX_TERMS = 32
"""Words of one query that are looked for; a pasted file would otherwise become a query of thousands."""

_UNSPACED = re.compile(
    "[\u1100-\u11ff\u3005\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]+"
)
_WORD = re.compile(r"\w+")


def searchable(text: str) -> str:
    """The text with each Chinese, Japanese or Korean run spelled out as its characters and pairs."""
    if text.isascii():
        return text
    return _UNSPACED.sub(lambda run: f" {' '.join((*run[0], *_pairs(run[0])))} ", text)


def terms(query: str) -> tuple[str, ...]:
    """The distinct words to look for, in their order; a run without spaces counts as its pairs."""
    spelled = _UNSPACED.sub(lambda run: f" {' '.join(_pairs(run[0]) or run[0])} ", query)
    return tuple(dict.fromkeys(_WORD.findall(spelled)))[:MAX_TERMS]


def word_set(text: str) -> frozenset[str]:
    """All words by which the text is found, without case and accents."""
    spelled = searchable(text)
    return frozenset(_WORD.findall(spelled.lower() if spelled.isascii() else folded(spelled)))


def query_words(query: str) -> frozenset[str]:
    """The words to look for, as they stand in a `word_set`."""
    return frozenset(word for term in terms(query) for word in _WORD.findall(folded(term)))


def _pairs(run: str) -> tuple[str, ...]:
    return tuple(run[at : at + 2] for at in range(len(run) - 1))
