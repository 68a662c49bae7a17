"""How a serving process begins and ends, over raw stdio."""

import signal
import sys
import time
from typing import Any

import pytest

from tests.faces.jsonrpc.conftest import Start
from tests.support.wire import notification, request
from tests.support.wire_endpoint import Bench
from threadkeep.faces.jsonrpc.endpoint import Endpoint

pytestmark = pytest.mark.medium

DOCUMENT_METHODS = ("textDocument/didOpen", "textDocument/didChange", "textDocument/didClose")


def test_lines_in_lines_out(start: Start) -> None:
    client = start(framing="lines")
    client.initialize()
    assert client.result("test/echo", {"text": "a\nb"})["text"] == "a\nb"
    client.send_bytes(b'  \r\n{"jsonrpc": "2.0",\n')
    assert client.response(None)["error"]["code"] == -32700
    assert client.shut_down() == 0


def test_a_shell_script_may_write_everything_at_once_and_close(start: Start) -> None:
    client = start(framing="lines")
    client.send(request(1, "initialize"), request(2, "test/block", {"text": "x", "count": 200}))
    client.send_bytes(b'{"jsonrpc": "2.0", "id": 3, "method": "test/echo"}')
    client.close_input()
    messages = client.rest()
    assert {m["id"]: "result" in m for m in messages if "id" in m} == {1: True, 2: True, 3: True}
    assert client.wait() == 0


def test_at_the_end_of_the_input_everything_is_stopped_and_flushed(start: Start) -> None:
    client = start()
    client.initialize()
    client.request("test/sleepCancellable", {"count": 60_000}, id_="waits")
    client.close_input()
    messages = client.rest()
    assert [m["error"]["code"] for m in messages if m.get("id") == "waits"] == [-32800]
    assert [m["method"] for m in messages if "method" in m] == ["test/stopped"]
    assert client.wait() == 0
    assert client.stderr.count('"stopped": true') == 1


def test_a_request_that_could_be_cancelled_is_answered_after_the_end_of_the_input(start: Start) -> None:
    client = start()
    client.initialize()
    client.request("test/sleepCancellable", {"text": "found", "count": 200}, id_="search")
    client.close_input()
    assert client.response("search")["result"]["text"] == "found"
    assert client.wait() == 0


def test_a_shutdown_that_is_the_last_word_ends_the_process(start: Start) -> None:
    client = start()
    client.initialize()
    client.request("test/sleep", {"text": "slow", "count": 300}, id_="slow")
    client.request("shutdown", id_="down")
    client.close_input()
    answers = {message["id"]: message for message in client.rest() if "id" in message}
    assert answers["slow"]["result"]["text"] == "slow"
    assert answers["down"]["result"] is None
    assert client.wait() == 0


def test_exit_does_not_wait_for_what_can_be_cancelled(start: Start) -> None:
    client = start()
    client.initialize()
    client.request("test/sleepCancellable", {"count": 60_000}, id_="search")
    client.notify("exit")
    assert client.response("search")["error"]["code"] == -32800
    assert client.wait() == 1


def test_a_request_that_ignores_the_end_is_cancelled_and_answered(start: Start) -> None:
    client = start()
    client.initialize()
    client.request("test/sleep", {"count": 60_000}, id_="slow")
    client.close_input()
    assert client.response("slow")["error"]["code"] == -32800
    assert client.wait() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal to send to a process")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_as_the_end_of_the_input_does(start: Start, number: signal.Signals) -> None:
    client = start()
    client.initialize()
    client.result("test/echo")
    client.process.send_signal(number)
    assert [m["method"] for m in client.rest()] == ["test/stopped"]
    assert client.wait() == 0


@pytest.mark.slow
def test_a_stop_that_hangs_is_cut_off(start: Start) -> None:
    client = start(env={"TEST_STOP_HANGS": "1"})
    client.initialize()
    client.close_input()
    assert client.wait() == 0
    assert "Stopping took longer" in client.stderr


@pytest.mark.slow
def test_a_thread_that_hangs_does_not_hold_the_process(start: Start) -> None:
    client = start()
    client.initialize()
    client.request("test/block", {"count": 60_000}, id_="stuck")
    client.result("test/echo")
    client.close_input()
    assert client.response("stuck")["error"]["code"] == -32800
    assert client.wait() == 0


