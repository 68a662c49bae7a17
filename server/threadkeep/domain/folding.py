"""Text as a search compares it, and the way back from there to the text's own characters."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

import attrs

KEPT: Final = 50_000
"""Characters whose folding is remembered; no text that people write holds as many different ones."""

UNSPACED: Final = (
    "\u1100-\u11ff\u3005\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Chinese, Japanese and Korean characters, as a class of a regular expression has them: no space parts
their words."""


class Folding(dict[int, str]):
    """What each character is compared as, for `str.translate`; found out when it is first met."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        """fold takes one character and gives any number of them."""
        super().__init__()
        self._fold = fold
        self.uneven: set[str] = set()
        """Characters met so far that become none, or several."""

    def __missing__(self, code: int) -> str:
        if len(self) >= KEPT:
            self.clear()
        folded = self._fold(chr(code))
        if len(folded) != 1:
            self.uneven.add(chr(code))
        self[code] = folded
        return folded

    def __call__(self, text: str) -> "Folded":
        """The text as it is compared."""
        if text.isascii():
            return Folded(text=text.lower())
        folded = text.translate(self)
        if self.uneven.isdisjoint(text):
            return Folded(text=folded)
        origins = [at for at, character in enumerate(text) for _ in self[ord(character)]]
        return Folded(text=folded, origins=(*origins, len(text)))


@attrs.frozen(kw_only=True)
class Folded:
    """A text as it is compared."""

    text: str
    origins: Sequence[int] | None = None
    """For each character which one of the original it comes from, and at last the original's length; None
    where all stand in their own places."""

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where a piece of this text, which is not empty, stands in the original."""
        if self.origins is None:
            return start, end
        # up to the next character that left a trace: an accent belongs to the letter before it
        last = self.origins[end - 1]
        while self.origins[end] == last:
            end += 1
        return self.origins[start], self.origins[end]


def without_accents(character: str) -> str:
    """The character without case, accents and width. Marks of Japanese and Korean are no accents."""
    if _unspaced().match(character):
        return unicodedata.normalize("NFKC", character)
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(part for part in decomposed if not unicodedata.combining(part))


@cache  # made when it is first needed: that takes longer than most imports
def _unspaced() -> re.Pattern[str]:
    return re.compile(f"[{UNSPACED}]")


plain: Final = Folding(without_accents)
"""Folds case and accents."""

caseless: Final = Folding(str.casefold)
"""Folds case only."""
