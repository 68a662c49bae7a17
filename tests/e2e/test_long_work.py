"""Long work over real processes: killed in the middle, cancelled, and beside other requests of the same window."""

import time
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from tests.e2e.conftest import Start
from tests.soak.audit import problems
from tests.soak.long_work import fill
from tests.support.product import Editor
from threadkeep.adapters.runtime import SystemClock
from threadkeep.adapters.store import open_store
from threadkeep.values import evolve

pytestmark = pytest.mark.slow

SECRET = "zyxwvutsrq"
MESSAGES = 3_000


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def big_session(editor: Editor, store: Path) -> str:
    """A session with many messages, the second one of which holds the secret."""
    session_id = str(editor.open()["session"]["id"])
    fill(store, session_id, messages=MESSAGES)
    opened = open_store(store, clock=SystemClock())
    with opened.writing() as changes:
        session = changes.session(session_id)
        assert session is not None
        message = changes.path_after(session, limit=2, after_seq=0)[1]
        parts = (evolve(message.parts[0], text=f"It is {SECRET}."),)
        changes.put_message(evolve(message, parts=parts))
    opened.close()
    return session_id


def rows(store: Path, sql: str) -> int:
    connection = apsw.Connection(str(store / "threadkeep.db"), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(10_000)
    try:
        return int(str(connection.execute(sql).fetchall()[0][0]))
    finally:
        connection.close()


def until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def pending(store: Path) -> int:
    return rows(store, "SELECT count(*) FROM pending")


def messages(store: Path) -> int:
    return rows(store, "SELECT count(*) FROM messages")


def test_a_fork_whose_process_is_killed_is_gone(start: Start, folder: Path, store: Path) -> None:
    editor = start()
    editor.begin(folder)
    session_id = big_session(editor, store)
    editor.request("session/fork", {"sessionId": session_id})
    until(lambda: messages(store) > MESSAGES + 200)
    editor.kill()
    assert problems(store) == []
    again = start()
    again.begin(folder)
    assert [each["id"] for each in again.result("session/list")["sessions"]] == [session_id]
    found = again.result("session/search", {"query": SECRET})["hits"]
    assert [each["session"]["id"] for each in found] == [session_id]
    assert again.result("store/doctor")["problems"] == []
    until(lambda: pending(store) == 0)
    assert messages(store) == MESSAGES
    assert problems(store) == []


def test_a_purge_whose_process_is_killed_is_finished(start: Start, folder: Path, store: Path) -> None:
    editor = start()
    editor.begin(folder)
    session_id = big_session(editor, store)
    editor.result("session/delete", {"sessionId": session_id})
    editor.request("session/purge", {"sessionId": session_id})
    until(lambda: 0 < messages(store) < MESSAGES - 200)
    editor.kill()
    assert problems(store) == []
    again = start()
    again.begin(folder)
    assert again.error("session/get", {"sessionId": session_id})["data"]["kind"] == "sessionNotFound"
    assert again.result("session/search", {"query": SECRET})["hits"] == []
    until(lambda: pending(store) == 0 and messages(store) == 0)
    has_traces = "SELECT count(*) FROM meta WHERE name = 'erasing'"
    until(lambda: rows(store, has_traces) == 0)
    again.close()
    assert problems(store) == []
    assert not any(SECRET.encode() in file.read_bytes() for file in store.rglob("*") if file.is_file())


def test_a_fork_is_dropped_when_its_request_is_cancelled(start: Start, folder: Path, store: Path) -> None:
    editor = start()
    editor.begin(folder)
    session_id = big_session(editor, store)
    asked = editor.request("session/fork", {"sessionId": session_id, "workDoneToken": "t"})
    editor.wait_for(lambda m: m.get("method") == "$/progress" and m["params"]["value"]["kind"] == "report")
    editor.notify("$/cancelRequest", {"id": asked})
    assert editor.response(asked)["error"]["code"] == -32800
    assert [each["id"] for each in editor.result("session/list")["sessions"]] == [session_id]
    until(lambda: pending(store) == 0)
    assert messages(store) == MESSAGES


def test_a_window_is_served_while_it_forks(start: Start, folder: Path, store: Path) -> None:
    editor = start()
    editor.begin(folder)
    session_id = big_session(editor, store)
    other = editor.result("session/create")["session"]["id"]
    forking = editor.request("session/fork", {"sessionId": session_id})
    served = 0
    while not any(message.get("id") == forking for message in editor._pending):
        editor.result("session/update", {"sessionId": other, "note": f"{served}"})
        editor.result("session/update", {"sessionId": session_id, "note": f"{served}"})
        editor.result("session/list")
        served += 1
        assert served < 10_000
    assert served > 3, "others are served in between"
    forked = editor.response(forking)["result"]["session"]
    assert (forked["messageCount"], forked["forkedFrom"]["sessionId"]) == (MESSAGES, session_id)
    assert problems(store) == []
