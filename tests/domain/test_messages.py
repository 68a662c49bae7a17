import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.domain.messages import PREVIEW_LENGTH, Message, Part, Usage, text_part, utf16_length


def a_message(*parts: Part) -> Message:
    return Message(id="m", session_id="s", seq=1, role="assistant", parts=parts, created_at="2026-01-01")


def test_the_content_is_the_text_parts_joined():
    message = a_message(text_part("a"), Part(type="reasoning", text="hm"), text_part("b"))
    assert (message.content, message.reasoning) == ("ab", "hm")


def test_text_of_the_same_kind_grows_the_last_part():
    message = a_message().grown("text", "a").grown("text", "b").grown("reasoning", "c").grown("text", "")
    assert message.parts == (text_part("ab"), Part(type="reasoning", text="c"))


@given(st.lists(st.tuples(st.sampled_from(["text", "reasoning"]), st.text())))
def test_growing_loses_no_text(chunks):
    message = a_message()
    for kind, text in chunks:
        message = message.grown(kind, text)
    assert message.content == "".join(text for kind, text in chunks if kind == "text")
    assert message.reasoning == "".join(text for kind, text in chunks if kind == "reasoning")


@given(st.text(max_size=1000))
def test_a_preview_is_one_short_line(text):
    preview = a_message(text_part(text)).preview
    assert len(preview) <= PREVIEW_LENGTH
    assert preview == " ".join(preview.split())


@pytest.mark.parametrize(("text", "units"), [("", 0), ("abc", 3), ("é", 1), ("😀", 2), ("a😀b", 4)])
def test_offsets_count_utf16_code_units(text, units):
    assert utf16_length(text) == units


def test_usage_adds_up_and_an_unknown_cost_stays_unknown():
    one = Usage(input_tokens=1, output_tokens=2, cached_tokens=3, reasoning_tokens=4)
    assert one + one == Usage(input_tokens=2, output_tokens=4, cached_tokens=6, reasoning_tokens=8)
    assert (one + Usage(cost=0.5)).cost == 0.5


def test_a_signature_belongs_to_the_reasoning_before_it_or_stands_alone():
    thought = Part(type="reasoning", text="hm")
    signed = Part(type="reasoning", text="hm", signature="s")
    assert a_message(text_part("a"), thought).signed("s").parts == (text_part("a"), signed)
    alone = Part(type="reasoning", text="", signature="t")
    assert a_message(signed).signed("t").parts == (signed, alone)
    assert a_message(text_part("a")).signed("t").parts == (text_part("a"), alone)
