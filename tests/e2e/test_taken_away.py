"""The store's files go while an answer is written: it is rescued, and ends where it belongs once it is taken in."""

import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.support.product import Editor, plan
from tests.support.wire import Json

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files where they are"),
]


def warned(editor: Editor, kind: str) -> str:
    def is_it(message: Json) -> bool:
        return message.get("method") == "store/warning" and message["params"]["kind"] == kind

    return str(editor.wait_for(is_it)["params"]["message"])


def delete_database(store: Path) -> None:
    for file in store.glob("threadkeep.db*"):
        file.unlink()


def contents(editor: Editor, session_id: str) -> list[str]:
    history = editor.result("session/history", {"sessionId": session_id})
    return [message["content"] for message in history["messages"]]


def test_a_running_answer_is_rescued_and_ends_in_the_store_that_took_it_in(
    start: Start, folder: Path, tmp_path: Path
) -> None:
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    asked = plan(texts=["So ", "far"], stall_after=2)
    sent = editor.result("chat/send", {"sessionId": session_id, "text": asked})
    editor.wait_for(lambda m: m.get("method") == "chat/delta" and m["params"]["text"].endswith("far"))
    delete_database(tmp_path / "store")
    told = warned(editor, "takenAway")
    (file,) = (tmp_path / "store").glob("threadkeep-rescued-*.db")
    assert str(file) in told
    error = editor.error("session/create", {"title": "refused"})
    assert (error["data"]["kind"], error["data"]["retryable"]) == ("storeUnavailable", True)
    assert editor.error("store/backup", {})["data"]["kind"] == "storeUnavailable"
    assert contents(editor, session_id)[-1] == "So far"  # what is open can be read

    other = start()
    other.begin(folder)
    assert other.open()["created"] is True
    assert str(file) in warned(other, "rescued")
    assert other.result("store/doctor", {"repair": True})["isHealthy"] is True
    assert str(file) in warned(editor, "storeReopened")
    assert not file.exists()
    editor.result("chat/cancel", {"sessionId": session_id, "turnId": sent["turnId"]})
    waited = editor.result("chat/wait", {"sessionId": session_id, "turnId": sent["turnId"]})
    assert (waited["turn"]["status"], waited["message"]["content"]) == ("cancelled", "So far")
    assert contents(other, session_id)[-1] == "So far"
    assert other.result("store/doctor", {}) == {"isHealthy": True, "problems": []}
    # both windows hear each other as before
    created = editor.result("session/create", {"title": "together"})["session"]["id"]
    other.wait_for(lambda m: m.get("method") == "session/changed" and m["params"]["session"]["id"] == created)


def test_two_windows_without_the_index_of_the_log_lose_nothing(
    start: Start, folder: Path, tmp_path: Path
) -> None:
    editor = start()
    editor.begin(folder)
    titles = {"first"}
    editor.result("session/create", {"title": "first"})
    (tmp_path / "store" / "threadkeep.db-shm").unlink()
    other = start()
    other.begin(folder)
    for number in range(10):
        for each, name in ((other, "other"), (editor, "editor")):
            title = f"{name} {number}"
            if "result" in each.call("session/create", {"title": title}):
                titles.add(title)
    editor.shut_down()
    other.shut_down()
    fresh = start()
    fresh.begin(folder)
    assert fresh.result("store/doctor", {"repair": True})["isHealthy"] is True
    listed = fresh.result("session/list", {"limit": 100})["sessions"]
    assert titles <= {session["title"] for session in listed}
    assert "other 9" in titles
