"""The table of traps over raw stdio against a real process, the rows about messages and their answers; each test names its row."""

import json
from collections import Counter
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faces.jsonrpc.conftest import Start
from tests.support.protocol_types import build
from tests.support.wire import RawClient, frame, notification, request
from threadkeep.protocol.methods import METHODS

pytestmark = pytest.mark.medium


def no_pop_up(client: RawClient) -> None:
    assert [m["method"] for m in client.received if m.get("method", "").startswith("window/")] == []


def test_row_1_wrong_params_are_answered_with_their_places(shared: RawClient) -> None:
    error = shared.error("test/echo", {"text": 5, "count": "x"})
    assert error["code"] == -32602
    assert error["data"]["kind"] == "invalidParams"
    assert {problem["field"] for problem in error["data"]["problems"]} == {"text", "count"}
    no_pop_up(shared)


@pytest.mark.parametrize("params", [{}, {"params": None}, {"params": {}}])
def test_row_2_absent_and_null_params_are_empty(shared: RawClient, params: dict[str, Any]) -> None:
    shared.send({"jsonrpc": "2.0", "id": "row2", "method": "test/echo", **params})
    assert shared.response("row2")["result"] == {"text": "", "count": 0}


@pytest.mark.parametrize("params", [[], [1], "x", 5, False])
def test_row_2_params_that_are_no_object_are_refused(shared: RawClient, params: Any) -> None:
    assert shared.error("test/echo", params)["code"] == -32602


def test_row_3_a_key_jsonrpc_anywhere_is_data(shared: RawClient) -> None:
    relayed = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "result": {"jsonrpc": "1.0"},
        "params": [None],
    }
    metadata = {"jsonrpc": "2.0", "log": [relayed], "deep": {"deeper": relayed}}
    assert shared.result("test/opaque", {"metadata": metadata}) == {"metadata": metadata}


def test_row_4_requests_after_shutdown_are_refused(start: Start) -> None:
    client = start()
    client.initialize()
    client.result("shutdown")
    for method in ("test/echo", "shutdown", "initialize", "nonsense"):
        assert client.error(method)["code"] == -32600
    client.notify("exit")
    assert client.wait() == 0


@pytest.mark.parametrize(
    ("body", "id_", "code"),
    [
        (b"{", None, -32700),
        (b"", None, -32700),
        (b"\x00\xff", None, -32700),
        (b'{"jsonrpc": "2.0", "id": 501, "method": "test/echo", "params": {"text": NaN}}', 501, -32700),
        (b'[{"jsonrpc": "2.0", "id": 502, "method": "test/echo"}]', None, -32600),
        (b"[]", None, -32600),
        (b"5", None, -32600),
        (b'{"id": 503, "method": "test/echo"}', 503, -32600),
        (b'{"jsonrpc": "1.0", "id": "504", "method": "test/echo"}', "504", -32600),
        (b'{"jsonrpc": "2.0", "id": null, "method": "test/echo"}', None, -32600),
        (b'{"jsonrpc": "2.0", "id": 505, "method": 5}', 505, -32600),
        (b'{"jsonrpc": "2.0", "id": 506}', 506, -32600),
    ],
)
def test_row_5_what_is_no_request_is_answered(shared: RawClient, body: bytes, id_: Any, code: int) -> None:
    shared.send_bytes(frame(body))
    answer = shared.response(id_)
    assert answer["error"]["code"] == code
    assert answer["error"]["data"]["retryable"] is False
    no_pop_up(shared)


def test_row_6_a_notification_has_its_method_and_version(start: Start) -> None:
    client = start()
    client.initialize()
    client.result("test/replyFirst")
    assert client.wait_for(lambda m: "id" not in m) == {
        "jsonrpc": "2.0",
        "method": "test/afterwards",
        "params": {},
    }


def test_row_7_false_zero_and_tags_are_sent(shared: RawClient) -> None:
    assert shared.result("test/falsy") == {"flag": False, "number": 0, "kind": "text"}


def test_row_8_every_key_of_opaque_json_comes_back(shared: RawClient) -> None:
    metadata = {
        "class": 1,
        "_meta": {"repo-name": [], "type_name": "x"},
        "": None,
        "a b": {"null": None},
        "snake_case": 1,
    }
    assert shared.result("test/opaque", {"metadata": metadata}) == {"metadata": metadata}


