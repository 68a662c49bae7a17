"""The writer: never blocks, keeps the order, joins deltas that wait."""

import json
import os
import random
import threading
import weakref
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.faces.jsonrpc import writer as writer_module
from threadkeep.faces.jsonrpc.frames import framed
from threadkeep.faces.jsonrpc.json_text import Encoded
from threadkeep.faces.jsonrpc.writer import Writer


class Gate:
    """A descriptor that takes nothing until it is opened."""

    def __init__(self) -> None:
        self.is_open = threading.Event()
        self.entered = threading.Event()
        self.data = b""

    def write(self, data: memoryview) -> int:
        self.entered.set()
        assert self.is_open.wait(10)
        self.data += data
        return len(data)


def delta(
    text: str, *, offset: int = 0, message: str = "m", kind: str = "text", session: str = "s"
) -> dict[str, Any]:
    return {
        "sessionId": session,
        "turnId": "t",
        "messageId": message,
        "kind": kind,
        "offset": offset,
        "text": text,
        "savedOffset": offset,
    }


def send_delta(writer: Writer, params: dict[str, Any]) -> None:
    key = (params["sessionId"], params["messageId"], params["kind"])
    writer.send_piece("chat/delta", params, key=key, topic=params["sessionId"])


def stalled() -> tuple[Writer, Gate]:
    """A writer whose first message is stuck: all that follow wait."""
    gate = Gate()
    writer = Writer(gate.write, on_broken=lambda: None)
    writer.framing = "lines"
    writer.start()
    writer.send(b'"first"')
    assert gate.entered.wait(10)
    return writer, gate


def written(writer: Writer, gate: Gate) -> list[Any]:
    gate.is_open.set()
    assert writer.flush_and_close(10)
    return [json.loads(line) for line in gate.data.splitlines()][1:]


def texts(messages: list[Any]) -> list[Any]:
    return [message["params"]["text"] if isinstance(message, dict) else message for message in messages]


def test_messages_leave_in_order() -> None:
    writer, gate = stalled()
    for number in range(1000):
        writer.send(b"%d" % number)
    assert written(writer, gate) == list(range(1000))


def test_waiting_deltas_join_with_the_first_offset_and_the_last_saved_one() -> None:  # trap 11
    writer, gate = stalled()
    for index in range(5):
        send_delta(writer, delta("ab", offset=2 * index))
    expected = {**delta("ab" * 5), "savedOffset": 8}
    assert written(writer, gate) == [{"jsonrpc": "2.0", "method": "chat/delta", "params": expected}]


def test_deltas_of_another_message_or_kind_stay_apart() -> None:
    writer, gate = stalled()
    for text in "abc":
        send_delta(writer, delta(text))
        send_delta(writer, delta(text.upper(), message="n"))
        send_delta(writer, delta(text * 2, kind="reasoning"))
    assert texts(written(writer, gate)) == ["abc", "ABC", "aabbcc"]


def test_no_delta_passes_another_message() -> None:
    writer, gate = stalled()
    send_delta(writer, delta("a"))
    writer.send(b'"answer"')
    send_delta(writer, delta("b"))
    send_delta(writer, delta("c"))
    writer.send(b'"of s"', topic="s")
    send_delta(writer, delta("d"))
    assert texts(written(writer, gate)) == ["a", "answer", "bc", "of s", "d"]


def test_a_message_of_another_session_keeps_no_deltas_apart() -> None:
    writer, gate = stalled()
    send_delta(writer, delta("a"))
    writer.send(b'"of x"', topic="x")
    send_delta(writer, delta("b"))
    assert texts(written(writer, gate)) == ["ab", "of x"]


def test_the_newest_replaces_the_waiting_one_and_stands_last() -> None:
    writer, gate = stalled()
    writer.send(b"1", replaces="k")
    writer.send(b"2", replaces="other")
    writer.send(b"3", replaces="k")
    writer.send(b"4")
    assert written(writer, gate) == [2, 3, 4]


