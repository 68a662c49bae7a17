"""Unions are told apart by what stands in the JSON, and nothing else is guessed."""

from typing import Any, Literal, get_args

import pytest

from tests.support.protocol_types import build
from threadkeep.protocol.converter import structure, unstructure
from threadkeep.protocol.types import parts
from threadkeep.protocol.types.common import JsonObject, Pagination, Usage
from threadkeep.protocol.types.lifecycle import (
    OpenSessionParams,
)
from threadkeep.protocol.types.messages import Message
from threadkeep.protocol.types.parts import ReasoningPart, TextPart
from threadkeep.protocol.types.repositories import RepositorySelector
from threadkeep.values import Value
from threadkeep.values.hints import tag_of
from threadkeep.values.json_codec import Malformed

TYPES = 'expected an object whose "type" is ' + " or ".join(
    f'"{tag_of(each)}"' for each in get_args(parts.Part)
)


def problems(data: object, cls: type) -> dict[str, str]:
    with pytest.raises(Malformed) as caught:
        structure(data, cls)
    return {problem.field: problem.message for problem in caught.value.problems}


def message(**members: Any) -> dict[str, Any]:
    required = {"id": "m", "sessionId": "s", "seq": 1, "role": "user", "content": ""}
    return {**required, "status": "complete", "createdAt": "2025-03-01T09:30:00.000Z", **members}


def test_a_repository_is_a_string_or_a_selector() -> None:
    assert structure({"repository": "r"}, OpenSessionParams).repository == "r"
    assert structure({"repository": {"name": "n"}}, OpenSessionParams).repository == RepositorySelector(
        name="n"
    )
    assert problems({"repository": 5}, OpenSessionParams) == {
        "repository": "expected a string or an object, not an integer"
    }


def test_parts_are_told_apart_by_their_type() -> None:
    parts = [{"type": "reasoning", "text": "r"}, {"type": "text", "text": "t"}]
    structured = structure(message(parts=parts), Message)
    assert structured.parts == (ReasoningPart(text="r"), TextPart(text="t"))
    assert unstructure(structured)["parts"] == parts


@pytest.mark.parametrize("part", [{"text": "t"}, {"type": "hologram"}, {"type": None}, {"type": ["text"]}])
def test_a_part_without_a_known_type_is_a_problem(part: object) -> None:
    assert problems(message(parts=[part]), Message) == {"parts[0]": TYPES}


def test_a_problem_inside_a_part_has_its_path() -> None:
    assert problems(message(parts=[{"type": "text"}]), Message) == {"parts[0].text": "is required"}


@pytest.mark.parametrize("part", [5, "text", None, []])
def test_only_an_object_is_a_part(part: object) -> None:
    assert problems(message(parts=[part]), Message)["parts[0]"].startswith(f"{TYPES}, not ")


class Mixed(Value):
    choice: Literal["a", "b"] | tuple[int, ...] | JsonObject | None = None


@pytest.mark.parametrize("payload", [{}, {"choice": "a"}, {"choice": [1, 2]}, {"choice": {"x": None}}])
def test_a_union_is_told_apart_by_its_json(payload: dict[str, Any]) -> None:
    assert unstructure(structure(payload, Mixed)) == payload


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({"choice": "c"}, {"choice": 'expected one of "a", "b"'}),
        ({"choice": [1, "2"]}, {"choice[1]": "expected an integer, not a string"}),
        ({"choice": 5}, {"choice": "expected a string or an array or an object, not an integer"}),
    ],
)
def test_a_problem_in_a_union_is_that_of_the_type_that_was_meant(payload: object, problem: object) -> None:
    assert problems(payload, Mixed) == problem


class Ambiguous(Value):
    choice: Usage | Pagination


class HalfTagged(Value):
    choice: TextPart | Usage


@pytest.mark.parametrize("cls", [Ambiguous, HalfTagged])
def test_a_union_that_cannot_be_told_apart_is_refused_when_it_is_built(cls: type) -> None:
    with pytest.raises(TypeError, match="cannot be told apart"):
        build(cls)


class Broken(Value):
    text: str

    def __post_init__(self) -> None:
        raise RuntimeError("a mistake of ours")


def test_a_mistake_of_ours_is_not_blamed_on_the_payload() -> None:
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        structure({"text": "x"}, Broken)
