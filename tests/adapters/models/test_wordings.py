"""What the words of providers mean. Whole answers of theirs are in tests.support.quirks."""

from datetime import UTC, datetime
from typing import Any

import pytest

from threadkeep.adapters.models.dialect import stop_reason, words_of
from threadkeep.adapters.models.failures import Refusal, status_of
from threadkeep.adapters.models.http_client import is_near
from threadkeep.adapters.models.sse import error_of, interface_of
from threadkeep.adapters.models.wordings import SYSTEM_REFUSED, is_too_long, says, wait_ms

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Please try again in 20s.", 20_000),
        ("Please try again in 6m0s.", 360_000),
        ("try again in 1h2m3.5s", 3_723_500),
        ("Please try again in 350ms.", 350),
        ("Please retry after 26 seconds.", 26_000),
        ("Please retry in 34.074824224s.", 34_075),
        ("Wait 2 minutes, then go on.", 120_000),
        ('{"retryDelay": "34s"}', 34_000),
        ('{"error": {"retry_after": 1.5}}', 1_500),
        ('{"retry_after_ms": 250}', 250),
        ('{"retry_after_seconds": "7"}', 7_000),
        ('{"headers": {"X-RateLimit-Reset": "1767323055000"}}', 10_000),
        ("try again later", None),
        ("try again in 3 parsecs", None),
        ("retry in 900h", None),
        ("within 20s", None),
    ],
)
def test_a_wait_is_found_in_words(words: str, expected: int | None) -> None:
    assert wait_ms(words, now=NOW) == expected


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("ThrottlingException: Too many tokens, please wait before trying again.", 400),
        ("Rate limit reached: too many tokens per minute (TPM)", 400),
        ("Too many requests: maximum context length of the queue", 500),
        ("Rate limit reached for tokens per min. Limit 30000, used 29000.", 429),
        ("Your input exceeds the context window", 401),
        ("max_tokens is too large: 6000. This model supports at most 4096 completion tokens", 400),
        ("Invalid 'user': string too long", 400),
        ("You exceeded your current quota", 429),
    ],
)
def test_what_only_waiting_or_another_request_helps_is_not_too_long(words: str, status: int) -> None:
    assert not is_too_long(words, status=status)


@pytest.mark.parametrize("status", [413, 429])
def test_a_request_larger_than_a_minutes_allowance_is_too_long(status: int) -> None:
    told = "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 9000"
    assert is_too_long(told, status=status)


@pytest.mark.parametrize(
    ("status", "words", "kind", "advice"),
    [
        (
            403,
            "Country, region, or territory not supported",
            "providerBadRequest",
            "does not serve the place",
        ),
        (
            400,
            "User location is not supported for the API use.",
            "providerBadRequest",
            "does not serve the place",
        ),
        (403, "Your input was flagged by moderation", "providerBadRequest", "content filter"),
        (400, "data_inspection_failed", "providerBadRequest", "content filter"),
        (400, "Content Exists Risk", "providerBadRequest", "content filter"),
        (403, "<html>Blocked</html>", "providerBadRequest", "firewall"),
        (403, "Key limit exceeded", "providerAuth", "credit"),
        (403, "Project does not have access to model m", "providerAuth", "may not use the model"),
        (403, "", "providerAuth", "does not allow this"),
        (401, "wrong", "providerAuth", "does not accept"),
        (400, "my words were flagged in a moderation test", "providerBadRequest", "refuses the request"),
        (407, "", "providerNetwork", "proxy wants a name"),
    ],
)
def test_a_refusal_is_blamed_on_what_it_is_about(status: int, words: str, kind: str, advice: str) -> None:
    error = Refusal(provider="work", model="m", status=status, words=words, key_source="X").error()
    assert error.kind == kind
    assert advice in error.message
    assert (getattr(error, "stop_reason", None) == "contentFilter") is (advice == "content filter")


