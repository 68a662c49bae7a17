"""A short form of JSON documents: ids of ours and times as bytes, and what many documents have alike as one character.

JSON has no control characters: in the short form each of them stands for something else, wherever it stands. Those up
to `\\x05` are ids, the first of which is the document's own, `\\x06` to `\\x08` are times, and the others are pieces of
text that a layout names. So nothing has to be known of what a document holds, and whatever a newer version adds to it
stands there as it is. A cell is

- a byte with the number of the form, and one with the counts of ids (times 16) and of times,
- the ids without the first, which is the row's key, of 16 bytes each, and the times of six bytes each,
- the text in UTF-8.

What cannot stand like that stays JSON: both forms are in one table, and a cell tells by its type which it has.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any, Final

import apsw

from threadkeep.adapters.store.engine.json_text import ADVICE, json_value
from threadkeep.domain.errors import StoreCorrupt
from threadkeep.values.forms import Filled, Form, number_place, text_place

Cell = str | bytes
"""What a row holds of a document: its JSON, or the short form behind the 16 bytes of its key."""

LONGEST: Final = 16_384
"""Characters of a document that is made short; in a longer one it makes no difference."""

_FORM: Final = 1
_IDS: Final = tuple(map(chr, range(6)))
_TIMES: Final = tuple(map(chr, range(6, 9)))
_PIECES: Final = tuple(map(chr, range(9, 32)))
_ID_BYTES: Final = 16
_TIME_BYTES: Final = 6
_HEADER: Final = _ID_BYTES + 2
_HEAD: Final = 128
_FOOT: Final = 288
"""Characters in which pieces are looked for."""


class ShortForm:
    """Of the documents of some tables, whose keys are ids."""

    def __init__(
        self, pieces: Sequence[str], *, begins: str, searched: str, changing: Sequence[str] = ()
    ) -> None:
        """pieces: at most 23; their order is part of the form: others may only be added at the end. begins: how each
        document in the short form does before pieces are taken out of it, with `\\x00` for its key. searched: the
        name of members whose texts stay as they are. changing: what documents hold that stay JSON, since they will be
        put again soon."""
        self._pieces = tuple(zip(_PIECES, pieces, strict=False))
        self._shape = lru_cache(maxsize=256)(self._new_shape)
        self._begins = begins
        self._changing = tuple(changing)
        self._quoted = re.compile(f'"(?<!"{searched}":")(?<!\\\\")(?:({_ID_SHAPE})|({_TIME_SHAPE}))"')

    def cell(self, text: str) -> bytes | None:
        """The cell of a document's JSON, without its key; None if it has no short form."""
        if len(text) > LONGEST or any(each in text for each in self._changing):
            return None
        codes: dict[str, str] = {}
        ids: list[bytes] = []
        times: list[bytes] = []

        def code(found: re.Match[str]) -> str:
            value, time = found.groups()
            known = codes.get(value or time)
            if known is not None:
                return known
            if value:
                if len(ids) == len(_IDS):
                    return found[0]
                known = _IDS[len(ids)]
                ids.append(bytes.fromhex(value.replace("-", "")))
            else:
                short = _short_time(time)
                if isinstance(short, str) or len(times) == len(_TIMES):
                    return found[0]
                known = _TIMES[len(times)]
                times.append(short)
            codes[value or time] = known
            return known

        short = self._quoted.sub(code, text)
        if not short.startswith(self._begins):
            return None
        # pieces stand at both ends of a text that is long
        start, middle, end = short[:_HEAD], short[_HEAD:-_FOOT], short[max(_HEAD, len(short) - _FOOT) :]
        if not middle:
            start, end = short, ""
        for each, piece in self._pieces:
            is_first = piece[0] == "{"
            if end and not is_first:
                end = end.replace(piece, each)
            if not end or is_first or piece[-1] == '"':
                start = start.replace(piece, each)
        head = bytes((_FORM, len(ids) * 16 - 16 + len(times)))
        return b"".join((head, *ids[1:], *times, f"{start}{middle}{end}".encode()))

    def text(self, cell: Cell) -> str:
        """The JSON of a cell. Raises StoreCorrupt if it is none."""
        if isinstance(cell, str):
            return cell
        try:
            values, shape = self._taken_apart(cell)
            return shape.text(values)
        except (LookupError, ValueError) as error:
            raise StoreCorrupt(f"Something in the store cannot be read ({error}): {ADVICE}") from error

    def filled(self, cell: bytes) -> Filled | None:
        """The document of a cell as a form that is filled in, where it can be told so. Raises StoreCorrupt."""
        try:
            values, shape = self._taken_apart(cell)
            return shape.filled(values)
        except (LookupError, ValueError) as error:
            raise StoreCorrupt(f"Something in the store cannot be read ({error}): {ADVICE}") from error

    def document(self, cell: Cell) -> Any:
        """What the JSON of a cell stands for. Raises StoreCorrupt if it is none."""
        return json_value(self.text(cell))

    def words(self, cell: Cell) -> str:
        """What of a cell holds all searched texts, as they stand in JSON, at less cost than `text`."""
        if isinstance(cell, str):
            return cell
        try:
            ids, times = divmod(cell[_ID_BYTES + 1], 16)
            return cell[_HEADER + ids * _ID_BYTES + times * _TIME_BYTES :].decode()
        except (IndexError, ValueError):
            return self.text(cell)

    def add_functions(self, connection: apsw.Connection) -> None:
        """What SQL on such tables needs; see `json_of`."""

        def document(*row: "apsw.SQLiteValue") -> str:
            key, doc = row
            if not isinstance(key, bytes) or not isinstance(doc, bytes):
                raise StoreCorrupt(f"Something in the store has no key: {ADVICE}")
            return self.text(key + doc)

        connection.create_scalar_function("document", document, 2, deterministic=True)
        connection.create_scalar_function("id_text", _as_it_reads, 1, deterministic=True)

    def _taken_apart(self, cell: bytes) -> "tuple[list[str], _Shape]":
        """Its ids, its times, and what stands between its codes."""
        if cell[_ID_BYTES] != _FORM:
            raise ValueError(f"its form {cell[_ID_BYTES]} is not known")
        ids, times = divmod(cell[_ID_BYTES + 1], 16)
        middle = _HEADER + ids * _ID_BYTES
        end = middle + times * _TIME_BYTES
        values = [_id_of(cell[:_ID_BYTES])]
        values += [_id_of(cell[at : at + _ID_BYTES]) for at in range(_HEADER, middle, _ID_BYTES)]
        values += [_time_of(cell[at : at + _TIME_BYTES]) for at in range(middle, end, _TIME_BYTES)]
        written = cell[end:]
        values += written.translate(_ALL_ALIKE).decode().split(_LAST)
        return values, self._shape(written.translate(None, _NO_CODES), ids + 1, times)

    def _new_shape(self, codes: bytes, ids: int, times: int) -> "_Shape":
        """Of texts with these codes, and so many ids and times."""
        places = dict(zip((*_IDS[:ids], *_TIMES[:times]), range(ids + times), strict=True))
        pieces = dict(self._pieces)
        parts: list[str | int] = [ids + times]
        for number, code in enumerate(codes.decode(), ids + times + 1):
            for each in _IDS_AND_TIMES.split(pieces.get(code, code)):
                parts += ('"', places[each], '"') if each in places else (each,)
            parts.append(number)
        return _Shape(parts, known=ids + times, count=ids + times + len(codes) + 1)


