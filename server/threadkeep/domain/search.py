"""What a text is searched for by its words, where it is found, and the piece of the text to show."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Final, Protocol

from threadkeep.values import Value

KEPT: Final = 50_000
"""Characters whose folding is remembered; no text that people write holds as many different ones."""

UNSPACED: Final = (
    "\u1100-\u11ff\u3005\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Chinese, Japanese and Korean characters, as a class of a regular expression has them: no space parts
their words."""

MAX_CLAUSES: Final = 32
"""Parts of one query that are looked for: a pasted file would otherwise become a query of thousands."""
MAX_WORDS: Final = 64
"""Words of all its phrases: each is compared at each place of a text, and a phrase may be a pasted file too."""
WIDE_PREFIX: Final = 2
"""Characters of a beginning that a good part of all words may share."""
MAX_RANGES: Final = 100
"""Findings in one text that are told."""
SNIPPET_BEFORE: Final = 60
SNIPPET_LENGTH: Final = 240
"""Characters of a snippet that come before the first finding, and all of them."""
Range = tuple[int, int]
"""Start and end in a text, in characters, the end exclusive."""
LETTER: Final = rf"[^\W{UNSPACED}]"
"""A character of a word that spaces part from others, in folded text."""


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


class Folded(Value):
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


class Clause(Value):
    """Words that stand beside each other, or characters that no space parts."""

    words: tuple[str, ...]
    """Folded. One alone where `is_run`."""
    is_prefix: bool = False
    """The last word may go on."""
    is_run: bool = False
    """Chinese, Japanese or Korean characters, wherever they stand."""

    @property
    def is_wide(self) -> bool:
        """Whether so many words may be meant that an index is of little help."""
        return self.is_prefix and len(self.words[-1]) <= WIDE_PREFIX

    @property
    def pattern(self) -> str:
        """What finds it in folded text."""
        if self.is_run:
            return re.escape(self.words[0])
        phrase = r"\W+".join(map(re.escape, self.words))
        return f"(?<!{LETTER}){phrase}" + (f"{LETTER}*" if self.is_prefix else f"(?!{LETTER})")


class WordQuery(Value, kw_only=False):
    """Clauses that must all be found in one text; without any nothing is."""

    clauses: tuple[Clause, ...]

    @property
    def is_wide(self) -> bool:
        """Whether all of it is."""
        return all(clause.is_wide for clause in self.clauses)

    def may_be_in(self, ascii_text: str) -> bool:
        """Whether the text could have all of it; for a text without accents a far quicker look than `holds`."""
        lowered = ascii_text.lower()
        return all(word in lowered for clause in self.clauses for word in clause.words)

    def holds(self, text: str) -> bool:
        """Whether the text has all of it."""
        folded = plain(text).text
        return bool(self.clauses) and all(pattern.search(folded) for pattern in _patterns(self.clauses))

    def counts(self, text: str) -> tuple[int, ...]:
        """How often each clause stands in the text."""
        folded = plain(text).text
        return tuple(sum(1 for _ in pattern.finditer(folded)) for pattern in _patterns(self.clauses))

    def ranges(self, text: str) -> list[Range]:
        """Where its clauses stand in the text, the first `MAX_RANGES`."""
        folded = plain(text)
        found = []
        for match in _any(self.clauses).finditer(folded.text):
            found.append(folded.original(*match.span()))
            if len(found) == MAX_RANGES:
                break
        return found


class PartQuery(Value, kw_only=False):
    """Exactly these characters, their case aside."""

    part: str

    @property
    def folded(self) -> str:
        """The characters as they are compared."""
        return caseless(self.part).text

    def ranges(self, text: str) -> list[Range]:
        """Where they stand in the text, the first `MAX_RANGES`; overlapping ones are told once."""
        folded, wanted = caseless(text), self.folded
        found: list[Range] = []
        at = folded.text.find(wanted)
        while at >= 0 and len(found) < MAX_RANGES:
            found.append(folded.original(at, at + len(wanted)))
            at = folded.text.find(wanted, at + len(wanted))
        return found


