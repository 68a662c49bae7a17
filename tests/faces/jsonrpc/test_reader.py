"""The reading thread: batches, the end, and no more than is taken."""

import queue
import threading

from tests.support.wire import frame, request
from threadkeep.faces.jsonrpc.messages import Refused, Request
from threadkeep.faces.jsonrpc.process import MAX_BEHIND_BYTES, Batch, Reader


class Source:
    """Gives chunks as os.read does; counts how many were asked for."""

    def __init__(self, *chunks: bytes | OSError) -> None:
        self._chunks = list(chunks)
        self.reads = 0
        self.was_read = threading.Condition()

    def read(self, size: int) -> bytes:
        with self.was_read:
            self.reads += 1
            self.was_read.notify_all()
        if not self._chunks:
            return b""
        chunk = self._chunks.pop(0)
        if isinstance(chunk, OSError):
            raise chunk
        return chunk


def start(source: Source, limit: int = 10**7) -> tuple[Reader, "queue.Queue[Batch]"]:
    batches: queue.Queue[Batch] = queue.Queue()
    reader = Reader(source.read, limit=limit, deliver=batches.put)
    reader.start()
    return reader, batches


def test_what_was_read_together_comes_together_and_the_end_is_last() -> None:
    both = frame(request(1, "a")) + frame(request(2, "b"))
    source = Source(both + both[:10], both[10:])
    _, batches = start(source)
    first, second, last = (batches.get(timeout=10) for _ in range(3))
    assert [m.id for m in first.messages if isinstance(m, Request)] == [1, 2]
    assert [m.id for m in second.messages if isinstance(m, Request)] == [1, 2]
    assert (first.framing, first.is_last, second.is_last) == ("headers", False, False)
    assert (last.messages, last.is_last) == ([], True)
    assert first.size + second.size == 2 * len(both)


def test_a_last_line_comes_with_the_end() -> None:
    _, batches = start(Source(b'{"jsonrpc": "2.0", "id": 1, "method": "a"}'))
    last = batches.get(timeout=10)
    assert [type(m) for m in last.messages] == [Request]
    assert (last.framing, last.is_last) == ("lines", True)


def test_an_error_of_the_descriptor_is_the_end() -> None:
    _, batches = start(Source(OSError(5, "gone")))
    assert batches.get(timeout=10).is_last


def test_a_failure_of_the_reader_itself_is_the_end_too() -> None:
    class Broken(Source):
        def read(self, size: int) -> bytes:
            raise MemoryError

    _, batches = start(Broken())
    assert batches.get(timeout=10).is_last


def test_no_more_is_read_than_is_taken() -> None:
    large = frame(request(1, "a", {"x": "y" * MAX_BEHIND_BYTES}))
    source = Source(large, large, large)
    reader, batches = start(source)
    first = batches.get(timeout=10)
    assert first.size > MAX_BEHIND_BYTES
    with source.was_read:
        assert not source.was_read.wait_for(lambda: source.reads > 1, timeout=0.1)
    reader.taken(first.size)
    second = batches.get(timeout=10)
    assert [type(m) for m in second.messages] == [Request]
    with source.was_read:
        assert source.reads == 2


def test_a_message_over_the_limit_is_refused_with_its_id() -> None:
    _, batches = start(Source(frame(request(5, "a", {"x": "y" * 200})), frame(request(6, "b"))), limit=100)
    [refused] = batches.get(timeout=10).messages
    assert isinstance(refused, Refused)
    assert refused.id == 5
    [taken] = batches.get(timeout=10).messages
    assert isinstance(taken, Request)
