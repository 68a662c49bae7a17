"""The format of chat completions, both ways."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.adapters.models.chat_completions import Answer, read_usage
from threadkeep.domain.messages import Usage
from threadkeep.ports.models import ReasoningDelta, Stop, TextDelta


def answered(*pieces: dict[str, Any]) -> list[Any]:
    answer = Answer()
    for piece in pieces:
        answer.add(piece)
    return [*answer.events(), *answer.closing()]


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields}]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"content": "Hi"}, [TextDelta(text="Hi")]),
        ({"content": None, "role": "assistant"}, []),
        ({"reasoning_content": "Hm", "reasoning": "Hm"}, [ReasoningDelta(text="Hm")]),
        ({"reasoning": "Hm", "content": "Hi"}, [ReasoningDelta(text="Hm"), TextDelta(text="Hi")]),
        (
            {"content": [{"type": "thinking", "thinking": [{"text": "Hm"}]}, {"type": "text", "text": "Hi"}]},
            [ReasoningDelta(text="Hm"), TextDelta(text="Hi")],
        ),
    ],
)
def test_what_is_said_is_found_wherever_it_stands(fields: dict[str, Any], expected: list[Any]) -> None:
    assert answered(delta(**fields)) == [*expected, Stop(reason="endTurn")]


def test_pieces_that_came_together_are_one_delta_of_their_kind() -> None:
    pieces = [delta(reasoning="a"), delta(reasoning="b"), delta(content="c"), delta(content="d")]
    assert answered(*pieces)[:-1] == [ReasoningDelta(text="ab"), TextDelta(text="cd")]


def test_half_a_character_waits_for_its_other_half() -> None:
    answer = Answer()
    found = []
    for half in ("a\ud83d", "\ude00b", "\udc00", "\ud83d"):
        answer.add(delta(content=half))
        found += answer.events()
    found += answer.closing()
    assert "".join(event.text for event in found if isinstance(event, TextDelta)) == "a😀b\ufffd\ufffd"


@pytest.mark.parametrize(
    ("given_usage", "expected"),
    [
        ({}, Usage()),
        ({"prompt_tokens": None, "completion_tokens": -5, "total_tokens": True}, Usage()),
        ({"prompt_tokens": 7, "completion_tokens": 3}, Usage(input_tokens=7, output_tokens=3)),
        (
            {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 15},
            Usage(input_tokens=7, output_tokens=8, reasoning_tokens=5),
        ),
        (
            {"prompt_tokens": 7, "prompt_cache_hit_tokens": 5, "cost": 0.25},
            Usage(input_tokens=7, cached_tokens=5, cost=0.25),
        ),
        (
            {"prompt_tokens": 7, "prompt_tokens_details": {"cached_tokens": 9}},
            Usage(input_tokens=7, cached_tokens=7),
        ),
    ],
)
def test_usage_counts_as_the_domain_counts(given_usage: dict[str, Any], expected: Usage) -> None:
    assert read_usage(given_usage) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "content", "usage", "text", "thinking", "finish_reason", "cost"]
            ),
            inner,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["choices", "usage", "x"]), JSON))
def test_any_json_is_taken(piece: dict[str, Any]) -> None:
    events = answered(piece)
    assert isinstance(events[-1], Stop)
    assert all(event.text for event in events if isinstance(event, TextDelta | ReasoningDelta))


def test_a_refusal_is_text_and_the_reason_of_the_end() -> None:
    assert answered(delta(refusal="I will not.")) == [TextDelta(text="I will not."), Stop(reason="refusal")]