class Finder(Protocol):
    """Finds something in a text."""

    def ranges(self, text: str) -> list[Range]:
        """Where it stands, the first `MAX_RANGES`; empty where it is not found."""
        ...


class Snippet(Value):
    """A piece of a text as it stands there; places are UTF-16 code units of the whole text."""

    text: str
    start: int
    ranges: tuple[Range, ...]


def parse_words(query: str) -> WordQuery:
    """Words, "phrases" and prefix*: all else is only what parts words. Any text is a query.

    What is written without a space between, such as `os.path`, is a phrase.
    """
    clauses: dict[Clause, None] = {}
    for match in _part().finditer(query):
        phrase, star, chunk = match.groups()
        written = phrase if chunk is None else chunk.rstrip("*")
        is_prefix = bool(star) if chunk is None else chunk.endswith("*")
        clauses.update(dict.fromkeys(_clauses(written, is_prefix=is_prefix)))
        if len(clauses) >= MAX_CLAUSES:
            break
    return WordQuery(tuple(_bounded(tuple(clauses)[:MAX_CLAUSES])))


def snippet(text: str, ranges: Sequence[Range]) -> Snippet:
    """The piece of the text around the first finding, or its beginning; it begins and ends between words
    where it can."""
    first = ranges[0][0] if ranges else 0
    start = max(0, first - SNIPPET_BEFORE)
    if start:
        start = next((at + 1 for at in range(start, first) if text[at].isspace()), start)
    end = min(len(text), start + SNIPPET_LENGTH)
    if end < len(text):
        shortest = min(end, max(first + 1, start + SNIPPET_LENGTH * 3 // 4))
        end = next((at for at in range(end, shortest, -1) if text[at].isspace()), end)
    wide = [] if text.isascii() else [match.start() for match in _wide().finditer(text)]
    return Snippet(
        text=text[start:end],
        start=start + bisect_left(wide, start),
        ranges=tuple(
            (begin + bisect_left(wide, begin), finish + bisect_left(wide, finish)) for begin, finish in ranges
        ),
    )


def _bounded(clauses: Sequence[Clause]) -> Iterator[Clause]:
    left = MAX_WORDS
    for clause in clauses:
        if len(clause.words) <= left:
            yield clause
        elif left:
            yield Clause(words=clause.words[:left])
        left = max(0, left - len(clause.words))


def _clauses(written: str, *, is_prefix: bool) -> Iterator[Clause]:
    folded = plain(written).text
    words: list[str] = []
    ends_with_word = False
    for piece in _piece().finditer(folded):
        word, run = piece.groups()
        ends_with_word = run is None and piece.end() == len(folded)
        if run is None:
            words.append(word)
            continue
        if words:
            yield Clause(words=tuple(words))
            words = []
        yield Clause(words=(run,), is_run=True)
    if words:
        yield Clause(words=tuple(words), is_prefix=is_prefix and ends_with_word)


@lru_cache(maxsize=16)
def _patterns(clauses: tuple[Clause, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(clause.pattern) for clause in clauses)


@lru_cache(maxsize=16)
def _any(clauses: tuple[Clause, ...]) -> re.Pattern[str]:
    longest_first = sorted((clause.pattern for clause in clauses), key=len, reverse=True)
    return re.compile("|".join(longest_first) or r"(?!)")


# made when they are first needed: that takes longer than most imports
@cache
def _part() -> re.Pattern[str]:
    return re.compile(r'"([^"]*)(?:"|$)(\*?)|([^\s"]+)')


@cache
def _piece() -> re.Pattern[str]:
    return re.compile(rf"({LETTER}+)|((?:(?=\w)[{UNSPACED}])+)")


@cache
def _wide() -> re.Pattern[str]:
    """A character of two UTF-16 code units."""
    return re.compile("[\U00010000-\U0010ffff]")
