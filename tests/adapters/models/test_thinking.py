"""Thoughts that a model writes into its answer, told apart however they are cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.adapters.models.deltas import PAIRS, Deltas, Thinking
from threadkeep.ports.models import ReasoningDelta, TextDelta


def split(*pieces: str) -> tuple[str, str]:
    """(thought, text)."""
    thinking = Thinking()
    found = [each for piece in pieces for each in thinking.split(piece)] + thinking.rest()
    return "".join(text for text, is_thought in found if is_thought), "".join(
        text for text, is_thought in found if not is_thought
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("<think>\nHm.\n</think>\n\nYes.", ("Hm.", "Yes.")),
        ("\n <THINK>Hm.</Think>Yes.", ("Hm.", "Yes.")),
        ("<think></think>Yes.", ("", "Yes.")),
        ("<think>a</think><think>b</think>Yes.", ("ab", "Yes.")),
        ("<think>never ends", ("never ends", "")),
        ("<think>Hm.</think>", ("Hm.", "")),
        ("<think>the tag `</think>` ends</think>Yes.", ("the tag `</think>` ends", "Yes.")),
        ("[THINK]Hm.[/THINK]Yes.", ("Hm.", "Yes.")),
        ("◁think▷Hm.◁/think▷Yes.", ("Hm.", "Yes.")),
        ("<thought>Hm.</thought>Yes.", ("Hm.", "Yes.")),
        ("<think>a </thinking> b</think>Yes.", ("a </thinking> b", "Yes.")),
        ("Yes, <think>Hm.</think>", ("", "Yes, <think>Hm.</think>")),
        ("`<think>` is a tag", ("", "`<think>` is a tag")),
        ("```\n<think>\n```", ("", "```\n<think>\n```")),
        ("<thinker> is a word", ("", "<thinker> is a word")),
        ("<th>Head</th>", ("", "<th>Head</th>")),
        ("<", ("", "<")),
        ("  plain  ", ("", "  plain  ")),
        ("", ("", "")),
    ],
)
def test_only_a_tag_at_the_start_begins_a_thought(answer: str, expected: tuple[str, str]) -> None:
    assert split(answer) == expected
    assert split(*answer) == expected


@given(
    tag=st.sampled_from(sorted(PAIRS)),
    thought=st.text(st.sampled_from("ab </`\n>think"), max_size=20),
    text=st.text(st.sampled_from("ab </`\n>think"), max_size=20),
    cuts=st.lists(st.integers(0, 60), max_size=8),
)
def test_it_is_the_same_wherever_the_answer_is_cut(
    tag: str, thought: str, text: str, cuts: list[int]
) -> None:
    answer = f"{tag}{thought}{PAIRS[tag]}{text}"
    places = [0, *sorted(min(cut, len(answer)) for cut in cuts), len(answer)]
    pieces = [answer[start:end] for start, end in pairwise(places)]
    assert split(*pieces) == split(answer)


@given(st.text())
def test_what_begins_with_no_tag_is_text_to_the_letter(text: str) -> None:
    assert split(f"x{text}") == ("", f"x{text}")


def test_text_is_not_held_back_once_it_has_begun() -> None:
    thinking = Thinking()
    assert thinking.split("Yes") == [("Yes", False)]
    assert thinking.is_over
    assert Thinking().split("<b>bold") == [("<b>bold", False)]


def test_a_thought_that_comes_apart_as_well_is_told_once() -> None:
    deltas = Deltas()
    deltas.add(ReasoningDelta, "Hm.")
    deltas.add(TextDelta, "<think>Hm.</think>Yes.")
    assert deltas.take() + deltas.rest() == [ReasoningDelta(text="Hm."), TextDelta(text="Yes.")]


def test_control_characters_are_left_out_of_text_and_thoughts() -> None:
    deltas = Deltas()
    deltas.add(ReasoningDelta, "\x1b[1mHm\x00")
    deltas.add(TextDelta, "\x1b]0;title\x07Yes\r\n\tno\x9b\x7f 👩‍💻")
    assert deltas.take() == [ReasoningDelta(text="[1mHm"), TextDelta(text="]0;titleYes\n\tno 👩‍💻")]
