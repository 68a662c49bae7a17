"""Turns a provider's refusals and broken connections into the domain's named errors."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import attrs

from threadkeep.domain.errors import (
    ContextTooLong,
    ProviderAuth,
    ProviderBadRequest,
    ProviderError,
    ProviderOverloaded,
    ProviderRateLimited,
    ProviderTimeout,
)

QUOTED_LENGTH = 300
"""Characters of a provider's own words that an error repeats."""

TOO_LONG = (
    "context_length_exceeded",
    "exceed_context_size",
    "exceed context limit",
    "context length",
    "context window",
    "context size",
    "prompt is too long",
    "input is too long",
    "too many input tokens",
    "input token count",
    "reduce the length",
)
BAD_KEY = ("api key not valid", "api_key_invalid", "invalid_api_key", "incorrect api key", "invalid api key")
NO_CREDIT = (
    "insufficient_quota",
    "insufficient credits",
    "insufficient balance",
    "billing_hard_limit",
    "billing_error",
    "credit balance is too low",
)

STATUS_OF_WORD: Mapping[str, int] = {
    "rate_limit": 429,
    "too_many_requests": 429,
    "resource_exhausted": 429,
    "overloaded": 529,
    "unavailable": 503,
    "timeout": 504,
    "authentication": 401,
    "permission": 403,
    "not_found": 404,
    "billing": 402,
    "too_large": 413,
    "invalid_request": 400,
    "invalid_argument": 400,
}
"""What the error words inside a stream stand for, where no number is given."""


Verdict = tuple[type[ProviderError], str]
"""The kind of error, and what to do about it."""


@attrs.frozen(kw_only=True)
class Refusal:
    """What a provider sent instead of an answer."""

    provider: str
    model: str
    status: int | None
    """None for an error inside a stream that names no status."""
    words: str = attrs.field(default="", repr=False)
    """All the provider's codes and words, for recognising only: they may repeat the key."""
    message: str = ""
    """The provider's message for people, shortened and without the key."""
    retry_after_ms: int | None = None
    key_source: str | None = None

    def error(self) -> ProviderError:
        """The domain's error for it."""
        kind, advice = self._by_words() or self._by_status()
        said = f" It said: {self.message}" if self.message else ""
        number = f" ({self.status})" if self.status else ""
        return kind(
            f"{self.provider}: {advice}{number}.{said}",
            provider=self.provider,
            status=self.status,
            retry_after_ms=self.retry_after_ms,
        )

    def _by_words(self) -> Verdict | None:
        """What the words tell better than the status, which providers use in different ways."""
        status, words = self.status, self.words.casefold()
        if status in {None, 400, 413, 422, 500} and any(mark in words for mark in TOO_LONG):
            return ContextTooLong, "The conversation is longer than the model can read: clear or shorten it"
        if status in {None, 400, 402, 429} and (status == 402 or any(mark in words for mark in NO_CREDIT)):
            return ProviderAuth, "The account has no credit left: add some, or choose another model"
        if status in {None, 400} and any(mark in words for mark in BAD_KEY):
            return ProviderAuth, self._key_advice
        return None

    def _by_status(self) -> Verdict:
        status = self.status or 500
        known: Mapping[int, Verdict] = {
            401: (ProviderAuth, self._key_advice),
            403: (ProviderAuth, self._key_advice),
            404: (ProviderBadRequest, f"There is no model {self.model!r} at this baseUrl: check both"),
            408: (ProviderTimeout, "The provider took too long: try again"),
            413: (ContextTooLong, "The request is larger than the provider takes: clear or shorten it"),
            429: (ProviderRateLimited, f"The provider takes no more requests just now: {self._when}"),
            504: (ProviderTimeout, "The provider took too long: try again"),
        }
        if status < 400:
            return ProviderBadRequest, "The baseUrl does not lead to the provider's interface: correct it"
        if status >= 500:
            return known.get(status, (ProviderOverloaded, f"The provider has trouble: {self._when}"))
        return known.get(status, (ProviderBadRequest, "The provider refuses the request"))

    @property
    def _key_advice(self) -> str:
        if self.key_source is None:
            return "The provider wants an API key: name one in the settings"
        return f"The provider does not accept the API key from {self.key_source}: check it"

    @property
    def _when(self) -> str:
        if self.retry_after_ms is None:
            return "try again in a while"
        return f"try again in {max(1, round(self.retry_after_ms / 1000))} s"


def read_body(body: str) -> tuple[str, str]:
    """(all words, the message) of the body of a refused request, whatever its form."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        is_page = body.lstrip()[:1] == "<"
        return body, "" if is_page else shortened(body)
    return body, shortened(message_of(told))


def message_of(told: Any) -> str:
    """The message in a provider's JSON error; empty if there is none."""
    if isinstance(told, str):
        return told
    if isinstance(told, list):
        return next((found for found in map(message_of, told) if found), "")
    if not isinstance(told, dict):
        return ""
    inner = (told.get(name) for name in ("error", "message", "detail", "msg", "title"))
    return next((found for found in map(message_of, inner) if found), "")


def status_of(error: Any) -> int | None:
    """The HTTP status that an error object inside a stream stands for."""
    if not isinstance(error, dict):
        return None
    given = [error.get(name) for name in ("code", "status", "status_code", "type")]
    for value in given:
        if isinstance(value, str) and value.isdecimal() and len(value) == 3:
            value = int(value)  # noqa: PLW2901 - a number in quotes is meant as the number
        if isinstance(value, int) and 400 <= value < 600:
            return value
    words = " ".join(value for value in given if isinstance(value, str)).casefold()
    return next((status for word, status in STATUS_OF_WORD.items() if word in words), None)


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> int | None:
    """Milliseconds to wait, from `retry-after-ms` or `retry-after` (seconds or a date)."""
    value = headers.get("retry-after-ms")
    if value is not None:
        return _milliseconds(value, per_unit=1)
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _milliseconds(value, per_unit=1000)
    if seconds is not None:
        return seconds
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0, round((then - (now or datetime.now(UTC))).total_seconds() * 1000))


def shortened(text: str) -> str:
    """The text on one line, at most `QUOTED_LENGTH` characters."""
    line = " ".join(text[: QUOTED_LENGTH * 4].split())
    return line if len(line) <= QUOTED_LENGTH else line[: QUOTED_LENGTH - 1] + "…"


def redacted(text: str, key: str | None) -> str:
    """The text without the key, should a provider repeat it."""
    # A key of a few letters opens nothing, and hiding it would tear words apart.
    return text.replace(key, "•••") if key and len(key) >= 8 else text


def _milliseconds(value: str, *, per_unit: int) -> int | None:
    try:
        amount = float(value)
    except ValueError:
        return None
    return round(amount * per_unit) if 0 <= amount < 1e9 else None
