"""Which failure of the domain a provider's refusal is."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from threadkeep.adapters.models.failures import (
    QUOTED_LENGTH,
    Refusal,
    message_of,
    read_body,
    redacted,
    retry_after,
    shortened,
    status_of,
)
from threadkeep.domain.errors import ProviderError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def refused(status: int, body: Any = "", **fields: Any) -> ProviderError:
    words, message = read_body(body if isinstance(body, str) else json.dumps(body))
    refusal = Refusal(provider="work", model="m1", status=status, words=words, message=message, **fields)
    return refusal.error()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"message": "bad temperature"}}, "providerBadRequest"),
        (400, {"error": {"code": "context_length_exceeded", "message": "x"}}, "contextTooLong"),
        (400, {"error": {"message": "This model's maximum context length is 10 tokens"}}, "contextTooLong"),
        (400, [{"error": {"message": "API key not valid. Please pass a valid one."}}], "providerAuth"),
        (401, "", "providerAuth"),
        (402, {"error": {"message": "Insufficient credits"}}, "providerAuth"),
        (403, "", "providerAuth"),
        (404, {"error": {"message": "model not found"}}, "providerBadRequest"),
        (408, "", "providerTimeout"),
        (413, "", "contextTooLong"),
        (422, {"detail": [{"msg": "field required"}]}, "providerBadRequest"),
        (429, {"error": {"message": "slow down"}}, "providerRateLimited"),
        (429, {"error": {"code": "insufficient_quota", "message": "pay"}}, "providerAuth"),
        (500, {"error": "the request exceeds the available context size"}, "contextTooLong"),
        (500, "oops", "providerOverloaded"),
        (503, "", "providerOverloaded"),
        (504, "", "providerTimeout"),
        (529, "", "providerOverloaded"),
        (302, "", "providerBadRequest"),
    ],
)
def test_the_status_and_the_words_tell_the_kind(status: int, body: Any, kind: str) -> None:
    error = refused(status, body)
    assert error.kind == kind
    assert error.data["status"] == status
    assert error.data["provider"] == "work"


def test_a_failure_names_the_provider_the_remedy_and_what_was_said() -> None:
    error = refused(404, {"error": {"message": "No such model"}})
    assert (
        error.message
        == "work: There is no model 'm1' at this baseUrl: check both (404). It said: No such model"
    )


def test_a_refused_key_is_named_by_its_source() -> None:
    assert "environment variable X" in refused(401, key_source="environment variable X").message
    assert "settings" in refused(401).message


def test_the_time_to_wait_is_told() -> None:
    error = refused(429, retry_after_ms=2500)
    assert error.data["retry_after_ms"] == 2500
    assert "try again in 2 s" in error.message


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3000),
        ({"retry-after": "0.5"}, 500),
        ({"retry-after": "Fri, 02 Jan 2026 03:04:15 GMT"}, 10_000),
        ({"retry-after": "Fri, 02 Jan 2026 03:04:15 -0000"}, 10_000),
        ({"retry-after": "Fri, 02 Jan 2026 03:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 250),
    ],
)
def test_when_to_come_back_is_read(headers: dict[str, str], expected: int | None) -> None:
    assert retry_after(headers, now=NOW) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"error": {"message": "a"}}, "a"),
        ({"error": "a"}, "a"),
        ([{"error": {"message": "a"}}], "a"),
        ({"message": "a"}, "a"),
        ({"detail": [{"msg": "a"}]}, "a"),
        ({"error": {"code": 3}}, ""),
        (17, ""),
    ],
)
def test_the_message_is_found_wherever_it_stands(told: Any, expected: str) -> None:
    assert message_of(told) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"code": 502}, 502),
        ({"code": "429"}, 429),
        ({"code": 7, "type": "rate_limit_exceeded"}, 429),
        ({"type": "overloaded_error"}, 529),
        ({"status": "RESOURCE_EXHAUSTED"}, 429),
        ({"type": "strange"}, None),
        ("words", None),
    ],
)
def test_an_error_inside_a_stream_stands_for_a_status(error: Any, expected: int | None) -> None:
    assert status_of(error) == expected


def test_long_words_are_shortened_and_web_pages_left_out() -> None:
    assert len(shortened("word " * 500)) == QUOTED_LENGTH
    assert read_body("<html>oh</html>")[1] == ""
    assert read_body("just\nwords")[1] == "just words"


def test_a_key_that_is_repeated_is_hidden() -> None:
    assert redacted("key sk-12345 is wrong", "sk-12345") == "key ••• is wrong"
    assert redacted("key x is wrong", None) == "key x is wrong"
    assert redacted("ollama failed", "o") == "ollama failed"
