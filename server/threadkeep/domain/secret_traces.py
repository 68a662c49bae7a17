"""Secrets of one session, and the text without what any of it repeats of them."""

import hashlib
import re
from collections.abc import Collection, Iterable
from typing import Final, Literal

from threadkeep.domain.secrets import REDACTED, redacted, secrets_of
from threadkeep.domain.text import folded
from threadkeep.values import Value

LONG: Final = 12
"""Characters of a secret that are taken out wherever they stand, in the midst of other words too."""
WORD: Final = 8
"""Characters of a word of a secret that is taken out alone, unless it is one of every day; shorter ones where
they have a digit, or where several stand in a row."""
SHORTEST: Final = 4
"""Characters of a word with a digit, or of one that is the whole secret, or that was cut off."""
MOST: Final = 64 * 1024
"""Characters of one secret that are looked for."""

NO_SECRETS: Final = frozenset(
    re.findall(
        r"\w+",
        "access api apikey auth authorization basic bearer begin bool boolean changeme default empty env environ"
        " example false key none null optional os passwd password private process public redacted required secret"
        " self settings str string text this token true undefined unknown user username value",
    )
)
"""Words that stand where a secret is expected, in code and in documents, and give nothing away."""

_LONGEST: Final = 20
"""Letters of a word of every day."""
_EVERYDAY: Final = re.compile(
    rf"(?=[A-Za-z]*[aeiouy])(?=[A-Za-z]{{1,{_LONGEST}}}\Z)[A-Z]?[a-z]+(?:[A-Z][a-z]+)*"
)
"""A word that can be spoken, or several that were joined to a name."""
_PREFIX: Final = re.compile(r"(?:sk|pk|rk|gh[pousr]|github_pat|gsk|hf|npm|glpat|pypi)[-_]")
_JOINED: Final = re.compile(r"[-_./:(\[]+")
_PHRASE: Final = 4
"""Words with hyphens between them that are a pass phrase."""
_WORD: Final = re.compile(r"[^\W_]+")
_BASE64_LINE: Final = re.compile(r"(?<![\w+/])[A-Za-z0-9+/]{16,}={0,2}(?![\w+/])")
_AROUND: Final = " \t\r\n.,:;!?()[]{}<>\"'`"
_MOST_BETWEEN: Final = 6
"""Signs between two words that are still in a row."""
_CUT_OFF: Final = "…"

_Strength = Literal["none", "weak", "strong"]


class Traces(Value):
    """What gives secrets away: themselves, their words, and long pieces of them."""

    embedded: tuple[str, ...] = ()
    """Short secrets that are taken out in the midst of words too."""
    alone: frozenset[str] = frozenset()
    """Words that give one away alone, folded."""
    in_a_row: frozenset[str] = frozenset()
    """Words that do so where several stand in a row, folded."""
    pieces: frozenset[str] = frozenset()
    """All runs of `LONG` characters of their words, folded."""
    innocent: frozenset[bytes] = frozenset()
    """Marks of the texts that were looked at and hold nothing that looks like a secret: as long as a session is
    remembered, its texts need not be."""

    def taken_out(self, text: str) -> str:
        """The text with `REDACTED` in the place of every secret and of what is left of one."""
        if _mark(text) not in self.innocent:
            text = redacted(text)
        if not self.in_a_row and not self.embedded:
            return text
        lower = text.lower()
        for secret in self.embedded:
            if secret.lower() in lower:
                text = re.sub(re.escape(secret), REDACTED, text, flags=re.IGNORECASE)
        return self._without_words(text)

    def _without_words(self, text: str) -> str:
        told: list[str] = []
        end = 0
        for start, after in self._rows(text):
            told += [text[end:start], REDACTED]
            end = after
        return "".join([*told, text[end:]]) if end else text

    def _rows(self, text: str) -> Iterable[tuple[int, int]]:
        """Where words stand in a row that give a secret away."""
        row: list[tuple[int, int, str, _Strength]] = []
        for match in _WORD.finditer(text):
            word = _folded(match.group())
            strength = self._strength(
                word,
                is_begun=text.startswith(_CUT_OFF, match.end()),
                is_rest=text.endswith(_CUT_OFF, 0, match.start()),
            )
            if row and (strength == "none" or match.start() - row[-1][1] > _MOST_BETWEEN):
                if _gives_away(row):
                    yield row[0][0], row[-1][1]
                row = []
            if strength != "none":
                row.append((match.start(), match.end(), word, strength))
        if row and _gives_away(row):
            yield row[0][0], row[-1][1]

    def _strength(self, word: str, *, is_begun: bool, is_rest: bool) -> _Strength:
        """is_begun, is_rest: whether the word was cut off behind, or before."""
        if word in self.alone:
            return "strong"
        if any(word[at : at + LONG] in self.pieces for at in range(len(word) - LONG + 1)):
            return "strong"
        if len(word) >= SHORTEST and (is_begun or is_rest):
            cut = (each.startswith(word) if is_begun else each.endswith(word) for each in self.in_a_row)
            return "strong" if any(cut) else "none"
        return "weak" if word in self.in_a_row else "none"


