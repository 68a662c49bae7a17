"""Text whose encoding nobody has told: UTF-8 first, what a mark at the beginning says, and the computer's own last."""

import codecs
from collections.abc import Iterator
from itertools import chain
from typing import Final

WIDE: Final = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
LOST: Final = "\ufffd"
_LOOKED_AT: Final = 4_096


def decoded(data: bytes, *, fallback: str) -> str:
    """The text of all these bytes. Never raises: what no encoding explains becomes U+FFFD, and nothing else does.

    fallback: the encoding that this computer uses where no other is named.
    """
    marked = _wide_mark(data) or _wide_without_mark(data)
    if marked is not None:
        mark, encoding = marked
        return data[len(mark) :].decode(encoding, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    # A broken place does not make UTF-8 another encoding: in one, letters that look like UTF-8 by chance are rare.
    mended = data.decode("utf-8-sig", "replace")
    if sum(letter > "\x7f" and letter != LOST for letter in mended) > mended.count(LOST):
        return mended
    try:
        other = data.decode(fallback, "replace")
    except LookupError:
        return mended
    return min(other, mended, key=lambda text: text.count(LOST))


def loses(data: bytes, text: str) -> bool:
    """Whether `decoded` could not explain all of it."""
    return LOST in text and text.count(LOST) > data.count(LOST.encode()) and not is_wide(data)


def is_wide(data: bytes) -> bool:
    """Whether what begins so is marked as UTF-16."""
    return _wide_mark(data) is not None


def as_utf8(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same text in UTF-8, if its beginning is marked as UTF-16; else the pieces as they are."""
    first = next(pieces, b"")
    marked = _wide_mark(first)
    if marked is None:
        if first:
            yield first
        yield from pieces
        return
    mark, encoding = marked
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in chain([first[len(mark) :]], pieces):
        yield decoder.decode(piece).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _wide_mark(data: bytes) -> tuple[bytes, str] | None:
    return next(((mark, encoding) for mark, encoding in WIDE if data.startswith(mark)), None)


def _wide_without_mark(data: bytes) -> tuple[bytes, str] | None:
    """UTF-16 of which nothing says so: every other byte of western text is zero, and no text in UTF-8 has any."""
    begin = data[:_LOOKED_AT]
    if b"\x00" not in begin or len(data) % 2:
        return None
    even, odd = begin[::2].count(0), begin[1::2].count(0)
    few, many, encoding = (even, odd, "utf-16-le") if odd > even else (odd, even, "utf-16-be")
    if few or many * 4 < len(begin):
        return None
    return b"", encoding
