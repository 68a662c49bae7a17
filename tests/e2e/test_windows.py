"""Several windows on one store: an ordinary day."""

import time
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.support.product import Editor, plan
from tests.support.wire import Json

pytestmark = pytest.mark.slow

SLOW_TOKENS = 60


@pytest.fixture
def windows(start: Start, folder: Path) -> tuple[Editor, Editor, str]:
    """Two windows that have the same session open; its id."""
    left, right = start(), start()
    left.begin(folder, client="left")
    right.begin(folder, client="right")
    session_id = left.open()["session"]["id"]
    assert right.open()["session"]["id"] == session_id
    return left, right, session_id


def answer_of(editor: Editor, turn_id: str) -> tuple[str, Json]:
    """The text as the deltas of a turn told it, checked against their offsets; and what ended it."""
    end = editor.wait_for(
        lambda m: m.get("method") == "chat/turnCompleted" and m["params"]["turn"]["id"] == turn_id
    )["params"]
    text = ""
    for message in editor.received:
        if message.get("method") == "chat/delta" and message["params"]["turnId"] == turn_id:
            assert message["params"]["offset"] == len(text)
            text += message["params"]["text"]
    return text, end


def test_a_window_follows_what_another_one_does(windows: tuple[Editor, Editor, str]) -> None:
    left, right, session_id = windows
    text = plan(tokens=SLOW_TOKENS, token_delay=0.02)
    sent = left.result("chat/send", {"sessionId": session_id, "text": text})
    told = right.notification("chat/message")
    assert told["message"]["id"] == sent["userMessage"]["id"]
    assert right.notification("chat/turnStarted")["turn"]["id"] == sent["turnId"]
    right.notification("chat/delta")
    assert left.result("session/get", {"sessionId": session_id})["session"]["activity"] == "running"
    mine, theirs = answer_of(left, sent["turnId"]), answer_of(right, sent["turnId"])
    assert mine[0] == theirs[0] == theirs[1]["message"]["content"]
    assert mine[1] == theirs[1]


def test_a_window_that_opens_in_mid_answer_gets_what_is_there_then_the_rest(
    windows: tuple[Editor, Editor, str], start: Start, folder: Path
) -> None:
    left, _, session_id = windows
    text = plan(tokens=5 * SLOW_TOKENS, token_delay=0.03)
    sent = left.result("chat/send", {"sessionId": session_id, "text": text})
    left.notification("chat/delta")
    late = start()
    late.begin(folder)
    opened = late.open()
    content = opened["messages"][-1]["content"]
    assert opened["messages"][-1]["status"] == "streaming"
    end = late.notification("chat/turnCompleted")
    deltas = [m["params"] for m in late.received if m.get("method") == "chat/delta"]
    assert deltas
    for delta in deltas:
        assert delta["offset"] == len(content)
        content += delta["text"]
    assert content == end["message"]["content"]
    assert end["turn"]["id"] == sent["turnId"]


def test_a_change_in_one_window_is_told_in_the_other(windows: tuple[Editor, Editor, str]) -> None:
    left, right, session_id = windows
    left.result("session/update", {"sessionId": session_id, "title": "Renamed"})
    right.wait_for(
        lambda m: m.get("method") == "session/changed" and m["params"]["session"]["title"] == "Renamed"
    )


def test_a_turn_is_cancelled_from_the_other_window(windows: tuple[Editor, Editor, str]) -> None:
    left, right, session_id = windows
    text = plan(texts=["Half"], stall_after=1)
    sent = left.result("chat/send", {"sessionId": session_id, "text": text})
    right.notification("chat/delta")
    cancelled = right.result("chat/cancel", {"sessionId": session_id})
    assert (cancelled["turn"]["id"], cancelled["turn"]["status"]) == (sent["turnId"], "cancelled")
    assert answer_of(left, sent["turnId"])[1]["turn"]["status"] == "cancelled"
    assert right.open()["messages"][-1]["content"] == "Half"


def test_pausing_in_one_window_stops_the_answer_of_the_other(windows: tuple[Editor, Editor, str]) -> None:
    left, right, session_id = windows
    left.result("chat/send", {"sessionId": session_id, "text": plan(texts=["Half"], stall_after=1)})
    right.notification("chat/delta")
    assert right.result("session/pause", {"sessionId": session_id})["session"]["status"] == "paused"
    assert left.error("chat/send", {"sessionId": session_id, "text": "x"})["data"]["kind"] == "sessionPaused"


def test_when_a_window_dies_its_turn_is_interrupted_everywhere(windows: tuple[Editor, Editor, str]) -> None:
    left, right, session_id = windows
    text = plan(tokens=2000, token_delay=0.02)
    sent = left.result("chat/send", {"sessionId": session_id, "text": text})
    right.notification("chat/delta")
    killed_at = left.kill()
    text, end = answer_of(right, sent["turnId"])
    # Two seconds are promised; the rest is for a busy machine.
    assert time.monotonic() - killed_at < 4
    assert (end["turn"]["status"], end["message"]["content"]) == ("interrupted", text)
    again = right.say(session_id, plan(texts=["Now"]))
    assert again["message"]["content"] == "Now"


def test_events_give_the_exact_gap(windows: tuple[Editor, Editor, str]) -> None:
    left, right, session_id = windows
    known = right.open()["seq"]
    left.say(session_id, plan(texts=["One"]))
    gap = right.result("session/events", {"sessionId": session_id, "afterSeq": known})
    assert [event["seq"] for event in gap["events"]] == list(range(known + 1, gap["seq"] + 1))
    assert gap["events"][-1]["params"]["message"]["content"] == "One"
    assert right.result("session/events", {"sessionId": session_id, "afterSeq": gap["seq"]})["events"] == []


def test_each_window_has_its_own_session_and_draft_back(start: Start, folder: Path) -> None:
    left, right = start(), start()
    left.begin(folder)
    right.begin(folder)
    mine = left.open(windowId="left")["session"]["id"]
    other = right.result("session/create", {"windowId": "right", "title": "Other"})["session"]["id"]
    whole = {
        "text": "my words",
        "scroll": "7",
        "cursor": 2,
        "attachments": [{"type": "text", "text": "pasted"}],
        "windowId": "left",
    }
    left.result("draft/set", {"sessionId": mine, **whole})
    right.result("draft/set", {"sessionId": other, "windowId": "right", "text": "your words"})
    left.kill()
    right.kill()
    again = start()
    again.begin(folder)
    first, second = again.open(windowId="left"), again.open(windowId="right")
    assert (first["session"]["id"], second["session"]["id"]) == (mine, other)
    assert {**whole, "updatedAt": first["draft"]["updatedAt"]} == first["draft"]
    assert second["draft"]["text"] == "your words"
