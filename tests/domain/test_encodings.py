"""Text whose encoding nobody has told."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.domain.encodings import as_utf8, decoded, is_wide, loses

TEXT = "Größe 🌹 – “ok”"
WESTERN = "Größe – “ok” naïve"


@pytest.mark.parametrize("fallback", ["cp1252", "latin-1", "ascii", "no-such-encoding"])
@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
    ],
    ids=["utf-8", "marked utf-8", "utf-16-le", "utf-16-be", "utf-16-le unmarked", "utf-16-be unmarked"],
)
def test_unicode_is_known_whatever_the_computer_uses(data: bytes, fallback: str) -> None:
    assert decoded(data, fallback=fallback) == TEXT
    assert not loses(data, TEXT)


@pytest.mark.parametrize("encoding", ["cp1252", "cp1250", "cp850"])
def test_what_is_no_unicode_is_of_the_computers_own_encoding(encoding: str) -> None:
    text = WESTERN if encoding == "cp1252" else "Größe, Äpfel"
    assert decoded(text.encode(encoding), fallback=encoding) == text


def test_a_broken_place_does_not_make_utf_8_another_encoding() -> None:
    data = "Größe über alles".encode() + b"\xff" + " später".encode()
    text = decoded(data, fallback="cp1252")
    assert text == "Größe über alles\ufffd später"
    assert loses(data, text)


def test_what_no_encoding_explains_is_lost_alone_and_told() -> None:
    data = b"a\xe9b\xffc"
    text = decoded(data, fallback="ascii")
    assert text == "a\ufffdb\ufffdc"
    assert loses(data, text)


def test_a_replacement_character_that_was_there_is_nothing_lost() -> None:
    data = "a\ufffdb".encode()
    assert decoded(data, fallback="cp1252") == "a\ufffdb"
    assert not loses(data, "a\ufffdb")


def test_utf_8_with_a_zero_is_utf_8() -> None:
    assert decoded(b"a\x00bc\x00d", fallback="cp1252") == "a\x00bc\x00d"
    assert decoded(b"ab\x00\x00", fallback="cp1252") == "ab\x00\x00"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_utf_8_is_itself(text: str) -> None:
    assert decoded(text.encode(), fallback="cp1252") == text.removeprefix("\ufeff")


@given(st.binary(), st.sampled_from(["cp1252", "ascii", "utf-8", "cp932"]))
def test_any_bytes_are_some_text(data: bytes, fallback: str) -> None:
    assert isinstance(decoded(data, fallback=fallback), str)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.integers(1, 9))
def test_a_file_of_utf_16_is_the_same_text_in_utf_8(text: str, size: int) -> None:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        data = mark + text.encode(encoding)
        pieces = [data[:4], *(data[at : at + size] for at in range(4, len(data), size))]
        assert b"".join(as_utf8(iter(pieces))) == text.encode()
        assert is_wide(data)


@given(st.lists(st.binary(min_size=1)))
def test_any_other_file_is_left_as_it_is(pieces: list[bytes]) -> None:
    if not (pieces and is_wide(pieces[0])):
        assert list(as_utf8(iter(pieces))) == pieces


def test_bytes_of_no_encoding_are_read_as_far_as_they_go_where_the_fallback_is_unknown() -> None:
    assert decoded(b"Gr\xf6\xdfe", fallback="no-such-encoding") == "Gr\ufffd\ufffde"
