"""Overwriting unused bytes in the file hurts nobody, whatever they read and whatever comes back after a power cut."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from threadkeep.adapters.store.scrubbing import Scrubber
from threadkeep.adapters.store.sqlite_storage import SqliteStorage
from threadkeep.domain.errors import StoreUnavailable

SECRET: Final = "hjklmnbvcx "
FREEING: Final = {
    "rows": "DELETE FROM texts WHERE id >= 100",
    "a table": "DROP TABLE texts",
}


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[SqliteStorage]:
    storage = SqliteStorage(tmp_path / "database")
    storage.rows("PRAGMA journal_mode = wal; CREATE TABLE texts(id INTEGER PRIMARY KEY, text TEXT)")
    with storage.transaction():
        for number in range(1_000):
            storage.rows("INSERT INTO texts VALUES (?, ?)", (number, SECRET * (number % 100 * 20)))
    storage.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    yield storage
    storage.close()


def whole(storage: SqliteStorage) -> list[tuple[object, ...]]:
    return storage.rows("SELECT id, text FROM texts")


def after_some() -> Callable[[], bool]:
    pages = iter(range(100))
    return lambda: next(pages, None) is None


def scrub(path: Path) -> bool:
    """Goes over the pages twice; whether all are clean."""
    with closing(SqliteStorage(path)) as storage, closing(SqliteStorage(path)) as beside:
        scrubber = Scrubber(storage, beside)
        for _ in range(2):
            beside.rows("PRAGMA wal_checkpoint(PASSIVE)")
            while not scrubber.step(after_some()):
                pass
            scrubber.begin_again()
        return scrubber.is_done


@pytest.mark.parametrize("freeing", FREEING.values(), ids=list(FREEING))
def test_whoever_reads_goes_on_reading_pages_that_were_freed_since(
    writer: SqliteStorage, freeing: str
) -> None:
    with closing(SqliteStorage(writer.path)) as reader, reader.snapshot():
        reader.rows("SELECT 1 FROM texts LIMIT 1")
        writer.rows(freeing)
        assert not scrub(writer.path)
        assert len(whole(reader)) == 1_000
    writer.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    assert scrub(writer.path)
    kept = SECRET.encode() in writer.path.read_bytes()
    assert kept == (freeing != FREEING["a table"])
    assert writer.rows("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("freeing", FREEING.values(), ids=list(FREEING))
def test_pages_come_back_whole_when_a_power_cut_takes_that_they_were_freed(
    writer: SqliteStorage, tmp_path: Path, freeing: str
) -> None:
    before = whole(writer)
    with closing(SqliteStorage(writer.path)) as storage, closing(SqliteStorage(writer.path)) as beside:
        scrubber = Scrubber(storage, beside)
        beside.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        for _ in range(2):
            scrubber.step(lambda: True)
        log = (tmp_path / "database-wal").read_bytes()  # all of it that reaches the disk
        writer.rows(freeing)
        while not scrubber.step(after_some()):
            pass
    restored = tmp_path / "restored"
    restored.write_bytes(writer.path.read_bytes())
    (tmp_path / "restored-wal").write_bytes(log)
    with closing(SqliteStorage(restored)) as storage:
        assert storage.rows("PRAGMA integrity_check") == [("ok",)]
        assert whole(storage) == before


def test_nothing_is_overwritten_where_it_cannot_be_told_what_the_log_holds(writer: SqliteStorage) -> None:
    with closing(SqliteStorage(writer.path)) as storage, closing(SqliteStorage(writer.path)) as beside:
        scrubber = Scrubber(storage, beside)  # the other one has not read anything yet
        with pytest.raises(StoreUnavailable, match="cannot be told"):
            scrubber.step(lambda: False)
