"""What was erased is nowhere in the store's files."""

import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from tests.support.store import (
    FixedClock,
    a_message,
    a_session,
    a_turn,
    an_attachment,
    an_event,
    an_outcome,
    at,
    put,
)
from tests.support.store_process import line, process
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.erasing import begin_erasing
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.search.fulltext import forget
from threadkeep.adapters.store.store import SqliteStore
from threadkeep.domain.messages import Message, Part, text_part
from threadkeep.domain.sessions import LastMessage
from threadkeep.domain.turns import Waiting
from threadkeep.ports.store import Draft, Store
from threadkeep.values import evolve

SECRET: Final = 'Pässw0rd "zyxwvutsrq" \\ hjklmnbvcx 秘密'
WORDS: Final = ("Pässw0rd", "passw0rd", "zyxwvutsrq", "hjklmnbvcx", "秘密")
FORMS: Final = (SECRET, json.dumps(SECRET)[1:-1], json.dumps(SECRET, ensure_ascii=False)[1:-1], *WORDS)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path, clock=FixedClock(), busy_timeout_ms=50)
    yield opened
    opened.close()


def files(folder: Path) -> bytes:
    """Everything that stands in the folder's files."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def found(folder: Path, *texts: str) -> list[str]:
    """Those of the texts that stand in any file."""
    data = files(folder)
    return [text for text in texts if text.encode() in data]


def erase(store: Store, *message_ids: str) -> None:
    with store.writing(erasing=True) as changes:
        for message_id in message_ids:
            message = changes.message(message_id)
            assert message is not None
            changes.put_message(evolve(message, parts=(), metadata={}, note=None))
    store.finish_erasing()


@pytest.mark.parametrize("later", [0, 200], ids=["not yet indexed", "indexed"])
def test_an_erased_secret_is_in_no_file(store: SqliteStore, tmp_path: Path, later: int) -> None:
    parts = (text_part(SECRET), an_attachment(SECRET * 400, range_=None))
    put(
        store,
        a_session(title=SECRET, note=SECRET, last_message=LastMessage(role="user", preview=SECRET, at=at(1))),
        a_message(parts=parts, metadata={SECRET: [SECRET]}, note=SECRET),
        a_turn(waiting=Waiting(parts=(Part(type="text", text=SECRET),))),
        an_event(1),
    )
    put(store, *(a_message(f"n{n}", seq=n + 2, session_id="s2", text="plain words") for n in range(later)))
    draft = Draft(session_id="s1", window_id=None, text=SECRET, scroll=None, at=at(1))
    with store.writing() as changes:
        changes.put_draft(draft)
        changes.put_outcome(an_outcome("k", at(1), result={"content": SECRET}))
    assert found(tmp_path, *FORMS)

    with store.writing(erasing=True) as changes:
        changes.put_message(a_message())
        changes.put_session(a_session())
        changes.put_turn(a_turn())
        changes.put_draft(evolve(draft, text=""))
        changes.forget_outcomes(SECRET)
    store.finish_erasing()
    assert found(tmp_path, *FORMS) == []
    with store.reading() as records:
        assert (records.message("m1"), records.session("s1")) == (a_message(), a_session())
        assert len(records.passages("plain", repository_id="r1", limit=5)) == 0
        assert store.facts().messages == later + 1
    assert list(store.warnings()) == []


def test_a_journaled_secret_goes_with_its_message(store: SqliteStore, tmp_path: Path) -> None:
    put(store, a_message(role="assistant", status="streaming"))
    with store.writing(durable=False) as changes:
        for word in SECRET.split():
            changes.append_journal("m1", "text", word)
    put(store, a_message(role="assistant", status="interrupted", text=SECRET))
    assert found(tmp_path, *WORDS)
    erase(store, "m1")
    assert found(tmp_path, *FORMS) == []


def test_no_word_of_an_erased_message_is_left_between_others(store: SqliteStore, tmp_path: Path) -> None:
    """Answers that grow push others about, and pages of the index are told apart by words that stood there."""
    chance = random.Random(1)
    words = [f"word{n:05d}" for n in range(4_000)]
    chance.shuffle(words)
    texts = [
        " ".join(words[n : n + 10] + ["filler"] * chance.choice((0, 5, 40))) for n in range(0, 4_000, 10)
    ]
    begun = [
        a_message(f"m{n}", seq=n, role="assistant", status="streaming") for n in range(1, len(texts) + 1)
    ]
    for at_once in range(0, len(begun), 5):
        put(store, *begun[at_once : at_once + 5])
        put(store, *(whole(message, texts) for message in begun[at_once : at_once + 5]))
    erase(store, *(message.id for message in begun[::3]))

    gone = {word for message in begun[::3] for word in texts[message.seq - 1].split()} - {"filler"}
    assert found(tmp_path, *gone) == []
    assert len(found(tmp_path, *texts[1].split()[:10])) == 10
    storage = open_storage(tmp_path, busy_timeout_ms=1_000)
    storage.rows("INSERT INTO message_text(message_text) VALUES ('integrity-check')")
    assert storage.rows("PRAGMA integrity_check") == [("ok",)]
    storage.close()


def whole(message: Message, texts: list[str]) -> Message:
    return evolve(message, status="complete", parts=(text_part(texts[message.seq - 1]),))


def test_a_transaction_that_fails_erases_nothing(store: SqliteStore, tmp_path: Path) -> None:
    put(store, a_message(text=SECRET))

    def fail() -> None:
        with store.writing(erasing=True) as changes:
            changes.put_message(a_message())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.reading() as records:
        assert records.message("m1") == a_message(text=SECRET)
    store.close()
    reopened = open_store(tmp_path, clock=FixedClock())
    assert found(tmp_path, "hjklmnbvcx")
    reopened.close()


def test_whoever_reads_what_was_there_is_not_disturbed_and_it_goes_afterwards(
    store: SqliteStore, tmp_path: Path
) -> None:
    put(store, a_message(text=SECRET), a_message("m2", seq=2, text="another " + SECRET))
    with store.reading() as records:
        assert records.message("m1") is not None
        erase(store, "m1")
        assert records.message("m1") == a_message(text=SECRET)
        ((kind, told),) = store.warnings()
        assert (kind, str(tmp_path) in told) == ("erasingUnfinished", True)
        assert found(tmp_path, SECRET.split()[0])
    erase(store, "m2")
    assert found(tmp_path, *FORMS) == []
    assert list(store.warnings()) == []


def test_other_writers_of_the_process_wait_until_it_is_erased(store: SqliteStore) -> None:
    with ThreadPoolExecutor(1) as thread:
        with store._alone():  # a step of it
            later = thread.submit(put, store, a_message("later", seq=500))
            with pytest.raises(TimeoutError):
                later.result(0.2)  # four times as long as a writer waits for another one
        later.result(30)
    with store.reading() as records:
        assert records.message("later") is not None


def test_others_write_between_the_steps_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, clock=FixedClock())
    put(store, *(a_message(f"m{n}", seq=n, text=f"{SECRET} w{n} {'x' * 50}") for n in range(1, 400)))
    is_over = threading.Event()

    def write() -> int:
        number = 1_000
        while not is_over.is_set():
            put(store, a_message(f"m{number}", seq=number, text="plain"))
            number += 1
        return number

    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(write)
        try:
            for number in range(1, 400):
                with store.writing(erasing=True) as changes:
                    changes.put_message(a_message(f"m{number}", seq=number, parts=()))
                if number % 100 == 99:
                    store.finish_erasing()
        finally:
            is_over.set()
        written = writing.result(30)
    store.finish_erasing()
    assert found(tmp_path, *FORMS) == []
    assert store.facts().messages == 399 + written - 1_000
    assert list(store.warnings()) == []
    store.close()


@pytest.mark.slow
def test_another_process_that_reads_delays_the_end_of_the_traces_only(tmp_path: Path) -> None:
    reading = """
    with store.reading() as records:
        print(records.message("m1").content, flush=True)
        sys.stdin.readline()
        print(records.message("m1").content, flush=True)
    print("read", flush=True)
    sys.stdin.readline()
    """
    store = SqliteStore(tmp_path, clock=FixedClock(), busy_timeout_ms=50)
    put(store, a_message(text="hjklmnbvcx"))
    with process(tmp_path, reading) as reader:
        assert line(reader) == "hjklmnbvcx"
        erase(store, "m1")
        assert [kind for kind, _ in store.warnings()] == ["erasingUnfinished"]
        assert found(tmp_path, "hjklmnbvcx")
        assert reader.stdin is not None
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert [line(reader), line(reader)] == ["hjklmnbvcx", "read"]
        store.close()
        # the other process has the store open, and with it the log
        assert found(tmp_path, "hjklmnbvcx") == []
        assert (tmp_path / "threadkeep.db-wal").exists()


def test_an_erasing_that_was_cut_short_ends_at_the_next_opening(tmp_path: Path) -> None:
    first = open_store(tmp_path, clock=FixedClock())
    put(first, a_message(text=SECRET), *(a_message(f"n{n}", seq=n + 2, text="plain") for n in range(100)))
    storage = open_storage(tmp_path, busy_timeout_ms=1_000)
    with storage.transaction():  # as a process leaves it that is killed after its commit
        begin_erasing(storage)
        storage.rows("DELETE FROM messages WHERE doc_id = 1")
        forget(storage, 1, a_message(text=SECRET))
    storage.close()
    assert found(tmp_path, *FORMS)
    second = open_store(tmp_path, clock=FixedClock())
    assert found(tmp_path, *FORMS) == []
    assert list(second.warnings()) == []
    second.close()
    first.close()


def test_a_mark_is_left_only_while_traces_are(store: SqliteStore, tmp_path: Path) -> None:
    put(store, a_message(text=SECRET))
    erase(store, "m1")
    storage = open_storage(tmp_path, busy_timeout_ms=1_000)
    names = {name for (name,) in storage.rows("SELECT name FROM meta")}
    storage.close()
    assert names <= {"oldest_reader", "indexed_to"}
