"""What every store promises about transactions, snapshots, threads, and who is alive."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.each_store import EACH_STORE, ON_DISKS
from tests.support.store import (
    KEY,
    a_holder,
    a_message,
    a_session,
    an_event,
    opened_store,
    put,
)
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.domain.repositories import Repository
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.store import Store
from threadkeep.values import evolve


@pytest.fixture(params=ON_DISKS)
def log_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """One with a log, in which those who read find what was there before a write."""
    with opened_store(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def memory_store(tmp_path: Path) -> Iterator[Store]:
    with opened_store("memory", tmp_path) as opened:
        yield opened


@pytest.fixture(params=EACH_STORE)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as opened:
        yield opened


def test_a_transaction_reads_what_it_wrote(store: Store) -> None:
    with store.writing() as changes:
        changes.put_session(a_session())
        changes.put_message(a_message(text="word"))
        assert changes.session("s1") == a_session()
        assert changes.count_sessions(SessionFilter()) == 1
        assert [passage.message_id for passage in changes.passages("word", repository_id="r1", limit=5)] == [
            "m1"
        ]


def test_nothing_of_a_failed_transaction_is_stored(store: Store) -> None:
    put(store, a_session(title="before"))

    def fail() -> None:
        with store.writing() as changes:
            changes.put_session(a_session(title="after"))
            changes.put_message(a_message())
            changes.put_event(an_event(1))
            changes.make_current(a_session())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.reading() as records:
        assert records.session("s1") == a_session(title="before")
        assert records.message("m1") is None
        assert records.oldest_event_seq("s1") is None
        assert records.current_session_id(KEY) is None
    put(store, a_session(title="later"))
    with store.reading() as records:
        assert records.session("s1") == a_session(title="later")


def test_an_erasing_transaction_stores_all_or_nothing(store: Store) -> None:
    put(store, a_session(), a_message(text="secret"))

    def fail() -> None:
        with store.writing(erasing=True) as changes:
            changes.put_message(a_message())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.reading() as records:
        assert records.message("m1") == a_message(text="secret")
    with store.writing(durable=False, erasing=True) as changes:
        changes.put_message(a_message())
    with store.reading() as records:
        assert records.message("m1") == a_message()
        assert records.session("s1") == a_session()
        assert list(records.passages("secret", repository_id="r1", limit=5)) == []
    put(store, a_message("m2", seq=2, text="secret"))
    with store.reading() as records:
        assert len(records.passages("secret", repository_id="r1", limit=5)) == 1
    assert list(store.warnings()) == []


def test_a_reader_keeps_seeing_the_state_it_began_with(log_store: Store) -> None:
    put(log_store, a_session(title="before"))
    with log_store.reading() as records:
        assert records.session("s1") == a_session(title="before")
        put(log_store, a_session(title="after"), a_session("s2"))
        assert records.session("s1") == a_session(title="before")
        assert records.session("s2") is None


def test_reading_inside_a_transaction_sees_what_is_committed(log_store: Store) -> None:
    put(log_store, a_session(title="before"))
    with log_store.writing() as changes:
        changes.put_session(a_session(title="after"))
        with log_store.reading() as records:
            assert records.session("s1") == a_session(title="before")


def test_in_memory_reading_and_writing_inside_one_another_is_refused(memory_store: Store) -> None:
    put(memory_store, a_session(title="before"))
    with memory_store.writing() as changes:
        changes.put_session(a_session(title="after"))
        with pytest.raises(RuntimeError, match="reading"), memory_store.reading():
            pass
    with memory_store.reading() as records, memory_store.reading() as again:
        with pytest.raises(RuntimeError, match="reading"), memory_store.writing():
            pass
        assert records.session("s1") == again.session("s1") == a_session(title="after")


def test_in_memory_a_reader_waits_for_the_writer_and_finds_what_it_wrote(memory_store: Store) -> None:
    is_writing, found = threading.Event(), []

    def write() -> None:
        with memory_store.writing() as changes:
            is_writing.set()
            time.sleep(0.05)
            changes.put_session(a_session())

    def read() -> None:
        assert is_writing.wait(10)
        with memory_store.reading() as records:
            found.append(records.session("s1"))

    threads = [threading.Thread(target=work) for work in (write, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == [a_session()]


def test_a_transaction_inside_another_one_is_refused_and_harms_neither(store: Store) -> None:
    with store.writing() as changes:
        changes.put_session(a_session())
        with pytest.raises(RuntimeError, match="transaction"), store.writing():
            pass
    with store.reading() as records:
        assert records.session("s1") == a_session()


def test_writers_of_many_threads_come_one_after_another(store: Store) -> None:
    put(store, a_session())

    def count_up(_: int) -> None:
        with store.writing(durable=False) as changes:
            session = changes.session("s1")
            assert session is not None
            changes.put_session(evolve(session, message_count=session.message_count + 1))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count_up, range(80)))
    with store.reading() as records:
        session = records.session("s1")
    assert session is not None
    assert session.message_count == 80


def test_a_reader_waits_for_no_writer(log_store: Store) -> None:
    is_writing, is_read = threading.Event(), threading.Event()

    def write() -> None:
        with log_store.writing() as changes:
            changes.put_session(a_session())
            is_writing.set()
            assert is_read.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    assert is_writing.wait(10)
    with log_store.reading() as records:
        assert records.session("s1") is None
    is_read.set()
    writer.join(10)
    assert not writer.is_alive()


def test_a_closed_store_is_unavailable(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable), store.reading():
        pass
    with pytest.raises(StoreUnavailable), store.writing():
        pass


def test_facts_count_what_is_stored(store: Store) -> None:
    with store.writing() as changes:
        changes.put_session(a_session())
        changes.put_message(a_message("m1"))
        changes.put_message(a_message("m2", seq=2))
        changes.put_repository(Repository(id="r1", name="r", aliases=()))
    facts = store.facts()
    assert (facts.sessions, facts.messages, facts.repositories) == (1, 2, 1)
    assert facts.engine
    assert facts.path


def test_the_own_process_is_alive_and_an_unknown_one_is_dead(store: Store) -> None:
    assert store.is_alive(a_holder(store.owner))
    assert not store.is_alive(a_holder("0" * 32))
    assert not store.is_alive(a_holder("../owners/x"))


def test_a_store_opened_in_order_has_no_warnings(store: Store) -> None:
    assert list(store.warnings()) == []


def test_rest_is_only_told_where_it_is_certain(store: Store) -> None:
    assert not store.is_at_rest()  # nobody has looked yet
    for number in range(3):
        put(store, a_session(f"s{number}"))
        assert not store.is_at_rest()
        store.data_version()
        store.run_maintenance()
        if store.is_at_rest():
            put(store, a_session(f"t{number}"))
            assert not store.is_at_rest()