@pytest.mark.slow
def test_a_client_that_does_not_read_at_the_end_holds_nobody(start: Start) -> None:
    client = start(is_reading=False)
    client.send(request(1, "initialize"), request(2, "test/opaque", {"metadata": {"x": "y" * 1_000_000}}))
    time.sleep(0.5)
    client.close_input()
    assert client.wait() == 0


def test_a_client_that_closes_its_reading_end_ends_the_server(start: Start) -> None:
    client = start(is_reading=False)
    client.send(request(1, "initialize"))
    time.sleep(0.3)
    client.close_output()
    client.send(request(2, "test/echo"))
    assert client.wait() == 0


def test_the_end_before_anything_is_clean(start: Start) -> None:
    client = start()
    client.close_input()
    assert client.wait() == 0
    assert client.stderr == ""


def test_handlers_that_cannot_be_loaded_leave_a_server_that_answers(start: Start) -> None:
    client = start(env={"TEST_BROKEN": "1"})
    client.initialize()
    assert client.error("session/open")["code"] == -32603
    assert client.shut_down() == 0
    assert "the handlers are broken" in client.stderr


def test_thousands_of_requests_at_once_are_answered_in_order(start: Start) -> None:
    client = start()
    client.initialize()
    client.send(*(request(n, "test/order", {"text": str(n)}) for n in range(1000, 2000)))
    assert client.response(1999)["result"]["order"] == [str(n) for n in range(1000, 2000)]
    for n in range(1000, 1999):
        assert "result" in client.response(n)


def test_a_request_of_the_servers_is_answered_by_the_client(start: Start) -> None:
    client = start()
    client.initialize()
    id_ = client.request("test/ask", {"text": "well?"})
    question = client.wait_for(lambda m: m.get("method") == "test/question")
    assert question["params"] == {"text": "well?"}
    client.send({"jsonrpc": "2.0", "id": "unknown", "result": 1}, {"jsonrpc": "2.0", "id": 1.5, "error": {}})
    client.send({"jsonrpc": "2.0", "id": question["id"], "result": {"text": "yes"}})
    assert client.response(id_)["result"] == {"answer": True}


def test_a_plain_clients_documents_are_taken_without_a_word(start: Start) -> None:
    client = start()
    client.initialize(workspaceFolders=[{"uri": "file:///w", "name": "w"}])
    document = {"uri": "file:///w/a.py", "languageId": "python", "version": 1, "text": "one\ntwo\n"}
    edit = {"range": {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 3}}, "text": "2"}
    client.notify("textDocument/didOpen", {"textDocument": document})
    client.notify(
        "textDocument/didChange",
        {"textDocument": {"uri": "file:///w/a.py", "version": 2}, "contentChanges": [edit]},
    )
    client.notify("textDocument/didSave", {"textDocument": {"uri": "file:///w/a.py"}})
    client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///w/a.py"}})
    client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///w/never-opened"}})
    client.send(notification("workspace/didChangeConfiguration", {"settings": {"threadkeep": {}}}))
    facts = client.result("test/facts")
    assert facts["heard"] == ["initialized", {"threadkeep": {}}]
    assert client.error("textDocument/hover", {})["code"] == -32601
    assert client.shut_down() == 0
    assert client.stderr.count("\n") == 1


async def test_the_life_of_a_document_reaches_those_who_listen() -> None:
    heard: list[tuple[str, dict[str, Any]]] = []

    def listen(endpoint: Endpoint) -> None:
        for method in DOCUMENT_METHODS:
            endpoint.on_document(method, lambda params, method=method: heard.append((method, params)))

    told = [
        {"textDocument": {"uri": "file:///w/a.py", "languageId": "python", "version": 1, "text": "one"}},
        {"textDocument": {"uri": "file:///w/a.py", "version": 2}, "contentChanges": [{"text": "two"}]},
        {"textDocument": {"uri": "file:///w/a.py"}},
    ]
    bench = Bench(listen)
    bench.initialize()
    bench.put(*(notification(*each) for each in zip(DOCUMENT_METHODS, told, strict=True)))

    assert await bench.until_quiet() == []
    assert heard == list(zip(DOCUMENT_METHODS, told, strict=True))
