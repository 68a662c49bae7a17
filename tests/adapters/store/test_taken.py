"""A store whose files are taken away acknowledges nothing more, and what it had acknowledged is written out."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from tests.support.store import FixedClock, a_message, a_session, a_turn, put
from tests.support.store_process import line, process
from threadkeep.adapters.store import identity, open_store, rescue, taken
from threadkeep.adapters.store.engine.processes import Owners
from threadkeep.adapters.store.engine.storage import file_id
from threadkeep.adapters.store.upkeep import SqliteUpkeep
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.ports.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files where they are")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """A store with a session, of which `older.db` beside it is a backup, and one more that is newer."""
    opened = open_store(folder, clock=FixedClock())
    put(opened, a_session("old"))
    SqliteUpkeep(lambda: folder, clock=FixedClock()).back_up(str(folder.parent / "older.db"))
    put(opened, a_session("new"))
    yield opened
    opened.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever lies at the path is used at the next call."""
    monkeypatch.setattr(taken, "SETTLED_SECONDS", 0.0)
    monkeypatch.setattr(taken, "EMPTY_SECONDS", 0.0)


def delete_database(folder: Path) -> None:
    for file in folder.glob("threadkeep.db*"):
        file.unlink()


def link_elsewhere(folder: Path) -> None:
    folder.rename(folder.with_name("moved"))
    folder.with_name("elsewhere").mkdir()
    folder.symlink_to(folder.with_name("elsewhere"), target_is_directory=True)


def copy_in_its_place(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name("copy"), ignore=shutil.ignore_patterns("owners"))
    folder.rename(folder.with_name("moved"))
    folder.with_name("copy").rename(folder)


WAYS: dict[str, Callable[[Path], object]] = {
    "folder deleted": shutil.rmtree,
    "database deleted": delete_database,
    "only the database deleted": lambda folder: (folder / "threadkeep.db").unlink(),
    "log deleted": lambda folder: (folder / "threadkeep.db-wal").unlink(),
    "index deleted": lambda folder: (folder / "threadkeep.db-shm").unlink(),
    "folder moved": lambda folder: folder.rename(folder.with_name("moved")),
    "folder replaced by a link": link_elsewhere,
    "folder replaced by a copy": copy_in_its_place,
    "older backup put there": lambda folder: folder.with_name("older.db").replace(folder / "threadkeep.db"),
    "log replaced": lambda folder: shutil.copy(folder / "threadkeep.db-wal", folder / "x").replace(
        folder / "threadkeep.db-wal"
    ),
}
every_way = pytest.mark.parametrize("take", WAYS.values(), ids=WAYS.keys())


def rescued(folder: Path) -> list[Path]:
    return sorted(folder.glob("threadkeep-rescued-*.db"))


def ids(store: Store) -> set[str]:
    with store.reading() as records:
        return {
            id_ for id_ in ("old", "new", "later", "refused", "theirs") if records.session(id_) is not None
        }


def ids_in(file: Path) -> set[str]:
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    found = {str(id_) for (id_,) in connection.execute("SELECT id FROM sessions")}
    connection.close()
    return found


@every_way
def test_what_was_acknowledged_is_rescued_and_nothing_more_is_acknowledged(
    store: Store, folder: Path, take: Callable[[Path], object]
) -> None:
    take(folder)
    with pytest.raises(StoreUnavailable, match="taken away") as refused:
        put(store, a_session("refused"))
    (file,) = rescued(folder)
    assert str(file) in refused.value.message
    assert "doctor --repair" in refused.value.message
    assert ids_in(file) == {"old", "new"}
    assert file.stat().st_mode & 0o777 == 0o600
    assert [kind for kind, _ in store.warnings()] == ["takenAway"]
    with pytest.raises(StoreUnavailable, match="taken away"):
        put(store, a_session("refused"))
    assert rescued(folder) == [file]
    assert store.warnings() == []


@every_way
def test_it_is_noticed_long_after_the_folder_last_changed(
    store: Store, folder: Path, take: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "_COARSEST_CLOCK_NS", 0)
    time.sleep(0.02)
    for _ in range(3):
        put(store, a_session("new"))
    take(folder)
    with pytest.raises(StoreUnavailable, match="taken away"):
        put(store, a_session("refused"))
    assert ids_in(rescued(folder)[0]) == {"old", "new"}


