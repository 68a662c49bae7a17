"""The schema keeps what is done most often cheap."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.store import FixedClock, a_message, a_session, an_event
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.engine.layouts import TableLayout
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.tables.list_schema import LISTED, OF_REPOSITORY
from threadkeep.adapters.store.tables.schema import LAYOUTS
from threadkeep.ports.store import Store

FRAME = 4096 + 24
"""Bytes of a page in the log."""


def append(store: Store, seq: int) -> None:
    """A message, as the use cases store it."""
    with store.writing() as changes:
        parent_id = f"{seq - 1:036}" if seq > 1 else None
        changes.put_message(a_message(f"{seq:036}", seq=seq, parent_id=parent_id, text="word " * 60))
        changes.put_session(a_session(head_id=f"{seq:036}", message_count=seq, seq=seq))
        changes.put_event(an_event(seq, message_id=f"{seq:036}"))


def test_a_message_is_added_by_writing_few_pages(tmp_path: Path) -> None:
    store = open_store(tmp_path, clock=FixedClock())
    for seq in range(1, 40):
        append(store, seq)
    log = tmp_path / "threadkeep.db-wal"
    sizes = [log.stat().st_size]
    for seq in range(40, 60):
        append(store, seq)
        sizes.append(log.stat().st_size)
    store.close()
    frames = sorted((after - before) // FRAME for before, after in pairwise(sizes))
    # a message and its two indexes, an event and its index, the session and two indexes of lists
    assert frames[len(frames) // 2] == 8


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_columns_that_stand_in_an_index_are_marked(tmp_path: Path, layout: TableLayout) -> None:
    """Those that change often may stand only in the two indexes that each message changes."""
    open_store(tmp_path, clock=FixedClock()).close()
    storage = open_storage(tmp_path, busy_timeout_ms=1_000)
    indexes = storage.rows(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?", (layout.name,)
    )
    storage.close()
    changing = {LISTED, OF_REPOSITORY}
    steady = {column for name, sql in indexes if name not in changing for column in columns_of(sql, layout)}
    filled_by_triggers = {column.name for column in layout.columns if column.made and column.is_indexed}
    marked = {column.name for column in layout.columns if column.is_indexed}
    assert marked == steady | filled_by_triggers


def columns_of(sql: str, layout: TableLayout) -> set[str]:
    """The columns of the table that an index names."""
    named = sql.partition(layout.name + "(")[2].replace(",", " ").replace(")", " ").split()
    return {column.name for column in layout.columns if column.name in named}
