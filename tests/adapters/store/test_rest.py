"""A store tells without opening a file whether somebody has written."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.store import a_session, put
from tests.support.surroundings import FakeClock
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.identity import CLOCK_STEP_NS
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.store import SqliteStore

STEP = CLOCK_STEP_NS / 1e9 * 1.5


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[SqliteStore, SqliteStore]]:
    """Two of one folder, as two processes have them."""
    left, right = (open_store(tmp_path, clock=FakeClock()) for _ in range(2))
    yield left, right
    left.close()
    right.close()


def at_rest(store: SqliteStore) -> bool:
    """As a tick brings it to rest: it looks until it can be certain."""
    time.sleep(STEP)
    store.data_version()
    store.run_maintenance()
    return store.is_at_rest()


def test_who_has_looked_knows_that_nobody_writes(stores: tuple[SqliteStore, SqliteStore]) -> None:
    left, right = stores
    put(left, a_session("s1"))
    assert at_rest(left)
    assert at_rest(right)
    assert left.is_at_rest()


@pytest.mark.parametrize("durable", [True, False])
def test_any_write_of_anybody_ends_the_rest(stores: tuple[SqliteStore, SqliteStore], durable: bool) -> None:
    left, right = stores
    put(left, a_session("s1"))
    for writer in (left, right):
        assert at_rest(left)
        with writer.writing(durable=durable) as changes:
            changes.put_session(a_session("s1", title=str(writer)))
        assert not left.is_at_rest()


def test_what_is_written_right_after_the_look_is_not_missed(stores: tuple[SqliteStore, SqliteStore]) -> None:
    left, right = stores
    put(left, a_session("s1"))
    left.data_version()
    # in the same step of the file system's clock, for all that can be told
    assert not left.is_at_rest()
    put(right, a_session("s1", title="x"))
    assert not left.is_at_rest()


def test_what_is_left_to_tidy_is_no_rest(tmp_path: Path) -> None:
    left = open_store(tmp_path, clock=FakeClock())
    put(left, a_session("s1"))
    left.close()
    storage = open_storage(tmp_path, busy_timeout_ms=0)
    storage.rows("UPDATE totals SET upto = 0")  # as in a store that an older program filled
    storage.close()
    left = open_store(tmp_path, clock=FakeClock())
    time.sleep(STEP)
    left.data_version()
    assert not left.is_at_rest()
    while not at_rest(left):
        pass
    left.close()


def test_a_store_that_was_replaced_or_is_gone_is_looked_at(
    stores: tuple[SqliteStore, SqliteStore], tmp_path: Path
) -> None:
    left, _ = stores
    assert at_rest(left)
    for file in tmp_path.glob("*.db*"):
        file.rename(file.with_suffix(".away"))
    assert not left.is_at_rest()
    for file in tmp_path.glob("*.away"):
        file.unlink()


def test_a_closed_store_is_not_at_rest(tmp_path: Path) -> None:
    store = open_store(tmp_path, clock=FakeClock())
    assert at_rest(store)
    store.close()
    assert not store.is_at_rest()
