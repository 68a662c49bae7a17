"""The converter takes exactly what the types say, and says where something else stands."""

from typing import Any

import pytest

from tests.support.protocol_types import all_classes, build
from threadkeep.protocol.converter import structure
from threadkeep.protocol.methods import METHODS
from threadkeep.protocol.types.chat import SendParams
from threadkeep.protocol.types.common import Usage
from threadkeep.protocol.types.lifecycle import (
    CreateSessionParams,
    OpenSessionParams,
    SessionIdParams,
)
from threadkeep.protocol.types.lists import ListSessionsParams, SessionFilter
from threadkeep.protocol.types.messages import TimelineEvent
from threadkeep.protocol.types.organise import BulkUpdateParams, CleanUpParams
from threadkeep.values import fields
from threadkeep.values.json_codec import MAX_PROBLEMS, Malformed, Problem

NAMED = {"sessionId": "s"}


def problems(data: object, cls: type) -> dict[str, str]:
    with pytest.raises(Malformed) as caught:
        structure(data, cls)
    return {problem.field: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize("cls", all_classes(), ids=lambda cls: cls.__name__)
def test_every_hook_can_be_built_before_it_is_used(cls: type) -> None:
    build(cls)
    assert isinstance(structure({}, cls), cls) if not _required(cls) else problems({}, cls)


def _required(cls: Any) -> bool:
    return any(each.is_required for each in fields(cls))


def test_every_class_of_the_table_is_built_by_that_test() -> None:
    used = {cls for method in METHODS for cls in (method.params, method.result) if cls}
    assert used <= set(all_classes())


@pytest.mark.parametrize("wrong", [5, 5.0, True, None, [], {}, ["x"]])
def test_only_a_string_is_a_string(wrong: object) -> None:
    assert problems({"sessionId": wrong}, SessionIdParams)["sessionId"].startswith("expected a string, not ")


@pytest.mark.parametrize("wrong", ["5", 1.0, 1.5, True, False, [], {}])
def test_only_an_integer_is_an_integer(wrong: object) -> None:
    assert problems({"limit": wrong}, OpenSessionParams)["limit"].startswith("expected an integer, not ")


@pytest.mark.parametrize("wrong", [1, 0, "true", "", 1.0, [], {}])
def test_only_true_and_false_are_booleans(wrong: object) -> None:
    assert problems({"createIfMissing": wrong}, OpenSessionParams)["createIfMissing"].startswith(
        "expected true or false, not "
    )


@pytest.mark.parametrize("wrong", ["1.5", True, [], {}, float("inf"), float("nan"), 10**400])
def test_a_number_is_finite_and_no_other_type(wrong: object) -> None:
    assert list(problems({"cost": wrong}, Usage)) == ["cost"]


@pytest.mark.parametrize("number", [3, 0, -2, 0.25])
def test_an_integer_is_a_number(number: float) -> None:
    cost = structure({"cost": number}, Usage).cost
    assert cost == number
    assert isinstance(cost, float)


@pytest.mark.parametrize("number", [2**53, -(2**53), 10**30])
def test_an_integer_that_not_every_reader_can_hold_is_refused(number: int) -> None:
    limit = 2**53 - 1
    assert problems({"limit": number}, OpenSessionParams) == {
        "limit": f"expected an integer between -{limit} and {limit}"
    }
    assert structure({"limit": limit}, OpenSessionParams).limit == limit


@pytest.mark.parametrize("wrong", ["ab", {"0": "a"}, 5, True])
def test_only_an_array_is_an_array(wrong: object) -> None:
    assert problems({"tags": wrong}, CreateSessionParams)["tags"].startswith("expected an array, not ")


@pytest.mark.parametrize("wrong", [None, [], "x", 5, True, 1.5])
def test_only_an_object_is_an_object(wrong: object) -> None:
    assert problems(wrong, SessionIdParams)[""].startswith("expected an object, not ")
    if wrong is not None:
        assert problems({"metadata": wrong, **NAMED, "text": "x"}, SendParams)["metadata"].startswith(
            "expected an object, not "
        )


def test_a_missing_member_is_a_problem() -> None:
    assert problems({}, SendParams) == {"sessionId": "is required", "text": "is required"}


def test_null_for_a_required_member_is_a_problem() -> None:
    assert problems({"sessionId": None}, SessionIdParams) == {"sessionId": "expected a string, not null"}


def test_all_problems_are_told_at_once_with_their_paths() -> None:
    filter_ = {"status": ["active", "actve"], "isFavourite": 1, "repository": {"id": 4}}
    assert problems({"filter": filter_, "sort": {"by": "size"}, "limit": "20"}, ListSessionsParams) == {
        "filter.repository.id": "expected a string, not an integer",
        "filter.status[1]": 'expected one of "active", "paused", "ended"',
        "filter.isFavourite": "expected true or false, not an integer",
        "sort.by": 'expected one of "updatedAt", "createdAt", "title", "messageCount"',
        "limit": "expected an integer, not a string",
    }


def test_a_path_goes_through_arrays_of_objects() -> None:
    assert problems({"links": [{"kind": "issue", "value": "1"}, {"kind": 2}]}, CreateSessionParams) == {
        "links[1].kind": "expected a string, not an integer",
        "links[1].value": "is required",
    }


def test_a_path_has_the_names_of_the_wire() -> None:
    data = {"kind": "k", "at": "t", "from": 1}
    assert problems(data, TimelineEvent) == {"from": "expected a string, not an integer"}


def test_the_exception_reads_as_a_sentence() -> None:
    error = Malformed([Problem(field="", message="expected an object"), Problem(field="a", message="b")])
    assert str(error) == "expected an object; a: b"


def test_a_long_payload_gives_few_problems() -> None:
    assert len(problems({"tags": [1] * 100_000}, CreateSessionParams)) == MAX_PROBLEMS
    many = {"tags": [1] * 50, "links": [1] * 50}
    with pytest.raises(Malformed) as caught:
        structure(many, CreateSessionParams)
    assert len(caught.value.problems) == MAX_PROBLEMS


def test_a_problem_never_repeats_the_value() -> None:
    assert "secret" not in str(problems({"limit": "secret", "repository": ["secret"]}, OpenSessionParams))


@pytest.mark.parametrize("wrong", ["Active", "", 5, True, ["active"], {}])
def test_a_value_outside_a_list_is_a_problem_that_shows_the_list(wrong: object) -> None:
    told = problems({"archived": wrong}, SessionFilter)["archived"]
    assert told.startswith('expected one of "exclude", "include", "only"')


def test_unknown_members_are_ignored() -> None:
    assert structure({"sessionId": "s", "session_id": "t", "x": {}}, SessionIdParams) == SessionIdParams(
        session_id="s"
    )


@pytest.mark.parametrize("cls", [BulkUpdateParams, CleanUpParams])
def test_where_a_misspelt_member_would_do_more_than_asked_unknown_ones_are_problems(cls: type) -> None:
    given = {"filter": {"tsak": "x", "archived": "include"}, "change": {}, "olderThan": "1d", "x": 1}
    told = problems(given, cls)["filter"]
    assert told.startswith('has no member "tsak"; its members are repository, idPrefix, task')
    assert "tsak" not in told[20:]


def test_closed_members_are_read_like_others_where_they_are_right() -> None:
    assert structure({"olderThan": "1d"}, CleanUpParams) == CleanUpParams(older_than="1d")
    assert structure({"olderThan": "1d", "filter": None}, CleanUpParams) == CleanUpParams(older_than="1d")
    assert (
        problems({"change": {}, "filter": 5}, BulkUpdateParams)["filter"]
        == "expected an object, not an integer"
    )
    assert problems({"change": {}}, BulkUpdateParams) == {"filter": "is required"}


def test_an_unknown_name_is_repeated_in_short() -> None:
    told = problems({"olderThan": "1d", "filter": {"x" * 10_000: 1}}, CleanUpParams)["filter"]
    assert len(told) < 500


def test_null_for_a_member_that_may_be_absent_counts_as_absent() -> None:
    nulls = dict.fromkeys(("filter", "sort", "limit", "cursor", "page", "perPage", "withTotal"))
    assert structure(nulls, ListSessionsParams) == ListSessionsParams()
    nulls = dict.fromkeys(("repository", "links", "tags", "metadata", "makeCurrent", "id"))
    assert structure(nulls, CreateSessionParams) == CreateSessionParams()


def test_absent_members_share_no_mutable_default() -> None:
    first, second = structure({}, CreateSessionParams), structure({"metadata": None}, CreateSessionParams)
    assert first.metadata == second.metadata == {}
    assert first.metadata is not second.metadata