class _Shape:
    """What texts with the same codes have alike: each value stands in a place of its own."""

    def __init__(self, parts: Sequence[str | int], *, known: int, count: int) -> None:
        """parts: pieces of text, and numbers of values between them. count: of values, of which the first are
        `known` to be plain."""
        literals = [part for part in parts if isinstance(part, str)]
        numbers = iter(range(count, count + len(literals)))
        self._parts, self._known, self._count = parts, known, count
        self._literals = literals
        self._chosen = itemgetter(*[next(numbers) if isinstance(part, str) else part for part in parts], -1)
        self._texts: list[int] = []
        self._numbers: list[int] = []
        self._empty: list[int] = []

    def text(self, values: list[str]) -> str:
        """The JSON."""
        return "".join(self._chosen((*values, *self._literals, "")))

    def filled(self, values: list[str]) -> Filled | None:
        """The document as a form that is filled in; None where more than a text or a number stands in a place."""
        form = self._form
        if form is None:
            return None
        for at in self._empty:
            if values[at]:
                return None
        for at in self._numbers:
            if not values[at].isdecimal() and not _NUMBER.fullmatch(values[at]):
                return None
        for at in self._texts:
            text = values[at]
            if ('"' in text or "\\" in text) and not _TEXT.fullmatch(text):
                return None  # with others, or with a character that everybody has to look at
        return Filled(form, values)

    @cached_property  # who makes values of documents needs none
    def _form(self) -> Form | None:
        text = self._with_places(self._parts, self._known)
        with suppress(ValueError):  # something stands between the codes of which nothing is known
            return Form(text, count=self._count, texts=self._texts, numbers=self._numbers)
        return None

    def _with_places(self, parts: Sequence[str | int], known: int) -> str:
        written, is_inside = "", False
        for part in parts:
            if isinstance(part, str):
                written += part
                is_inside ^= part.count('"') % 2 == 1
            elif is_inside:
                written += text_place(part)
                self._texts += [part] if part >= known else []
            elif written.endswith(":"):
                written += number_place(part)
                self._numbers.append(part)
            else:
                self._empty.append(part)
        return written