@every_way
def test_a_look_notices_it_without_any_write(
    store: Store, folder: Path, take: Callable[[Path], object]
) -> None:
    store.data_version()
    take(folder)
    with pytest.raises(StoreUnavailable, match="taken away"):
        store.data_version()
    assert len(rescued(folder)) == 1


@every_way
def test_closing_writes_out_what_nobody_had_noticed(
    store: Store, folder: Path, take: Callable[[Path], object]
) -> None:
    take(folder)
    store.close()
    (file,) = rescued(folder)
    assert ids_in(file) == {"old", "new"}


@every_way
def test_what_is_open_can_be_read_on_and_nothing_else_is_opened(
    store: Store, folder: Path, take: Callable[[Path], object]
) -> None:
    assert ids(store) == {"old", "new"}
    take(folder)
    with pytest.raises(StoreUnavailable):
        store.data_version()
    with store.reading() as records:
        assert records.session("new") is not None
        with pytest.raises(StoreUnavailable, match="taken away"), store.reading():
            pass


@every_way
@pytest.mark.usefixtures("at_once")
def test_the_store_that_lies_there_then_is_used_and_told(
    store: Store, folder: Path, take: Callable[[Path], object]
) -> None:
    mark = store.data_version()
    take(folder)
    with pytest.raises(StoreUnavailable):
        put(store, a_session("refused"))
    put(store, a_session("later"))
    assert store.data_version() != mark
    assert [kind for kind, _ in store.warnings()] == ["takenAway", "storeReopened"]
    assert "later" in ids(store)
    other = open_store(folder, clock=FixedClock())
    assert ids(other) == ids(store)
    assert [kind for kind, _ in other.warnings()] == ["rescued"]
    other.close()
    assert Owners(folder / "owners").is_alive(store.owner)
    checkup = SqliteUpkeep(lambda: folder, clock=FixedClock()).check(repairs=True)
    assert checkup.is_healthy
    assert ids(store) == {"old", "new", "later"}
    assert rescued(folder) == []


def test_what_is_taken_away_during_a_transaction_leaves_nothing_of_it(store: Store, folder: Path) -> None:
    def write() -> None:
        with store.writing() as changes:
            changes.put_session(a_session("refused"))
            delete_database(folder)

    with pytest.raises(StoreUnavailable, match="taken away"):
        write()
    assert ids_in(rescued(folder)[0]) == {"old", "new"}


def test_files_that_are_put_back_are_used_again(store: Store, folder: Path) -> None:
    folder.rename(folder.with_name("away"))
    with pytest.raises(StoreUnavailable):
        put(store, a_session("refused"))
    assert rescued(folder)
    shutil.rmtree(folder)
    folder.with_name("away").rename(folder)
    put(store, a_session("later"))
    assert [kind for kind, _ in store.warnings()] == ["takenAway", "storeBack"]
    assert ids(store) == {"old", "new", "later"}


