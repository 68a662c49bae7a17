"""Text without what looks like a key, a token, a password, or a private key."""

import re
from collections.abc import Iterable, Iterator

import attrs

from threadkeep.domain.messages import Part

REDACTED = "[redacted]"

_PREFIXED = (
    r"\b(?:(?:sk|pk|rk|xox[a-z]|glpat|pypi)-|(?:sk|pk|rk|gh[pousr]|github_pat|gsk|hf|npm)_)[-\w]{12,}"
    r"|\b(?:AKIA[0-9A-Z]{12,}|AIza[-\w]{20,})"
)
_JWT = r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
_NAME = r"(?i:[\w-]*(?:api[_-]?key|secret|password|passwd|access[_-]?token|auth[_-]?token|authorization))"
_AFTER_WORD = (
    r"(?i:(?<![\w-])(bearer\s+|basic\s+|"
    rf"{_NAME}"
    r"[\"']?\s*[:=]\s*[\"']?(?:bearer\s+|basic\s+)?))"
    r"(?!\[redacted|(?i:bearer|basic)\s)[^\s\"',;}\]]{4,}"
)
_IN_URL = r"(://)[^/@\s]+(?=@)"
_TOKEN = 16
"""Characters of what stands alone before the host of a URL: fewer are a name."""
_PEM = r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"


_NEEDED = ("key", "secret", "passw", "token", "auth", "bearer", "basic")
"""One of these is in whatever `_AFTER_WORD` finds: to look for them first is ten times as fast."""


def redacted(text: str) -> str:
    """The text with `REDACTED` in the place of each secret; what was redacted before stays as it is."""
    if "-----BEGIN" in text:
        text = re.sub(_PEM, REDACTED, text, flags=re.DOTALL)
    if "://" in text:
        text = re.sub(_IN_URL, rf"\1{REDACTED}", text)
    if _may_name_one(text):
        text = re.sub(_AFTER_WORD, rf"\1{REDACTED}", text)
    return re.sub(f"{_PREFIXED}|{_JWT}", REDACTED, text)


def secrets_of(text: str) -> Iterator[str]:
    """Each secret of the text, as it stands there, without what gives it away: the word or the name before it.

    Empty for one that is too short to be known again.
    """
    if "-----BEGIN" in text:
        yield from (match.group() for match in re.finditer(_PEM, text, re.DOTALL))
    yield from (match.group() for match in re.finditer(f"{_PREFIXED}|{_JWT}", text))
    if _may_name_one(text):
        for match in re.finditer(_AFTER_WORD, text):
            yield match.group()[match.end(1) - match.start() :]
    for match in re.finditer(_IN_URL, text) if "://" in text else ():
        name, _, password = match.group().removeprefix("://").partition(":")
        yield password or (name if len(name) >= _TOKEN else "")


def _may_name_one(text: str) -> bool:
    folded = text.casefold()
    return any(word in folded for word in _NEEDED)


def names_a_secret(name: str) -> bool:
    """Whether a member of this name holds a secret, whatever that looks like."""
    return re.fullmatch(_NAME, name) is not None


def without_secrets(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts of a message, each of its texts redacted; a signature goes with the words that it signed."""
    return tuple(_without_secrets(part) for part in parts)


def _without_secrets(part: Part) -> Part:
    text = redacted(part.text)
    return part if text == part.text else attrs.evolve(part, text=text, signature=None)
