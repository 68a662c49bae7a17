"""Several processes share a store, and some of them die."""

import signal
import sys
import time
from pathlib import Path

import pytest

from tests.support.store import FixedClock, a_holder, a_session, put
from tests.support.store_process import line, process
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.engine.processes import Owners
from threadkeep.adapters.store.store import SqliteStore
from threadkeep.domain.errors import StoreUnavailable

TELL_OWNER = """
print(store.owner, flush=True)
sys.stdin.readline()
store.close()
"""

WRITE = """
for n in range(1, 101):
    put(store, a_message(f"{sys.argv[0]}{NAME}-{n}", seq=n, session_id=NAME))
    with store.writing() as changes:
        session = changes.session("s1")
        changes.put_session(evolve(session, message_count=session.message_count + 1))
store.close()
print("done", flush=True)
"""

WRITE_UNTIL_KILLED = """
n = START
while True:
    n += 1
    put(store, a_message(f"m{n}", seq=n, text="word " * 50), an_event(n))
    print(n, flush=True)
"""


@pytest.mark.slow
def test_two_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path, clock=FixedClock())
    put(store, a_session())
    with process(tmp_path, "NAME = 'x'" + WRITE) as first, process(tmp_path, "NAME = 'y'" + WRITE) as second:
        assert [line(first), line(second)] == ["done", "done"]
    with store.reading() as records:
        session = records.session("s1")
    assert session is not None
    assert session.message_count == 200
    assert store.facts().messages == 200
    store.close()


@pytest.mark.slow
def test_a_killed_writer_loses_no_acknowledged_write(tmp_path: Path) -> None:
    acknowledged = 0
    for round_ in range(5):
        with process(tmp_path, f"START = {acknowledged}" + WRITE_UNTIL_KILLED) as writer:
            for _ in range(20 + round_ * 7):
                acknowledged = int(line(writer))
            writer.kill()
            # not communicate(): it does not see what readline has read ahead
            assert writer.stdout is not None
            rest = writer.stdout.read().split("\n")[:-1]
            acknowledged = int(rest[-1]) if rest else acknowledged
        store = open_store(tmp_path, clock=FixedClock())
        with store.reading() as records:
            assert all(records.message(f"m{n}") for n in range(1, acknowledged + 1))
            # what was stored and not yet acknowledged is whole
            beyond = records.message(f"m{acknowledged + 1}")
            events = len(records.events("s1", after_seq=acknowledged, limit=10))
            assert events == (1 if beyond else 0)
        acknowledged += 1 if beyond else 0
        store.close()


@pytest.mark.slow
def test_a_process_is_alive_until_it_ends_or_is_killed(tmp_path: Path) -> None:
    store = open_store(tmp_path, clock=FixedClock())
    with process(tmp_path, TELL_OWNER) as ending, process(tmp_path, TELL_OWNER) as killed:
        owners = [line(ending), line(killed)]
        assert [store.is_alive(a_holder(owner)) for owner in owners] == [True, True]
        killed.kill()
        # not waited for: on POSIX it is a zombie now, which still answers to its process id
        deadline = time.monotonic() + 10
        while store.is_alive(a_holder(owners[1])) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert [store.is_alive(a_holder(owner)) for owner in owners] == [True, False]
        ending.communicate("\n", timeout=10)
        assert not store.is_alive(a_holder(owners[0]))
    locks = {file.stem for file in (tmp_path / "owners").iterdir()}
    assert locks == {store.owner, owners[1]}
    other = open_store(tmp_path, clock=FixedClock())
    assert {file.stem for file in (tmp_path / "owners").iterdir()} == {store.owner, other.owner}
    assert other.is_alive(a_holder(store.owner))
    store.close()
    assert not other.is_alive(a_holder(store.owner))
    other.close()
    assert list((tmp_path / "owners").iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process and let it go on")
def test_a_stopped_process_is_alive(tmp_path: Path) -> None:
    store = open_store(tmp_path, clock=FixedClock())
    with process(tmp_path, TELL_OWNER) as other:
        owner = line(other)
        other.send_signal(signal.SIGSTOP)
        assert store.is_alive(a_holder(owner))
    store.close()


@pytest.mark.slow
def test_a_store_that_another_process_holds_for_too_long_is_unavailable(tmp_path: Path) -> None:
    hold = """
    with store.writing() as changes:
        changes.put_session(a_session())
        print("held", flush=True)
        sys.stdin.readline()
    print("let go", flush=True)
    """
    store = SqliteStore(tmp_path, clock=FixedClock(), busy_timeout_ms=50)
    with process(tmp_path, hold) as holder:
        assert line(holder) == "held"
        with pytest.raises(StoreUnavailable, match=r"another process|by process \d+"):
            put(store, a_session("s2"))
        with store.reading() as records:
            assert records.session("s1") is None
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert line(holder) == "let go"
        put(store, a_session("s2"))
    with store.reading() as records:
        assert records.session("s1") == a_session()
        assert records.session("s2") == a_session("s2")
    store.close()


@pytest.mark.slow
def test_two_processes_may_make_the_same_store(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    code = "print('made', flush=True)"
    with process(folder, code) as first, process(folder, code) as second, process(folder, code) as third:
        assert [line(first), line(second), line(third)] == ["made"] * 3


def test_owners_of_one_process_tell_each_other_apart(tmp_path: Path) -> None:
    one, other = Owners(tmp_path), Owners(tmp_path)
    assert one.own != other.own
    assert one.is_alive(other.own)
    other.close()
    other.close()
    assert not one.is_alive(other.own)
    assert one.is_alive(one.own)
    one.close()
