"""JSON as it stands in the store."""

import json
from typing import Any, Final

from threadkeep.domain.errors import StoreCorrupt

ADVICE: Final = "`threadkeep store doctor --repair` keeps its text, and lets the rest be read."


def json_text(value: object) -> str:
    """The value as JSON that SQLite can hold. Raises TypeError or ValueError where JSON has no such thing."""
    text = _compact(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # a lone surrogate: only an escape can stand for it
            return _escaped(value)
    return text


def json_value(text: str) -> Any:
    """The value that stored JSON stands for. Raises StoreCorrupt if it is none."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreCorrupt(f"Something in the store cannot be read ({error}): {ADVICE}") from error


def forms_of(text: str) -> frozenset[str]:
    """How the text may stand inside of stored JSON."""
    return frozenset((text, _compact(text)[1:-1], _escaped(text)[1:-1]))


def holds_text(value: object, text: str) -> bool:
    """Whether the JSON of the value holds the text, as it is or escaped."""
    stored = json_text(value)
    return any(form in stored for form in forms_of(text))


def place(*parts: str | None) -> str:
    """One text for a key of several parts, whatever they hold."""
    return _escaped(parts)


def places_of(first: str) -> tuple[str, str]:
    """The first place of several parts that begins with this one, and the first behind the last."""
    start = place(first)[:-1]  # what follows is a comma
    return f"{start},", f"{start}-"


# what comes in was JSON or is a frozen value: it holds no circle to look for
_compact = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_escaped = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode
