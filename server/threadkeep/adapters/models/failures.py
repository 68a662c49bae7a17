"""Turns a provider's refusals and broken connections into the domain's named errors."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from threadkeep.adapters.models import wordings
from threadkeep.domain.errors import (
    ContextTooLong,
    ProviderAuth,
    ProviderBadRequest,
    ProviderError,
    ProviderNetwork,
    ProviderOverloaded,
    ProviderRateLimited,
    ProviderTimeout,
)
from threadkeep.values import Value, field

PROXY_LOGIN = (
    "The proxy wants a name and a password, or others than these: give them in its URL (proxy, HTTPS_PROXY)"
)

QUOTED_LENGTH = 300
"""Characters of a provider's own words that an error repeats."""

STATUS_OF_WORD: Mapping[str, int] = {
    "rate_limit": 429,
    "ratelimit": 429,
    "too_many_requests": 429,
    "throttl": 429,
    "insufficient_quota": 402,
    "quota": 429,
    "resource_exhausted": 429,
    "overloaded": 529,
    "unavailable": 503,
    "timeout": 504,
    "capacity": 503,
    "invalid_api_key": 401,
    "authentication": 401,
    "unauthorized": 401,
    "permission": 403,
    "not_found": 404,
    "billing": 402,
    "too_large": 413,
    "invalid_request": 400,
    "badrequest": 400,
    "bad_request": 400,
    "context_overflow": 400,
    "context_length": 400,
    "content_filter": 400,
    "invalid_argument": 400,
    "invalidparameter": 400,
    "validation": 400,
    "invalid_parameter": 400,
}
"""What the error words inside a stream stand for, where no number is given."""


MESSAGE_MEMBERS = (
    "error",
    "message",
    "detail",
    "details",
    "msg",
    "error_msg",
    "error_message",
    "errorMessage",
    "err_msg",
    "errmsg",
    "status_msg",
    "errors",
    "title",
    "text",
)
"""The members of an error in which its words may stand, the best first."""

STATUS_IN = ("code", "status", "status_code", "statusCode", "http_status", "error_code", "type", "error_type")
"""The members of an error that may stand for an HTTP status, as a number or as a word."""


class ContentFiltered(ProviderBadRequest):
    """The provider refuses to have the words answered."""

    stop_reason = "contentFilter"


Verdict = tuple[type[ProviderError], str]
"""The kind of error, and what to do about it."""


class Refusal(Value):
    """What a provider sent instead of an answer."""

    provider: str
    model: str
    status: int | None
    """None for an error inside a stream that names no status."""
    words: str = field(default="", repr=False)
    """All the provider's codes and words, for recognising only: they may repeat the key."""
    message: str = ""
    """The provider's message for people, shortened and without the key."""
    retry_after_ms: int | None = None
    key_source: str | None = None
    key_remedy: str = "name one in the settings"
    """What a person does to give a key, where there is none."""

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

    @property
    def is_page(self) -> bool:
        """Whether it is a web page, which no interface of a model sends."""
        return self.words.lstrip()[:1] == "<"

    def _by_words(self) -> Verdict | None:
        """What the words tell better than the status, which providers use in different ways."""
        status, words = self.status, self.words.casefold()
        if self.is_page:
            return self._page_verdict if status in {401, 403, 451} else None
        if wordings.is_too_long(words, status=status):
            return ContextTooLong, "The conversation is longer than the model can read: clear or shorten it"
        is_unpaid = status in {None, 400, 402, 403, 429} and wordings.says(wordings.NO_CREDIT, words)
        if status == 402 or is_unpaid:
            return ProviderAuth, "The account has no credit left: add some, or choose another model"
        if status in {None, 400} and wordings.says(wordings.BAD_KEY, words):
            return ProviderAuth, self._key_advice
        if status in {None, 400, 401, 403, 422, 451}:
            return self._forbidden(words)
        return None

    def _forbidden(self, words: str) -> Verdict | None:
        if wordings.says(wordings.REGION, words):
            return ProviderBadRequest, (
                "The provider does not serve the place that the request comes from: choose another provider,"
                " or ask through a proxy"
            )
        is_forbidden = self.status in {403, 451}
        if wordings.says(wordings.FILTERED, words) or (
            is_forbidden and wordings.says(wordings.MODERATED, words)
        ):
            return ContentFiltered, (
                "The provider's content filter refuses the request: say it in other words, or choose another model"
            )
        if is_forbidden and wordings.says(wordings.NO_ACCESS, words):
            source = f" from {self.key_source}" if self.key_source else ""
            return ProviderAuth, (
                f"The account of the API key{source} may not use the model {self.model!r}: choose another one,"
                " or ask for access"
            )
        return None

    @property
    def _page_verdict(self) -> Verdict:
        return ProviderBadRequest, (
            "A proxy or a firewall on the way refuses the request, with a web page of its own: check the network,"
            " the proxy setting and baseUrl"
        )

    def _by_status(self) -> Verdict:
        status = self.status or 500
        known: Mapping[int, Verdict] = {
            401: (ProviderAuth, self._key_advice),
            403: (ProviderAuth, self._forbidden_advice),
            404: (ProviderBadRequest, f"There is no model {self.model!r} at this baseUrl: check both"),
            407: (ProviderNetwork, PROXY_LOGIN),
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
            return f"The provider wants an API key: {self.key_remedy}"
        return f"The provider does not accept the API key from {self.key_source}: check it"

    @property
    def _forbidden_advice(self) -> str:
        if self.key_source is None:
            return f"The provider does not allow this without an API key: {self.key_remedy}"
        return (
            f"The provider does not allow this with the API key from {self.key_source}: check what it may do"
        )

    @property
    def _when(self) -> str:
        if self.retry_after_ms is None:
            return "try again in a while"
        return f"try again in {max(1, round(self.retry_after_ms / 1000))} s"


def read_body(body: str) -> tuple[str, str]:
    """(all words, the message) of the body of a refused request, whatever its form."""
    try:
        error = json.loads(body)
    except (ValueError, RecursionError):
        is_page = body.lstrip()[:1] == "<"
        return body, "" if is_page else shortened(body)
    return body, shortened(message_of(error))


def message_of(error: Any) -> str:
    """The message in a provider's JSON error; empty if there is none."""
    if isinstance(error, str):
        return error
    if isinstance(error, list):
        return next((found for found in map(message_of, error) if found), "")
    if not isinstance(error, dict):
        return ""
    return next((found for found in (message_of(error.get(name)) for name in MESSAGE_MEMBERS) if found), "")


def status_of(error: Any) -> int | None:
    """The HTTP status that an error inside a stream stands for."""
    if isinstance(error, list):
        return next((found for found in map(status_of, error) if found), None)
    if isinstance(error, str):
        return _status_of_words(error)
    if not isinstance(error, dict):
        return None
    given = [error.get(name) for name in STATUS_IN]
    for value in given:
        status = _status(value)
        if status is not None:
            return status
    status = _status_of_words(" ".join(value for value in given if isinstance(value, str)))
    inner = next((error[name] for name in ("error", "errors") if error.get(name)), None)
    return status or (status_of(inner) if inner is not None else None)


def _status(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) in (3, 5):
        value = int(value)  # a number in quotes is meant as the number
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    if 40_000 <= value < 60_000:
        value //= 100  # FastChat's 40303 and 50001
    return value if 400 <= value < 600 else None


def _status_of_words(words: str) -> int | None:
    words = words.casefold().replace(" ", "_")
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