@pytest.mark.parametrize(
    ("word", "expected", "told"),
    [
        ("stop", "endTurn", ""),
        ("STOP", "endTurn", ""),
        ("<|eot_id|>", "endTurn", ""),
        ("length", "maxTokens", ""),
        ("MAX_TOKENS", "maxTokens", ""),
        ("SAFETY", "contentFilter", "SAFETY"),
        ("content_filter: PROHIBITED_CONTENT", "contentFilter", "content_filter: PROHIBITED_CONTENT"),
        ("guardrail_intervened", "contentFilter", "guardrail_intervened"),
        ("function_call", "toolCalls", "function_call"),
        ("network_error", "error", "network_error"),
        ("FINISH_REASON_RECITATION", "contentFilter", "FINISH_REASON_RECITATION"),
        ("moonstruck", "moonstruck", ""),
    ],
)
def test_a_stop_reason_has_our_word_or_the_providers_own(word: str, expected: str, told: str) -> None:
    assert (stop_reason(word), words_of(word)) == (expected, told)


@pytest.mark.parametrize(
    "piece",
    [
        {"choices": []},
        {"choices": [{"delta": {"content": "x"}}], "error": None},
        {"choices": [{"delta": {}}], "error": {"code": 0, "message": ""}},
        {"choices": [{"delta": {}}], "base_resp": {"status_code": 0, "status_msg": ""}},
        {"choices": [{"delta": {"content": "x"}}], "error_code": 0},
        {"choices": [], "usage": {"total_tokens": 3}, "message": "done"},
        {"choices": [], "prompt_filter_results": []},
        {"type": "ping"},
        {"type": "content_block_delta", "delta": {"text": "x"}},
        {"model": "m", "message": {"role": "assistant", "content": "x"}, "done": False},
        {},
    ],
)
def test_a_piece_of_an_answer_is_no_error(piece: dict[str, Any]) -> None:
    assert error_of(piece) is None


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        ({"choices": []}, "openai"),
        ({"type": "message_start", "message": {}}, "anthropic"),
        ({"type": "response.created"}, "the Responses API"),
        ({"candidates": []}, "Gemini's own interface"),
        ({"type": "ping"}, None),
        ({"odd": 1}, None),
    ],
)
def test_an_interface_is_known_by_its_pieces(piece: dict[str, Any], expected: str | None) -> None:
    assert interface_of(piece) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"error_code": 40303}, 403),
        ({"code": "50001"}, 500),
        ({"status_code": 400, "message": "x"}, 400),
        ({"error": {"code": 502}}, 502),
        ([{"code": 429}], 429),
        ({"code": "ThrottlingException"}, 429),
        ("rate_limit_exceeded", 429),
        ({"code": True}, None),
        ({"code": 336003}, None),
    ],
)
def test_the_status_of_an_error_inside_a_stream(error: Any, expected: int | None) -> None:
    assert status_of(error) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("only user and assistant roles are supported!", True),
        ("this model does not support system messages", True),
        ("{'type': 'literal_error', 'msg': \"input should be 'user'\", 'input': 'system'}", True),
        ("after the optional system message, conversation roles must alternate", True),
        ("the system is overloaded: this is not an error of yours", False),
        ("temperature does not support 0.2", False),
    ],
)
def test_a_refusal_of_the_system_role_is_known(words: str, expected: bool) -> None:
    assert says(SYSTEM_REFUSED, words) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (" http://127.0.0.1:1/v1", True),
        ("http://192.168.1.5:8080/v1", True),
        ("http://10.0.0.7/v1", True),
        ("http://gpu-box:8000/v1", True),
        ("http://box.local/v1", True),
        ("http://[fd00::1]:8000/v1", True),
        ("https://api.example.com/v1", False),
        ("http://8.8.8.8/v1", False),
        ("http://[::1/v1", False),
        ("", False),
    ],
)
def test_what_stands_nearby_needs_no_key(url: str, expected: bool) -> None:
    assert is_near(url) is expected
