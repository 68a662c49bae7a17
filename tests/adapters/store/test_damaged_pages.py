"""Damage to the file itself: repaired as far as it can be read, or told; nothing is overwritten unread."""

import random
from pathlib import Path

import apsw
import pytest

from tests.adapters.store.test_backups import filled, opened, page_of, upkeep, zero_page
from tests.support.store import FixedClock, a_message, put
from threadkeep.adapters.store.upkeep import SqliteUpkeep
from threadkeep.domain.errors import StoreCorrupt, StoreError


def words(folder: Path) -> int:
    store = opened(folder)
    try:
        with store.reading() as records:
            session = records.session("s1")
            assert session is not None
            return sum(message.content == "word" for message in records.path(session, limit=1000))
    finally:
        store.close()


def test_a_damaged_index_costs_nothing(tmp_path: Path) -> None:
    folder = filled(tmp_path / "store", messages=400)
    zero_page(folder / "threadkeep.db", page_of(folder, "messages_id"))
    found = upkeep(folder).check()
    assert [problem.kind for problem in found.problems] == ["damagedPages"]
    checkup = upkeep(folder).check(repairs=True)
    assert checkup.is_healthy, checkup
    assert upkeep(folder).check().is_healthy
    assert words(folder) == 400


def test_a_damaged_table_keeps_all_rows_of_its_other_pages(tmp_path: Path) -> None:
    folder = filled(tmp_path / "store", messages=400)
    zero_page(folder / "threadkeep.db", leaf_of(folder, "messages"))
    checkup = upkeep(folder).check(repairs=True)
    assert checkup.is_healthy, checkup
    assert "not to be read any more: at least" in checkup.problems[0].message
    assert 350 < words(folder) < 400


def leaf_of(folder: Path, table: str) -> int:
    """A page in the middle of a table."""
    connection = apsw.Connection(str(folder / "threadkeep.db"))
    pages = connection.execute(
        "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path", (table,)
    ).fetchall()
    connection.close()
    return int(str(pages[len(pages) // 2][0]))


def test_others_who_use_it_see_the_repaired_store(tmp_path: Path) -> None:
    folder = filled(tmp_path / "store", messages=400)
    store = opened(folder)
    zero_page(folder / "threadkeep.db", page_of(folder, "messages_id"))
    assert upkeep(folder).check(repairs=True).is_healthy
    put(store, a_message("m401", seq=401, parent_id="m400"))
    with store.reading() as records:
        assert records.message("m401") is not None
    store.close()


@pytest.mark.parametrize("seed", range(12))
def test_pages_zeroed_at_random_are_told_or_repaired(tmp_path: Path, seed: int) -> None:
    folder = filled(tmp_path / "store", messages=150)
    file = folder / "threadkeep.db"
    chance = random.Random(seed)
    pages = file.stat().st_size // 4096
    for page in chance.sample(range(1, pages + 1), k=chance.choice([1, 1, 2, 3])):
        zero_page(file, page)
    damaged = file.read_bytes()
    checkup = upkeep(folder).check(repairs=True)
    if checkup.is_healthy:
        assert upkeep(folder).check().is_healthy
        assert upkeep(folder).check(repairs=True).backup is None
    if checkup.problems and not checkup.is_healthy and checkup.backup is None:
        assert checkup.problems[0].kind == "unreadable"
        assert file.read_bytes() == damaged
    copies = [path for name in ("backups", "set-aside") for path in (folder / name).rglob("*.db")]
    assert not checkup.problems or copies
    try:
        opened(folder).close()
    except StoreError as error:
        assert isinstance(error, StoreCorrupt)  # noqa: PT017 - either is right


@pytest.mark.parametrize("size", [0, 1, 100, 4096, 40_000])
def test_a_torn_file_is_told_or_repaired(tmp_path: Path, size: int) -> None:
    folder = filled(tmp_path / "store", messages=400)
    file = folder / "threadkeep.db"
    with file.open("r+b") as opened_file:
        opened_file.truncate(size)
    torn = file.read_bytes()
    checkup = upkeep(folder).check(repairs=True)
    if size and not checkup.is_healthy and checkup.problems[0].kind == "unreadable":
        assert file.read_bytes() == torn


def test_a_log_of_another_store_is_told_and_not_written_into_the_file(tmp_path: Path) -> None:
    folder = filled(tmp_path / "store", messages=5)
    other = opened(tmp_path / "other")
    put(other, *(a_message(f"x{n}", seq=n) for n in range(1, 20)))
    (folder / "threadkeep.db-wal").write_bytes((tmp_path / "other" / "threadkeep.db-wal").read_bytes())
    other.close()
    before = (folder / "threadkeep.db").read_bytes()
    assert not upkeep(folder).check().is_healthy
    assert (folder / "threadkeep.db").read_bytes() == before
    (folder / "threadkeep.db-wal").unlink()
    (folder / "threadkeep.db-shm").unlink(missing_ok=True)
    assert words(folder) == 5


def test_a_log_that_is_gone_costs_only_what_it_held(tmp_path: Path) -> None:
    folder = filled(tmp_path / "store", messages=5)
    store = opened(folder)
    put(store, a_message("m6", seq=6, parent_id="m5"))
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "threadkeep.db").write_bytes((folder / "threadkeep.db").read_bytes())
    store.close()
    assert SqliteUpkeep(lambda: copy, clock=FixedClock()).check().is_healthy
    assert words(copy) == 5
