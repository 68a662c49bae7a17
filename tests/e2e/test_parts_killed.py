"""Kill -9 while an agent works: what was told is there, no state lies, and the answer goes on."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.e2e.test_approvals import an_editor, decision
from tests.support.product import Editor
from tests.support.scripted import play
from tests.support.wire import Json

ROUNDS = int(os.environ.get("KILL_ROUNDS", "1"))
"""Of each moment; more of them by hand."""

pytestmark = pytest.mark.slow

CALL = {
    "call": {"id": "c1", "name": "bash", "title": "Build", "kind": "execute", "input": {"command": "make"}}
}
STARTED = {"call": {"id": "c1", "state": "running", "output": [{"type": "terminal"}]}}
OUT = {"out": {"id": "c1", "text": "line\n", "times": 20_000}}
DONE = {"call": {"id": "c1", "state": "completed"}}
HOLD = {"hold": True}
AGAIN = [{"text": " and went on."}]


def state_is(state: str) -> Callable[[Json], bool]:
    return lambda each: each.get("method") == "chat/part" and each["params"]["part"].get("state") == state


def is_saved_output(each: Json) -> bool:
    """Output of which more than 50,000 bytes were on disk when it was told."""
    is_output = each.get("method") == "chat/delta" and each["params"]["kind"] == "toolOutput"
    return is_output and each["params"]["savedOffset"] > 50_000


MOMENTS = {
    "announced": ([CALL, HOLD], state_is("pending"), "interrupted"),
    "running": ([CALL, STARTED, HOLD], state_is("running"), "interrupted"),
    "putting out": ([CALL, STARTED, OUT, {"wait": 0.5}, OUT, HOLD], is_saved_output, "interrupted"),
    "stored": ([CALL, STARTED, OUT, DONE, HOLD], state_is("completed"), "completed"),
}


@pytest.mark.parametrize("round_", range(ROUNDS))
@pytest.mark.parametrize("moment", MOMENTS)
def test_what_was_told_of_a_call_is_there_after_a_kill(
    start: Start, folder: Path, moment: str, round_: int
) -> None:
    steps, is_it, state = MOMENTS[moment]
    editor = an_editor(start, folder)
    session = editor.open()["session"]
    text = play({"text": "I begin"}, *steps, then=AGAIN, text=f"Round {round_}")
    editor.result("chat/send", {"sessionId": session["id"], "text": text})
    told = editor.wait_for(is_it)
    editor.kill()
    again = an_editor(start, folder)
    opened = again.open()
    message = opened["messages"][-1]
    assert (message["status"], opened["session"]["activity"]) == ("interrupted", "interrupted")
    assert [part["type"] for part in message["parts"]] == ["text", "toolCall"]
    call = message["parts"][1]
    assert (call["state"], call["input"]) == (state, {"command": "make"})
    if moment == "putting out":
        assert output_of(again, session["id"], call).startswith(
            "line\n" * (told["params"]["savedOffset"] // 5)
        )
    if moment == "stored":
        assert output_of(again, session["id"], call) == "line\n" * 20_000
    turn = again.result("chat/continue", {"sessionId": session["id"]})["turnId"]
    ended = again.result("chat/wait", {"sessionId": session["id"], "turnId": turn})["message"]
    assert ended["content"] == "I begin and went on."
    assert [part["type"] for part in ended["parts"]] == ["text", "toolCall", "text"]


def output_of(editor: Editor, session_id: str, call: Json) -> str:
    item = call["output"][0]
    if "text" in item:
        return str(item["text"])
    whole, at = "", 0
    while at is not None:
        wanted = {
            "sessionId": session_id,
            "sha256": item["blob"]["sha256"],
            "offset": at,
            "encoding": "utf-8",
        }
        piece = editor.result("blob/get", wanted)
        whole, at = whole + piece["data"], piece.get("next")
    return whole


@pytest.mark.parametrize("round_", range(ROUNDS))
@pytest.mark.parametrize("kind", ["allowOnce", "rejectOnce"])
@pytest.mark.parametrize("moment", ["waiting", "decided"])
def test_a_question_or_its_answer_is_there_after_a_kill(
    start: Start, folder: Path, moment: str, kind: str, round_: int
) -> None:
    editor, other = an_editor(start, folder), an_editor(start, folder)
    session = editor.open()["session"]
    ask = {"ask": {"call": "c1", "yes": [STARTED, DONE, {"text": "yes"}], "no": [{"text": "no"}]}}
    text = play(CALL, ask, text=f"Round {round_}")
    editor.result("chat/send", {"sessionId": session["id"], "text": text})
    approval = editor.notification("chat/approvalRequested")["approval"]
    if moment == "decided":
        other.result("chat/approve", decision(approval, kind))
    editor.kill()
    opened = other.open()
    if moment == "waiting":
        assert opened["approvals"] == [approval]
        other.result("chat/approve", decision(approval, kind))
    message = other.result("session/history", {"sessionId": session["id"]})["messages"][-1]
    if message["status"] == "complete":  # it had heard of the decision before it was killed
        assert moment == "decided"
    else:
        turn = other.result("chat/continue", {"sessionId": session["id"]})["turnId"]
        message = other.result("chat/wait", {"sessionId": session["id"], "turnId": turn})["message"]
    assert message["content"] == ("yes" if kind == "allowOnce" else "no")
    states = [part["state"] for part in message["parts"] if part["type"] == "toolCall"]
    assert states == ["completed" if kind == "allowOnce" else "rejected"]
    assert "approvals" not in other.open()
