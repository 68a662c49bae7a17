"""The store that is opened when it is first used."""

from pathlib import Path

import pytest

from tests.support.store import FixedClock, a_message, a_session, put
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.lazy import LazyStore
from threadkeep.adapters.store.memory import MemoryStore
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.ports.store import Store


def test_it_is_opened_once_when_it_is_first_used() -> None:
    opened: list[Store] = []

    def open_memory() -> Store:
        opened.append(MemoryStore())
        return opened[-1]

    store = LazyStore(open_memory)
    assert (list(store.warnings()), opened) == ([], [])
    put(store, a_session())
    with store.reading() as records:
        assert records.session("s1") == a_session()
    assert len(opened) == 1


def test_opening_is_tried_again_until_it_succeeds() -> None:
    stores = iter([None, MemoryStore()])

    def open_second_time() -> Store:
        store = next(stores)
        if store is None:
            raise StoreUnavailable("not yet")
        return store

    store = LazyStore(open_second_time)
    with pytest.raises(StoreUnavailable, match="not yet"):
        put(store, a_session())
    put(store, a_session())
    assert store.facts().sessions == 1


def test_who_reads_and_writes_gets_the_store_itself_as_soon_as_it_is_open() -> None:
    opened: list[Store] = []
    inner = MemoryStore()
    store = LazyStore(lambda: inner, when_open=opened.append)
    assert opened == []
    put(store, a_session())
    put(store, a_session("s2"))
    assert opened == [inner]


def test_it_erases_as_the_store_does(tmp_path: Path) -> None:
    store = LazyStore(lambda: open_store(tmp_path, clock=FixedClock()))
    put(store, a_message(text="secret"))
    with store.writing(durable=False, erasing=True) as changes:
        changes.put_message(a_message())
    store.finish_erasing()
    assert not [file for file in tmp_path.iterdir() if file.is_file() and b"secret" in file.read_bytes()]
    store.close()


def test_a_closed_one_stays_closed() -> None:
    store = LazyStore(MemoryStore)
    put(store, a_session())
    store.close()
    with pytest.raises(StoreUnavailable):
        put(store, a_session())
