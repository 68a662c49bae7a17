"""How well a text fits a query by its words: BM25, as SQLite's full-text index reckons it."""

from collections.abc import Sequence
from math import log
from typing import Final

_SATURATION: Final = 1.2
_LENGTH_SHARE: Final = 0.75


def bm25(counts: Sequence[int], holders: Sequence[int], *, total: int, length: float = 1.0) -> float:
    """More is better.

    counts: how often each clause of the query stands in the text. holders: in how many texts each stands at
    all, of `total`. length: of the text, as a multiple of the average.
    """
    norm = _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * length)
    return sum(
        _rarity(holding, total) * count * (_SATURATION + 1) / (count + norm)
        for count, holding in zip(counts, holders, strict=True)
    )


def _rarity(holding: int, total: int) -> float:
    return max(log(max(total - holding + 0.5, 0.5) / (holding + 0.5)), 1e-6)
