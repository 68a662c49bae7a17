"""An editor waits for the first answers: little may be imported before each of them."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.product import clean_environment
from tests.support.wire import RawClient, frame, notification, request

FOR_INITIALIZE = {
    "threadkeep",
    "threadkeep.__main__",
    "threadkeep._version",
    "threadkeep.bootstrap",
    "threadkeep.faces",
    "threadkeep.faces.jsonrpc",
    "threadkeep.faces.lsp",
    "threadkeep.faces.lsp.capability",
    "threadkeep.faces.jsonrpc.stdio",
    "threadkeep.faces.jsonrpc.errors",
    "threadkeep.faces.jsonrpc.frames",
    "threadkeep.faces.jsonrpc.early_initialize",
    "threadkeep.faces.jsonrpc.handshake",
    "threadkeep.faces.jsonrpc.json_text",
    "threadkeep.faces.jsonrpc.messages",
    "threadkeep.protocol",
    "threadkeep.protocol.limits",
    "threadkeep.protocol.names",
    "threadkeep.values",
    "threadkeep.values.classes",
}
"""All of the program's own that may be imported before `initialize` is answered."""

AFTER_INITIALIZE = {
    "apsw",
    "argparse",
    "asyncio",
    "cattrs",
    "email",
    "httpx2",
    "lsprotocol",
    "pygls",
    "sqlite3",
    "ssl",
    "subprocess",
    "tinydb",
    "urllib.request",
}

AFTER_OPEN = {
    "argparse",
    "attr",
    "attrs",
    "cattrs",
    "dataclasses",
    "httpx2",
    "importlib.metadata",
    "lsprotocol",
    "pygls",
    "shutil",
    "sqlite3",
    "tempfile",
    "threadkeep.adapters.models.configured",
    "threadkeep.adapters.own_plugins",
    "threadkeep.adapters.plugins",
    "threadkeep.adapters.store.memory",
    "threadkeep.cli",
    "threadkeep.client",
    "threadkeep.faces.jsonrpc.client_requests",
    "threadkeep.faces.lsp.handlers.chat",
    "threadkeep.faces.lsp.handlers.lists",
    "threadkeep.faces.lsp.handlers.server",
    "threadkeep.ports.models",
    "threadkeep.protocol.methods",
    "threadkeep.protocol.types.agents",
    "threadkeep.protocol.types.chat",
    "threadkeep.protocol.types.lists",
    "threadkeep.protocol.types.organise",
    "threadkeep.protocol.types.server",
    "threadkeep.usecases.sessions.branches",
    "threadkeep.usecases.sessions.bulk",
    "threadkeep.usecases.chat.chat",
    "threadkeep.usecases.transfer.exporting",
    "threadkeep.usecases.transfer.importing",
    "threadkeep.usecases.sessions.listing",
    "threadkeep.usecases.chat.turn_runner",
    "threadkeep.usecases.search.searching",
}
"""What a request that an editor's start does not make may wait for."""

NOT_FOR_STATUS = {
    "importlib.metadata",
    "threadkeep.faces.lsp.handlers.chat",
    "threadkeep.faces.lsp.handlers.lists",
    "threadkeep.faces.lsp.handlers.transfer",
    "threadkeep.usecases.transfer.exporting",
    "threadkeep.usecases.transfer.importing",
    "threadkeep.usecases.search.searching",
}
"""What another request may wait for when `server/status` has been asked for."""

PROBE = """
import os, sys
write = os.write
def tell_and_write(descriptor, data):
    what = "opened" if b'"opens"' in bytes(data) else "other"
    write(2, " ".join(["WRITES", what, *sys.modules]).encode() + b"\\n")
    return write(descriptor, data)
os.write = tell_and_write
import threadkeep.__main__ as program
sys.exit(program.main(["serve", "--stdio"]))
"""
"""The program, which tells on stderr what is imported whenever it is about to write to the client."""


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[RawClient]:
    # without a default one, models are looked for half a second after the start, which may be before a request
    environment = {**clean_environment(tmp_path), "THREADKEEP_DEFAULT_MODEL": "work:test"}
    with RawClient([sys.executable, "-P", "-c", PROBE], env=environment) as client:
        yield client


def imported(client: RawClient) -> list[tuple[str, set[str]]]:
    """What was imported at each write, with what was written; of a client that is shut down."""
    lines = [line.split() for line in client.stderr.splitlines() if line.startswith("WRITES ")]
    return [(line[1], set(line[2:])) for line in lines]


@pytest.mark.slow
def test_only_the_handshake_is_imported_before_initialize_is_answered(probe: RawClient) -> None:
    probe.call("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    assert probe.shut_down() == 0
    _, first = imported(probe)[0]
    assert {name for name in first if name.partition(".")[0] == "threadkeep"} == FOR_INITIALIZE
    assert AFTER_INITIALIZE & first == set()


@pytest.mark.slow
def test_only_what_a_start_needs_is_imported_before_a_session_is_open(probe: RawClient) -> None:
    probe.initialize()
    probe.request("session/open", {}, id_="opens")
    assert "result" in probe.response("opens")
    probe.result("server/status")
    assert probe.shut_down() == 0
    writes = imported(probe)
    [at_open] = [modules for what, modules in writes if what == "opened"]
    assert AFTER_OPEN & at_open == set()
    at_end = writes[-1][1]
    assert "threadkeep.faces.lsp.handlers.server" in at_end
    assert NOT_FOR_STATUS & at_end == set()


@pytest.mark.slow
def test_what_is_sent_at_once_is_answered_once_and_in_order(tmp_path: Path) -> None:
    sent = [
        request(1, "initialize", {"processId": None, "rootUri": None, "capabilities": {}}),
        request(2, "initialize", {}),
        notification("initialized", {}),
        request(3, "session/open", {}),
        request(4, "shutdown"),
    ]
    client = RawClient([sys.executable, "-P", "-m", "threadkeep", "serve"], env=clean_environment(tmp_path))
    with client:
        client.send_bytes(b"".join(frame(message) for message in sent))
        assert "result" in client.response(4)
        client.notify("exit")
        assert client.wait() == 0
    answers = [(m["id"], m.get("error", {}).get("code")) for m in client.received if "id" in m]
    assert answers == [(1, None), (2, -32600), (3, None), (4, None)]


@pytest.mark.slow
@pytest.mark.parametrize("sent", [b"", b"Content-Length: 10\r\n\r\n{", frame(notification("exit"))])
def test_a_client_that_leaves_before_the_handshake_is_let_go(tmp_path: Path, sent: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "threadkeep", "serve"],
        input=sent,
        capture_output=True,
        env=clean_environment(tmp_path),
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1 if b"exit" in sent else 0, b"", b"")


HELD = """
import os, sys, threading
stream = open(os.pipe()[0])
threading.Thread(target=stream.buffer.read, daemon=True).start()
import threadkeep.__main__ as program
sys.exit(program.main(sys.argv[1:]))
"""
"""The program with a thread in a read that never ends: at its own end, Python wants the stream that it holds."""


@pytest.mark.slow
@pytest.mark.parametrize("face", ["serve", "mcp"])
def test_a_thread_that_sits_in_a_read_does_not_break_the_end(tmp_path: Path, face: str) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", HELD, face],
        input=b"",
        capture_output=True,
        env=clean_environment(tmp_path),
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
