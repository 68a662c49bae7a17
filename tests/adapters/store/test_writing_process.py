"""A process that is stopped in the middle of a write holds up all others: it is named."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.store import a_session, put
from tests.support.surroundings import FakeClock
from threadkeep.adapters.store.engine.errors import _writing_process
from threadkeep.adapters.store.store import SqliteStore
from threadkeep.domain.errors import StoreUnavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells who holds a lock")

HOLD = """
import apsw, sys
connection = apsw.Connection(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_who_is_stopped_while_it_writes_is_named_and_others_write_when_it_ends(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, clock=FakeClock(), busy_timeout_ms=100)
    put(store, a_session("s1"))
    command = [sys.executable, "-c", HOLD, str(tmp_path / "threadkeep.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        os.kill(holder.pid, signal.SIGSTOP)
        try:
            with pytest.raises(StoreUnavailable, match=f"being written by process {holder.pid}, which"):
                put(store, a_session("s1", title="x"))
        finally:
            holder.kill()
    put(store, a_session("s1", title="y"))
    store.close()


def test_a_store_that_nobody_holds_names_nobody(tmp_path: Path) -> None:
    assert _writing_process(tmp_path / "threadkeep.db") is None
    store = SqliteStore(tmp_path, clock=FakeClock())
    put(store, a_session("s1"))
    assert _writing_process(tmp_path / "threadkeep.db") is None
    store.close()
