"""Overwriting unused bytes in the file hurts nobody, whatever they read and whatever comes back after a power cut."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from struct import pack, unpack_from
from typing import Final

import pytest

from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.scrubbing import Scrubber
from threadkeep.domain.errors import StoreCorrupt, StoreUnavailable

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


def a_gap_too_large(page: bytearray) -> None:
    page[5:7] = pack(">H", 4_090)


def free_places_behind_the_end(page: bytearray) -> None:
    page[1:3] = pack(">H", 4_095)


def free_places_in_a_circle(page: bytearray) -> None:
    (start,) = unpack_from(">H", page, 5)
    page[1:3] = pack(">H", start)
    page[start : start + 4] = pack(">HH", start, 8)


def a_document_that_goes_on_in_another_page(page: bytearray) -> None:
    cells = unpack_from(">2H", page, 8)
    end = max(cells) - 4 if cells[0] != max(cells) else 4_092
    page[end : end + 4] = pack(">I", 2)


@pytest.mark.parametrize(
    "damage",
    [
        a_gap_too_large,
        free_places_behind_the_end,
        free_places_in_a_circle,
        a_document_that_goes_on_in_another_page,
    ],
)
def test_what_is_damaged_is_told_and_not_written_over(
    writer: SqliteStorage, damage: Callable[[bytearray], None]
) -> None:
    ((leaf,),) = writer.rows(
        "SELECT pageno FROM dbstat WHERE name = 'texts' AND pagetype = 'leaf' LIMIT 1 OFFSET 30"
    )
    data = bytearray(writer.path.read_bytes())
    page = data[(leaf - 1) * 4_096 : leaf * 4_096]
    damage(page)
    data[(leaf - 1) * 4_096 : leaf * 4_096] = page
    with writer.path.open("r+b") as file:
        file.write(data)
    with pytest.raises(StoreCorrupt):
        scrub(writer.path)
    after = writer.path.read_bytes()
    assert after[(leaf - 1) * 4_096 : leaf * 4_096] == page
    (rows,) = unpack_from(">H", data, 4_096 + 5)  # of the other page
    assert after[4_096 + rows : 8_192] == data[4_096 + rows : 8_192]


def test_a_database_that_becomes_smaller_meanwhile_is_no_damaged_one(writer: SqliteStorage) -> None:
    """Older programs write the whole of it anew when something is erased."""
    writer.rows("DELETE FROM texts WHERE id >= 100")
    with closing(SqliteStorage(writer.path)) as storage, closing(SqliteStorage(writer.path)) as beside:
        scrubber = Scrubber(storage, beside)
        beside.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        assert not scrubber.step(lambda: True)
        writer.rows("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        while not scrubber.step(after_some()):
            pass
        assert scrubber.is_done
    assert writer.rows("PRAGMA integrity_check") == [("ok",)]
