"""What is searched in SQLite: kept while the store is written, erased with its texts, followed by queries."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.support.fake_embeddings import vector_of
from tests.support.store import FixedClock, a_message, a_session, put
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.search.fulltext import BATCH
from threadkeep.adapters.store.store import SqliteStore
from threadkeep.adapters.store.tables.search_schema import TEXT_INDEXES
from threadkeep.adapters.store.upkeep import SqliteUpkeep
from threadkeep.domain.search import parse_words
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.upkeep import Checkup

LISTED = SessionFilter()
SECRET = "Pässw0rd zyxwvutsrq 秘密事"
TRACES = ("ssw0rd", "zyxwvutsrq", "秘密", "密事")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path, clock=FixedClock())
    yield opened
    opened.close()


@pytest.fixture
def storage(store: SqliteStore, tmp_path: Path) -> Iterator[SqliteStorage]:
    opened = open_storage(tmp_path, busy_timeout_ms=5_000)
    yield opened
    opened.close()


def fill(store: SqliteStore) -> None:
    put(
        store,
        a_session(title=SECRET, title_source="user", tags=(SECRET,), note=SECRET),
        a_message("m1", seq=1, text=SECRET, note=SECRET),
        *(a_message(f"f{n}", session_id="s2", seq=n, text="filler") for n in range(1, BATCH + 1)),
        a_message("m2", seq=2, parent_id="m1", text=SECRET, note=SECRET),
    )
    with store.reading() as records:
        batch = records.unembedded("m", limit=99)
    assert batch is not None
    with store.writing() as changes:
        changes.put_vectors("m", batch, [vector_of(text) for text in batch.texts])


def counts(storage: SqliteStorage) -> list[int]:
    """Rows of the indexes and of what stands beside them."""
    tables = [
        *(f"{index}_docsize" for index in TEXT_INDEXES),
        "notes",
        "labels",
        "vectors",
        "changed_vectors",
    ]
    return [storage.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables]


def traces(folder: Path) -> list[str]:
    """What of the secret stands in any file of the folder."""
    data = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file()).lower()
    return [trace for trace in TRACES if trace.encode() in data]


def test_a_purged_session_leaves_no_trace_in_any_index(
    store: SqliteStore, storage: SqliteStorage, tmp_path: Path
) -> None:
    fill(store)
    assert counts(storage) == [BATCH, 2, 3, 2, 3, BATCH + 2, 0]
    with store.writing(erasing=True) as changes:
        changes.erase_session("s1")
    store.finish_erasing()
    assert counts(storage) == [BATCH - 1, 0, 0, 0, 0, BATCH, 0]
    assert traces(tmp_path) == []
    for index in TEXT_INDEXES:
        assert storage.rows(f"PRAGMA integrity_check('{index}')") == [("ok",)]


def test_erased_messages_and_labels_leave_no_trace(
    store: SqliteStore, storage: SqliteStorage, tmp_path: Path
) -> None:
    fill(store)
    with store.writing(erasing=True) as changes:
        changes.put_message(a_message("m1", seq=1))
        changes.put_message(a_message("m2", seq=2, parent_id="m1"))
        changes.put_session(a_session())
    store.finish_erasing()
    assert counts(storage) == [BATCH - 1, 0, 0, 0, 0, BATCH, 2]
    assert traces(tmp_path) == []


def test_a_session_whose_words_stay_changes_no_index(store: SqliteStore, storage: SqliteStorage) -> None:
    put(store, a_session(title="A title", title_source="user"))
    before = storage.rows("SELECT id, block FROM label_text_data")
    put(store, a_session(title="A title", title_source="user", message_count=5, seq=9))
    assert storage.rows("SELECT id, block FROM label_text_data") == before


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM labels WHERE id % 4 = 0",
        "UPDATE labels SET text = 'other' WHERE id % 4 = 1",
        "DELETE FROM notes",
        "INSERT INTO notes(id, text, session) VALUES (999, 'left', 1)",
        "DELETE FROM note_text_docsize",
        "DELETE FROM label_text_docsize WHERE id % 4 = 2",
        "DELETE FROM label_text_data WHERE id > 10",
    ],
)
def test_every_index_is_examined_and_built_anew(store: SqliteStore, tmp_path: Path, damage: str) -> None:
    fill(store)
    put(store, a_session("s2", head_id=f"f{BATCH}", message_count=BATCH, seq=BATCH))
    doctor = SqliteUpkeep(lambda: tmp_path, clock=FixedClock())
    before = {problem.kind for problem in doctor.check().problems}
    assert "searchIndex" not in before
    connection = apsw.Connection(str(tmp_path / "threadkeep.db"))
    connection.execute(damage)
    connection.close()
    assert "searchIndex" in {problem.kind for problem in doctor.check().problems}
    checkup: Checkup = doctor.check(repairs=True)
    assert all(problem.is_repaired for problem in checkup.problems if problem.kind == "searchIndex")
    with store.reading() as records:
        found = records.found_texts(parse_words("zyxwvutsrq"), LISTED, limit=99)
    assert len(found) == 7


def plan(storage: SqliteStorage, statements: list[str]) -> list[str]:
    """How SQLite follows the statements of a search that name an index."""
    return [
        detail
        for sql in statements
        if "message_text" in sql or "FROM messages AS t" in sql
        for *_, detail in storage.rows(f"EXPLAIN QUERY PLAN {sql}")
    ]


def test_searches_follow_the_index_and_look_at_rows_by_their_ids(
    store: SqliteStore, storage: SqliteStorage
) -> None:
    fill(store)
    statements: list[str] = []

    def traced(run: Any) -> list[str]:
        statements.clear()
        with store.reading() as records:
            connection = records._storage.connection  # type: ignore[attr-defined]
            connection.set_exec_trace(lambda _, sql, __: statements.append(sql) or True)
            run(records)
            connection.set_exec_trace(None)
        return plan(storage, [sql.replace("?", "1") for sql in statements])

    query = parse_words("filler")
    found = traced(lambda records: records.found_texts(query, LISTED, limit=5))
    assert [step.split(" VIRTUAL")[0].split(" USING")[0] for step in found] == ["SCAN f", "SEARCH t"]
    assert "INTEGER PRIMARY KEY" in found[1]
    ranked = traced(lambda records: records.ranked_texts(query, LISTED, limit=5, most=500))
    assert all("SCAN t" not in step for step in ranked)
    scanned = traced(lambda records: records.scanned_texts(LISTED, limit=5, session_id="s1"))
    assert any("messages_of_session" in step for step in scanned)


def test_a_store_without_beginnings_in_its_index_finds_the_same(
    store: SqliteStore, storage: SqliteStorage
) -> None:
    fill(store)
    found = beginnings(store)
    assert set(found) == {"m1.content", "m2.content", "m1.note", "m2.note", "s1.title", "s1.note", "s1.tags"}
    with storage.transaction():  # as the first stores were made
        for index in TEXT_INDEXES:
            ((sql,),) = storage.rows("SELECT sql FROM sqlite_schema WHERE name = ?", (index,))
            assert "prefix='3 4'" in sql
            storage.rows(f"DROP TABLE {index}")
            storage.rows(sql.replace(", prefix='3 4'", ""))
            storage.rows(f"INSERT INTO {index}({index}) VALUES ('rebuild')")
    assert beginnings(store) == found


def beginnings(store: SqliteStore) -> list[str]:
    """What is found of the secret by the beginning of one of its words."""
    with store.reading() as records:
        texts = records.found_texts(parse_words("zyx*"), LISTED, limit=99)
    return [f"{text.message_id or text.session.id}.{text.field}" for text in texts]
