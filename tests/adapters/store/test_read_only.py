"""Reading a store that cannot be written, and going on when it can be again."""

import multiprocessing
import os
from pathlib import Path

import apsw
import pytest

from tests.support.store import FixedClock, a_message, a_session, put
from threadkeep.adapters.store import open_read_only, open_store
from threadkeep.adapters.store.lazy import LazyStore
from threadkeep.adapters.store.read_only import ReadOnlyStore
from threadkeep.adapters.store.store import SqliteStore
from threadkeep.domain.errors import StoreNewer, StoreUnavailable
from threadkeep.domain.exhaustion import StoreReadOnly, StoreTooManyFiles
from threadkeep.ports.store import Store

WHY = StoreUnavailable("The disk is full: make room.", reason="noRoom")


def written(folder: Path, *, seq: int = 1) -> None:
    store = open_store(folder, clock=FixedClock())
    put(store, a_session("s1", seq=seq), a_message(f"m{seq}", seq=seq, text=f"Word {seq}"))
    store.close()


def _write_and_die(folder: Path) -> None:
    store = open_store(folder, clock=FixedClock())
    put(store, a_session("s1"), a_message("m1", text="Word 1"))
    os._exit(0)


def with_a_log(folder: Path) -> None:
    """What was stored last stands in the log alone, whose index is gone."""
    process = multiprocessing.get_context("spawn").Process(target=_write_and_die, args=(folder,))
    process.start()
    process.join(30)
    assert (folder / "threadkeep.db-wal").stat().st_size
    (folder / "threadkeep.db-shm").unlink()


def in_the_way(folder: Path) -> Path:
    """Makes it impossible to make the log's index, for root as well."""
    blocked = folder / "threadkeep.db-shm"
    blocked.symlink_to(folder / "nowhere" / "file")
    return blocked


def words(store: Store) -> str:
    with store.reading() as records:
        message = records.message("m1")
        assert message is not None
        return message.content


def test_what_a_dead_process_left_in_the_log_is_shown(tmp_path: Path) -> None:
    with_a_log(tmp_path)
    in_the_way(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in ("threadkeep.db", "threadkeep.db-wal")}
    store = open_read_only(tmp_path, WHY)
    assert words(store) == "Word 1"
    assert (store.facts().sessions, store.facts().messages) == (1, 1)
    store.close()
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_a_store_without_a_log_is_shown(tmp_path: Path) -> None:
    written(tmp_path)
    in_the_way(tmp_path)
    store = open_read_only(tmp_path, WHY)
    assert words(store) == "Word 1"
    store.close()


def test_what_is_written_meanwhile_is_seen(tmp_path: Path) -> None:
    written(tmp_path)
    blocked = in_the_way(tmp_path)
    store = open_read_only(tmp_path, WHY)
    mark = store.data_version()
    assert store.data_version() == mark
    blocked.unlink()
    written(tmp_path, seq=2)
    assert store.data_version() != mark
    with store.reading() as records:
        assert records.message("m2") is not None
    store.close()


def test_reading_beside_a_writer_sees_what_it_commits(tmp_path: Path) -> None:
    writer = open_store(tmp_path, clock=FixedClock())
    put(writer, a_session("s1"), a_message("m1", text="Word 1"))
    store = open_read_only(tmp_path, WHY)
    with store.reading() as outer, store.reading() as inner:  # nobody waits for another one who reads
        put(writer, a_message("m2", seq=2, text="Word 2"))
        assert (outer.message("m1"), inner.message("m1")) != (None, None)
    with store.reading() as records:
        assert records.message("m2") is not None
    store.close()
    writer.close()


def test_another_store_that_is_put_in_its_place_is_the_one_that_is_read(tmp_path: Path) -> None:
    place, other = tmp_path / "store", tmp_path / "other"
    written(place)
    another = open_store(other, clock=FixedClock())
    put(another, a_session("s1"), a_message("m1", text="Word 2"))
    another.close()
    store = open_read_only(place, WHY)
    assert words(store) == "Word 1"
    (other / "threadkeep.db").replace(place / "threadkeep.db")
    assert words(store) == "Word 2"
    store.close()


