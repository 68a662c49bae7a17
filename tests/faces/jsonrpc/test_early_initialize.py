"""The answer to `initialize` before the endpoint is there, and what is left to the endpoint."""

import json
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.support.wire import Framing, frame, notification, request
from threadkeep.faces.jsonrpc.early_initialize import answer_early
from threadkeep.faces.jsonrpc.handshake import early_result
from threadkeep.faces.jsonrpc.stdio import Stdio

RESULT = {"capabilities": {}, "serverInfo": {"name": "é"}}
INITIALIZE = request(1, "initialize", {"processId": None, "capabilities": {}})


class Client:
    """Both ends of the server's pipes."""

    def __init__(self) -> None:
        self.reading, self.to_server = os.pipe()
        self.from_server, self.writing = os.pipe()

    def greeted(self, **options: int) -> Stdio:
        return answer_early(
            self.reading, self.writing, respond=partial(early_result, result=RESULT), **options
        )

    def close_input(self) -> None:
        os.close(self.to_server)
        self.to_server = -1

    def heard(self) -> bytes:
        os.close(self.writing)
        self.writing = -1
        with open(self.from_server, "rb", closefd=False) as stream:
            return stream.read()

    def close(self) -> None:
        for descriptor in (self.reading, self.to_server, self.from_server, self.writing):
            if descriptor >= 0:
                os.close(descriptor)


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


def body(heard: bytes) -> Any:
    return json.loads(heard.partition(b"\r\n\r\n")[2] or heard)


@pytest.mark.parametrize("framing", ["headers", "lines"])
def test_initialize_is_answered_in_the_clients_framing(client: Client, framing: Framing) -> None:
    sent = frame(INITIALIZE, framing=framing)
    os.write(client.to_server, sent)
    assert client.greeted() == Stdio(
        reading=client.reading, writing=client.writing, begun=sent, is_answered=True
    )
    heard = client.heard()
    assert body(heard) == {"jsonrpc": "2.0", "id": 1, "result": RESULT}
    assert heard.startswith(b"{" if framing == "lines" else b"Content-Length: ")


def test_what_came_with_it_is_kept_for_the_endpoint(client: Client) -> None:
    sent = frame(INITIALIZE) + frame(notification("initialized", {})) + frame(request(2, "x"))[:-3]
    os.write(client.to_server, sent)
    beginning = client.greeted()
    assert beginning.is_answered
    assert beginning.begun == sent
    assert body(client.heard())["id"] == 1


def test_it_may_come_byte_by_byte(client: Client) -> None:
    sent = frame(INITIALIZE)
    writer = threading.Thread(
        target=lambda: [os.write(client.to_server, sent[i : i + 1]) for i in range(len(sent))]
    )
    writer.start()
    beginning = client.greeted()
    writer.join()
    assert (beginning.begun, beginning.is_answered) == (sent, True)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(frame(INITIALIZE)[:-1], id="cut off"),
        pytest.param(frame(request(1, "session/open", {})), id="another request"),
        pytest.param(frame(notification("initialize", {})), id="a notification"),
        pytest.param(frame(notification("exit")) + frame(INITIALIZE), id="exit first"),
        pytest.param(frame(request(1, "initialize", [])), id="params of a wrong type"),
        pytest.param(frame(request(1, "initialize", {"processId": "x"})), id="a member of a wrong type"),
        pytest.param(frame([INITIALIZE]), id="a batch"),
        pytest.param(b"Content-Length: 5\r\n\r\nnoJSON", id="no JSON"),
        pytest.param(b"Content-Length: no\r\n\r\n" + frame(INITIALIZE), id="no length"),
    ],
)
def test_everything_else_is_left_to_the_endpoint(client: Client, sent: bytes) -> None:
    os.write(client.to_server, sent)
    client.close_input()
    beginning = client.greeted()
    assert (beginning.begun, beginning.is_answered) == (sent, False)
    assert client.heard() == b""


def test_a_first_message_without_end_is_not_kept_for_ever(client: Client) -> None:
    os.write(client.to_server, b"Content-Length: 999999\r\n\r\n" + b"x" * 2000)
    beginning = client.greeted(limit=1000)  # it returns, although the end of the message never came
    assert not beginning.is_answered
    assert len(beginning.begun) > 1000


def test_a_client_that_has_left_is_left_to_the_endpoint(client: Client) -> None:
    os.write(client.to_server, frame(INITIALIZE))
    os.close(client.from_server)
    client.from_server = -1
    assert not client.greeted().is_answered


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal to send to a process")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_at_once_and_well(client: Client, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    os.write(client.to_server, b"Content-")

    def send() -> None:
        while select.select([client.reading], [], [], 0)[0]:  # it is not waiting for more yet
            pass
        os.kill(os.getpid(), number)

    sender = threading.Thread(target=send)
    sender.start()
    with pytest.raises(SystemExit) as ended:
        client.greeted()
    sender.join()
    assert ended.value.code == 0
    assert signal.getsignal(number) == before
