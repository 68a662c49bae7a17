"""A text in the store that is none any more, as a disk leaves it that turns a bit: told, kept and mended."""

import sqlite3
from pathlib import Path

import pytest

from tests.adapters.store.stores.make import fill
from tests.support.store import FixedClock
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.tables.quarantine import QUARANTINE
from threadkeep.adapters.store.upkeep import SqliteUpkeep
from threadkeep.domain.errors import StoreCorrupt

TORN = b'{"id":"\xff"}'


def torn(folder: Path, table: str, content: str) -> None:
    key = "place" if table in {"drafts", "outcomes"} else "rowid"
    store = open_store(folder, clock=FixedClock())
    with store.writing() as changes:
        fill(changes)
    store.close()
    connection = sqlite3.connect(folder / "threadkeep.db")
    # the first of them: the store holds several of some
    (first,) = connection.execute(f"SELECT min({key}) FROM {table}").fetchone()
    connection.execute(f"UPDATE {table} SET {content} = CAST(? AS TEXT) WHERE {key} = ?", (TORN, first))
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("table", "content"),
    [
        ("messages", "doc"),
        ("sessions", "doc"),
        ("turns", "doc"),
        ("repositories", "doc"),
        ("drafts", "doc"),
        ("outcomes", "doc"),
        ("journal", "text"),
    ],
)
def test_it_is_told_kept_and_mended(tmp_path: Path, table: str, content: str) -> None:
    torn(tmp_path, table, content)
    upkeep = SqliteUpkeep(lambda: tmp_path, clock=FixedClock())
    told = {problem.kind for problem in upkeep.check().problems}
    assert told == {"brokenDocuments"}
    repaired = upkeep.check(repairs=True)
    assert [problem.kind for problem in repaired.problems if not problem.is_repaired] == []
    assert [file.read_bytes() for file in (tmp_path / QUARANTINE).iterdir()] == [TORN]
    assert upkeep.check().problems == ()


def test_who_reads_it_is_told_what_to_do_and_the_rest_can_be_read(tmp_path: Path) -> None:
    torn(tmp_path, "messages", "doc")
    store = open_store(tmp_path, clock=FixedClock())
    with store.reading() as records:
        with pytest.raises(StoreCorrupt, match="doctor --repair"):
            records.message("m1")
        other = records.message("m2")
        assert other is not None
        assert other.content == "Big, 鲸鱼."
    store.close()
