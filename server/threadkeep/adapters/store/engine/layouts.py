"""How a table of documents lies in SQLite: which paths are columns of their own, and its indexes."""

# ruff: noqa: S608 - the names spliced into SQL come from our own layouts and are quoted; values are bound

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Literal

from threadkeep.adapters.store.engine.short_json import Cell, ShortForm, cell_of, json_of, short_id
from threadkeep.values import Value

Path = tuple[str, ...]
Scalar = str | bytes | int | float | None

_UNCLEAN = re.compile("[\x00\ud800-\udfff]")


class Column(Value):
    """A path of the document that is kept beside it, to be filtered, sorted and indexed."""

    name: str
    path: Path
    kind: Literal["any", "text", "integer"] = "any"
    """`text` and `integer` are always there and always of that type; the table refuses others."""
    is_indexed: bool = False
    """Stands in an index or a side table, and seldom changes: most changes of a document need not touch them."""
    is_watched: bool = False
    """Seldom changes, and who puts a document wants to know when it does."""
    made: Callable[[Any], Scalar] | None = None
    """Makes what the column holds of what stands at the path; queries do not know such a column."""

    @property
    def is_steady(self) -> bool:
        """Whether most changes of a document leave it as it is."""
        return self.is_indexed or self.is_watched

    @property
    def is_plain(self) -> bool:
        return self.kind != "any"


class TableLayout(Value):
    """A table: `doc_id`, its columns, and `doc`, the document as JSON."""

    __slots__ = ("__dict__",)  # of the cached properties

    name: str
    columns: tuple[Column, ...] = ()
    further: tuple[str, ...] = ()
    """Names of columns that do not come from the document."""
    key: str | None = None
    """The column of the unique key, by which documents are put and found."""
    short: ShortForm | None = None
    """The short form that documents may have; then their keys are in it too, as far as they are ids of ours."""
    short_since: str = ""
    """The table of a store in which they may have it."""

    @property
    def cell(self) -> str:
        """What is read of a row for its document, see `text`."""
        return cell_of() if self.short else "doc"

    @property
    def json(self) -> str:
        """The document of a row in SQL."""
        return json_of() if self.short else "doc"

    def text(self, cell: Cell) -> str:
        """The JSON of what was read of a row. Raises StoreCorrupt."""
        return self.short.text(cell) if self.short else cell  # type: ignore[return-value]  # the others are text

    @cached_property
    def has_key(self) -> str:
        """The condition that a row has the key of `keys`."""
        return f"{self.key} IN (?, ?)" if self.short else f"{self.key} = ?"

    def keys(self, key: str) -> tuple[Cell, ...]:
        """How the key may stand in its column."""
        return (key, short_id(key)) if self.short else (key,)

    @property
    def sql_name(self) -> str:
        return '"' + self.name.replace('"', '""') + '"'

    @property
    def by_path(self) -> Mapping[Path, Column]:
        """What queries may ask in the place of the document; a key that has two forms is none of it."""
        hidden = self.key if self.short else None
        return {
            column.path: column for column in self.columns if column.made is None and column.name != hidden
        }

    def values(self, document: Mapping[str, Any]) -> list[Scalar]:
        """What the columns hold; None for what SQLite would hold differently. Raises ValueError."""
        values = []
        for first, further, kind, made, column in self._places:
            found: Any = document.get(first)
            for key in further:
                found = found.get(key) if isinstance(found, dict) else None
            value = None if found is None else made(found)
            if kind is not None and type(value) is not kind:
                raise ValueError(f"{'.'.join(column.path)} is not {column.kind}: {found!r}")
            values.append(value)
        return values

    def cells(self, document: Mapping[str, Any], text: str, *, is_short: bool) -> tuple[list[Scalar], Cell]:
        """What the columns and `doc` hold; `text` is the document's JSON. Raises ValueError."""
        values = self.values(document)
        if self.short is None or not is_short:
            return values, text
        at = next(at for at, column in enumerate(self.columns) if column.name == self.key)
        key = short_id(str(values[at]))
        values[at] = key
        short = self.short.cell(text) if isinstance(key, bytes) else None
        return values, text if short is None else short

    @cached_property
    def _places(self) -> list[tuple[str, Path, type | None, Callable[[Any], Scalar], Column]]:
        """Where each column's value comes from, taken apart once: every change of a document asks for all."""
        kinds: Mapping[str, type | None] = {"any": None, "text": str, "integer": int}
        return [
            (each.path[0], each.path[1:], kinds[each.kind], each.made or scalar, each)
            for each in self.columns
        ]

    @cached_property
    def insertion(self) -> str:
        """The statement that adds a row: its id, the columns, the further ones, the document."""
        names = ("doc_id", *(column.name for column in self.columns), *self.further, "doc")
        return f"INSERT INTO {self.sql_name}({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"

    @cached_property
    def quiet_update(self) -> str:
        """The statement that changes the row of a key, unless an index would have to change with it.

        It takes the document and the columns.
        """
        places = {column: f"?{number}" for number, column in enumerate(self.columns, 2)}
        quiet = "".join(
            f", {column.name} = {place}" for column, place in places.items() if not column.is_steady
        )
        same = "".join(
            f" AND {column.name} IS {place}" for column, place in places.items() if column.is_steady
        )
        key = next(place for column, place in places.items() if column.name == self.key)
        return f"UPDATE {self.sql_name} SET doc = ?1{quiet} WHERE {self.key} = {key}{same}"

    def creation(self) -> str:
        """The statement that creates the table, without indexes."""
        # columns have no type, so that SQLite converts nothing; a long document comes last, to be skipped
        names = (*(column.name for column in self.columns), *self.further)
        columns = "".join(f"{name}, " for name in names)
        return f"CREATE TABLE {self.sql_name}(doc_id INTEGER PRIMARY KEY, {columns}doc TEXT NOT NULL)"


def is_plain_text(text: str) -> bool:
    """Whether SQLite holds the text as it is: no NUL, no lone surrogate."""
    if text.isascii():  # nearly all of what is asked here
        return "\x00" not in text
    return _UNCLEAN.search(text) is None


def plain_text(text: str) -> str:
    """The text with what SQLite cannot hold replaced by U+FFFD."""
    return _UNCLEAN.sub("\ufffd", text)


def scalar(value: object) -> Scalar:
    """What SQLite holds exactly as Python does; None for all else."""
    if isinstance(value, str):
        return value if (value.isascii() and "\x00" not in value) or is_plain_text(value) else None
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**63 else None
    return value if isinstance(value, float) else None