def test_what_is_being_written_is_not_replaced() -> None:
    gate = Gate()
    writer = Writer(gate.write, on_broken=lambda: None)
    writer.framing = "lines"
    writer.start()
    writer.send(b"1", replaces="k")
    assert gate.entered.wait(10)
    writer.send(b"2", replaces="k")
    send_delta(writer, delta("x"))
    assert written(writer, gate) == [2, {"jsonrpc": "2.0", "method": "chat/delta", "params": delta("x")}]
    assert gate.data.startswith(b"1\n")


def test_a_client_that_never_reads_costs_only_the_text() -> None:  # trap 11
    writer, gate = stalled()
    for index in range(20_000):
        send_delta(writer, delta("abc", offset=3 * index))
        if index % 100 == 0:
            writer.send(b'{"state": "%d"}' % index, topic="s2", replaces="s2")
    assert len(writer._waiting) == 2
    assert writer.backlog < 70_000
    joined, _ = written(writer, gate)
    assert joined["params"]["text"] == "abc" * 20_000
    assert writer.backlog == 0


def test_headers_count_bytes() -> None:
    gate = Gate()
    gate.is_open.set()
    writer = Writer(gate.write, on_broken=lambda: None)
    writer.start()
    writer.send('"é"'.encode())
    assert writer.flush_and_close(10)
    assert gate.data == 'Content-Length: 4\r\n\r\n"é"'.encode()


def test_what_a_pipe_takes_in_parts_arrives_whole_and_in_order() -> None:
    taken = bytearray()

    def write(data: memoryview) -> int:
        taken.extend(data[:3])
        return min(3, len(data))

    writer = Writer(write, on_broken=lambda: None)
    writer.framing = "lines"
    writer.start()
    for number in range(100):
        writer.send(b"%d" % number * 5)
    assert writer.flush_and_close(10)
    assert bytes(taken) == b"".join(b"%d" % number * 5 + b"\n" for number in range(100))


def test_a_broken_pipe_is_told_once_and_ends_the_thread() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    told = threading.Event()
    writer = Writer(partial(os.write, writing), on_broken=told.set)
    writer.start()
    writer.send(b"1")
    assert told.wait(10)
    writer.send(b"2")
    send_delta(writer, delta("x"))
    assert writer.flush_and_close(10)
    assert writer.backlog == 0
    os.close(writing)


def test_settle_tells_whether_everything_left() -> None:
    writer, gate = stalled()
    assert not writer.flush(0.01)
    gate.is_open.set()
    assert writer.flush(10)
    assert writer.flush_and_close(10)


def test_the_end_does_not_wait_for_ever() -> None:
    writer, gate = stalled()
    assert not writer.flush_and_close(0.01)
    writer.send(b"too late")
    gate.is_open.set()


def test_a_delta_that_is_no_json_is_dropped_alone() -> None:
    writer, gate = stalled()
    send_delta(writer, delta("a") | {"offset": {1}})
    writer.send(b"2")
    gate.is_open.set()
    assert writer.flush_and_close(10)
    assert gate.data.split() == [b'"first"', b"2"]


@pytest.mark.parametrize(
    ("framing", "before", "behind"),
    [("headers", b"Content-Length: 100004\r\n\r\n", b""), ("lines", b"", b"\n")],
)
def test_a_message_in_pieces_is_framed_as_one(framing: Any, before: bytes, behind: bytes) -> None:
    gate = Gate()
    gate.is_open.set()
    writer = Writer(gate.write, on_broken=lambda: None)
    writer.framing = framing
    writer.start()
    writer.send(Encoded([b'["', b"a" * 100_000, b'"]']))
    assert writer.flush_and_close(10)
    assert gate.data == before + b'["' + b"a" * 100_000 + b'"]' + behind


class Watched(Encoded):
    """Tells whether it is still there."""

    __slots__ = ("__weakref__",)


