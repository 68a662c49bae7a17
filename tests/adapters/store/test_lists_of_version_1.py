"""A store of version 1: older windows and newer ones list its sessions rightly, until the older ones are gone."""

import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from tests.adapters.store.stores.make import FOLDER
from tests.adapters.store.stores.version_1 import OlderProgram
from tests.support.store import FixedClock, a_session, at, put
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.migrations import Schema
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.restoring import restore
from threadkeep.adapters.store.store import SqliteStore
from threadkeep.adapters.store.tables.list_schema import COUNTS, SIDES
from threadkeep.adapters.store.upkeep import SqliteUpkeep
from threadkeep.domain.sessions import Session
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.upkeep import Checkup
from threadkeep.values import evolve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "threadkeep.db").write_bytes(gzip.decompress((FOLDER / "v1.db.gz").read_bytes()))
    return tmp_path


NEWEST = Schema().version


def opened(folder: Path) -> SqliteStore:
    return SqliteStore(folder, clock=FixedClock())


def wait(store: SqliteStore) -> None:
    """Some quiet moments."""
    for _ in range(9):
        store.run_maintenance()


def version(folder: Path) -> int:
    connection = apsw.Connection(str(folder / "threadkeep.db"))
    ((found,),) = connection.execute("PRAGMA user_version").fetchall()
    connection.close()
    return int(str(found))


def newest(store: SqliteStore, **fields: object) -> list[str]:
    with store.reading() as records:
        found = records.sessions(SessionFilter(**fields), SessionSort(), limit=100)  # type: ignore[arg-type]
    return [session.id for session in found]


def session(number: int, minute: int, *tags: str) -> Session:
    return a_session(f"n{number}", title=f"{number}", tags=tags, updated_at=at(minute))


def test_both_list_what_the_other_one_writes(folder: Path) -> None:
    with OlderProgram(folder) as older:
        newer = opened(folder)
        put(newer, session(1, 1, "x"), session(2, 2, "x"), session(3, 3))
        assert older.newest()[:3] == newest(newer)[:3] == ["n3", "n2", "n1"]
        older.rest()
        put(newer, session(1, 4, "x"))  # which rests
        assert older.newest()[:3] == newest(newer)[:3] == ["n1", "n3", "n2"]
        assert older.tagged("x") == newest(newer, tags=frozenset({"x"})) == ["n1", "n2"]
        older.put(session(2, 5, "y"))
        assert older.newest()[:3] == newest(newer)[:3] == ["n2", "n1", "n3"]
        assert older.tagged("x") == newest(newer, tags=frozenset({"x"})) == ["n1"]
        assert older.tagged("y") == newest(newer, tags=frozenset({"y"})) == ["n2"]
        older.rest()
        put(newer, session(1, 6, "y"))  # which rests, and has another tag
        assert older.tagged("y") == newest(newer, tags=frozenset({"y"})) == ["n1", "n2"]
        older.rest()
        put(newer, evolve(session(1, 7, "z"), archived_at=at(7)))
        assert older.tagged("z") == newest(newer, tags=frozenset({"z"})) == []
        put(newer, a_session("n3", archived_at=at(6)))
        assert "n3" not in older.newest() + newest(newer)
        older.rest()
        assert (older.misplaced(), version(folder)) == ([], 1)
        newer.close()


def test_while_an_older_window_is_open_the_store_stays_as_it_knows_it(folder: Path) -> None:
    with OlderProgram(folder) as older:
        newer = opened(folder)
        wait(newer)
        put(newer, session(1, 1))
        wait(newer)
        assert (version(folder), older.newest()[0]) == (1, "n1")
        assert SqliteUpkeep(lambda: folder, clock=FixedClock()).check() == Checkup()
    wait(newer)
    assert version(folder) == NEWEST
    newer.close()


def test_when_the_last_older_window_is_closed_lists_are_made_anew_and_tell_the_same(folder: Path) -> None:
    newer = opened(folder)
    put(newer, session(1, 1, "x"), session(2, 2, "x", "y"), session(3, 3))
    with newer.reading() as records:
        before = (records.repository_uses(), dict(records.count_sessions_by(SessionFilter(), "tag")))
    lists = (newest(newer), newest(newer, tags=frozenset({"x"})), newest(newer, link=("issue", "7")))
    wait(newer)
    assert version(folder) == NEWEST
    with newer.reading() as records:
        assert (records.repository_uses(), dict(records.count_sessions_by(SessionFilter(), "tag"))) == before
    assert (newest(newer), newest(newer, tags=frozenset({"x"})), newest(newer, link=("issue", "7"))) == lists
    put(newer, session(3, 9, "x"))
    assert newest(newer, tags=frozenset({"x"})) == ["n3", "n2", "n1"]
    newer.close()
    assert SqliteUpkeep(lambda: folder, clock=FixedClock()).check() == Checkup()


