"""Plain things that do the same job as ours: SQLite without any layer, and TinyDB with its own storage."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import apsw
from tinydb import TinyDB, where
from tinydb.middlewares import CachingMiddleware
from tinydb.storages import JSONStorage

from tests.benchmarks.figures import Row, Table
from threadkeep.adapters.store.engine.short_json import cell_of, short_id
from threadkeep.adapters.store.tables.short_documents import SHORT
from threadkeep.domain.sessions import SessionKey
from threadkeep.values import Value

STOCK_SECONDS: Final = 2.0
"""How long an operation of the stock TinyDB is repeated at most; one of its inserts can take 60 ms."""

PAGE: Final = 4_096
"""Bytes of a page of the store."""

NEWEST: Final = """
SELECT doc FROM sessions WHERE is_archived = 0 AND is_trashed = 0 ORDER BY updated_at DESC, id DESC LIMIT ?
"""


class RawCommits:
    """Durable commits of one row each to a database of its own, on the same disk."""

    def __init__(self, folder: Path, *, size: int) -> None:
        self._path = folder / "raw.db"
        self._connection = apsw.Connection(str(self._path))
        self._connection.execute("PRAGMA journal_mode = wal; PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE IF NOT EXISTS rows(id INTEGER PRIMARY KEY, doc TEXT NOT NULL)")
        self._document = json.dumps({"text": "s" * (size - 11)})

    def commit(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO rows(doc) VALUES (?)", (self._document,))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


class LogSize:
    """How much is in the log of a database."""

    def __init__(self, database: Path) -> None:
        self._connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READWRITE)

    def bytes(self) -> int:
        """Of its pages, each with its header."""
        self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        pages, _ = self._connection.wal_checkpoint("main", apsw.SQLITE_CHECKPOINT_NOOP)
        return pages * (PAGE + 24)

    def close(self) -> None:
        self._connection.close()


class RawReads:
    """The same statements on the same file, each followed only by the reading of its JSON."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        self.session("the first statement reads the schema")

    def session_of(self, key: SessionKey) -> list[Any]:
        sql = (
            "SELECT doc FROM sessions WHERE repository_id = ? AND task = ? AND is_open = 1 "
            "ORDER BY last_activity_at DESC, id DESC LIMIT 1"
        )
        return self._documents(sql, (key.repository_id, key.task))

    def session(self, session_id: str) -> list[Any]:
        return self._documents("SELECT doc FROM sessions WHERE id = ?", (session_id,))

    def newest(self, limit: int) -> list[Any]:
        """In the order of an index."""
        found = self._documents(NEWEST, (limit,))
        assert len(found) == limit
        return found

    def newest_messages(self, session_id: str, limit: int) -> list[Any]:
        """For a session whose messages were written one after the other."""
        ((session,),) = self._documents("SELECT json_array(doc) FROM sessions WHERE id = ?", (session_id,))
        sql = (
            f"SELECT {cell_of()} FROM messages "
            "WHERE doc_id <= (SELECT doc_id FROM messages WHERE id = ?) ORDER BY doc_id DESC LIMIT ?"
        )
        return self._documents(sql, (short_id(json.loads(session)["head_id"]), limit))

    def sizes(self) -> list[tuple[str, int]]:
        """The bytes of each table and index."""
        found = self._connection.execute("SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE")
        return [(str(name), int(str(size))) for name, size in found.fetchall()]

    def close(self) -> None:
        self._connection.close()

    def _documents(self, sql: str, values: tuple[str | bytes | int, ...]) -> list[Any]:
        return [json.loads(SHORT.text(doc)) for (doc,) in self._connection.execute(sql, values).fetchall()]


def stock_tinydb(sizes: Sequence[int], *, folder: Path, count: int) -> Table:
    """The stock TinyDB at each size: what our operations cost with its own storages."""
    rows = []
    for size in sizes:
        documents = [_stock_document(number) for number in range(size)]
        for is_cached in (False, True):
            stock = Stock(path=folder / f"stock-{size}-{is_cached}.json", is_cached=is_cached)
            stock.fill(documents)
            name = f"{'JSONStorage, cached' if is_cached else 'JSONStorage'}, {size:,} documents"
            rows.append(Row(what=name, values=stock.costs(size, count=count)))
    return Table(id="stock_tinydb", title="stock TinyDB", rows=rows)


class Stock(Value):
    """A TinyDB with its JSON storage, with or without the caching middleware, which is not durable."""

    path: Path
    is_cached: bool

    def opened(self) -> TinyDB:
        if self.is_cached:
            return TinyDB(self.path, storage=CachingMiddleware(JSONStorage))  # type: ignore[no-untyped-call]  # tinydb has none
        return TinyDB(self.path)

    def fill(self, documents: Sequence[Mapping[str, Any]]) -> None:
        with self.opened() as database:
            database.insert_multiple(documents)

    def costs(self, size: int, *, count: int) -> dict[str, float | str]:
        """Medians in µs, by the headings of our own table."""
        with self.opened() as database:
            # another key each time: the query cache would answer a repeated one
            keys = iter(range(size))

            def find() -> None:
                assert database.search(
                    (where("repository") == f"r{(key := next(keys)) % 200}") & (where("task") == f"t{key}")
                )

            def newest(limit: int, session: str) -> None:
                database.clear_cache()
                found = database.search(where("session") == session)
                assert sorted(found, key=lambda document: str(document["at"]))[-limit:]

            return {
                "append, µs": _median(lambda: database.insert(_stock_document(size)), count),
                "find by key, µs": _median(find, count),
                "list of 20, µs": _median(lambda: newest(20, "s0"), count),
                "page of 50, µs": _median(lambda: newest(50, "s1"), count),
                "open and first find, µs": _median(self._open_and_find, min(count, 5)),
            }

    def _open_and_find(self) -> None:
        with self.opened() as database:
            assert database.get(where("task") == "t0")


def _stock_document(number: int) -> dict[str, Any]:
    return {
        "repository": f"r{number % 200}",
        "task": f"t{number}",
        "session": f"s{number % 10}",
        "at": f"2020-01-01T{number:012d}Z",
        "text": "s" * 300,
    }


def _median(action: Callable[[], object], count: int) -> float:
    taken: list[float] = []
    end = time.perf_counter() + STOCK_SECONDS
    while len(taken) < count and (not taken or time.perf_counter() < end):
        began = time.perf_counter()
        action()
        taken.append((time.perf_counter() - began) * 1e6)
    return sorted(taken)[len(taken) // 2]
