"""TinyDB on SQLite: every operation with TinyDB's meaning, and those that we use read and write only what they must."""

# ruff: noqa: S608 - the names spliced into SQL come from our own layouts and are quoted; values are bound

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, nullcontext
from itertools import islice
from typing import Any, Literal, cast

from tinydb import TinyDB
from tinydb.queries import QueryInstance, QueryLike
from tinydb.table import Document, Table

from threadkeep.adapters.store.engine.json_text import json_text, json_value
from threadkeep.adapters.store.engine.layouts import Scalar, is_plain_text, scalar
from threadkeep.adapters.store.engine.query_compiler import (
    ALWAYS,
    NEVER,
    Condition,
    Sql,
    all_of,
    compile_query,
)
from threadkeep.adapters.store.engine.short_json import Cell
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.values import Value

Updater = Callable[[MutableMapping[str, Any]], None]


class Replacement:
    """For `update`: another document in the place of the one that is there, of which TinyDB would keep what the new
    one lacks. A table on SQLite seldom has to read the old one for it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Raises ValueError if its id holds what SQLite cannot: a NUL or a lone surrogate."""
        _check_id(document)
        self.document = document
        self.was_read = False
        """Whether the old one was read: then more may have to change with it than what most changes touch."""

    def __call__(self, stored: MutableMapping[str, Any]) -> None:
        self.was_read = True
        stored.clear()
        stored.update(self.document)


class Order(Value):
    """By a column, then by a second one in the same direction; together they are unique."""

    by: str
    then: str
    direction: Literal["ASC", "DESC"]

    def clause(self) -> str:
        """For ORDER BY."""
        return f"{self.by} {self.direction}, {self.then} {self.direction}"

    def beyond(self, place: tuple[Scalar, Scalar]) -> Sql:
        """What comes after the place."""
        return Sql(f"({self.by}, {self.then}) {'<' if self.direction == 'DESC' else '>'} (?, ?)", place)


class StoredDocument(Document):
    """A document as TinyDB gives it, with the JSON it was read from: by that, what is made of it is remembered."""

    def __init__(self, text: str, doc_id: int) -> None:
        """text: the JSON."""
        super().__init__(json_value(text), doc_id)
        self.text = text


