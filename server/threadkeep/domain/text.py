"""Text as people compare it."""

import re
import unicodedata
from typing import Final

_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Control characters, those that turn the direction of what follows, and blanks without a width."""


def folded(text: str) -> str:
    """The text without case and accents, for comparing and sorting."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def one_line(text: str) -> str:
    """The text on one line, single blanks between its words, without signs that nobody sees."""
    words = " ".join(text.split())
    return words if words.isprintable() else " ".join(_UNSEEN.sub("", words).split())
