"""TinyDB's table on SQLite: every operation with TinyDB's meaning, reading and writing only what it must."""

# ruff: noqa: S608 - the names spliced into SQL come from our own layouts and are quoted; values are bound

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Literal

import attrs
from tinydb.queries import QueryLike
from tinydb.table import Document, Table

from threadkeep.adapters.store.json_text import json_text, json_value
from threadkeep.adapters.store.layouts import Scalar, is_plain_text, scalar
from threadkeep.adapters.store.query_compiler import Sql, all_of, compile_query
from threadkeep.adapters.store.sqlite_storage import SqliteStorage

Updater = Callable[[MutableMapping[str, Any]], None]


@attrs.frozen(kw_only=True)
class Order:
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


class SqliteTable(Table):
    """A table whose documents are rows. They come in the order of their ids."""

    def __init__(
        self, storage: SqliteStorage, name: str, cache_size: int = 0, persist_empty: bool = False
    ) -> None:
        del cache_size  # other processes write too: what a query matched is never remembered
        super().__init__(storage, name, cache_size=0)
        self._rows = storage
        self._free_id = 1
        self._layout = storage.layout(name)
        self._columns = self._layout.by_path
        self._sql_name = self._layout.sql_name
        if persist_empty:
            with storage.atomic():
                storage.create_table(name)

    # --- documents by their key ---

    def find(self, key: str) -> Document | None:
        """The document with that key."""
        row = self._find(key)
        return _document(*row) if row else None

    def text(self, key: str) -> str | None:
        """The JSON of the document with that key."""
        row = self._find(key)
        return row[1] if row else None

    def texts_by_key(self, keys: Collection[str]) -> dict[str, str]:
        """The JSON of the documents with these keys that are there."""
        key = self._layout.key
        sql = f"SELECT {key}, doc FROM {self._sql_name} WHERE {key} IN (SELECT value FROM json_each(?))"
        return dict(self._rows.rows(sql, (json_text([each for each in keys if is_plain_text(each)]),)))

    def texts(self, doc_ids: Sequence[int]) -> list[str]:
        """The JSON of the documents with these ids that are there, in the order of `doc_ids`."""
        found = dict(self._by_ids(doc_ids))
        return [found[doc_id] for doc_id in doc_ids if doc_id in found]

    def put(
        self, document: Mapping[str, Any], *, new_row: Callable[[str], int | None] = lambda _: None
    ) -> bool:
        """Stores the document under its key (`id`), inside a transaction.

        new_row: the id in the table for a new document of that key; None for the next one.
        Returns whether more had to change with it than what most changes touch. Raises ValueError if the key holds a NUL or a lone
        surrogate.
        """
        _check_key(document)
        values = (json_text(document), *self._layout.values(document))
        self._rows.rows(self._layout.quiet_update, values)
        if self._rows.connection.changes():
            return False
        names = ", ".join(("doc_id", *(column.name for column in self._layout.columns)))
        row = self._rows.row(
            f"SELECT {names} FROM {self._sql_name} WHERE {self._layout.key} = ?", (document["id"],)
        )
        if row is None:
            self._rows.insert(self._layout, new_row(document["id"]), document)
        else:
            doc_id, *old_values = row
            self._replace(doc_id, document, old_values)
        return True

    def add(self, document: Mapping[str, Any], further: Mapping[str, Scalar]) -> int:
        """Stores a new document with what its further columns hold, and returns its id in the table."""
        _check_key(document)
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
        condition = compile_query(cond, self._columns)
        where = condition.candidates
        if after:
            where = all_of((where, order.beyond((scalar(after[0]), scalar(after[1])))))
        clause = order.clause()
        if condition.is_exact:
            return list(self._matching(cond, where, order=f"{clause} LIMIT {limit} OFFSET {skip}"))
        return list(islice(self._matching(cond, where, order=clause), skip, skip + limit))

    # --- TinyDB's own operations ---

    def insert(self, document: Mapping[str, Any]) -> int:
        return self.insert_multiple((document,))[0]

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        with self._changing():
            return [self._insert(document) for document in documents]

    def search(self, cond: QueryLike) -> list[Document]:
        return list(self._matching(cond, compile_query(cond, self._columns).candidates))

    def get(  # type: ignore[override]  # one signature that takes all that TinyDB's overloads take
        self, cond: QueryLike | None = None, doc_id: int | None = None, doc_ids: Iterable[int] | None = None
    ) -> Document | list[Document] | None:
        if doc_id is not None:
            return next(self.by_ids((doc_id,)), None)
        if doc_ids is not None:
            return list(self.by_ids(doc_ids))
        if cond is not None:
            return next(self._matching(cond, compile_query(cond, self._columns).candidates), None)
        raise RuntimeError("You have to pass either cond or doc_id or doc_ids")

    def count(self, cond: QueryLike) -> int:
        condition = compile_query(cond, self._columns)
        if not condition.is_exact or not self._rows.has_table(self.name):
            return super().count(cond)
        where = condition.may_hold
        row = self._rows.row(f"SELECT count(*) FROM {self._sql_name} WHERE {where.text}", where.values)
        return int(row[0]) if row else 0

    def update(
        self,
        fields: Mapping[str, Any] | Updater,
        cond: QueryLike | None = None,
        doc_ids: Iterable[int] | None = None,
    ) -> list[int]:
        with self._changing():
            found = self._chosen(cond, doc_ids, all_by_default=True)
            for document in found:
                if callable(fields):
                    fields(document)
                else:
                    document.update(fields)
            for document in found:
                self._replace(document.doc_id, document)
            return [document.doc_id for document in found]

    def upsert(self, document: Mapping[str, Any], cond: QueryLike | None = None) -> list[int]:
        with self._changing():
            return super().upsert(document, cond)

    def remove(self, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None) -> list[int]:
        if cond is None and doc_ids is None:
            raise RuntimeError("Use truncate() to remove all documents")
        with self._changing():
            removed = [document.doc_id for document in self._chosen(cond, doc_ids)]
            for doc_id in removed:
                self._rows.rows(f"DELETE FROM {self._sql_name} WHERE doc_id = ?", (doc_id,))
            return removed

    def truncate(self) -> None:
        with self._changing():
            self._rows.rows(f"DELETE FROM {self._sql_name}")
        self._free_id = 1

    def __len__(self) -> int:
        if not self._rows.has_table(self.name):
            return 0
        row = self._rows.row(f"SELECT count(*) FROM {self._sql_name}")
        return int(row[0]) if row else 0

    def __iter__(self) -> Iterator[Document]:
        return iter([_document(*row) for row in self._select(Sql("1"))])

    # --- what they are made of ---

    def _find(self, key: str) -> tuple[Any, ...] | None:
        if not is_plain_text(key):
            return None
        return self._rows.row(
            f"SELECT doc_id, doc FROM {self._sql_name} WHERE {self._layout.key} = ?", (key,)
        )

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._rows.atomic():
            self._rows.create_table(self.name)
            yield

    def _insert(self, document: Mapping[str, Any]) -> int:
        if not isinstance(document, Mapping):
            raise ValueError("Document is not a Mapping")
        if not isinstance(document, Document):
            return self._rows.insert(self._layout, self._get_next_id(), document)
        self._free_id = 1
        if next(self.by_ids((document.doc_id,)), None) is not None:
            raise ValueError(f"Document with ID {document.doc_id} already exists")
        return self._rows.insert(self._layout, document.doc_id, document)

    def _replace(
        self, doc_id: int, document: Mapping[str, Any], old_values: Sequence[Scalar] | None = None
    ) -> None:
        values = self._layout.values(document)
        # an index is rewritten only if one of its columns is named
        changed = [
            (column.name, value)
            for at, (column, value) in enumerate(zip(self._layout.columns, values, strict=True))
            if old_values is None or value != old_values[at]
        ]
        assignments = "".join(f", {name} = ?" for name, _ in changed)
        self._rows.rows(
            f"UPDATE {self._sql_name} SET doc = ?{assignments} WHERE doc_id = ?",
            (json_text(document), *(value for _, value in changed), doc_id),
        )

    def _select(self, where: Sql, *, order: str = "doc_id") -> Iterator[tuple[Any, ...]]:
        if not self._rows.has_table(self.name):
            return iter(())
        sql = f"SELECT doc_id, doc FROM {self._sql_name} WHERE {where.text} ORDER BY {order}"
        return self._rows.stream(sql, where.values)

    def _matching(self, cond: QueryLike, where: Sql, *, order: str = "doc_id") -> Iterator[Document]:
        for row in self._select(where, order=order):
            document = _document(*row)
            if cond(document):
                yield document

    def by_ids(self, doc_ids: Iterable[int]) -> Iterator[Document]:
        """The documents that are there, in the order of their ids."""
        return (_document(*row) for row in self._by_ids(doc_ids))

    def _by_ids(self, doc_ids: Iterable[int]) -> Iterator[tuple[Any, ...]]:
        ids = json_text([int(doc_id) for doc_id in doc_ids])
        return self._select(Sql("doc_id IN (SELECT value FROM json_each(?))", (ids,)))

    def _chosen(
        self, cond: QueryLike | None, doc_ids: Iterable[int] | None, *, all_by_default: bool = False
    ) -> list[Document]:
        if doc_ids is not None:
            wanted = list(doc_ids)
            found = {document.doc_id: document for document in self.by_ids(wanted)}
            return [found[doc_id] for doc_id in wanted if doc_id in found]
        if cond is not None:
            return self.search(cond)
        return list(self) if all_by_default else []

    def _get_next_id(self) -> int:
        # another process may have added some since the last time
        row = self._rows.row(f"SELECT max(doc_id) FROM {self._sql_name}")
        highest = row[0] if row and row[0] is not None else 0
        next_id: int = max(self._free_id, highest + 1)
        self._free_id = next_id + 1
        return next_id

    def _read_table(self) -> dict[str, Mapping[str, Any]]:
        return {str(document.doc_id): document for document in self}

    def _update_table(self, updater: Callable[[dict[int, Mapping[str, Any]]], None]) -> None:
        with self._changing():
            before: dict[int, str] = dict(self._select(Sql("1")))
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


def _document(doc_id: int, text: str) -> Document:
    return Document(json_value(text), doc_id)


def _check_key(document: Mapping[str, Any]) -> None:
    if not is_plain_text(document["id"]):
        raise ValueError(f"SQLite cannot hold the id {document['id']!r}")