class SqliteTable(Table):
    """A table whose documents are rows. They come in the order of their ids.

    What is not told here is TinyDB's own, on all documents of the table; what is stored of it is what changed.
    """

    _next_id: int | None  # type: ignore[assignment]  # TinyDB tells only what it begins with

    def __init__(
        self, storage: SqliteStorage, name: str, cache_size: int = 0, persist_empty: bool = False
    ) -> None:
        del cache_size  # other processes write too: what a query matched is never remembered
        super().__init__(storage, name, cache_size=0)
        self._rows = storage
        self._layout = storage.layout(name)
        self._columns = self._layout.by_path
        self._sql_name = self._layout.sql_name
        self._document = f"doc_id, {self._layout.cell}"
        self._row = ", ".join((self._document, *(column.name for column in self._layout.columns)))
        if persist_empty:
            with storage.atomic():
                storage.create_table(name)

    # --- TinyDB's own operations ---

    def insert(self, document: Mapping[str, Any]) -> int:
        if not isinstance(document, Mapping):
            raise ValueError("Document is not a Mapping")
        with self._changing(is_one=True):
            if not isinstance(document, Document):
                return self._rows.insert(self._layout, self._get_next_id(), document)
            self._next_id = None
            if next(self.by_ids((document.doc_id,)), None) is not None:
                raise ValueError(f"Document with ID {document.doc_id} already exists")
            return self._rows.insert(self._layout, document.doc_id, document)

    def search(self, cond: QueryLike) -> list[Document]:
        return list(self._matching(cond))

    def get(  # type: ignore[override]  # one signature that takes all that TinyDB's overloads take
        self, cond: QueryLike | None = None, doc_id: int | None = None, doc_ids: Any = None
    ) -> Document | list[Document] | None:
        if cond is None or doc_id is not None or doc_ids is not None:
            return super().get(cond, doc_id, doc_ids)
        condition = self._compiled(cond)
        if not condition.is_exact or not self._rows.has_table(self.name):
            return next(self._matching(cond), None)
        where = condition.may_hold
        sql = f"SELECT {self._document} FROM {self._sql_name} WHERE {where.text} ORDER BY doc_id LIMIT 1"
        row = self._rows.row(sql, where.values)
        return self._stored(*row) if row else None

    def update(
        self,
        fields: Mapping[str, Any] | Updater,
        cond: QueryLike | None = None,
        doc_ids: Iterable[int] | None = None,
    ) -> list[int]:
        if cond is None or doc_ids is not None:
            return super().update(fields, cond, doc_ids)
        if not self._rows.connection.in_transaction:
            with self._changing():
                return self.update(fields, cond)
        if isinstance(fields, Replacement) and (replaced := self._replaced_at_once(fields.document, cond)):
            return replaced
        condition, found = self._compiled(cond), []
        for doc_id, cell, *columns in self._select(condition.candidates, self._row):
            document = self._stored(doc_id, cell)
            if condition.is_exact or cond(document):
                found.append((document, columns))
        for document, _ in found:
            if callable(fields):
                fields(document)
            else:
                document.update(fields)
        with self._changing(is_one=len(found) < 2):
            for document, columns in found:
                self._replace(document.doc_id, document, columns)
        return [document.doc_id for document, _ in found]

    def __len__(self) -> int:
        if not self._rows.has_table(self.name):
            return 0
        row = self._rows.row(f"SELECT count(*) FROM {self._sql_name}")
        return int(row[0]) if row else 0

    def __iter__(self) -> Iterator[Document]:
        return iter([self._stored(*row) for row in self._select(ALWAYS)])

    # --- what TinyDB does not know: the JSON alone, rows with more than a document, and pages ---

    def find(self, key: str) -> Document | None:
        """The document with that key."""
        row = self._find(key)
        return self._stored(*row) if row else None

    def cell(self, key: str) -> Cell | None:
        """What stands for the document with that key; see `TableLayout.text`."""
        row = self._find(key)
        return row[1] if row else None

    def texts_by_key(self, keys: Collection[str]) -> dict[str, str]:
        """The JSON of the documents with these keys that are there."""
        key = self._layout.key
        assert self._layout.short is None  # noqa: S101 - such keys have two forms
        sql = f"SELECT {key}, doc FROM {self._sql_name} WHERE {key} IN (SELECT value FROM json_each(?))"
        return dict(self._rows.rows(sql, (json_text([each for each in keys if is_plain_text(each)]),)))

    def texts(self, doc_ids: Sequence[int]) -> list[str]:
        """The JSON of the documents with these ids that are there, in the order of `doc_ids`."""
        found = dict(self._by_ids(doc_ids))
        return [self._layout.text(found[doc_id]) for doc_id in doc_ids if doc_id in found]

    def add(self, document: Mapping[str, Any], further: Mapping[str, Scalar]) -> int:
        """Stores a new document with what its further columns hold, and returns its id in the table."""
        _check_id(document)
        return self._rows.insert(self._layout, None, document, further)

    def page(
        self,
        cond: QueryLike,
        order: Order,
        *,
        limit: int,
        after: tuple[Scalar, Scalar] | None = None,
        skip: int = 0,
    ) -> list[Document]:
        """At most `limit` matching documents in that order, from the place on, without the first `skip`."""
        beyond = order.beyond((scalar(after[0]), scalar(after[1]))) if after else ALWAYS
        clause = order.clause()
        if self._compiled(cond).is_exact:
            return list(self._matching(cond, beyond, order=f"{clause} LIMIT {limit} OFFSET {skip}"))
        return list(islice(self._matching(cond, beyond, order=clause), skip, skip + limit))

    def by_ids(self, doc_ids: Iterable[int]) -> Iterator[Document]:
        """The documents that are there, in the order of their ids."""
        return (self._stored(*row) for row in self._by_ids(doc_ids))

    # --- what they are made of ---

    def _find(self, key: str) -> tuple[Any, ...] | None:
        if not is_plain_text(key):
            return None
        sql = f"SELECT {self._document} FROM {self._sql_name} WHERE {self._layout.has_key}"
        return self._rows.row(sql, self._layout.keys(key))

    def _stored(self, doc_id: int, cell: Cell) -> StoredDocument:
        return StoredDocument(self._layout.text(cell), doc_id)

    def _compiled(self, cond: QueryLike) -> Condition:
        if self._layout.short is not None:
            key = self._key_of(cond)
            if key is not None:
                where = Sql(self._layout.has_key, self._layout.keys(key)) if is_plain_text(key) else NEVER
                return Condition(where, NEVER, is_exact=True)
        return compile_query(cond, self._columns, document=self._layout.json)

    def _key_of(self, cond: QueryLike) -> str | None:
        """The key, if nothing but that is asked for."""
        match cond._hash if isinstance(cond, QueryInstance) else None:
            case ("==", (name,), str() as key) if name == self._layout.key:
                return key
        return None

    @contextmanager
    def _changing(self, *, is_one: bool = False) -> Iterator[None]:
        """All of it or nothing. is_one: it is one statement, which is so by itself inside of a transaction."""
        with nullcontext() if is_one and self._rows.connection.in_transaction else self._rows.atomic():
            self._rows.create_table(self.name)
            yield

    def _replaced_at_once(self, document: Mapping[str, Any], cond: QueryLike) -> list[int]:
        """Puts the document in the place of the one with its key, unless an index would have to change with it or
        something else is asked for."""
        is_by_key = self._key_of(cond) == document.get("id")
        if not is_by_key or not self._rows.has_table(self.name):
            return []
        values, doc = self._rows.cells(self._layout, document)
        self._rows.rows(self._layout.quiet_update, (doc, *values))
        if not self._rows.connection.changes():
            return []
        sql = f"SELECT doc_id FROM {self._sql_name} WHERE {self._layout.has_key}"
        return [doc_id for (doc_id,) in self._rows.rows(sql, self._layout.keys(document["id"]))]

    def _replace(
        self, doc_id: int, document: Mapping[str, Any], before: Sequence[Scalar] | None = None
    ) -> None:
        """before: what the columns hold, where it is known."""
        values, doc = self._rows.cells(self._layout, document)
        # an index is rewritten only if one of its columns is named
        changed = [
            (column.name, value)
            for at, (column, value) in enumerate(zip(self._layout.columns, values, strict=True))
            if before is None or value != before[at]
        ]
        assignments = "".join([f", {name} = ?" for name, _ in changed])
        self._rows.rows(
            f"UPDATE {self._sql_name} SET doc = ?{assignments} WHERE doc_id = ?",
            (doc, *(value for _, value in changed), doc_id),
        )

    def _select(
        self, where: Sql, what: str | None = None, *, order: str = "doc_id"
    ) -> Iterator[tuple[Any, ...]]:
        if not self._rows.has_table(self.name):
            return iter(())
        sql = f"SELECT {what or self._document} FROM {self._sql_name} WHERE {where.text} ORDER BY {order}"
        return self._rows.stream(sql, where.values)

    def _matching(self, cond: QueryLike, more: Sql = ALWAYS, *, order: str = "doc_id") -> Iterator[Document]:
        condition = self._compiled(cond)
        for doc_id, cell in self._select(all_of((condition.candidates, more)), order=order):
            document = self._stored(doc_id, cell)
            if condition.is_exact or cond(document):
                yield document

    def _by_ids(self, doc_ids: Iterable[int]) -> Iterator[tuple[Any, ...]]:
        ids = json_text([int(doc_id) for doc_id in doc_ids])
        return self._select(Sql("doc_id IN (SELECT value FROM json_each(?))", (ids,)))

    def _get_next_id(self) -> int:
        # another process may have added some since the last time
        row = (
            self._rows.row(f"SELECT max(doc_id) FROM {self._sql_name}")
            if self._rows.has_table(self.name)
            else None
        )
        highest = (row[0] if row else None) or 0
        next_id: int = max(self._next_id or 1, highest + 1)
        self._next_id = next_id + 1
        return next_id

    def _read_table(self) -> dict[str, Mapping[str, Any]]:
        return {str(document.doc_id): document for document in self}

    def _update_table(self, updater: Callable[[dict[int, Mapping[str, Any]]], None]) -> None:
        with self._changing():
            before = {doc_id: self._layout.text(cell) for doc_id, cell in self._select(ALWAYS)}
            table: dict[int, Mapping[str, Any]] = {
                doc_id: json.loads(text) for doc_id, text in before.items()
            }
            updater(table)
            for doc_id in before.keys() - table.keys():
                self._rows.rows(f"DELETE FROM {self._sql_name} WHERE doc_id = ?", (doc_id,))
            for doc_id, document in table.items():
                if doc_id not in before:
                    self._rows.insert(self._layout, doc_id, document)
                elif before[doc_id] != json_text(document):
                    self._replace(doc_id, document)


class SqliteTinyDB(TinyDB):
    """The documents that a connection reaches, by TinyDB's own API: `table(name)` and what a table does."""

    table_class = SqliteTable  # type: ignore[assignment]  # TinyDB does not say that it may be a subclass

    def __init__(self, storage: SqliteStorage) -> None:
        super().__init__(storage=lambda: storage)

    def table(self, name: str, **options: Any) -> SqliteTable:
        return cast("SqliteTable", super().table(name, **options))


def _check_id(document: Mapping[str, Any]) -> None:
    if not is_plain_text(document["id"]):
        raise ValueError(f"SQLite cannot hold the id {document['id']!r}")
