"""The TinyDB table on SQLite: its own operations, its keys and its pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tinydb import Query, TinyDB, where
from tinydb.storages import MemoryStorage
from tinydb.table import Document, Table

from threadkeep.adapters.store.engine.layouts import Column, TableLayout
from threadkeep.adapters.store.engine.query_compiler import all_equal, compile_query
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.engine.table import Order, Replacement, SqliteTable, SqliteTinyDB


@pytest.fixture(params=["stock", "ours"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TinyDB]:
    if request.param == "stock":
        yield TinyDB(storage=MemoryStorage)
    else:
        with SqliteTinyDB(SqliteStorage(tmp_path / "tiny.db")) as opened:
            yield opened


def test_tables_are_made_read_and_dropped(database: TinyDB) -> None:
    assert database.tables() == set()
    assert len(database.table("empty")) == 0
    database.insert({"a": 1})
    odd = database.table('odd "name"; --')
    odd.insert_multiple([{"b": 1}, {"b": 2}])
    assert database.tables() == {"_default", 'odd "name"; --'}
    assert (len(database), len(odd)) == (1, 2)
    database.drop_table('odd "name"; --')
    assert database.tables() == {"_default"}
    database.drop_tables()
    assert database.tables() == set()
    assert database.all() == []


def test_documents_keep_their_ids(database: TinyDB) -> None:
    assert database.insert({"a": 1}) == 1
    assert database.insert(Document({"a": 2}, doc_id=7)) == 7
    assert database.insert_multiple([{"a": 3}, {"a": 4}]) == [8, 9]
    assert [(document.doc_id, document) for document in database] == [
        (1, {"a": 1}), (7, {"a": 2}), (8, {"a": 3}), (9, {"a": 4}),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="already exists"):
        database.insert(Document({"a": 5}, doc_id=7))
    assert database.remove(doc_ids=[9, 5]) == [9]
    assert database.insert({"a": 6}) == 9


def test_documents_are_found_by_id_and_query(database: TinyDB) -> None:
    database.insert_multiple([{"a": 1}, {"a": 2}, {"a": 3}])
    found: Any = database.get(doc_id=2)
    assert (found, found.doc_id) == ({"a": 2}, 2)
    assert database.get(doc_id=9) is None
    assert database.get(None, doc_ids=[3, 1, 9]) == [{"a": 1}, {"a": 3}]
    assert database.get(where("a") == 2) == {"a": 2}
    assert database.get(where("a") == 9) is None
    assert database.contains(doc_id=3)
    assert not database.contains(where("a") == 9)
    assert database.count(where("a") > 1) == 2
    with pytest.raises(RuntimeError):
        database.get()
    with pytest.raises(RuntimeError):
        database.contains()


def test_documents_are_updated(database: TinyDB) -> None:
    database.insert_multiple([{"a": 1}, {"a": 2}, {"a": 3}])
    assert database.update({"b": 0}) == [1, 2, 3]
    assert database.update({"b": 1}, where("a") == 2) == [2]
    assert database.update({"b": 2}, doc_ids=[3, 9, 1]) == [3, 1]
    assert database.update(lambda document: document.pop("b"), doc_ids=[1]) == [1]
    assert database.update_multiple([({"c": 1}, where("a") < 3), ({"c": 2}, where("a") == 2)]) == [1, 2, 2]
    assert database.all() == [{"a": 1, "c": 1}, {"a": 2, "b": 1, "c": 2}, {"a": 3, "b": 2}]


def test_documents_are_upserted(database: TinyDB) -> None:
    assert database.upsert({"a": 1}, where("a") == 1) == [1]
    assert database.upsert({"a": 1, "b": 1}, where("a") == 1) == [1]
    assert database.upsert(Document({"c": 1}, doc_id=1)) == [1]
    assert database.upsert(Document({"d": 1}, doc_id=4)) == [4]
    assert database.all() == [{"a": 1, "b": 1, "c": 1}, {"d": 1}]
    with pytest.raises(ValueError, match="query"):
        database.upsert({"a": 1})


def test_documents_are_removed(database: TinyDB) -> None:
    database.insert_multiple([{"a": 1}, {"a": 2}, {"a": 3}])
    assert database.remove(where("a") >= 2) == [2, 3]
    with pytest.raises(RuntimeError, match="truncate"):
        database.remove()
    database.truncate()
    assert database.all() == []
    assert database.insert({"a": 4}) == 1


def test_what_is_no_document_is_refused_and_nothing_stored(database: TinyDB) -> None:
    with pytest.raises(ValueError, match="Mapping"):
        database.insert([1])  # type: ignore[arg-type]  # what must not work
    with pytest.raises(ValueError, match="Mapping"):
        database.insert_multiple([{"a": 1}, 5])  # type: ignore[list-item]  # what must not work
    assert len(database) == 0


def test_documents_that_are_returned_do_not_alias_the_store(tmp_path: Path) -> None:
    with SqliteTinyDB(SqliteStorage(tmp_path / "tiny.db")) as database:
        database.insert({"a": [1]})
        found: Any = database.get(where("a").exists())
        found["a"].append(2)
        assert database.all() == [{"a": [1]}]
        assert database.search(where("a").exists()) == [{"a": [1]}]


def test_a_failed_change_inside_a_transaction_is_undone_alone(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path / "tiny.db")
    table = SqliteTable(storage, "t")
    with storage.transaction():
        table.insert({"a": 1})
        with pytest.raises(TypeError):
            table.insert_multiple([{"a": 2}, {"a": object()}])
    assert table.all() == [{"a": 1}]
    with pytest.raises(TypeError):
        table.insert({"a": object()})
    assert table.all() == [{"a": 1}]
    storage.close()


def test_another_connections_tables_and_documents_are_seen(tmp_path: Path) -> None:
    one, other = (SqliteTinyDB(SqliteStorage(tmp_path / "tiny.db")) for _ in range(2))
    assert other.table("t").all() == []
    assert one.table("t").insert({"a": 1}) == 1
    assert other.table("t").search(where("a") == 1) == [{"a": 1}]
    assert other.table("t").insert({"a": 1}) == 2
    assert one.table("t").insert({"a": 1}) == 3
    assert len(one.table("t").search(where("a") == 1)) == 3
    one.close()
    other.close()


# --- keys and pages ---


@pytest.fixture(params=[True, False], ids=["indexed", "not indexed"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteTable]:
    rank = Column(name="rank", path=("rank",), kind="integer", is_indexed=request.param)
    columns = (Column(name="id", path=("id",), is_indexed=True), rank)
    storage = SqliteStorage(tmp_path / "t.db", layouts=[TableLayout(name="t", key="id", columns=columns)])
    yield SqliteTable(storage, "t", persist_empty=True)
    storage.close()


def put_by_key(table: Table, document: dict[str, Any]) -> None:
    if not table.update(Replacement(document), where("id") == document["id"]):
        table.insert(document)


def test_a_document_is_put_and_found_by_its_key(table: SqliteTable) -> None:
    for rank, key in enumerate("xyx", 1):
        put_by_key(table, {"id": key, "rank": rank})
    assert [(found.doc_id, found) for found in table] == [
        (1, {"id": "x", "rank": 3}),
        (2, {"id": "y", "rank": 2}),
    ]
    assert table.get(where("id") == "x") == {"id": "x", "rank": 3}
    assert table.search(where("rank") == 3) == [{"id": "x", "rank": 3}]
    assert table.get(where("id") == "z") is None


@pytest.mark.parametrize("key", ["nul\x00", "\ud800"])
def test_a_key_that_sqlite_cannot_hold_is_refused(table: SqliteTable, key: str) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        put_by_key(table, {"id": key, "rank": 1})
    assert table.get(where("id") == key) is None


@pytest.mark.parametrize("rank", [None, "1", 1.5, 2**63])
def test_a_plain_column_takes_only_its_type(table: SqliteTable, rank: object) -> None:
    with pytest.raises(ValueError, match="rank is not integer"):
        put_by_key(table, {"id": "x", "rank": rank})


def test_a_replacement_means_the_same_on_every_table(table: SqliteTable) -> None:
    stock = TinyDB(storage=MemoryStorage).table("t")
    for each in (table, stock):
        put_by_key(each, {"id": "x", "rank": 1, "old": True})
        assert each.update(Replacement({"id": "x", "rank": 1, "new": 1}), where("id") == "x") == [1]
        assert each.update(Replacement({"id": "x", "rank": 2, "new": 2}), where("id") == "x") == [1]
        assert each.update(Replacement({"id": "y", "rank": 2, "new": 2}), where("id") == "y") == []
        assert each.all() == [{"id": "x", "rank": 2, "new": 2}]
    assert table.search(where("rank") == 2) == stock.search(where("rank") == 2)


def test_columns_follow_tinydbs_own_changes(table: SqliteTable) -> None:
    table.insert({"id": "x", "rank": 1})
    table.update({"rank": 5}, where("id") == "x")
    assert table.search(where("rank") >= 5) == [{"id": "x", "rank": 5}]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ranks=st.lists(st.integers(-2, 2), max_size=12),
    lowest=st.integers(-2, 2),
    is_exact=st.booleans(),
    limit=st.integers(0, 5),
    skip=st.integers(0, 5),
    is_descending=st.booleans(),
    start=st.none() | st.integers(0, 11),
)
def test_a_page_is_a_slice_of_all_in_order(
    table: SqliteTable,
    *,
    ranks: list[int],
    lowest: int,
    is_exact: bool,
    limit: int,
    skip: int,
    is_descending: bool,
    start: int | None,
) -> None:
    documents = [{"id": f"{n:02d}", "rank": rank} for n, rank in enumerate(ranks)]
    table.truncate()
    table.insert_multiple(documents)
    query = where("rank") >= lowest
    if not is_exact:
        query &= Query()["rank"].test(lambda rank: rank >= lowest)

    def place(document: dict[str, Any]) -> tuple[int, str]:
        return document["rank"], document["id"]

    matching = sorted(
        (document for document in documents if query(document)), key=place, reverse=is_descending
    )
    after = place(documents[start]) if start is not None and start < len(documents) else None
    if after:
        matching = [
            found for found in matching if (place(found) < after if is_descending else place(found) > after)
        ]
    order = Order(by="rank", then="id", direction="DESC" if is_descending else "ASC")
    assert table.page(query, order, limit=limit, after=after, skip=skip) == matching[skip : skip + limit]


def test_the_table_is_tinydbs(table: SqliteTable) -> None:
    assert isinstance(table, Table)


def test_values_that_are_all_equal_are_one_query() -> None:
    query = all_equal({("a", "b"): "x", ("c",): None})
    assert query({"a": {"b": "x"}, "c": None})
    assert not query({"a": {"b": "x"}})  # None is a value, not the lack of one
    assert not query({"a": "b", "c": None})
    assert query.is_cacheable()
    assert query == all_equal({("c",): None, ("a", "b"): "x"})
    assert query != all_equal({("a", "b"): "y", ("c",): None})


def test_nested_conjunctions_become_one_flat_condition() -> None:
    layout = TableLayout(name="t", columns=(Column(name="a", path=("a",)), Column(name="b", path=("b",))))
    nested = (where("a") == "x") & ((where("b") == 1) & (where("a") == "y"))
    condition = compile_query(nested, layout.by_path)
    assert (condition.may_hold.text, condition.is_exact) == ("a = ? AND a = ? AND b = ?", True)
    assert sorted(map(str, condition.may_hold.values)) == ["1", "x", "y"]
