"""JSON on the wire: strict about the form, safe for what is behind it."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.faces.jsonrpc.json_text import (
    HEAD_BYTES,
    LARGE_PIECE,
    MAX_DEPTH,
    Encoded,
    NotJson,
    decode,
    encode,
    encoded,
    find_id,
    joined,
)

SURROGATES = st.text(st.characters(), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | SURROGATES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SURROGATES, inner, max_size=3),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rb'"\ud800"', "�"),
        (rb'"a\udc00b"', "a�b"),
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"\ud83d\ud83d\ude00"', "�😀"),
        (rb'"\uD83D\u0041"', "�A"),
        (rb'"\\ud800"', r"\ud800"),
        (rb'"\\\ud800"', "\\�"),
        (rb'{"\udfff": ["\ud800"]}', {"�": ["�"]}),
        (b'"\xed\xa0\x80\xff"', "����"),
        (b"\xef\xbb\xbf[1]", [1]),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b" 1.5e3 ", 1500.0),
    ],
)
def test_text_is_made_safe(text: bytes, expected: Any) -> None:  # trap 24
    assert decode(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{} {}",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e999",
        b"-1e999",
        b"1" * 10_000,
        b"'a'",
        b"[1,]",
    ],
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(NotJson):
        decode(text)


def test_as_deep_as_allowed_is_read_and_one_level_more_is_not() -> None:  # trap 15
    decode(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    decode(json.dumps("[" * 10_000).encode())
    with pytest.raises(NotJson):
        decode(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))
    with pytest.raises(NotJson):
        decode(b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1))


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"b":['])
def test_absurd_depth_is_refused_without_a_crash(opening: bytes) -> None:  # trap 15
    with pytest.raises(NotJson):
        decode(opening * 100_000)


@pytest.mark.parametrize(
    "text",
    [
        b'{"jsonrpc": "2.0", "id": 7, "method": "x", "params": {"a": NaN}}',
        b'{"method": "x", "params": {"a": Infinity, "id": 8}, "id": 7}',
        b'{"id": 7, "params": 1e999}',
        b'{"id": 7, "params": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"params": ' + b"[" * 500 + b"]" * 500 + b', "id": 7}',
        b'{"id": 7, "params": ' + b"[" * 100_000,
        b'{"id": 7, "params": ' + b"9" * 5000 + b"}",
        b'{"id": 7, "params": {"id": 8}, oops',
    ],
)
def test_the_id_of_what_cannot_be_read_is_told(text: bytes) -> None:
    with pytest.raises(NotJson) as caught:
        decode(text)
    assert caught.value.id == 7


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'{"id": "a,b", "params": "', "a,b"),
        (b'{"params": {"id": 1}, "id": 2, ', 2),
        (b'{"params": {"id": 1}, "x": "', None),
        (b'{"params": "\\"}, {\\"id\\": 5, ', None),
        (b'{"id": 12', None),
        (b'[{"id": 1}, ', None),
        (b'{"id": [1], ', None),
        (b'{"id": x, ', None),
        (b"\xff\xfe", None),
        (b'{"x": "id", "y": 3, ', None),
        (b" " * HEAD_BYTES + b'{"id": 7, ', None),
    ],
)
def test_an_id_is_found_only_where_it_is_one(head: bytes, expected: Any) -> None:
    assert find_id(head) == expected


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(data: bytes) -> None:
    find_id(data)
    with contextlib.suppress(NotJson):
        encode(decode(data))


@given(VALUES)
def test_what_is_read_can_be_written_and_stored(value: Any) -> None:
    read = decode(json.dumps(value).encode())
    written = encode(read)
    written.decode("utf-8")  # no surrogate is left
    assert decode(written) == read


@given(VALUES)
def test_whatever_is_written_is_utf_8(value: Any) -> None:
    encode(value).decode("utf-8")


def test_halves_of_a_pair_join_and_a_lone_half_is_replaced() -> None:
    assert encode("\ud83d" + "\ude00") == '"😀"'.encode()
    assert encode("a\ud83d") == '"a�"'.encode()


@pytest.mark.parametrize("value", [float("nan"), {1}, {"a": b""}])
def test_what_is_no_json_is_not_written(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        encode(value)


@given(VALUES, VALUES)
def test_what_is_encoded_already_is_put_in_as_it_is(outer: Any, inner: Any) -> None:
    ready = Encoded([encode(inner)])
    value = {"a": outer, "b": [1, {"c": ready}, ready], "": ready}
    plain = {"a": outer, "b": [1, {"c": inner}, inner], "": inner}
    assert b"".join(encoded(value).pieces) == encode(plain)


def test_a_large_piece_is_not_copied() -> None:
    large = b'"' + b"a" * LARGE_PIECE + b'"'
    pieces = encoded({"a": 1, "b": Encoded([large]), "c": [2, Encoded([large])]}).pieces
    assert [piece if piece is not large else None for piece in pieces] == [
        b'{"a":1,"b":',
        None,
        b',"c":[2,',
        None,
        b"]}",
    ]
    assert len(Encoded(pieces)) == sum(map(len, pieces))


def test_small_pieces_become_one() -> None:
    assert list(joined([b"a", b"b", b"", b"c"])) == [b"abc"]
    assert list(joined([])) == []