def test_every_write_says_why(tmp_path: Path) -> None:
    written(tmp_path)
    store = open_read_only(tmp_path, WHY)
    with pytest.raises(StoreReadOnly, match="disk is full") as refused, store.writing():
        pass
    assert refused.value.data["reason"] == "noRoom"
    with pytest.raises(StoreReadOnly):
        store.finish_erasing()
    store.close()


def test_where_nothing_is_stored_it_says_why_nothing_can_be_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="disk is full"):
        open_read_only(tmp_path, WHY)
    assert not list(tmp_path.iterdir())


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    written(tmp_path)
    connection = apsw.Connection(str(tmp_path / "threadkeep.db"))
    connection.execute("UPDATE meta SET value = 999 WHERE name = 'oldest_reader'").fetchall()
    connection.execute("PRAGMA user_version = 999").fetchall()
    connection.close()
    with pytest.raises(StoreNewer):
        open_read_only(tmp_path, WHY)


class Disk:
    """Opens the store unless something is wrong with its disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.trouble: StoreUnavailable | None = None
        self.looks = 0

    def open(self) -> SqliteStore:
        self.looks += 1
        if self.trouble is not None:
            raise self.trouble
        return SqliteStore(self._folder, clock=FixedClock())

    def read_only(self, why: StoreUnavailable) -> ReadOnlyStore:
        return ReadOnlyStore(self._folder, why)


def lazy(disk: Disk) -> LazyStore:
    return LazyStore(disk.open, disk.read_only)


def test_it_is_told_once_and_told_when_it_is_over(tmp_path: Path) -> None:
    written(tmp_path)
    disk = Disk(tmp_path)
    disk.trouble = WHY
    store = lazy(disk)
    assert words(store) == words(store) == "Word 1"
    ((kind, told),) = store.warnings()
    assert kind == "readOnly"
    assert WHY.message in told
    with pytest.raises(StoreReadOnly), store.writing():
        pass
    assert store.warnings() == []
    disk.trouble = None
    put(store, a_message("m1", text="Word one"))  # without a restart
    assert words(store) == "Word one"
    assert [kind for kind, _ in store.warnings()] == ["writable"]
    store.close()


def test_a_quiet_moment_finds_that_it_is_over(tmp_path: Path) -> None:
    written(tmp_path)
    disk = Disk(tmp_path)
    disk.trouble = WHY
    store = lazy(disk)
    words(store)
    store.run_maintenance()
    disk.trouble = None
    store.run_maintenance()
    assert [kind for kind, _ in store.warnings()] == ["readOnly", "writable"]
    store.close()


def test_who_reads_again_and_again_does_not_try_each_time(tmp_path: Path) -> None:
    written(tmp_path)
    disk = Disk(tmp_path)
    disk.trouble = WHY
    store = lazy(disk)
    for _ in range(100):
        words(store)
    assert disk.looks < 5
    store.close()


@pytest.mark.parametrize(
    "trouble",
    [
        StoreTooManyFiles("Too many."),
        StoreUnavailable("In use.", reason="busy"),
        StoreUnavailable("Odd."),
        StoreUnavailable("Fails.", reason="diskError"),
    ],
    ids=lambda error: error.message,
)
def test_what_is_no_fault_of_the_disk_is_told_and_not_gone_round(
    tmp_path: Path, trouble: StoreUnavailable
) -> None:
    """Reading without locks is right only where nobody can write."""
    written(tmp_path)
    disk = Disk(tmp_path)
    disk.trouble = trouble
    store = lazy(disk)
    with pytest.raises(StoreUnavailable, match=trouble.message), store.reading():
        pass
    store.close()
