"""The parser: any bytes, in any cuts."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.wire import frame
from threadkeep.faces.jsonrpc.frames import MAX_HEADER_BYTES, Fault, Frame, FrameParser

LIMIT = 1000


def parse(*chunks: bytes, limit: int = LIMIT) -> list[Frame | Fault]:
    parser = FrameParser(limit=limit)
    found = [each for chunk in chunks for each in parser.feed(chunk)]
    return found + parser.end()


def bodies(*chunks: bytes) -> list[bytes]:
    found = parse(*chunks)
    assert all(isinstance(each, Frame) for each in found), found
    return [each.body for each in found if isinstance(each, Frame)]


def kinds(found: list[Frame | Fault]) -> list[bytes | None]:
    return [each.body if isinstance(each, Frame) else None for each in found]


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 2\r\n\r\n",
        b"content-length: 2\r\n\r\n",
        b"CONTENT-LENGTH:2\n\n",
        b"Content-Length \t:\t 2  \r\n\r\n",
        b"\r\n\r\nContent-Length: 2\r\n\r\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n",
        b"Content-Length: 2\r\nX-Unknown: 7\r\n\r\n",
        b"X-Content-Length: 9\r\nContent-Length: 2\r\n\r\n",
        b"a line without a colon\nContent-Length: 2\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n",
        b"\xef\xbb\xbfContent-Length: 2\r\n\r\n",
    ],
)
def test_headers_may_be_written_in_any_usual_way(header: bytes) -> None:  # trap 14
    assert bodies(header + b"{}" + header + b"[]") == [b"{}", b"[]"]


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: -5\r\n\r\n",
        b"Content-Length: 12a\r\n\r\n",
        b"Content-Length:\r\n\r\n",
        b"Content-Length: 9999999999999\r\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n",
        b"Length: 2\r\n\r\n",
    ],
)
def test_after_a_header_without_a_length_the_next_message_is_found(header: bytes) -> None:  # trap 14
    assert kinds(parse(header + b'{"lost": 1}' + frame(b"{}") + frame(b"[]"))) == [None, b"{}", b"[]"]


def test_a_length_that_was_too_short_costs_no_further_message() -> None:
    assert kinds(parse(b"Content-Length: 3\r\n\r\n[1]}" + frame(b"{}"))) == [b"[1]", b"{}"]


def test_endless_headers_are_refused_and_not_kept() -> None:  # trap 14
    parser = FrameParser(limit=LIMIT)
    found = [each for _ in range(100) for each in parser.feed(b"x" * 1000)]
    assert len(found) == 1
    assert len(parser._buffer) < MAX_HEADER_BYTES
    assert kinds(parser.feed(frame(b"{}"))) == [b"{}"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \r\n\n\n"])
def test_a_first_brace_or_bracket_means_one_message_a_line(end: bytes) -> None:
    assert bodies(b' \r\n{"a":1}' + end + b"  [2]" + end + b"x" + end) == [b'{"a":1}', b"[2]", b"x"]


def test_the_last_line_needs_no_line_break() -> None:
    assert bodies(b"{}\n[]") == [b"{}", b"[]"]


def test_a_byte_order_mark_before_the_first_line_is_skipped() -> None:
    assert bodies(b"\xef", b"\xbb", b"\xbf{}\n") == [b"{}"]


def test_a_frame_that_was_cut_off_is_no_message() -> None:
    assert parse(b"Content-Length: 10\r\n\r\n{}") == []


def test_a_large_frame_is_drained_not_held_and_the_next_is_read() -> None:  # trap 15
    parser = FrameParser(limit=LIMIT)
    parser.feed(b'Content-Length: 10000000\r\n\r\n{"id": 7, ')
    for _ in range(99):
        assert parser.feed(b"x" * 100_000) == []
        assert len(parser._buffer) == 0
    found = parser.feed(b"x" * (10_000_000 - 9_900_000 - 10) + frame(b"{}"))
    assert [type(each) for each in found] == [Fault, Frame]
    assert isinstance(found[0], Fault)
    assert found[0].too_large
    assert found[0].head.startswith(b'{"id": 7, ')


def test_a_large_line_is_drained_not_held_and_the_next_is_read() -> None:  # trap 15
    parser = FrameParser(limit=LIMIT)
    for _ in range(100):
        assert parser.feed(b"{" * 1000) == []
        assert len(parser._buffer) <= LIMIT + 1
    found = parser.feed(b"\n{}\n")
    assert kinds(found) == [None, b"{}"]
    assert kinds(parser.end()) == []


def test_a_message_of_exactly_the_limit_is_taken() -> None:
    body = b"[" + b" " * (LIMIT - 2) + b"]"
    assert bodies(frame(body)) == [body]
    assert bodies(body + b"\r\n") == [body]
    assert kinds(parse(b"[" + body + b"\r\n{}\n")) == [None, b"{}"]
    assert kinds(parse(frame(b"[" + body) + frame(b"{}"))) == [None, b"{}"]


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                b"Content-Length: 5\r\n\r\n",
                b"content-length:2\n\n",
                b"Content-Length: 2000\r\n\r\n",
                b"-content-length: 3\n",
                b"Content-",
                b"Length: 1",
                b"\r\n",
                b"\n\n",
                b"{}\n",
                b"[",
                b"x" * 1200,
                b" " * (LIMIT + 3),
                b"\xef\xbb\xbf",
                b"y" * (MAX_HEADER_BYTES - 3),
            ]
        ),
        st.builds(frame, st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)),
    ),
    max_size=12,
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


@given(pieces=PIECES, places=st.lists(st.integers(min_value=0), max_size=12))
def test_the_cuts_make_no_difference(pieces: list[bytes], places: list[int]) -> None:
    data = b"".join(pieces)
    assert parse(*cut(data, places)) == parse(data)


@given(pieces=PIECES)
def test_byte_by_byte_makes_no_difference(pieces: list[bytes]) -> None:
    data = b"".join(pieces)[:3000]
    assert parse(*(bytes([each]) for each in data)) == parse(data)


@given(
    messages=st.lists(st.dictionaries(st.text(), st.text()), min_size=1, max_size=5),
    framing=st.sampled_from(["headers", "lines"]),
    places=st.lists(st.integers(min_value=0), max_size=8),
)
def test_what_was_framed_comes_out(messages: list[dict[str, str]], framing: str, places: list[int]) -> None:
    data = b"".join(frame(message, framing=framing) for message in messages)  # type: ignore[arg-type]
    found = parse(*cut(data, places), limit=10**6)
    assert [json.loads(each.body) for each in found if isinstance(each, Frame)] == messages
