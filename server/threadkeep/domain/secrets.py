"""Text without what looks like a key, a token, a password, or a private key."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

from threadkeep.domain.messages import Part
from threadkeep.domain.tool_calls import Blob, ToolCall
from threadkeep.values import Value, evolve

V = TypeVar("V", bound=Value)

REDACTED = "[redacted]"

_PREFIXED = (
    r"\b(?:(?:sk|pk|rk|xox[a-z]|glpat|pypi)-|(?:sk|pk|rk|gh[pousr]|github_pat|gsk|hf|npm)_)[-\w]{12,}"
    r"|\b(?:AKIA[0-9A-Z]{12,}|AIza[-\w]{20,})"
)
_JWT = r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
_NAME = r"(?i:[\w-]*(?:api[_-]?key|secret|password|passwd|access[_-]?token|auth[_-]?token|authorization))"
_AFTER_WORD = (
    r"(?i:(?<![\w-])(?:(?P<scheme>(?:bearer|basic)\s+)|"
    rf"{_NAME}"
    r"[\"']?\s*[:=]\s*[\"']?(?:bearer\s+|basic\s+)?))"
    r"(?!\[redacted|(?i:bearer|basic)\s)(?P<secret>[^\s\"',;}\]]{4,})"
)
_CREDENTIALS = r"[\w.~+/-]+=*"
"""What stands behind the name of a scheme, after RFC 9110."""
_LONG = 16
"""Characters of credentials of whatever kind behind the name of a scheme alone."""
_MIXED = 8
"""Characters of those with letters and digits: fewer are a name, such as `html5`."""
_NAMED = r"[A-Z]?[a-z]{0,20}(?:[A-Z][a-z]{2,20})*[0-9]{0,2}"
"""A word, or a name as programs have them."""
_IN_URL = r"(://)[^/@\s]+(?=@)"
_TOKEN = 16
"""Characters of what stands alone before the host of a URL: fewer are a name."""
_PEM = r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"


_NEEDED = ("key", "secret", "passw", "token", "auth", "bearer", "basic")
"""One of these is in whatever `_AFTER_WORD` finds: to look for them first is ten times as fast."""


_SIGNS = (
    *_NEEDED,
    *(
        "-----begin",
        "://",
        "eyj",
        "akia",
        "aiza",
        "xox",
        "glpat-",
        "pypi-",
        "github_pat",
        *(f"gh{kind}_" for kind in "pousr"),
    ),
    *(f"{name}{sign}" for name in ("sk", "pk", "rk", "gsk", "hf", "npm") for sign in "-_"),
)


def may_hold_secret(text: str) -> bool:
    """Whether a closer look is worth while: False only for a text in which nothing looks like a secret. Fast."""
    lower = text.lower()
    return any(sign in lower for sign in _SIGNS)


def redacted(text: str) -> str:
    """The text with `REDACTED` in the place of each secret; what was redacted before stays as it is."""
    if "-----BEGIN" in text:
        text = re.sub(_PEM, REDACTED, text, flags=re.DOTALL)
    if "://" in text:
        text = re.sub(_IN_URL, rf"\1{REDACTED}", text)
    if _may_name_one(text):
        text = _without_named(text)
    return re.sub(f"{_PREFIXED}|{_JWT}", REDACTED, text)


def secrets_of(text: str) -> Iterator[str]:
    """Each secret of the text, as it stands there, without what gives it away: the word or the name before it.

    Empty for one that is too short to be known again.
    """
    if "-----BEGIN" in text:
        yield from (match.group() for match in re.finditer(_PEM, text, re.DOTALL))
    yield from (match.group() for match in re.finditer(f"{_PREFIXED}|{_JWT}", text))
    if _may_name_one(text):
        yield from (match["secret"] for match in _named(text))
    for match in re.finditer(_IN_URL, text) if "://" in text else ():
        name, _, password = match.group().removeprefix("://").partition(":")
        yield password or (name if len(name) >= _TOKEN else "")


def _without_named(text: str) -> str:
    told: list[str] = []
    end = 0
    for match in _named(text):
        told += [text[end : match.start("secret")], REDACTED]
        end = match.end()
    return "".join([*told, text[end:]])


def _named(text: str) -> Iterator[re.Match[str]]:
    """Secrets behind a word that tells of them."""
    pattern, at = re.compile(_AFTER_WORD), 0
    while (match := pattern.search(text, at)) is not None:
        # `basic` and `bearer` are words of every day too: what follows may tell of a secret itself.
        is_prose = match["scheme"] is not None and not _are_credentials(match["secret"])
        at = match.end("scheme") if is_prose else match.end()
        if not is_prose:
            yield match


def _are_credentials(text: str) -> bool:
    text = text.rstrip(".:!?)`*")
    is_mixed = len(text) >= _MIXED and any(map(str.isdigit, text)) and any(map(str.isalpha, text))
    if not (is_mixed or len(text) >= _LONG) or re.fullmatch(_CREDENTIALS, text) is None:
        return False
    return not all(re.fullmatch(_NAMED, word) for word in re.split("[-_./]", text))


def _may_name_one(text: str) -> bool:
    folded = text.casefold()
    return any(word in folded for word in _NEEDED)


def names_a_secret(name: str) -> bool:
    """Whether a member of this name holds a secret, whatever that looks like."""
    return re.fullmatch(_NAME, name) is not None


def without_secrets(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts of a message, each of its texts redacted; a signature goes with the words that it signed.

    What a vendor wants back untouched stays: without a part of it, the rest is worth nothing. Contents that lie apart
    are what they were; they were redacted when they were stored, or came from elsewhere.
    """
    return tuple(_without_secrets(part) for part in parts)


