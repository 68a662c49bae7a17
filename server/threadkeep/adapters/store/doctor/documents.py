"""Documents that cannot be read, and columns that say something else than their document."""

# ruff: noqa: S608 - the names spliced into SQL come from our own layouts; values are bound

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from threadkeep.adapters.store.doctor.examination import Examination, RepairContext
from threadkeep.adapters.store.doctor.repairs import REPAIRS
from threadkeep.adapters.store.engine.json_text import json_value
from threadkeep.adapters.store.engine.layouts import Scalar, TableLayout, is_plain_text
from threadkeep.adapters.store.engine.short_json import id_text
from threadkeep.adapters.store.engine.storage import Row, SqliteStorage
from threadkeep.adapters.store.tables import documents
from threadkeep.adapters.store.tables.documents import value_of
from threadkeep.adapters.store.tables.schema import MESSAGES, REPOSITORIES, SESSIONS, TURNS
from threadkeep.adapters.store.tables.short_documents import SHORT
from threadkeep.domain.errors import StoreCorrupt
from threadkeep.domain.messages import Message
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session
from threadkeep.domain.turns import Turn
from threadkeep.ports.store import Draft, Outcome
from threadkeep.values import Value

PAGE: Final = 500

KINDS: Final[Sequence[tuple[TableLayout, type]]] = (
    (REPOSITORIES, Repository),
    (SESSIONS, Session),
    (MESSAGES, Message),
    (TURNS, Turn),
)
_TO_DOCUMENT: Final[Mapping[str, Callable[[Any], Mapping[str, Any]]]] = {
    REPOSITORIES.name: documents.repository_document,
    SESSIONS.name: documents.session_document,
    MESSAGES.name: documents.message_document,
    TURNS.name: documents.turn_document,
}

_NAMES: Final = ("id", "session_id", "parent_id", "head_id", "message_id", "role", "status", "created_at")
"""Members that are texts, wherever they are."""


class Found(Value):
    """A row by its table and its number or place."""

    table: str
    row: int | str
    id: str

    def __str__(self) -> str:
        return f"{self.table} {self.id}"


def is_readable(cell: object, kind: type) -> bool:
    """Whether it is the document of such a value."""
    if not isinstance(cell, str | bytes):
        return False
    try:
        document = SHORT.document(cell)
        value_of(document, kind)
    except StoreCorrupt:
        return False
    # reading makes texts of numbers; SQL, which looks at the document itself, does not
    return all(isinstance(document.get(name), str | None) for name in _NAMES)


def _columns_agree(layout: TableLayout, row: Row) -> bool:
    """Whether the row's columns hold what the document says; the first of them is its id."""
    _, cell, *columns = row
    try:
        return layout.values(SHORT.document(cell)) == [_as_text(column) for column in columns]
    except (StoreCorrupt, ValueError, AttributeError):
        return False


def _as_text(column: Scalar) -> Scalar:
    return id_text(column) if isinstance(column, bytes) else column


def _rows(storage: SqliteStorage, layout: TableLayout) -> Iterator[Row]:
    """(doc_id, doc, columns…), in pages, so that one that takes long to look at holds up nothing."""
    last = -(2**63)
    while True:
        where = f"WHERE doc_id > ? ORDER BY doc_id LIMIT {PAGE}"
        try:
            page = storage.rows(f"{_selection(layout)} {where}", (last,))
        except StoreCorrupt:  # one of them is no text
            ids = storage.rows(f"SELECT doc_id FROM {layout.sql_name} {where}", (last,))
            page = [row for (doc_id,) in ids if (row := _row(storage, layout, doc_id))]
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1][0]


def _row(storage: SqliteStorage, layout: TableLayout, doc_id: int | str) -> Row | None:
    """The same of one row, with the bytes of a document that is no text."""
    try:
        return storage.row(f"{_selection(layout)} WHERE doc_id = ?", (doc_id,))
    except StoreCorrupt:
        return storage.row(f"{_selection(layout, cell='CAST(doc AS BLOB)')} WHERE doc_id = ?", (doc_id,))


def _selection(layout: TableLayout, *, cell: str | None = None) -> str:
    columns = "".join(f", {column.name}" for column in layout.columns)
    return f"SELECT doc_id, {cell or layout.cell}{columns} FROM {layout.sql_name}"


def _id_of(row: Row) -> str:
    return id_text(row[2]) if isinstance(row[2], str | bytes) else f"number {row[0]}"


def _has_free_id(storage: SqliteStorage, layout: TableLayout, row: Row) -> bool:
    """Whether the document's own id can stand in its column."""
    own = SHORT.document(row[1])["id"]
    where = f"{layout.has_key} AND doc_id != ?"
    taken = storage.row(f"SELECT doc_id FROM {layout.sql_name} WHERE {where}", (*layout.keys(own), row[0]))
    return is_plain_text(own) and taken is None


