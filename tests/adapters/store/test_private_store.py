"""Two stores as one: where each thing goes, and what neither does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.store import FixedClock, a_message, a_session, an_event, put
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.memory import MemoryStore
from threadkeep.adapters.store.routing import RoutingStore
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.ports.store import Changes, Store


class FullStore(MemoryStore):
    """Refuses each commit."""

    @contextmanager
    def writing(self, *, durable: bool = True, erasing: bool = False) -> Iterator[Changes]:
        with super().writing(durable=durable, erasing=erasing) as changes:
            yield changes
            raise StoreUnavailable("There is no room.")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store", clock=FixedClock())
    yield opened
    opened.close()


def test_a_database_in_memory_keeps_its_journal_and_what_it_sorts_there() -> None:
    storage = MemoryStore()._storage
    assert storage.rows("PRAGMA journal_mode") == [("memory",)]
    assert storage.rows("PRAGMA temp_store") == [(2,)]
    assert storage.connection.filename == ""


def test_nothing_is_opened_in_memory_before_something_is_private(kept: Store) -> None:
    store = RoutingStore(kept)
    put(store, a_session(), a_message(), an_event(1))
    with store.reading() as records:
        assert records.session("s1") == a_session()
    assert store._memory is None
    put(store, a_session("s2", is_private=True))
    assert store._memory is not None


def test_each_thing_goes_where_its_session_is(kept: Store) -> None:
    store = RoutingStore(kept)
    private = a_session("p", is_private=True)
    put(store, private, a_message("pm", session_id="p"), an_event(1, session_id="p"))
    put(store, a_session(), a_message("m1"), an_event(1))
    with store.reading() as records:
        assert [message.id for message in records.all_messages("p")] == ["pm"]
        assert len(records.events("p", after_seq=0, limit=9)) == 1
        assert records.message("pm") is not None
    with kept.reading() as records:
        assert records.session("p") is None
        assert records.message("pm") is None
        assert list(records.events("p", after_seq=0, limit=9)) == []
        assert records.message("m1") is not None


def test_what_the_other_store_refuses_is_not_in_memory_either() -> None:
    store = RoutingStore(FullStore())
    with pytest.raises(StoreUnavailable):
        put(store, a_session("p", is_private=True), a_message("pm", session_id="p"))
    with store.reading() as records:
        assert records.session("p") is None
        assert records.message("pm") is None


def test_a_private_session_is_erased_and_its_id_is_free_again(kept: Store) -> None:
    store = RoutingStore(kept)
    private = a_session("p", is_private=True)
    put(store, private, a_message("pm", session_id="p"), a_message("pn", session_id="p", seq=2))
    with store.writing() as changes:
        changes.erase_session("p", is_over=lambda: True)
    with store.reading() as records:
        assert records.session("p") is None
        assert [pending.kind for pending in records.pending()] == ["erasing"]
    with store.writing() as changes:
        assert changes.clear_away("p")
    with store.reading() as records:
        assert records.message("pn") is None
        assert list(records.pending()) == []
    put(store, a_session("p", is_private=True, title="again"))
    with store.reading() as records:
        assert records.session("p") == a_session("p", is_private=True, title="again")
