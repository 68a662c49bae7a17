"""What a message is, and what no message is answered with."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.faces.jsonrpc.frames import Fault, Frame
from threadkeep.faces.jsonrpc.messages import Notification, Refused, Request, Response, classify, read


@pytest.mark.parametrize("id_", [1, 0, -1, "a", "", 1.5, 2**70])
def test_a_method_and_an_id_make_a_request(id_: Any) -> None:
    assert classify({"jsonrpc": "2.0", "id": id_, "method": "m"}) == Request(id=id_, method="m", params={})


@pytest.mark.parametrize(
    ("params", "expected"), [(None, {}), ({"a": 1}, {"a": 1}), ([], []), (0, 0), ("", "")]
)
def test_null_params_are_absent_and_others_stay(params: Any, expected: Any) -> None:  # trap 2
    message = {"jsonrpc": "2.0", "method": "m", "params": params}
    assert classify(message) == Notification(method="m", params=expected)


@pytest.mark.parametrize(
    ("value", "id_"),
    [
        ([], None),
        ([{"jsonrpc": "2.0", "id": 1, "method": "m"}], None),
        (None, None),
        ("text", None),
        (5, None),
        ({}, None),
        ({"id": 1, "method": "m"}, 1),
        ({"jsonrpc": "1.0", "id": "x", "method": "m"}, "x"),
        ({"jsonrpc": 2.0, "id": 1, "method": "m"}, 1),
        ({"jsonrpc": "2.0", "id": 1}, 1),
        ({"jsonrpc": "2.0", "id": 1, "method": 5}, 1),
        ({"jsonrpc": "2.0", "id": None, "method": "m"}, None),
        ({"jsonrpc": "2.0", "id": True, "method": "m"}, None),
        ({"jsonrpc": "2.0", "id": {"a": 1}, "method": "m"}, None),
        ({"jsonrpc": "2.0", "id": 1, "method": "m", "result": 1, "error": 2} | {"method": None}, 1),
    ],
)
def test_what_is_no_request_is_invalid(value: Any, id_: Any) -> None:  # traps 5 and 18
    refused = classify(value)
    assert isinstance(refused, Refused)
    assert refused.id == id_
    assert refused.error["code"] == -32600
    assert refused.error["data"] == {"kind": "invalidRequest", "retryable": False}


@pytest.mark.parametrize("body", [{"result": None}, {"error": {"code": 1, "message": ""}}])
def test_a_response_is_one_with_or_without_the_version(body: dict[str, Any]) -> None:
    assert isinstance(classify({"id": 1, **body}), Response)
    assert classify({"id": None, **body}) is None


def test_a_text_that_is_no_json_is_a_parse_error() -> None:  # trap 5
    refused = read(Frame(b'{"id": 3, "method": }'))
    assert isinstance(refused, Refused)
    assert (refused.id, refused.error["code"]) == (3, -32700)


def test_a_frame_over_the_limit_is_an_invalid_request() -> None:  # trap 15
    refused = read(Fault("too large", head=b'{"id": 3, "params": {', too_large=True))
    assert isinstance(refused, Refused)
    assert (refused.id, refused.error["code"]) == (3, -32600)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    JSON
    | st.fixed_dictionaries({}, optional=dict.fromkeys(("jsonrpc", "id", "method", "params", "result"), JSON))
)
def test_any_value_is_something(value: Any) -> None:
    message = classify(value)
    assert message is None or isinstance(message, Request | Notification | Response | Refused)


def test_a_message_that_there_is_no_memory_for_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode_without_memory(_: bytes) -> Any:
        raise MemoryError

    monkeypatch.setattr("threadkeep.faces.jsonrpc.messages.decode", decode_without_memory)
    refused = read(Frame(body=b'{"jsonrpc": "2.0", "id": 7, "method": "m"}'))
    assert isinstance(refused, Refused)
    assert (refused.id, refused.error["data"]["kind"]) == (7, "outOfMemory")
