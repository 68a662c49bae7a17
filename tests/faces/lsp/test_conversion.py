"""Error objects: codes and kinds as in the protocol's table, facts and nothing else."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from threadkeep.domain.errors import InvalidValue, SessionBusy, ThreadkeepError
from threadkeep.faces.jsonrpc import errors
from threadkeep.faces.lsp.conversion import translate
from threadkeep.protocol.converter import structure
from threadkeep.protocol.errors import BY_KIND
from threadkeep.protocol.types.lists import ListSessionsParams
from threadkeep.values.json_codec import Malformed, Problem

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.mark.parametrize(
    "error",
    [
        errors.parse_error("x"),
        errors.invalid_request("x"),
        errors.method_not_found("x", known=[]),
        errors.invalid_params([]),
        errors.internal_error(),
        errors.cancelled(),
        errors.not_initialized(),
    ],
)
def test_each_has_its_code_of_the_table_a_kind_and_whether_to_retry(error: errors.Error) -> None:
    kind = BY_KIND[error["data"]["kind"]]
    assert (error["code"], error["data"]["retryable"]) == (kind.code, kind.retryable)
    assert error["message"]


def test_a_misspelt_method_gets_a_hint() -> None:
    error = errors.method_not_found("session/opne", known=["session/open", "chat/send"])
    assert error["message"] == "There is no method 'session/opne'. Did you mean 'session/open'?"


def test_an_endless_method_is_cut() -> None:
    assert len(errors.method_not_found("x" * 10**6, known=["session/open"])["message"]) < 200


def test_a_domain_error_keeps_its_facts_in_camel_case() -> None:
    error = translate(SessionBusy(turn_id="t", holder={"pid": 1}), method="m")
    assert error == {
        "code": 1005,
        "message": "The session is answering: wait for the turn or cancel it.",
        "data": {"kind": "sessionBusy", "retryable": True, "turnId": "t", "holder": {"pid": 1}},
    }


def test_an_invalid_value_names_the_member_as_on_the_wire() -> None:
    error = translate(InvalidValue("min_messages", "must not be negative"), method="m")
    assert error["code"] == -32602
    assert error["data"]["problems"] == [{"field": "minMessages", "message": "must not be negative"}]


def test_malformed_params_name_every_place() -> None:
    error = translate(Malformed([Problem(field="a.b", message="is required")]), method="m")
    assert error["message"] == "Invalid params: a.b: is required."
    assert error["data"]["problems"] == [{"field": "a.b", "message": "is required"}]


class Unlisted(ThreadkeepError):
    kind: ClassVar[str] = "unlisted"


@pytest.mark.parametrize("error", [RuntimeError("secret"), Unlisted("secret"), SystemExit("secret")])
def test_what_nobody_expected_is_logged_once_and_not_told(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    assert translate(error, method="a/b") == errors.internal_error()
    assert [record.getMessage() for record in caplog.records] == ["The request a/b failed."]
    assert "secret" in caplog.text


def test_data_of_any_shape_is_turned() -> None:
    data: dict[str, Any] = {"retry_after_ms": 5, "known": ("a_b", {"inner_name": 1})}
    error = translate(_busy(data), method="m")
    assert error["data"]["retryAfterMs"] == 5
    assert error["data"]["known"] == ["a_b", {"innerName": 1}]


def _busy(data: dict[str, Any]) -> ThreadkeepError:
    error = SessionBusy(turn_id="t", holder=None)
    error.data = data
    return error


def test_a_request_with_several_problems_is_told_of_all_of_them_at_once() -> None:
    filter_ = {"repository": {"id": 4}, "status": ["active", "actve"], "tags": "x"}
    with pytest.raises(Malformed) as caught:
        structure({"filter": filter_, "sort": {"by": "size"}, "limit": "20"}, ListSessionsParams)
    golden = json.loads((GOLDEN / "error.invalidParams.several.json").read_text(encoding="utf-8"))
    assert translate(caught.value, method="session/list") == golden
