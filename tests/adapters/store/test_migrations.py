"""Stores of older and newer versions."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from tests.support.store import FixedClock, a_message, a_session, put
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.migrations import APPLICATION_ID, MIGRATIONS, Migration, Schema
from threadkeep.adapters.store.store import SqliteStore
from threadkeep.domain.errors import StoreCorrupt, StoreNewer, StoreUnavailable
from threadkeep.values import evolve


def rename_titles(storage: SqliteStorage) -> None:
    storage.rows("UPDATE sessions SET doc = json_set(doc, '$.title', 'migrated')")


def failing(storage: SqliteStorage) -> None:
    rename_titles(storage)
    storage.rows("SELECT * FROM nothing")


NOW = Schema().version
TO_NEXT = Migration(version=NOW + 1, oldest_reader=NOW + 1, statements=("CREATE TABLE added(x)",))
TO_LAST = Migration(version=NOW + 2, oldest_reader=NOW + 1, change=rename_titles)


def opened(folder: Path, *further: Migration) -> SqliteStore:
    return SqliteStore(folder, clock=FixedClock(), schema=Schema(migrations=(*MIGRATIONS, *further)))


def filled(folder: Path, *further: Migration) -> Path:
    store = opened(folder, *further)
    put(store, a_session(), a_message(text="hello"))
    store.close()
    return folder / "threadkeep.db"


def title(store: SqliteStore) -> str:
    with store.reading() as records:
        session = records.session("s1")
    assert session is not None
    return session.title


def test_a_new_store_has_the_newest_version_and_no_backup(tmp_path: Path) -> None:
    store = opened(tmp_path, TO_NEXT)
    assert store.facts().schema_version == NOW + 1
    assert list(store.warnings()) == []
    assert not (tmp_path / "backups").exists()
    store.close()


def test_an_older_store_is_backed_up_and_brought_up_to_date(tmp_path: Path) -> None:
    filled(tmp_path)
    store = opened(tmp_path, TO_NEXT, TO_LAST)
    assert (store.facts().schema_version, title(store)) == (NOW + 2, "migrated")
    (backup,) = (tmp_path / "backups").iterdir()
    ((kind, message),) = store.warnings()
    assert kind == "migrated"
    assert str(backup) in message
    assert list(store.warnings()) == []
    store.close()

    (tmp_path / "old").mkdir()
    backup.rename(tmp_path / "old" / "threadkeep.db")
    old = opened(tmp_path / "old")
    assert (old.facts().schema_version, title(old)) == (NOW, "New session")
    old.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    filled(tmp_path)
    with pytest.raises(StoreUnavailable, match="nothing"):
        opened(tmp_path, TO_NEXT, evolve(TO_LAST, change=failing))
    assert list((tmp_path / "backups").iterdir()) == []
    store = opened(tmp_path)
    assert (store.facts().schema_version, title(store)) == (NOW, "New session")
    store.close()
    store = opened(tmp_path, TO_NEXT)
    assert store.facts().schema_version == NOW + 1
    store.close()


def test_of_two_that_bring_a_store_up_to_date_one_does_it_and_one_copy_is_left(tmp_path: Path) -> None:
    filled(tmp_path)
    begun, others = threading.Event(), []

    def change(storage: SqliteStorage) -> None:
        if not begun.is_set():
            begun.set()
            others.append(threading.Thread(target=lambda: others.append(opened(tmp_path, slow))))
            others[0].start()
            time.sleep(0.3)  # the other one comes to the lock, or comes later and finds it done
        rename_titles(storage)

    slow = Migration(version=NOW + 1, oldest_reader=NOW + 1, change=change)
    first = opened(tmp_path, slow)
    others[0].join()
    second = others[1]
    assert (first.facts().schema_version, second.facts().schema_version) == (NOW + 1, NOW + 1)
    assert ([kind for kind, _ in first.warnings()], list(second.warnings())) == (["migrated"], [])
    assert len(list((tmp_path / "backups").iterdir())) == 1
    first.close()
    second.close()


def test_a_damaged_store_leaves_no_half_copy(tmp_path: Path) -> None:
    database = filled(tmp_path)
    connection = sqlite3.connect(database)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'turns'").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    data = bytearray(database.read_bytes())
    data[(page - 1) * size : page * size] = b"\xff" * size
    database.write_bytes(data)
    with pytest.raises(StoreCorrupt):
        opened(tmp_path, TO_NEXT)
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_newer_store_is_refused_untouched(tmp_path: Path) -> None:
    database = filled(tmp_path, TO_NEXT)
    before = database.read_bytes()
    for _ in range(2):
        with pytest.raises(StoreNewer, match="update Threadkeep"):
            open_store(tmp_path, clock=FixedClock())
    assert database.read_bytes() == before
    assert not (tmp_path / "set-aside").exists()


def test_a_newer_store_with_a_log_is_refused_untouched(tmp_path: Path) -> None:
    newer = opened(tmp_path, TO_NEXT)
    put(newer, a_session())
    database, log = tmp_path / "threadkeep.db", tmp_path / "threadkeep.db-wal"
    before = (database.read_bytes(), log.read_bytes())
    copy = tmp_path / "copy"
    copy.mkdir()
    for file, data in zip((database, log), before, strict=True):
        (copy / file.name).write_bytes(data)
    newer.close()
    with pytest.raises(StoreNewer):
        open_store(copy, clock=FixedClock())
    assert tuple((copy / file.name).read_bytes() for file in (database, log)) == before


def test_a_store_that_becomes_newer_while_it_is_open_is_written_no_more(tmp_path: Path) -> None:
    older = opened(tmp_path)
    put(older, a_session())
    newer = opened(tmp_path, TO_NEXT)
    with pytest.raises(StoreNewer):
        put(older, a_session("s2"))
    newer.close()
    older.close()


def test_a_newer_store_that_older_programs_may_use_keeps_what_they_do_not_know(tmp_path: Path) -> None:
    database = filled(tmp_path, evolve(TO_NEXT, oldest_reader=NOW))
    connection = sqlite3.connect(database)
    for table in ("sessions", "messages"):
        connection.execute(f"UPDATE {table} SET doc = json_set(doc, '$.mood', json('[1]'), '$.note', 'gone')")
    connection.commit()
    connection.close()

    store = opened(tmp_path)
    put(store, a_session(title="new"), a_message(text="changed"))
    with store.reading() as records:
        assert records.session("s1") == a_session(title="new")
        assert records.message("m1") == a_message(text="changed")
    store.close()

    connection = sqlite3.connect(database)
    for table, note in (("sessions", None), ("messages", None)):
        row = connection.execute(f"SELECT doc ->> '$.mood', doc ->> '$.note' FROM {table}").fetchone()
        assert row == ("[1]", note)
    assert connection.execute("PRAGMA user_version").fetchone() == (NOW + 1,)
    connection.close()


def test_the_file_says_whose_it_is(tmp_path: Path) -> None:
    connection = sqlite3.connect(filled(tmp_path))
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