def schema(folder: Path) -> dict[str, str]:
    """All that lists are read from."""
    storage = open_storage(folder, busy_timeout_ms=0)
    tables = ", ".join(f"'{name}'" for name in ("sessions", COUNTS, *SIDES))
    found = dict(
        storage.rows(f"SELECT name, sql FROM sqlite_schema WHERE sql NOTNULL AND tbl_name IN ({tables})")
    )
    storage.close()
    return found


def test_a_store_that_was_brought_on_is_as_a_new_one_but_for_an_empty_column(
    folder: Path, tmp_path: Path
) -> None:
    store = opened(folder)
    wait(store)
    store.close()
    fresh = tmp_path / "fresh"
    open_store(fresh, clock=FixedClock()).close()
    old, new = schema(folder), schema(fresh)
    assert old.pop("sessions").replace("shelf, ", "") == new.pop("sessions")
    assert old == new


KILLED = """
import os, signal, sys
from pathlib import Path
from threadkeep.adapters.store.tables.lists_of_version_1 import replace_lists
from threadkeep.adapters.store.tables.list_schema import INDEXES
from threadkeep.adapters.store.opening import open_storage

storage = open_storage(Path(sys.argv[1]), busy_timeout_ms=0)
storage.rows("PRAGMA cache_size = 1")  # so that half of it is in the log
storage.rows("BEGIN IMMEDIATE")
for index in INDEXES.values():
    storage.rows(index)
replace_lists(storage)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_who_is_killed_while_the_lists_are_made_anew_leaves_the_store_as_it_was(folder: Path) -> None:
    opened(folder).close()
    before = schema(folder)
    ended = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False, env=os.environ)
    assert ended.returncode == -signal.SIGKILL
    assert (schema(folder), version(folder)) == (before, 1)
    store = opened(folder)
    wait(store)
    assert (version(folder), newest(store)) == (NEWEST, ["s1"])
    store.close()


def test_lists_are_made_anew_in_parts_and_an_older_window_may_come_between(folder: Path) -> None:
    newer = opened(folder)
    newer.run_maintenance()
    with OlderProgram(folder) as older:
        wait(newer)
        put(newer, session(1, 1, "x"))
        older.rest()
        put(newer, session(1, 2, "x"))
        assert (version(folder), older.newest()[0], older.tagged("x")) == (1, "n1", ["n1"])
    assert not newer.is_at_rest()
    wait(newer)
    assert (version(folder), newest(newer, tags=frozenset({"x"}))) == (NEWEST, ["n1"])
    newer.close()


def test_a_repair_of_damaged_pages_leaves_older_windows_their_store(folder: Path) -> None:
    opened(folder).close()
    database = folder / "threadkeep.db"
    connection = apsw.Connection(str(database))
    ((page,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'drafts'").fetchall()
    ((size,),) = connection.execute("PRAGMA page_size").fetchall()
    connection.close()
    data = bytearray(database.read_bytes())
    start = (int(str(page)) - 1) * int(str(size))
    data[start : start + int(str(size))] = b"\xff" * int(str(size))
    database.write_bytes(data)
    doctor = SqliteUpkeep(lambda: folder, clock=FixedClock())
    with OlderProgram(folder):
        (problem, *_) = doctor.check(repairs=True).problems
        assert "An older Threadkeep uses the store" in problem.message
        assert version(folder) == 1
    assert doctor.check(repairs=True).is_healthy
    assert version(folder) == NEWEST


def test_what_an_older_window_rescued_is_taken_in(folder: Path, tmp_path: Path) -> None:
    present = tmp_path / "present"
    open_store(present, clock=FixedClock()).close()
    (folder / "threadkeep.db").rename(present / "threadkeep-rescued-2026-03-01T12-00-00.000Z.db")
    assert SqliteUpkeep(lambda: present, clock=FixedClock()).check(repairs=True).is_healthy
    store = opened(present)
    assert newest(store, tags=frozenset({"a", "b"})) == ["s1"]
    assert newest(store, archived="only") == ["s2"]
    with store.reading() as records:
        assert [use.archived for use in records.repository_uses().values()] == [1]
    store.close()


def test_a_backup_of_version_1_is_restored_and_brought_on(folder: Path, tmp_path: Path) -> None:
    present = tmp_path / "present"
    open_store(present, clock=FixedClock()).close()
    restore(present, folder / "threadkeep.db", clock=FixedClock())
    store = opened(present)
    assert (version(present), newest(store)) == (1, ["s1"])
    wait(store)
    assert (version(present), newest(store)) == (NEWEST, ["s1"])
    store.close()
