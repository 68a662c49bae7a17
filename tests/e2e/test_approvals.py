"""Approvals over real stdio: answered from another window, after kill -9 too, and counted in syncs."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start
from tests.support.product import Editor
from tests.support.scripted import SETTINGS, installed_in, play
from tests.support.wire import Json

COMMAND = {"command": "make install"}
CALL = {"call": {"id": "c1", "name": "bash", "title": "Install it", "kind": "execute", "input": COMMAND}}
DONE = [{"call": {"id": "c1", "state": "completed"}}, {"text": "Installed."}]
ASKS = play(CALL, {"ask": {"call": "c1", "yes": DONE, "no": [{"text": "Left alone."}]}})


def an_editor(start: Start, folder: Path) -> Editor:
    settings: dict[str, Any] = {**SETTINGS, "trustedWorkspace": True}
    editor = start(model=None, settings=settings, env=installed_in(folder))
    editor.begin(folder)
    return editor


def asked(editor: Editor, session_id: str) -> tuple[str, Json]:
    """The turn that asks, and what it asks."""
    turn = editor.result("chat/send", {"sessionId": session_id, "text": ASKS})["turnId"]
    return turn, editor.notification("chat/approvalRequested")["approval"]


def decision(approval: Json, kind: str) -> Json:
    option = next(each for each in approval["options"] if each["kind"] == kind)
    return {
        "sessionId": approval["sessionId"],
        "approvalId": approval["id"],
        "optionId": option["id"],
    }


@pytest.mark.parametrize(("kind", "said"), [("allowOnce", "Installed."), ("rejectOnce", "Left alone.")])
def test_another_window_sees_the_question_and_decides(
    start: Start, folder: Path, kind: str, said: str
) -> None:
    one, two = an_editor(start, folder), an_editor(start, folder)
    session = one.open()["session"]
    two.open()
    turn, approval = asked(one, session["id"])
    assert (approval["title"], approval["detail"]) == ("Install it", "make install")
    assert two.notification("chat/approvalRequested")["approval"] == approval
    assert two.open()["approvals"] == [approval]
    assert two.result("session/get", {"sessionId": session["id"]})["session"]["activity"] == "waiting"
    two.result("chat/approve", decision(approval, kind))
    late = one.error("chat/approve", decision(approval, "allowOnce"))
    assert late["data"]["kind"] == "alreadyDecided"
    ended = one.result("chat/wait", {"sessionId": session["id"], "turnId": turn})
    assert ended["message"]["content"] == said
    for each in (one, two):
        closed = each.notification("chat/approvalClosed")
        assert (closed["approvalId"], closed["optionId"]) == (approval["id"], kind)


@pytest.mark.parametrize("is_continued_first", [False, True])
def test_a_question_that_waits_when_its_process_is_killed_is_answered_from_another_editor(
    start: Start, folder: Path, *, is_continued_first: bool
) -> None:
    one, two = an_editor(start, folder), an_editor(start, folder)
    session = one.open()["session"]
    _, approval = asked(one, session["id"])
    one.kill()
    opened = two.open()
    assert opened["approvals"] == [approval]
    assert opened["session"]["activity"] == "waiting"
    assert opened["messages"][-1]["parts"][0]["state"] == "waiting"
    if is_continued_first:
        turn = two.result("chat/continue", {"sessionId": session["id"]})["turnId"]
        assert two.notification("chat/approvalRequested")["approval"]["id"] == approval["id"]
        two.result("chat/approve", decision(approval, "allowOnce"))
    else:
        two.result("chat/approve", decision(approval, "allowOnce"))
        turn = two.result("chat/continue", {"sessionId": session["id"]})["turnId"]
    message = two.result("chat/wait", {"sessionId": session["id"], "turnId": turn})["message"]
    assert [(part["type"], part.get("state")) for part in message["parts"]] == [
        ("toolCall", "completed"),
        ("text", None),
    ]
    assert "approvals" not in two.open()


def test_cancelling_takes_the_question_back(start: Start, folder: Path) -> None:
    editor = an_editor(start, folder)
    session = editor.open()["session"]
    _, approval = asked(editor, session["id"])
    assert editor.result("chat/cancel", {"sessionId": session["id"]})["turn"]["status"] == "cancelled"
    assert editor.notification("chat/approvalClosed")["isWithdrawn"] is True
    refused = editor.error("chat/approve", decision(approval, "allowOnce"))
    assert refused["data"]["kind"] == "alreadyDecided"


def test_a_mode_is_kept_with_its_session(start: Start, folder: Path) -> None:
    editor = an_editor(start, folder)
    session = editor.open()["session"]
    assert "mode" not in session
    changed = editor.result("session/setMode", {"sessionId": session["id"], "mode": "readOnly"})["session"]
    assert changed["mode"] == "readOnly"
    message = editor.say(session["id"], ASKS)["message"]
    assert (message["parts"][0]["state"], message["content"]) == ("rejected", "Left alone.")
    assert "readOnly" in message["parts"][0]["error"]


def test_allowing_always_writes_the_rule_that_was_shown_and_asks_no_more(start: Start, folder: Path) -> None:
    editor = an_editor(start, folder)
    session = editor.open()["session"]
    turn, approval = asked(editor, session["id"])
    option = next(each for each in approval["options"] if each["kind"] == "allowAlways")
    assert option["rule"]["match"] == "make install"
    editor.result("chat/approve", decision(approval, "allowAlways"))
    editor.result("chat/wait", {"sessionId": session["id"], "turnId": turn})
    (kept,) = editor.home.rglob("permissions.toml")
    assert "make install" in kept.read_text(encoding="utf-8")
    assert editor.say(session["id"], ASKS)["message"]["content"] == "Installed."