def test_a_store_that_is_only_half_there_is_waited_for(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taken, "SETTLED_SECONDS", 0.3)
    whole = folder.with_name("older.db").read_bytes()
    delete_database(folder)
    database = folder / "threadkeep.db"
    for size in range(0, len(whole), len(whole) // 4):
        database.write_bytes(whole[: size + len(whole) // 4])
        with pytest.raises(StoreUnavailable, match="taken away"):
            store.data_version()
        time.sleep(0.1)
    time.sleep(0.4)
    store.data_version()
    assert ids(store) == {"old"}
    assert not (folder / "set-aside").exists()


@pytest.mark.parametrize("is_killed", [False, True])
@pytest.mark.parametrize("kept", [(), ("threadkeep.db",)], ids=["nothing kept", "the database kept"])
def test_the_log_of_another_process_survives_the_end_of_who_had_the_files_before(
    store: Store, folder: Path, kept: tuple[str, ...], is_killed: bool
) -> None:
    for file in folder.glob("threadkeep.db*"):
        if file.name not in kept:
            file.unlink()
    code = """
    put(store, a_session("theirs"))
    print("ready", flush=True)
    sys.stdin.readline()
    put(store, a_session("later"))
    print("done", flush=True)
    sys.stdin.read()
    """
    with process(folder, code) as running:
        assert line(running) == "ready"
        log = file_id(folder / "threadkeep.db-wal")
        if is_killed:
            running.kill()
            running.wait(10)
        store.close()
        assert file_id(folder / "threadkeep.db-wal") == log
        if not is_killed:
            assert running.stdin is not None
            running.stdin.write("\n")
            running.stdin.flush()
            assert line(running) == "done"
    again = open_store(folder, clock=FixedClock())
    assert ids(again) >= ({"theirs"} if is_killed else {"theirs", "later"})
    again.close()


def test_a_window_that_comes_after_the_index_was_deleted_loses_nothing(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "threadkeep.db-shm").unlink()
    code = 'put(store, a_session("theirs"))\nprint("ready", flush=True)\nsys.stdin.read()'
    with process(folder, code) as running:
        assert line(running) == "ready"
        with pytest.raises(StoreUnavailable):
            put(store, a_session("refused"))
        monkeypatch.setattr(taken, "SETTLED_SECONDS", 0.0)
        put(store, a_session("later"))
        assert running.poll() is None
    store.close()
    assert ids_in(folder / "threadkeep.db") == {"old", "new", "theirs", "later"}


def test_a_file_that_another_program_writes_over_is_left_alone(store: Store, folder: Path) -> None:
    put(store, *(a_message(f"m{n}", seq=n, session_id="new", text="word " * 300) for n in range(1, 40)))
    writer = apsw.Connection(str(folder / "threadkeep.db"))
    writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    writer.close()
    store.data_version()
    older = folder.with_name("older.db").read_bytes()
    with (folder / "threadkeep.db").open("r+b") as file:
        file.write(older)
        file.truncate()
    with pytest.raises(StoreUnavailable, match="wrote over"):
        put(store, a_session("refused"))
    assert (folder / "threadkeep.db").read_bytes() == older
    assert not (folder / "threadkeep.db-wal").exists()  # it is no log of this database
    assert len(rescued(folder)) == 1


@pytest.mark.usefixtures("at_once")
def test_what_cannot_be_written_out_yet_is_kept_open_until_it_can(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescue, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(rescue, "FIRST_SECONDS", 0.1)
    shutil.rmtree(folder)
    folder.write_text("in the way")
    with pytest.raises(StoreUnavailable, match="could not be written out yet"):
        put(store, a_session("refused"))
    assert folder.read_text() == "in the way"
    folder.unlink()
    until = time.monotonic() + 10
    while not rescued(folder) and time.monotonic() < until:
        time.sleep(0.01)
    assert ids_in(rescued(folder)[0]) == {"old", "new"}


def test_a_lock_that_was_removed_is_made_again(store: Store, folder: Path) -> None:
    shutil.rmtree(folder / "owners")
    others = Owners(folder / "owners")
    put(store, a_session("later"))
    assert others.is_alive(store.owner)
    assert [kind for kind, _ in store.warnings()] == ["lockRestored"]
    assert rescued(folder) == []
    before = store.wakeup_fd
    store.data_version()
    assert store.wakeup_fd not in {None, before}
    assert (folder / "owners" / f"{store.owner}.pipe").is_fifo()
    others.close()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells who holds which lock")
def test_caring_for_the_store_leaves_the_locks_of_its_process(store: Store, folder: Path) -> None:
    def held() -> list[str]:
        number = str((folder / "threadkeep.db").stat().st_ino)
        lines = Path("/proc/locks").read_text().splitlines()
        return [each for each in lines if f" {os.getpid()} " in each and f":{number} " in each]

    store.data_version()
    before = len(held())
    assert before > 0
    upkeep = SqliteUpkeep(lambda: folder, clock=FixedClock())
    upkeep.check()
    upkeep.back_up()
    assert len(held()) == before


def test_nothing_is_journaled_for_an_answer_that_the_store_does_not_hold(store: Store) -> None:
    put(store, a_message("m2", session_id="new", role="assistant", status="streaming"), a_turn("t1"))
    with store.writing() as changes:
        changes.append_journal("m2", "text", "kept")
    with pytest.raises(StoreUnavailable, match="does not hold"), store.writing() as changes:
        changes.append_journal("another", "text", "lost")