@pytest.mark.slow
def test_row_8_opaque_json_leaks_nothing(start: Start) -> None:
    client = start()
    client.initialize()
    process = psutil.Process(client.process.pid)
    params = {"metadata": {"class": {"_meta": ["x"] * 50}}}

    def ask(times: int) -> int:
        for _ in range(times // 100):
            ids = [client.request("test/opaque", params) for _ in range(100)]
            for id_ in ids:
                client.response(id_)
            client.received.clear()
        return int(process.memory_info().rss)

    before = ask(2000)
    assert ask(6000) - before < 4 * 1024 * 1024


def test_row_9_a_cancel_right_behind_its_request_is_answered(shared: RawClient) -> None:
    shared.send(
        request("row9", "test/sleepCancellable", {"count": 60_000}),
        notification("$/cancelRequest", {"id": "row9"}),
        request("row9b", "test/sleep", {"count": 10}),
        notification("$/cancelRequest", {"id": "row9b"}),
    )
    assert shared.response("row9")["error"]["code"] == -32800
    assert "result" in shared.response("row9b")


@pytest.mark.parametrize("what", ["anything", "exit", "interrupt", "recursion", "cancelled"])
def test_row_16_the_unexpected_is_an_internal_error_without_details(start: Start, what: str) -> None:
    client = start()
    client.initialize()
    error = client.error("test/raise", {"text": what})
    assert (error["code"], error["data"]) == (-32603, {"kind": "internalError", "retryable": False})
    assert "secret" not in json.dumps(error)
    assert ".py" not in json.dumps(error)
    assert client.shut_down() == 0
    assert client.stderr.count("Traceback") == 1


def test_row_16_the_expected_is_translated_and_not_logged(start: Start) -> None:
    client = start()
    client.initialize()
    error = client.error("test/raise", {"text": "busy"})
    assert error["code"] == 1005
    assert error["data"] == {
        "kind": "sessionBusy",
        "retryable": True,
        "turnId": "t1",
        "holder": {"hostName": "h"},
    }
    error = client.error("test/raise", {"text": "value"})
    assert error["code"] == -32602
    assert error["data"]["problems"] == [{"field": "sessionId", "message": "must not be blank"}]
    assert client.shut_down() == 0
    assert "Traceback" not in client.stderr


def test_row_18_the_gate_and_ids_in_flight(start: Start) -> None:
    client = start()
    assert client.error("test/echo")["code"] == -32002
    assert client.error("shutdown")["code"] == -32002
    client.notify("initialized", {})
    client.initialize()
    assert client.error("initialize", {})["code"] == -32600
    client.send(request("twice", "test/sleep", {"count": 200}), request("twice", "test/echo"))
    assert client.response("twice")["error"]["code"] == -32600
    assert "result" in client.response("twice")
    assert client.shut_down() == 0


@pytest.mark.parametrize("what", ["set", "nan", "loop", "bytes"])
def test_row_19_a_result_that_is_no_json_is_an_internal_error(shared: RawClient, what: str) -> None:
    assert shared.error("test/unserialisable", {"text": what})["code"] == -32603


def test_row_22_nothing_is_coerced(shared: RawClient) -> None:
    for wrong in ({"text": 5}, {"count": "5"}, {"count": 5.5}, {"count": True}, {"text": ["x"]}):
        assert shared.error("test/echo", wrong)["code"] == -32602


def test_row_23_every_hook_can_be_built() -> None:
    for method in METHODS:
        build(method.params)
        if method.result is not None:
            build(method.result)


def test_row_24_a_lone_surrogate_becomes_the_replacement_character(shared: RawClient) -> None:
    body = rb'{"jsonrpc":"2.0","id":"row24","method":"test/opaque","params":{"metadata":{"\ud800":"a\udc00\ud83d\ude00"}}}'
    shared.send_bytes(frame(body))
    assert shared.response("row24")["result"] == {"metadata": {"�": "a�😀"}}


def test_only_the_wire_is_imported_before_initialize_is_answered(shared: RawClient) -> None:
    assert shared.result("test/facts")["beforeLoad"] == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
METHOD_NAMES = st.sampled_from(["test/echo", "test/opaque", "test/raise", "test/ehco", "initialize", "$/x"])


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    messages=st.lists(
        st.fixed_dictionaries(
            {"jsonrpc": st.sampled_from(["2.0", "2.0", "1.0", 2]), "method": METHOD_NAMES | JSON},
            optional={"params": JSON | st.fixed_dictionaries({}, optional={"text": JSON, "metadata": JSON})},
        ),
        max_size=8,
    ),
)
def test_each_request_over_stdio_is_answered_once(shared: RawClient, messages: list[dict[str, Any]]) -> None:
    ids = [f"fuzz{number}" for number in range(len(messages))]
    shared.received.clear()
    shared.send(*({**message, "id": id_} for message, id_ in zip(messages, ids, strict=True)))
    for id_ in ids:
        shared.response(id_)
    assert "result" in shared.call("test/echo")
    counted = Counter(m["id"] for m in shared.received if str(m.get("id")).startswith("fuzz"))
    assert counted == Counter(ids)