_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_TEXT: Final = re.compile(r'(?:[^"\\]|\\["\\bfnrt])*')


def cell_of(table: str = "") -> str:
    """In SQL, the cell of a row, which is read by `ShortForm.text`. table: the row's, if it has to be named."""
    row = f"{table}." if table else ""
    return f"CASE typeof({row}doc) WHEN 'blob' THEN CAST({row}id || {row}doc AS BLOB) ELSE {row}doc END"


def json_of(table: str = "") -> str:
    """In SQL, the JSON of a row."""
    row = f"{table}." if table else ""
    return f"CASE typeof({row}doc) WHEN 'blob' THEN document({row}id, {row}doc) ELSE {row}doc END"


def joined(key: Cell, doc: Cell) -> Cell:
    """The cell of a row of which both were read."""
    return key + doc if isinstance(key, bytes) and isinstance(doc, bytes) else doc


def short_id(id_: str) -> str | bytes:
    """The bytes of an id of ours; any other as it is."""
    return bytes.fromhex(id_.replace("-", "")) if _ID.fullmatch(id_) else id_


def id_text(cell: Cell) -> str:
    """The id of which this stands in a row."""
    return cell if isinstance(cell, str) else _id_of(cell)


def _as_it_reads(*cells: "apsw.SQLiteValue") -> "apsw.SQLiteValue":
    (cell,) = cells
    return _id_of(cell) if isinstance(cell, bytes) else cell


def short_time(at: str) -> str | bytes:
    """The milliseconds since 1970 of a time that is written as ours are, as six bytes; any other as it is."""
    return _short_time(at) if _TIME.fullmatch(at) else at


def time_text(cell: str | bytes) -> str:
    """The time of which this stands in a row."""
    return cell if isinstance(cell, str) else _time_of(cell)


@lru_cache(maxsize=64)  # what happens at once has one time
def _short_time(at: str) -> str | bytes:
    try:
        since = datetime.fromisoformat(at) - _EPOCH
    except ValueError:  # no such day
        return at
    milliseconds = since // _MILLISECOND
    short = milliseconds.to_bytes(_TIME_BYTES) if 0 <= milliseconds < 2**48 else None
    return at if short is None or _time_of(short) != at else short


def _id_of(cell: bytes) -> str:
    pairs = cell.hex("-", 2)
    return f"{pairs[:4]}{pairs[5:29]}{pairs[30:34]}{pairs[35:]}"


@lru_cache(maxsize=256)
def _time_of(cell: bytes) -> str:
    day, milliseconds = divmod(int.from_bytes(cell), _DAY)
    seconds, milliseconds = divmod(milliseconds, 1_000)
    minutes, seconds = divmod(seconds, 60)
    return f"{_date_of(day)}T{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{milliseconds:03}Z"


@lru_cache(maxsize=64)
def _date_of(day: int) -> str:
    try:
        return (_EPOCH + day * _MILLISECOND * _DAY).date().isoformat()
    except OverflowError as error:
        raise ValueError("a time in it is none") from error


_HEX: Final = "[0-9a-f]"
_ID_SHAPE: Final = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_TIME_SHAPE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
_IDS_AND_TIMES: Final = re.compile("([\x00-\x08])")
_LAST: Final = "\x1f"
_ALL_ALIKE: Final = bytes(range(32, 256)).rjust(256, _LAST.encode())
"""Makes one of all codes, for `bytes.translate`."""
_NO_CODES: Final = bytes(range(32, 256))
_ID: Final = re.compile(_ID_SHAPE)
_TIME: Final = re.compile(_TIME_SHAPE)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_DAY: Final = 24 * 60 * 60 * 1_000
