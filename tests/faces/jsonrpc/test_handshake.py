"""`initialize` and the gate before it."""

from typing import Any

import pytest
from lsprotocol import types

from tests.support.wire import notification, request
from tests.support.wire_endpoint import Bench
from tests.support.wire_handlers import load
from threadkeep.faces.jsonrpc.client_requests import ClientRequests, to_json
from threadkeep.faces.jsonrpc.handshake import initialize_result


def codes(messages: list[dict[str, Any]]) -> dict[Any, Any]:
    return {message["id"]: message["error"]["code"] if "error" in message else "ok" for message in messages}


async def test_the_gate_before_initialize() -> None:  # trap 18
    heard: list[Any] = []
    bench = Bench(lambda endpoint: endpoint.on_configuration(heard.append))
    bench.put(
        notification("workspace/didChangeConfiguration", {"settings": {}}),
        request(1, "echo"),
        request(2, "shutdown"),
        request(3, "nonsense", []),
        request(4, "initialize", {}),
        request(5, "initialize", {}),
    )
    assert codes(await bench.until_quiet()) == {1: -32002, 2: -32002, 3: -32002, 4: "ok", 5: -32600}
    assert heard == []


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ([], ""),
        ("x", ""),
        ({"processId": "1"}, "processId"),
        ({"processId": True}, "processId"),
        ({"rootUri": 5}, "rootUri"),
        ({"capabilities": []}, "capabilities"),
        ({"clientInfo": "vim"}, "clientInfo"),
        ({"workspaceFolders": {}}, "workspaceFolders"),
        ({"workspaceFolders": [{"name": "x"}]}, "workspaceFolders[0]"),
    ],
)
async def test_initialize_refuses_wrong_types_and_may_be_sent_again(params: Any, field: str) -> None:
    bench = Bench(load)
    bench.put(request(1, "initialize", params), request(2, "initialize"))
    first, second = await bench.until_quiet()
    assert [problem["field"] for problem in first["error"]["data"]["problems"]] == [field]
    assert first["error"]["code"] == -32602
    assert "result" in second


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"processId": None, "rootUri": None, "capabilities": {}, "workspaceFolders": None},
        {"capabilities": {"general": {"positionEncodings": [{}, "utf-99", "utf-8"]}}},
        {"capabilities": {"general": {"positionEncodings": []}}},
        {"capabilities": {"general": 5, "textDocument": {"unheardOf": [1]}}},
        {"rootUri": "file://[", "workspaceFolders": [{"uri": "file://[", "name": 5}]},
        {"rootUri": "untitled:x", "trace": "loud", "unknown": 1},
        {"processId": -1},
        {"processId": 2**80},
    ],
)
async def test_initialize_takes_what_any_client_may_send(params: dict[str, Any]) -> None:
    bench = Bench(load)
    bench.put(request(1, "initialize", params))
    [answer] = await bench.until_quiet()
    assert answer["result"]["capabilities"]["textDocumentSync"] == {
        "openClose": True,
        "change": 2,
        "save": False,
    }
    assert answer["result"]["capabilities"]["experimental"] == {"threadkeep": {"protocolVersion": 1}}
    assert answer["result"]["serverInfo"] == {"name": "bench", "version": "0"}
    assert "executeCommandProvider" not in answer["result"]["capabilities"]
    assert bench.watched == []


def test_what_is_answered_is_what_pygls_works_out() -> None:
    pygls = ClientRequests(name="bench", version="0", send=lambda _: None)
    unsupported = (
        types.WORKSPACE_EXECUTE_COMMAND,
        types.NOTEBOOK_DOCUMENT_DID_OPEN,
        types.NOTEBOOK_DOCUMENT_DID_CHANGE,
        types.NOTEBOOK_DOCUMENT_DID_CLOSE,
    )
    for method in unsupported:
        pygls.protocol.fm.builtin_features.pop(method, None)
    params = types.InitializeParams(capabilities=types.ClientCapabilities())
    with pytest.raises(StopIteration) as end:
        next(pygls.protocol.lsp_initialize(params))
    worked_out = to_json(end.value.value)
    del worked_out["capabilities"]["executeCommandProvider"]  # it is announced even without a command
    worked_out["capabilities"]["experimental"] = {"threadkeep": {"protocolVersion": 1}}
    offered = {"threadkeep": {"protocolVersion": 1}}
    assert initialize_result("bench", "0", experimental=offered) == worked_out


async def test_what_was_answered_already_is_not_answered_again() -> None:
    bench = Bench(load)
    bench.endpoint.is_answered = True
    bench.put(request(1, "initialize", {"clientInfo": {"name": "x"}}), request(2, "echo", {"text": "a"}))
    [answer] = await bench.until_quiet()
    assert (answer["id"], bench.endpoint.client_name) == (2, "x")
