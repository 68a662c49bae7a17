"""How much a store holds is told without counting it, and is right whatever happens to it."""

import random
from pathlib import Path

import apsw
import pytest

from tests.support.store import a_message, a_session
from threadkeep.adapters.runtime import SystemClock
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.tables.schema import COUNTED, TOTALS
from threadkeep.adapters.store.tables.totals import count_on, is_counting, totals


def connection(folder: Path) -> apsw.Connection:
    return apsw.Connection(str(folder / "threadkeep.db"))


def run(folder: Path, sql: str) -> list[tuple]:
    opened = connection(folder)
    try:
        return opened.execute(sql).fetchall()
    finally:
        opened.close()


def made(folder: Path, *, is_older: bool = False) -> None:
    """A store; an older one has no totals, and neither the triggers that keep them."""
    open_store(folder, clock=SystemClock()).close()
    if is_older:
        for name in COUNTED:
            run(folder, f"DROP TRIGGER {name}_numbered; DROP TRIGGER {name}_missing")
        run(folder, f"DROP TABLE {TOTALS}")


def add(storage, doc_id: int | None = None) -> None:
    number = random.getrandbits(60)
    storage.rows("INSERT INTO messages(doc_id, id, seq, doc) VALUES (?, ?, 1, '{}')", (doc_id, f"{number:x}"))


def counted(storage) -> dict[str, int]:
    return {name: storage.rows(f"SELECT count(*) FROM {name}")[0][0] for name in COUNTED}


@pytest.mark.parametrize("seed", range(20))
def test_the_totals_are_what_is_there_whatever_happens(tmp_path: Path, seed: int) -> None:
    chances = random.Random(seed)
    made(tmp_path, is_older=True)
    storage = open_storage(tmp_path, busy_timeout_ms=0)
    for _ in range(chances.choice([0, 1, 7, 30])):
        add(storage, chances.choice([None, None, chances.randrange(1, 10**6)]))
    storage.rows("DELETE FROM messages WHERE doc_id % 3 = 0")
    storage.close()
    open_store(tmp_path, clock=SystemClock()).close()
    storage = open_storage(tmp_path, busy_timeout_ms=0)
    for _ in range(150):
        ids = [doc_id for (doc_id,) in storage.rows("SELECT doc_id FROM messages ORDER BY doc_id")]
        match chances.randrange(7):
            case 0 | 1:
                add(storage)
            case 2:
                free = chances.randrange(1, 60)
                if free not in ids:
                    add(storage, free)
            case 3 | 4 if ids:
                gone = chances.choice([ids[-1], ids[0], chances.choice(ids)])
                storage.rows("DELETE FROM messages WHERE doc_id = ?", (gone,))
            case 5:
                first = chances.randrange(1, 60)
                storage.rows("DELETE FROM messages WHERE doc_id BETWEEN ? AND ?", (first, first + 20))
            case 6:
                count_on(storage, most=chances.choice([1, 3]))
        assert totals(storage) == counted(storage)
    while count_on(storage, most=5):
        pass
    assert not is_counting(storage)
    assert totals(storage) == counted(storage)
    storage.close()


def test_an_older_store_is_counted_in_quiet_moments_and_stays_right(tmp_path: Path) -> None:
    made(tmp_path, is_older=True)
    storage = open_storage(tmp_path, busy_timeout_ms=0)
    for _ in range(9_000):
        add(storage)
    storage.close()
    store = open_store(tmp_path, clock=SystemClock())
    steps = 0
    while run(tmp_path, f"SELECT 1 FROM {TOTALS} WHERE upto NOTNULL"):
        assert store.facts().messages == 9_000
        store.run_maintenance()
        steps += 1
    assert steps >= 3  # never all in one go
    assert store.facts().messages == 9_000
    store.close()


def test_what_is_told_takes_no_look_at_the_messages(tmp_path: Path) -> None:
    """Held by what SQLite does, not by a clock: as many steps for 5,000 messages as for one."""

    def steps() -> int:
        storage = open_storage(tmp_path, busy_timeout_ms=0)
        count = 0

        def step() -> bool:
            nonlocal count
            count += 1
            return False

        storage.connection.set_progress_handler(step, 1)
        totals(storage)
        storage.close()
        return count

    made(tmp_path)
    storage = open_storage(tmp_path, busy_timeout_ms=0)
    add(storage)
    few = steps()
    with storage.transaction():
        for _ in range(5_000):
            add(storage)
    assert steps() == few
    storage.close()


def test_the_messages_of_sessions_are_counted(tmp_path: Path) -> None:
    store = open_store(tmp_path, clock=SystemClock())
    with store.writing() as changes:
        changes.put_session(a_session("s1"))
        changes.put_message(a_message("m1", session_id="s1"))
    assert (store.facts().sessions, store.facts().messages) == (1, 1)
    with store.writing(erasing=True) as changes:
        changes.erase_session("s1")
    assert (store.facts().sessions, store.facts().messages) == (0, 0)
    store.close()