def _is_broken(storage: SqliteStorage, layout: TableLayout, kind: type, row: Row) -> bool:
    if not is_readable(row[1], kind):
        return True
    return not _columns_agree(layout, row) and not _has_free_id(storage, layout, row)


def find_broken(storage: SqliteStorage) -> list[Found]:
    """Every document that cannot be read, wherever it is."""
    found = [
        Found(table=layout.name, row=row[0], id=_id_of(row))
        for layout, kind in KINDS
        for row in _rows(storage, layout)
        if _is_broken(storage, layout, kind, row)
    ]
    for table, kind in _SIDE_TABLES.items():
        rows = _texts(storage, f"SELECT place, {{}} FROM {table}", "doc")
        found += [Found(table=table, row=at, id=at) for at, text in rows if not is_readable(text, kind)]
    rows = _texts(storage, "SELECT id, message_id, {} FROM journal", "text")
    return found + [
        Found(table="journal", row=row, id=f"of {message_id}")
        for row, message_id, text in rows
        if not _is_text(text)
    ]


def find_columns(storage: SqliteStorage) -> list[Found]:
    """Every readable document beside which stands something else."""
    return [
        Found(table=layout.name, row=row[0], id=_id_of(row))
        for layout, kind in KINDS
        for row in _rows(storage, layout)
        if not _columns_agree(layout, row) and not _is_broken(storage, layout, kind, row)
    ]


def repair_broken(context: RepairContext, findings: Sequence[Found]) -> None:
    """Keeps the text of each in the quarantine, and puts in its place what can be told without it."""
    kinds = {layout.name: (layout, kind) for layout, kind in KINDS}
    for finding in findings:
        if finding.table in kinds:
            layout, kind = kinds[finding.table]
            row = _row(context.storage, layout, finding.row)
            if row is not None and _is_broken(context.storage, layout, kind, row):
                kept = context.quarantine.keep(layout.name, finding.id, row[1])
                REPAIRS[layout.name](context, row[0], kept)
        else:
            _remove_side_row(context, finding)


def repair_columns(context: RepairContext, findings: Sequence[Found]) -> None:
    """Writes the columns anew from each document."""
    kinds = {layout.name: (layout, kind) for layout, kind in KINDS}
    for finding in findings:
        layout, kind = kinds[finding.table]
        row = _row(context.storage, layout, finding.row)
        if row is None or _columns_agree(layout, row) or _is_broken(context.storage, layout, kind, row):
            continue
        stored = SHORT.document(row[1])
        document = {**stored, **_TO_DOCUMENT[layout.name](value_of(stored, kind))}
        names = ", ".join(f"{column.name} = ?" for column in layout.columns)
        columns, doc = context.storage.cells(layout, document)
        context.storage.rows(
            f"UPDATE {layout.sql_name} SET doc = ?, {names} WHERE doc_id = ?", (doc, *columns, row[0])
        )


def _remove_side_row(context: RepairContext, finding: Found) -> None:
    table = finding.table
    key, content = ("id", "text") if table == "journal" else ("place", "doc")
    rows = _texts(context.storage, f"SELECT {{}} FROM {table} WHERE {key} = ?", content, finding.row)
    row = rows[0] if rows else None
    is_fine = row is None or (
        _is_text(row[0]) if table == "journal" else is_readable(row[0], _SIDE_TABLES[table])
    )
    if row is not None and not is_fine:
        context.quarantine.keep(table, finding.id, row[0])
        context.storage.rows(f"DELETE FROM {table} WHERE {key} = ?", (finding.row,))


def _texts(storage: SqliteStorage, sql: str, content: str, *values: int | str) -> list[Row]:
    """Rows with their content, which is bytes where it is no text."""
    try:
        return storage.rows(sql.format(content), values)
    except StoreCorrupt:
        rows = storage.rows(sql.format(f"CAST({content} AS BLOB)"), values)
        return [(*others, _decoded(text)) for *others, text in rows]


def _decoded(text: bytes) -> str | bytes:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text


def _is_text(text: object) -> bool:
    try:
        return isinstance(text, str) and isinstance(json_value(text), str)
    except (StoreCorrupt, ValueError):
        return False


_SIDE_TABLES: Final[Mapping[str, type]] = {"drafts": Draft, "outcomes": Outcome}

BROKEN: Final = Examination(
    kind="brokenDocuments",
    find=find_broken,
    tell="These cannot be read",
    repair=repair_broken,
    advice="a repair keeps their text in the quarantine folder of the store and puts what is known in their place.",
)
COLUMNS: Final = Examination(
    kind="columns",
    find=find_columns,
    tell="These are listed under something else than they are",
    repair=repair_columns,
)