def test_what_was_written_is_not_kept() -> None:
    gate = Gate()
    gate.is_open.set()
    writer = Writer(gate.write, on_broken=lambda: None)
    writer.start()
    body = Watched([b"a" * 100_000])
    kept = weakref.ref(body)
    writer.send(body)
    assert writer.flush(10)
    del body
    assert kept() is None


STEPS = st.lists(
    st.tuples(st.sampled_from(["delta", "send"]), st.sampled_from(["s1", "s2", None]), st.sampled_from("mn")),
    max_size=40,
)


@given(steps=STEPS, release=st.integers(min_value=0, max_value=40))
def test_order_and_text_survive_whatever_waits(
    steps: list[tuple[str, str | None, str]], release: int
) -> None:
    writer, gate = stalled()
    expected: dict[tuple[str, str], str] = {}
    sent: list[str] = []
    for number, (step, session, message) in enumerate(steps):
        if number == release:
            gate.is_open.set()
        if step == "send":
            sent.append(f"{number}:{session}")
            writer.send(json.dumps(sent[-1]).encode(), topic=session)
        else:
            key = (session or "s1", message)
            text = f"<{number}>"
            send_delta(
                writer, delta(text, offset=len(expected.get(key, "")), message=message, session=key[0])
            )
            expected[key] = expected.get(key, "") + text
    got = written(writer, gate)
    assert [each for each in got if isinstance(each, str)] == sent
    seen: dict[tuple[str, str], str] = {}
    position: dict[int, int] = {}
    for place, each in enumerate(got):
        if isinstance(each, dict):
            params = each["params"]
            key = (params["sessionId"], params["messageId"])
            assert params["offset"] == len(seen.get(key, ""))
            seen[key] = seen.get(key, "") + params["text"]
            for part in params["text"][1:-1].split("><"):
                position[int(part)] = place
        else:
            position[int(each.split(":")[0])] = place
    assert seen == expected
    for number, (step, session, _) in enumerate(steps):
        if step == "send":  # no delta of its session, or of any if it names none, passed it
            for other, (kind, theirs, _) in enumerate(steps):
                if kind == "delta" and session in {None, theirs or "s1"}:
                    assert (position[other] < position[number]) == (other < number)


def test_many_threads_may_send() -> None:
    gate = Gate()
    gate.is_open.set()
    writer = Writer(gate.write, on_broken=lambda: None)
    writer.framing = "lines"
    writer.start()

    def send(name: int) -> None:
        for number in range(200):
            writer.send(json.dumps([name, number]).encode())
            if random.random() < 0.1:
                send_delta(writer, delta("x", session=str(name)))

    threads = [threading.Thread(target=send, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert writer.flush_and_close(10)
    got = [each for each in map(json.loads, gate.data.splitlines()) if isinstance(each, list)]
    for name in range(4):
        assert [number for who, number in got if who == name] == list(range(200))


def test_a_message_that_there_is_no_memory_for_is_framed_later(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, tries = Gate(), iter([True, True, False])
    gate.is_open.set()

    def framed_at_the_third_try(body: bytes, framing: Any) -> Sequence[bytes]:
        if next(tries):
            raise MemoryError
        return framed(body, framing)

    monkeypatch.setattr(writer_module, "MEMORY_SECONDS", 0.001)
    monkeypatch.setattr(writer_module, "framed", framed_at_the_third_try)
    writer = Writer(gate.write, on_broken=lambda: None)
    writer.start()
    writer.send(b"{}")
    assert writer.flush_and_close(10)
    assert gate.data == b"Content-Length: 2\r\n\r\n{}"


def test_a_client_is_not_left_waiting_where_memory_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(body: bytes, framing: Any) -> bytes:
        raise MemoryError

    monkeypatch.setattr(writer_module, "MEMORY_SECONDS", 0.001)
    monkeypatch.setattr(writer_module, "framed", never)
    broken = threading.Event()
    writer = Writer(lambda _: None, on_broken=broken.set)
    writer.start()
    writer.send(b"{}")
    assert broken.wait(10)
