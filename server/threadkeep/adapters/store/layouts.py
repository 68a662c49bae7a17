"""How a table of documents lies in SQLite: which paths are columns of their own, and its indexes."""

import re
from collections.abc import Mapping
from typing import Any, Literal

import attrs

Path = tuple[str, ...]
Scalar = str | int | float | None

_UNCLEAN = re.compile("[\x00\ud800-\udfff]")


@attrs.frozen(kw_only=True)
class Column:
    """A path of the document that is kept beside it, to be filtered, sorted and indexed."""

    name: str
    path: Path
    kind: Literal["any", "text", "integer"] = "any"
    """`text` and `integer` are always there and always of that type; the table refuses others."""

    @property
    def is_plain(self) -> bool:
        return self.kind != "any"

    def value(self, document: Mapping[str, Any]) -> Scalar:
        """What the column holds; NULL for what SQLite would hold differently. Raises ValueError."""
        found: Any = document
        for key in self.path:
            found = found.get(key) if isinstance(found, dict) else None
        value = scalar(found)
        if self.is_plain and type(value) is not (str if self.kind == "text" else int):
            raise ValueError(f"{'.'.join(self.path)} is not {self.kind}: {found!r}")
        return value


@attrs.frozen(kw_only=True)
class TableLayout:
    """A table: `doc_id`, its columns, and `doc`, the document as JSON."""

    name: str
    columns: tuple[Column, ...] = ()
    further: tuple[str, ...] = ()
    """Names of columns that do not come from the document."""
    key: str | None = None
    """SQL of the unique key, by which documents are put and found."""

    @property
    def sql_name(self) -> str:
        return '"' + self.name.replace('"', '""') + '"'

    @property
    def by_path(self) -> Mapping[Path, Column]:
        return {column.path: column for column in self.columns}

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
        return value if is_plain_text(value) else None
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**63 else None
    return value if isinstance(value, float) else None
