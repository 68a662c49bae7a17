"""The editor goes, in whichever way, and what was there is there again."""

import shutil
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.support.product import plan

pytestmark = pytest.mark.slow


def contents(opened: dict) -> list[str]:
    return [message["content"] for message in opened["messages"]]


def test_another_editor_gets_the_same_session_back(start: Start, folder: Path) -> None:
    code = start()
    code.begin(folder, client="Visual Studio Code")
    before = code.open(windowId="code-1")
    code.say(before["session"]["id"], plan("Why?", texts=["Because"]))
    code.result("draft/set", {"sessionId": before["session"]["id"], "text": "And"})
    assert code.shut_down() == 0

    nvim = start()
    nvim.begin(folder, client="Neovim")
    after = nvim.open(windowId="nvim-1")
    assert (after["session"]["id"], after["created"]) == (before["session"]["id"], False)
    assert contents(after)[-1] == "Because"
    assert after["draft"]["text"] == "And"


@pytest.mark.parametrize("going", ["close_input", "kill", "sigterm"])
def test_an_editor_that_goes_in_mid_answer_leaves_an_interrupted_one(
    start: Start, folder: Path, going: str
) -> None:
    if going == "sigterm" and sys.platform == "win32":
        pytest.skip("Windows has no SIGTERM to send")
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    editor.result("chat/send", {"sessionId": session_id, "text": plan(texts=["Half"], stall_after=1)})
    editor.wait_for(lambda m: m.get("method") == "chat/delta")
    if going == "kill":
        # What was announced is on disk when the next delta would say so.
        editor.result("session/get", {"sessionId": session_id})
        time.sleep(0.3)
        editor.kill()
    elif going == "sigterm":
        editor.process.terminate()
        assert editor.wait() == 0
    else:
        editor.close_input()
        assert editor.wait() == 0

    again = start()
    again.begin(folder)
    opened = again.open()
    assert opened["session"]["activity"] == "interrupted"
    assert opened["messages"][-1]["status"] == "interrupted"
    assert contents(opened)[-1] == "Half"
    turn = opened["interruptedTurn"]
    assert (turn["turn"]["status"], turn["messageId"]) == ("interrupted", opened["messages"][-1]["id"])

    begun = again.result("chat/continue", {"sessionId": session_id})
    waited = again.result("chat/wait", {"sessionId": session_id, "turnId": begun["turnId"]})
    assert waited["message"]["status"] == "complete"
    assert waited["message"]["content"].startswith("Half")
    assert len(waited["message"]["content"]) > len("Half")
    assert "interruptedTurn" not in again.open()


def test_a_moved_folder_with_an_origin_finds_its_session(start: Start, folder: Path) -> None:
    (folder / ".git" / "config").write_text('[remote "origin"]\n\turl = git@example.org:acme/app.git\n')
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    editor.shut_down()
    moved = folder.with_name("moved")
    shutil.move(folder, moved)
    again = start()
    again.begin(moved)
    opened = again.open()
    assert opened["session"]["id"] == session_id
    assert [root["present"] for root in opened["session"]["repository"]["roots"]] == [True, False]


def test_two_windows_share_one_store(start: Start, folder: Path) -> None:
    left, right = start(), start()
    left.begin(folder)
    right.begin(folder)
    session_id = left.open()["session"]["id"]
    left.say(session_id, plan(texts=["Left"]))
    assert contents(right.open())[-1] == "Left"
    right.say(session_id, plan(texts=["Right"]))
    assert [c for c in contents(left.open()) if c in ("Left", "Right")] == ["Left", "Right"]


def test_a_turn_that_another_window_runs_makes_the_session_busy(start: Start, folder: Path) -> None:
    left, right = start(), start()
    left.begin(folder, client="left")
    right.begin(folder, client="right")
    session_id = left.open()["session"]["id"]
    sent = left.result("chat/send", {"sessionId": session_id, "text": plan(stall_after=0)})
    error = right.error("chat/send", {"sessionId": session_id, "text": "Me too"})
    assert (error["data"]["kind"], error["data"]["turnId"]) == ("sessionBusy", sent["turnId"])
    assert (error["data"]["holder"]["client"], error["data"]["holder"]["pid"]) == ("left", left.process.pid)
    left.kill()
    assert right.open()["messages"][-1]["status"] == "interrupted"
    assert right.say(session_id, plan(texts=["Now"]))["message"]["content"] == "Now"
