"""Anthropic's Messages format, both ways."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.model_wire_messages import delta, message, start, stop
from tests.support.models import question, said
from threadkeep.adapters.models.dialect import CONTINUE, EARLIER, Change
from threadkeep.adapters.models.failures import Refusal, read_body
from threadkeep.adapters.models.messages_answer import Answer, read_usage
from threadkeep.adapters.models.messages_api import MAX_TOKENS, MessagesApi
from threadkeep.domain.messages import Usage
from threadkeep.ports.models import ModelRequest, ReasoningDelta, ReasoningText, Stop, TextDelta, UsageReport

NOTHING: frozenset[Change] = frozenset()
THOUGHT = ReasoningText(text="Hm.", signature="anthropic/thinking:c2ln")
HIDDEN = ReasoningText(text="", signature="anthropic/redacted:ZGF0YQ==")


def answered(*pieces: dict[str, Any]) -> list[Any]:
    answer = Answer()
    for piece in pieces:
        answer.add(piece)
    return [*answer.events(), *answer.closing()]


def sent(*messages: Any, **fields: Any) -> dict[str, Any]:
    return MessagesApi().body(question(messages=messages, **fields), NOTHING)


def refused(text: str, request: ModelRequest, changes: frozenset[Change] = NOTHING) -> Change | None:
    words, said_ = read_body(
        json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": text}})
    )
    refusal = Refusal(provider="work", model="m", status=400, words=words, message=said_)
    return MessagesApi().change(refusal, MessagesApi().body(request, changes))


def test_the_system_prompt_stands_apart_and_a_limit_is_always_there() -> None:
    assert sent(said("user", "Hi"), system="Be brief.", temperature=0.2) == {
        "model": "test-model",
        "max_tokens": MAX_TOKENS,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "temperature": 0.2,
    }
    assert {"system", "temperature", "thinking"}.isdisjoint(sent(said("user", "Hi"), system=" \n"))


def test_a_temperature_is_never_more_than_the_format_takes() -> None:
    assert sent(said("user", "Hi"), temperature=1.7)["temperature"] == 1


@pytest.mark.parametrize(
    ("model", "is_asked"),
    [
        ("claude-sonnet-5-5", True),
        ("claude-opus-5", True),
        ("anthropic/claude-haiku-5-5-20260901", True),
        ("claude-opus-10", True),
        ("claude-opus-4-8", False),
        ("claude-3-7-sonnet-20250219", False),
        ("claude-sonnet-4-20250514", False),
        ("test-model", False),
    ],
)
def test_models_that_think_by_themselves_are_asked_to_show_it(model: str, is_asked: bool) -> None:
    assert ("thinking" in sent(said("user", "Hi"), model=model)) is is_asked


def test_what_one_side_said_in_a_row_is_one_message_and_empty_ones_are_left_out() -> None:
    body = sent(said("user", "One"), said("assistant", " \n", THOUGHT), said("user", "Two"))
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]}
    ]


def test_the_first_message_is_the_users_and_so_is_the_last() -> None:
    body = sent(said("assistant", "It keeps"))
    assert body["messages"] == [
        {"role": "user", "content": EARLIER},
        {"role": "assistant", "content": "It keeps"},
        {"role": "user", "content": CONTINUE},
    ]


def test_signed_reasoning_goes_back_as_it_came() -> None:
    body = sent(said("user", "Why?"), said("assistant", "So.", THOUGHT, HIDDEN), said("user", "And?"))
    assert body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "ZGF0YQ=="},
        {"type": "text", "text": "So."},
    ]


@pytest.mark.parametrize("signature", [None, "", "openrouter/reasoning:c2ln", "c2ln"])
def test_reasoning_that_is_unsigned_or_another_vendors_is_left_out(signature: str | None) -> None:
    foreign = ReasoningText(text="Hm.", signature=signature)
    body = sent(said("user", "Why?"), said("assistant", "So.", foreign), said("user", "And?"))
    assert body["messages"][1] == {"role": "assistant", "content": "So."}


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("max_tokens: 64000 > 8192, which is the maximum allowed for claude-3-5-sonnet-20241022", 8192),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 4096]", 4096),
    ],
)
def test_a_model_that_answers_less_is_asked_for_less_from_then_on(text: str, change: int) -> None:
    request = question(messages=(said("user", "Hi"),))
    learned = refused(text, request)
    assert learned == Change(part="max_tokens", most=change)
    assert MessagesApi().body(request, frozenset({learned}))["max_tokens"] == change


def test_a_long_conversation_leaves_less_for_this_answer() -> None:
    limit = (
        "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease input length"
    )
    request = question(messages=(said("user", "Hi"),))
    assert refused(limit, request) == Change(part="max_tokens", most=21041, lasts="request")
    assert refused(limit.replace("178959", "199500"), request) is None
    assert refused("max_tokens: must be positive", request) is None


def test_what_a_model_does_not_take_is_left_out_from_then_on() -> None:
    request = question(messages=(said("user", "Hi"),), temperature=0.2, model="claude-opus-5-5")
    assert refused("`temperature` is deprecated for this model.", request) == Change(part="temperature")
    assert refused("temperature: must be at most 1", request) is None
    assert refused("thinking.type: adaptive is not supported", request) == Change(part="thinking")
    assert refused("messages: at least one is required", request) is None


def test_reasoning_that_is_refused_is_left_out_of_the_session_before_thinking_is() -> None:
    messages = (said("user", "Why?"), said("assistant", "So.", THOUGHT), said("user", "And?"))
    request = question(messages=messages, model="claude-opus-5-5")
    text = "messages.1.content.0: Invalid `signature` in `thinking` block"
    without = Change(part="reasoning", lasts="session")
    assert refused(text, request) == without
    assert MessagesApi().body(request, frozenset({without}))["messages"][1]["content"] == "So."
    assert refused(text, request, frozenset({without})) == Change(part="thinking")


def test_an_answer_of_every_kind_of_block_is_read() -> None:
    assert answered(
        {"type": "message_start", "message": message(usage={"input_tokens": 3, "output_tokens": 1})},
        {"type": "ping"},
        start(0, {"type": "thinking", "thinking": "", "signature": ""}),
        delta(0, "thinking_delta", thinking="Let me "),
        delta(0, "thinking_delta", thinking="think."),
        delta(0, "signature_delta", signature="c2ln"),
        stop(0),
        start(1, {"type": "redacted_thinking", "data": "ZGF0YQ=="}),
        stop(1),
        start(2, {"type": "text", "text": "Y"}),
        delta(2, "text_delta", text="es."),
        {"type": "a_kind_of_tomorrow", "delta": 3},
        stop(2),
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ) == [
        UsageReport(usage=Usage(input_tokens=3, output_tokens=1)),
        ReasoningDelta(text="Let me think."),
        ReasoningDelta(text="", signature="anthropic/thinking:c2ln"),
        ReasoningDelta(text="", signature="anthropic/redacted:ZGF0YQ=="),
        TextDelta(text="Yes."),
        UsageReport(usage=Usage(input_tokens=3, output_tokens=9)),
        Stop(reason="endTurn"),
    ]


def test_a_whole_answer_is_read_as_its_pieces_are() -> None:
    blocks = [{"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}, {"type": "text", "text": "Yes."}]
    assert answered(message(content=blocks, stop_reason="max_tokens")) == [
        ReasoningDelta(text="Hm."),
        ReasoningDelta(text="", signature="anthropic/thinking:c2ln"),
        TextDelta(text="Yes."),
        Stop(reason="maxTokens"),
    ]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("end_turn", "endTurn"),
        ("stop_sequence", "endTurn"),
        ("max_tokens", "maxTokens"),
        ("model_context_window_exceeded", "maxTokens"),
        ("refusal", "refusal"),
        ("pause_turn", "pause_turn"),
    ],
)
def test_the_stop_tells_why(reason: str, expected: str) -> None:
    (stop,) = answered({"type": "message_delta", "delta": {"stop_reason": reason}})
    assert isinstance(stop, Stop)
    assert stop.reason == expected


@pytest.mark.parametrize(
    ("given_usage", "expected"),
    [
        ({}, Usage()),
        ({"input_tokens": None, "output_tokens": -1, "cache_read_input_tokens": True}, Usage()),
        (
            {
                "input_tokens": 3,
                "cache_creation_input_tokens": 20,
                "cache_read_input_tokens": 100,
                "output_tokens": 7,
                "output_tokens_details": {"thinking_tokens": 5},
            },
            Usage(input_tokens=123, output_tokens=7, cached_tokens=100, reasoning_tokens=5),
        ),
    ],
)
def test_usage_counts_as_the_domain_counts(given_usage: dict[str, Any], expected: Usage) -> None:
    assert read_usage(given_usage) == expected


def test_a_later_count_replaces_only_what_it_names() -> None:
    events = answered(
        {
            "type": "message_start",
            "message": message(usage={"input_tokens": 3, "cache_read_input_tokens": 4}),
        },
        {"type": "message_delta", "delta": {}, "usage": {"input_tokens": None, "output_tokens": 9}},
    )
    assert events[-2] == UsageReport(usage=Usage(input_tokens=7, output_tokens=9, cached_tokens=4))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "thinking", "signature", "data", "usage", "stop_reason", "content"]
            ),
            inner,
        )
    ),
    max_leaves=20,
)
KINDS = ["message_start", "content_block_start", "content_block_delta", "message_delta", "message", "x"]


@given(
    st.sampled_from(KINDS),
    st.dictionaries(
        st.sampled_from(["message", "delta", "content_block", "content", "usage", "stop_reason"]), JSON
    ),
)
def test_any_json_is_taken(kind: str, fields: dict[str, Any]) -> None:
    events = answered({**fields, "type": kind})
    assert isinstance(events[-1], Stop)
    assert all(event.text for event in events if isinstance(event, TextDelta))
