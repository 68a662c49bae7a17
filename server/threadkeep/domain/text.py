"""Text as people compare it."""

import re
import unicodedata
from typing import Final

_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Control characters, those that turn the direction of what follows, and blanks without a width."""

_SEQUENCE: Final = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, and moves of the cursor
    "|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\\\|\x9c)"  # titles, links, the clipboard
    "|\x1b[ -/]*[0-Z\\\\^-~]"
)
"""What commands a terminal; none can begin within another, so it takes one pass."""
_STEERING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and line end, and those that turn the direction of what follows."""


def without_steering(text: str) -> str:
    """The text without what a terminal would obey instead of showing it: whole sequences and single characters."""
    if text.isprintable():
        return text
    return _STEERING.sub("", _SEQUENCE.sub("", text.replace("\r\n", "\n")))


def folded(text: str) -> str:
    """The text without case and accents, for comparing and sorting."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def one_line(text: str) -> str:
    """The text on one line, single blanks between its words, without signs that nobody sees."""
    words = " ".join(text.split())
    return words if words.isprintable() else " ".join(_UNSEEN.sub("", words).split())
