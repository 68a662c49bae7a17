"""The wire, byte by byte."""

import asyncio
import json
from typing import Any

import pytest

from threadkeep.client.connection import Connection, NotTheProtocol


class FakeWriter(asyncio.StreamWriter):
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return False

    def __del__(self) -> None:
        """Nothing to close."""


class Wire:
    """A connection with both of its ends in hand."""

    def __init__(self) -> None:
        self.reader = asyncio.StreamReader()
        self.writer = FakeWriter()
        self.heard: list[tuple[str, Any]] = []
        self.connection = Connection(
            self.reader, self.writer, on_notification=lambda *heard: self.heard.append(heard)
        )

    async def receive(self, *chunks: bytes) -> None:
        for chunk in chunks:
            self.reader.feed_data(chunk)
        self.reader.feed_eof()
        await self.connection.run()


def frame(message: object, *, header: bytes = b"Content-Length: %d\r\n\r\n") -> bytes:
    body = json.dumps(message).encode()
    return header % len(body) + body


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: %d\r\n\r\n",
        b"content-length:%d\n\n",
        b"Content-Type: x\r\nContent-Length:  %d\r\n\r\n",
    ],
)
async def test_headers_in_any_usual_spelling_are_read(header: bytes) -> None:
    wire = Wire()
    await wire.receive(frame({"method": "a/b", "params": {"x": "ü"}}, header=header))

    assert wire.heard == [("a/b", {"x": "ü"})]


async def test_a_frame_may_come_in_any_pieces() -> None:
    wire = Wire()
    whole = frame({"method": "a/b"}) + frame({"method": "c/d"})
    await wire.receive(*(whole[at : at + 1] for at in range(len(whole))))

    assert [method for method, _ in wire.heard] == ["a/b", "c/d"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\n",
        b"\r\n",
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: 2\r\n\r\n{]",
        frame([1]),
        b"x" * 70_000,
    ],
)
async def test_garbage_is_named_not_guessed(garbage: bytes) -> None:
    with pytest.raises(NotTheProtocol):
        await Wire().receive(garbage)


async def test_an_end_in_the_middle_of_a_frame_is_an_end() -> None:
    wire = Wire()
    await wire.receive(frame({"method": "a/b"})[:-3])

    assert wire.heard == []


async def test_a_lone_surrogate_can_be_sent() -> None:
    wire = Wire()
    wire.connection.notify("a/b", {"text": "\ud800ü"})

    assert wire.writer.written.endswith(b'"params":{"text":"\\ud800\\u00fc"}}')


@pytest.mark.parametrize(
    "answer", [{"id": 99, "result": 1}, {"id": "1", "result": 1}, {"id": None, "error": {}}]
)
async def test_an_answer_to_nothing_is_ignored(answer: object) -> None:
    wire = Wire()
    await wire.receive(frame(answer))

    assert wire.heard == []