def traces_of(texts: Iterable[str], *, known: Collection[str] = ()) -> Traces:
    """What gives the secrets of the texts away; known: further ones, whatever they look like, which may come to
    be known while the texts are taken. No text is kept."""
    embedded: set[str] = set()
    alone: set[str] = set()
    words: set[str] = set()
    pieces: set[str] = set()
    found, innocent = set[str](), set[bytes]()
    for text in texts:
        mark = _mark(text)
        if mark in innocent:
            continue
        here = set(secrets_of(text))
        found |= here
        if not here:
            innocent.add(mark)
    named = {plain for each in known for plain in _plain(each)}
    telling_ones = {plain for each in found for plain in _plain(each) if not _is_everyday(plain)}
    for secret in named | telling_ones:
        its_words = _WORD.findall(secret)
        telling = set(map(_folded, its_words)) - NO_SECRETS
        if telling and not secret.isalpha() and len(secret) >= (WORD if secret.isnumeric() else SHORTEST):
            embedded.add(secret)
        if len(its_words) == 1 and len(secret) >= SHORTEST:
            alone |= telling
        words |= telling
        strange = telling & {_folded(word) for word in its_words if not _EVERYDAY.fullmatch(word)}
        alone |= {word for word in strange if len(word) >= WORD or _is_mixed(word)}
        pieces |= {word[at : at + LONG] for word in strange for at in range(len(word) - LONG + 1)}
    return Traces(
        embedded=tuple(sorted(embedded, key=len, reverse=True)),
        alone=frozenset(alone),
        in_a_row=frozenset(words),
        pieces=frozenset(pieces),
        innocent=frozenset(innocent),
    )


def _mark(text: str) -> bytes:
    """What no other text has: one that somebody made to be taken for another would show its secret."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _is_everyday(secret: str) -> bool:
    """Whether it is made of words that mean something else elsewhere, as in `Password: must` or
    `secret = settings.secret`: it goes only where it stands."""
    prefix = _PREFIX.match(secret)
    words = [word for word in _JOINED.split(secret[prefix.end() if prefix else 0 :]) if word]
    if prefix is None:  # short forms such as `src`, which a key is seldom made of
        words = [word for word in words if len(word) > len("src") or not word.isalpha()]
    is_phrase = len(words) >= _PHRASE and set(_JOINED.findall(secret)) == {"-"}
    return not is_phrase and all(map(_EVERYDAY.fullmatch, words))


def _plain(secret: str) -> Iterable[str]:
    """The secret without the signs around it; of a private key its lines."""
    if secret.startswith("-----BEGIN"):
        return _BASE64_LINE.findall(secret[:MOST])
    return [secret[:MOST].strip(_AROUND)]


def _folded(word: str) -> str:
    return word.lower() if word.isascii() else folded(word)


def _is_mixed(word: str) -> bool:
    """Whether it has both letters and digits, as few words have."""
    return len(word) >= SHORTEST and any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def _gives_away(row: list[tuple[int, int, str, _Strength]]) -> bool:
    if any(strength == "strong" for *_, strength in row):
        return True
    return len({word for _, _, word, _ in row if len(word) > 2}) > 1
