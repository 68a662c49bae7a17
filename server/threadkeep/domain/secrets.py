"""Text without what looks like a key, a token, a password, or a private key."""

import re
from collections.abc import Iterable

import attrs

from threadkeep.domain.messages import Part

REDACTED = "[redacted]"

_PREFIXED = (
    r"\b(?:(?:sk|pk|rk|xox[a-z]|glpat|pypi)-|(?:sk|pk|rk|gh[pousr]|github_pat|gsk|hf|npm)_)[-\w]{12,}"
    r"|\b(?:AKIA[0-9A-Z]{12,}|AIza[-\w]{20,})"
)
_JWT = r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
_AFTER_WORD = (
    r"(?i:(?<![\w-])(bearer\s+|basic\s+|"
    r"[\w-]*(?:api[_-]?key|secret|password|passwd|access[_-]?token|auth[_-]?token|authorization)"
    r"[\"']?\s*[:=]\s*[\"']?(?:bearer\s+|basic\s+)?))"
    r"(?!\[redacted|(?i:bearer|basic)\s)[^\s\"',;}\]]{4,}"
)
_IN_URL = r"(://)[^/@\s]+(?=@)"
_PEM = r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"


def redacted(text: str) -> str:
    """The text with `REDACTED` in the place of each secret; what was redacted before stays as it is."""
    text = re.sub(_PEM, REDACTED, text, flags=re.DOTALL)
    text = re.sub(_IN_URL, rf"\1{REDACTED}", text)
    text = re.sub(_AFTER_WORD, rf"\1{REDACTED}", text)
    return re.sub(f"{_PREFIXED}|{_JWT}", REDACTED, text)


def without_secrets(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts of a message, each of its texts redacted; a signature goes with the words that it signed."""
    return tuple(_without_secrets(part) for part in parts)


def _without_secrets(part: Part) -> Part:
    text = redacted(part.text)
    return part if text == part.text else attrs.evolve(part, text=text, signature=None)
