"""Queries mean on SQLite exactly what they mean on TinyDB's own storage."""

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tinydb import Query, TinyDB
from tinydb.queries import QueryInstance
from tinydb.storages import MemoryStorage
from tinydb.table import Table

from threadkeep.adapters.store.engine.layouts import Column, TableLayout
from threadkeep.adapters.store.engine.query_compiler import all_equal, contains
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.engine.table import SqliteTable

KEYS = ("a", "b", "nested", 'q"uote', "nul\x00", "with space", "ключ", "", "a.b", "back\\slash", "$")
TEXTS = (
    "", "a", "abc", "ABC", "A", "1", "1.0", "true", "null", "[1]", '{"a":1}', '"q"', "nul\x00b", "nul", "\ud800", "é",
    "e\u0301", "\U0001f600", "猫", " ", "'; DROP TABLE documents; --",
)  # fmt: skip
NUMBERS = (
    0, 1, -1, 2, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 10**25, 10**400, 0.0, -0.0, 1.0, 0.1, 0.1 + 0.2,
    1e-300, 1e300, 9007199254740993.0, 1e25, float("inf"),
)  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS),
    st.integers(),
    st.text(max_size=3),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=5,
)
DOCUMENTS = st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4), max_size=6)
COLUMNS = (Column(name="column_a", path=("a",)), Column(name="column_b", path=("nested", "b")))


def short(value: object) -> bool:
    return len(value) < 3  # type: ignore[arg-type]  # raises for numbers, as a careless test does


def field(path: list[str]) -> Query:
    query = Query()
    for key in path:
        query = query[key]
    return query


def plain(value: object) -> str | int | None:
    """The value, or a text for what cannot be hashed."""
    return value if value is None or isinstance(value, str | int) else "abc"


LEAVES: dict[str, Callable[[Query, Any, list[Any]], Any]] = {
    "==": lambda field, value, _: field == value,
    "!=": lambda field, value, _: field != value,
    "<": lambda field, value, _: field < value,
    "<=": lambda field, value, _: field <= value,
    ">": lambda field, value, _: field > value,
    ">=": lambda field, value, _: field >= value,
    "exists": lambda field, *_: field.exists(),
    "one of": lambda field, _, items: field.one_of(items),
    "one of a text": lambda field, *_: field.one_of("abc"),  # type: ignore[arg-type]  # as people do
    "any": lambda field, _, items: field.any(items),
    "all": lambda field, _, items: field.all(items),
    "any by query": lambda field, value, _: field.any(Query()["a"] == value),
    "all by query": lambda field, value, _: field.all(Query()["a"] < value),
    "matches": lambda field, *_: field.matches("[a-c]+", re.IGNORECASE),
    "search": lambda field, *_: field.search("b"),
    "test": lambda field, *_: field.test(short),
    "contains": lambda field, value, _: field.test(contains, value),  # type: ignore[arg-type]  # tests texts
    "map": lambda field, *_: field.map(short) == True,  # noqa: E712  # a query
    "fragment": lambda field, value, _: field.fragment({"a": value}),
    "noop": lambda field, *_: field.noop(),
    "all equal": lambda field, value, _: all_equal(
        {("a",): "abc", tuple(map(str, field._path)): plain(value)}
    ),
    "both equal": lambda field, value, _: (field == value) & (Query()["a"] == "abc"),
}

CHANGES: dict[str, Callable[[Table, QueryInstance], Any]] = {
    "update": lambda table, query: table.update({"a": "changed"}, query),
    "update by function": lambda table, query: table.update(lambda document: document.pop("a", None), query),
    "update several": lambda table, query: table.update_multiple([({"b": 2}, query)]),
    "upsert": lambda table, query: table.upsert({"b": 1}, query),
    "remove": lambda table, query: table.remove(query),
}
PATHS = st.lists(st.sampled_from(KEYS), min_size=1, max_size=2) | st.sampled_from([["a"], ["nested", "b"]])
QUERIES = st.recursive(
    st.builds(
        lambda operator, path, value, items: LEAVES[operator](field(path), value, items),
        st.sampled_from(sorted(LEAVES)),
        PATHS,
        VALUES,
        st.lists(VALUES, max_size=3),
    ),
    lambda inner: st.one_of(
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
    ),
    max_leaves=4,
)


@pytest.fixture(params=[(), COLUMNS], ids=["expressions", "columns"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteTable]:
    layout = TableLayout(name="documents", columns=request.param)
    storage = SqliteStorage(tmp_path / "equivalence.db", layouts=[layout])
    yield SqliteTable(storage, "documents", persist_empty=True)
    storage.close()


def result(action: Callable[[], Any]) -> Any:
    """What comes of it, or the type of what it raises."""
    try:
        return action()
    except Exception as error:  # noqa: BLE001  # whatever it is that TinyDB raises is what is compared
        return type(error)


def check_answers(table: SqliteTable, documents: list[dict[str, Any]], query: QueryInstance) -> None:
    stock = stock_table(documents)
    table.truncate()
    table.insert_multiple(documents)

    assert result(lambda: table.search(query)) == result(lambda: stock.search(query))
    assert result(lambda: table.count(query)) == result(lambda: stock.count(query))
    assert result(lambda: table.get(query)) == result(lambda: stock.get(query))
    assert result(lambda: table.contains(query)) == result(lambda: stock.contains(query))


def check_change(
    table: SqliteTable, documents: list[dict[str, Any]], query: QueryInstance, name: str
) -> None:
    stock = stock_table(documents)
    # stock TinyDB has changed some documents in memory when it finds that a later one raises
    assume(not isinstance(result(lambda: stock.search(query)), type))
    table.truncate()
    table.insert_multiple(documents)

    assert result(lambda: CHANGES[name](table, query)) == result(lambda: CHANGES[name](stock, query))
    assert [(found.doc_id, found) for found in table] == [(found.doc_id, found) for found in stock]


def stock_table(documents: list[dict[str, Any]]) -> Table:
    table = TinyDB(storage=MemoryStorage).table("documents", cache_size=0)
    table.insert_multiple(copy.deepcopy(documents))
    return table


few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
many = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))


@few
@given(documents=DOCUMENTS, query=QUERIES)
def test_a_query_finds_the_same(
    table: SqliteTable, documents: list[dict[str, Any]], query: QueryInstance
) -> None:
    check_answers(table, documents, query)


@few
@given(documents=DOCUMENTS, query=QUERIES, name=st.sampled_from(sorted(CHANGES)))
def test_a_change_leaves_the_same(
    table: SqliteTable, documents: list[dict[str, Any]], query: QueryInstance, name: str
) -> None:
    check_change(table, documents, query, name)


@pytest.mark.slow
@many
@given(documents=DOCUMENTS, query=QUERIES)
def test_very_many_queries_find_the_same(
    table: SqliteTable, documents: list[dict[str, Any]], query: QueryInstance
) -> None:
    check_answers(table, documents, query)


@pytest.mark.slow
@many
@given(documents=DOCUMENTS, query=QUERIES, name=st.sampled_from(sorted(CHANGES)))
def test_very_many_changes_leave_the_same(
    table: SqliteTable, documents: list[dict[str, Any]], query: QueryInstance, name: str
) -> None:
    check_change(table, documents, query, name)
