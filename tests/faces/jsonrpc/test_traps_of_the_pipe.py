"""The table of traps over raw stdio against a real process, the rows about bytes, pipes and processes; each test names its row."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faces.jsonrpc.conftest import Start
from tests.support.wire import RawClient, frame, notification, python, request
from threadkeep.protocol.limits import MAX_MESSAGE_BYTES

pytestmark = pytest.mark.medium


def test_row_10_blocking_work_stops_nobody(shared: RawClient) -> None:
    blocked = [shared.request("test/block", {"count": 400}) for _ in range(8)]
    assert shared.result("test/echo", {"text": "meanwhile"})["text"] == "meanwhile"
    assert not [m for m in shared.received if m.get("id") in blocked]
    for id_ in blocked:
        assert "result" in shared.response(id_)


def test_row_11_a_client_that_stops_reading_loses_nothing(start: Start) -> None:
    client = start(is_reading=False)
    client.send(request(1, "initialize", {}), notification("initialized", {}))
    client.send(request(2, "test/stream", {"text": "0123456789" * 5, "count": 20_000}))
    client.send(request(3, "test/sleep", {"count": 300}), *(request(n, "test/echo") for n in range(4, 104)))
    time.sleep(1.0)
    client.begin_reading()
    client.notification("test/poured")
    deltas = [m["params"] for m in client.received if m.get("method") == "chat/delta"]
    offset = 0
    for delta in deltas:
        assert delta["offset"] == offset
        offset += len(delta["text"])
    assert offset == 20_000 * 50
    assert len(deltas) < 10_000  # they were joined
    assert deltas[-1]["savedOffset"] == 19_999
    for id_ in range(3, 104):
        assert "result" in client.response(id_)


@pytest.mark.slow
def test_row_11_memory_stays_bounded_while_nobody_reads(start: Start) -> None:
    client = start(is_reading=False)
    client.send(request(1, "initialize", {}), request(2, "test/stream", {"text": "x", "count": 300_000}))
    process = psutil.Process(client.process.pid)
    time.sleep(1.0)
    before = process.memory_info().rss
    client.send(request(3, "test/stream", {"text": "x", "count": 600_000}))
    time.sleep(4.0)
    assert process.memory_info().rss - before < 40 * 1024 * 1024  # a message each would be 150
    client.begin_reading()
    client.notification("test/poured")


def test_row_12_exit_without_shutdown_returns_1(start: Start) -> None:
    client = start()
    client.initialize()
    client.notify("exit")
    assert client.wait() == 1


def test_row_12_exit_after_shutdown_returns_0(start: Start) -> None:
    client = start()
    client.initialize()
    assert client.shut_down() == 0


def test_row_12_exit_before_initialize_returns_1(start: Start) -> None:
    client = start()
    client.notify("exit")
    assert client.wait() == 1


EDITOR = python("-c", "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))")
"""Starts the server and does nothing else."""


@pytest.mark.parametrize("between", [(), EDITOR], ids=["itself", "through a launcher"])
def test_row_13_the_server_leaves_when_the_parent_is_killed(start: Start, between: Sequence[str]) -> None:
    client = start(through=[*EDITOR, *between])
    client.initialize(processId=client.process.pid)
    assert "result" in client.call("test/echo")
    client.process.kill()  # its ends of the pipes stay open: they are ours
    assert [message["method"] for message in client.rest()] == ["test/stopped"]
    assert '"stopped": true' in client.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who started this process")
def test_row_13_somebody_elses_process_of_that_number_ends_nothing(start: Start) -> None:
    somebody = subprocess.Popen(python("-c", "import time; time.sleep(60)"))
    client = start()
    client.initialize(
        processId=somebody.pid
    )  # what the client's number may mean on the other side of a relay
    assert "result" in client.call("test/echo")
    somebody.kill()
    somebody.wait(10)
    time.sleep(0.3)
    assert "result" in client.call("test/echo")
    client.close_input()
    assert client.wait() == 0


RELAYS = {
    "sh": ["sh", "-c", 'exec "$@"', "sh"],
    "sh that stays": ["sh", "-c", '"$@"; exit $?', "sh"],
    "a session of its own": ["setsid", "--wait"],
    "a namespace of its own": ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"],
}


def can_run(relay: list[str]) -> bool:
    try:
        return subprocess.run([*relay, "true"], capture_output=True, timeout=20, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.parametrize("relay", RELAYS.values(), ids=RELAYS)
@pytest.mark.parametrize("pid", [1, "ours"])
def test_row_13_a_server_behind_a_relay_stays_until_its_input_ends(
    start: Start, relay: list[str], pid: int | str
) -> None:
    if not can_run(relay):
        pytest.skip(f"{relay[0]} cannot do this here")
    client = start(through=relay)
    client.initialize(processId=os.getpid() if pid == "ours" else pid)
    assert "result" in client.call("test/echo")
    time.sleep(0.3)
    assert "result" in client.call("test/echo")
    client.close_input()
    assert client.wait() == 0
    assert '"stopped": true' in client.stderr


@pytest.mark.parametrize("pid", [None, 0, -1, 2**31 - 1, 2**32 - 1, 2**70], ids=str)
def test_row_13_a_parent_that_is_unknown_at_the_start_is_ignored(start: Start, pid: int | None) -> None:
    if pid is None:
        gone = subprocess.Popen(python("-c", ""))
        gone.wait(10)
        pid = gone.pid
    client = start()
    client.initialize(processId=pid)
    assert "result" in client.call("test/echo")
    time.sleep(0.3)
    assert "result" in client.call("test/echo")
    client.close_input()  # which tells that the editor is gone
    assert client.wait() == 0


@pytest.mark.parametrize("header", [b"content-length:%d\n\n", b"CONTENT-LENGTH \t: %d\r\nX: y\r\n\r\n"])
def test_row_14_headers_in_any_spelling(shared: RawClient, header: bytes) -> None:
    body = json.dumps(request("row14", "test/echo", {"text": "é"}), ensure_ascii=False).encode()
    shared.send_bytes(header % len(body) + body)
    assert shared.response("row14")["result"]["text"] == "é"


def test_row_14_the_stream_is_found_again(shared: RawClient) -> None:
    shared.send_bytes(b'Content-Length: nonsense\r\n\r\n{"jsonrpc": "2.0"}')
    shared.send_bytes(frame(request("row14b", "test/echo")))
    assert shared.response(None)["error"]["code"] == -32700
    assert "result" in shared.response("row14b")


@pytest.mark.slow
def test_row_15_a_message_over_the_limit_is_drained_and_answered(start: Start) -> None:
    client = start()
    client.initialize()
    body = b'{"jsonrpc": "2.0", "id": "large", "method": "test/echo", "params": {"text": "'
    client.send_bytes(b"Content-Length: %d\r\n\r\n%b" % (MAX_MESSAGE_BYTES + 1, body))
    rest = MAX_MESSAGE_BYTES + 1 - len(body)
    process = psutil.Process(client.process.pid)
    while rest:
        chunk = min(rest, 1024 * 1024)
        client.send_bytes(b"x" * chunk)
        rest -= chunk
    assert process.memory_info().rss < 100 * 1024 * 1024
    client.request("test/echo", id_="after")
    assert client.response("large")["error"]["code"] == -32600
    assert "result" in client.response("after")


@pytest.mark.parametrize("depth", [201, 5_000, 200_000])
def test_row_15_absurd_nesting_is_answered(shared: RawClient, depth: int) -> None:
    id_ = f"deep{depth}"
    head = b'{"jsonrpc": "2.0", "id": "%b", "method": "test/opaque", "params": {"metadata": ' % id_.encode()
    shared.send_bytes(frame(head + b'{"a":' * depth + b"1" + b"}" * depth + b"}}"))
    assert shared.response(id_)["error"]["code"] == -32700


def test_row_15_allowed_nesting_comes_back(shared: RawClient) -> None:
    metadata: Any = {}
    for _ in range(190):
        metadata = {"a": metadata}
    assert shared.result("test/opaque", {"metadata": metadata}) == {"metadata": metadata}


def test_row_17_no_body_is_logged(start: Start) -> None:
    client = start(env={"TEST_LOG_EVERYTHING": "1"})
    client.initialize(rootUri="file:///private-root")
    client.result("test/echo", {"text": "private-text"})
    client.error("test/echo", {"text": ["private-wrong"]})
    client.notify(
        "textDocument/didOpen", {"textDocument": {"uri": "private-uri", "text": "private-document"}}
    )
    client.notify(
        "textDocument/didChange", {"textDocument": {"uri": "x"}, "contentChanges": "private-change"}
    )
    client.send({"jsonrpc": "2.0", "id": "unknown", "result": "private-result"})
    assert client.shut_down() == 0
    assert "private" not in client.stderr
    assert "root logger is on" in client.stderr


def test_row_20_a_stray_print_and_a_child_do_not_touch_the_wire(start: Start) -> None:
    client = start()
    client.initialize()
    assert client.result("test/print", {"text": "x"}) == {"text": "x", "count": 0}
    assert client.shut_down() == 0
    assert "a stray print" in client.stderr
    assert "a stray write" in client.stderr


def test_row_25_nothing_of_the_opened_folder_is_imported(start: Start, tmp_path: Path) -> None:
    for name in ("lsprotocol", "json", "pygls", "attrs", "cattrs", "threadkeep", "asyncio", "difflib"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'w').close(); raise RuntimeError('imported')")
    client = start(cwd=tmp_path)
    client.initialize(rootUri=tmp_path.as_uri())
    client.error("test/ehco")
    client.request("test/ask")  # imports pygls and lsprotocol
    client.wait_for(lambda message: message.get("method") == "test/question")
    modules = client.result("test/facts")["modules"]
    assert not [path for path in modules.values() if path is None or path.startswith(str(tmp_path))]
    assert client.shut_down() == 0
    assert not (tmp_path / "imported").exists()


def test_the_wires_descriptors_are_its_own(start: Start) -> None:
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    client = start()
    client.initialize()
    folder = Path(f"/proc/{client.process.pid}/fd")
    assert str((folder / "0").readlink()) == os.devnull
    assert (folder / "1").readlink() == (folder / "2").readlink()
