"""`initialize` and the gate before it."""

from typing import Any

import pytest

from tests.support.wire import notification, request
from tests.support.wire_endpoint import Bench
from tests.support.wire_handlers import load


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