def _without_secrets(part: Part) -> Part:
    if part.call is not None:
        return _changed(part, call=_call_without_secrets(part.call))
    if part.plan:
        plan = tuple(_changed(entry, content=redacted(entry.content)) for entry in part.plan)
        return _changed(part, plan=plan)
    if part.media is not None:
        return _changed(part, media=_redacted_members(part.media, "name"))
    text = redacted(part.text)
    return part if text == part.text else evolve(part, text=text, signature=None)


def _call_without_secrets(call: ToolCall) -> ToolCall:
    output = tuple(_redacted_members(item, *_OF_OUTPUT, *_BLOBS) for item in call.output)
    places = tuple(_redacted_members(place, "uri") for place in call.locations)
    call = _redacted_members(call, "name", "title", "error", "input_blob")
    return _changed(call, input=_redacted_json(call.input), output=output, locations=places)


def _redacted_json(value: Any, name: str = "") -> Any:
    """JSON without secrets; name: of the member that it is."""
    if isinstance(value, str):
        return REDACTED if value.strip() and names_a_secret(name) else redacted(value)
    if isinstance(value, dict):
        return {redacted(key): _redacted_json(each, key) for key, each in value.items()}
    return [_redacted_json(each, name) for each in value] if isinstance(value, list) else value


def _redacted_members(value: V, *names: str) -> V:
    return _changed(value, **{name: _redacted_member(getattr(value, name)) for name in names})


def _redacted_member(value: Any) -> Any:
    if isinstance(value, Blob):  # its ends, as they are shown
        return _redacted_members(value, "head", "tail")
    return redacted(value) if value else value


def _changed(value: V, **members: Any) -> V:
    """The value with these members; the same one where nothing differs."""
    different = {name: each for name, each in members.items() if getattr(value, name) != each}
    changed: Any = value
    return evolve(changed, **different) if different else value


_OF_OUTPUT: Final = ("text", "old_text", "new_text", "uri", "name", "command", "cwd")
_BLOBS: Final = ("blob", "old_blob", "new_blob")
