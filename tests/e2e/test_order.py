"""Requests take effect in the order they arrive, however fast they come."""

from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.support.product import Editor, plan
from tests.support.wire import Json, request

pytestmark = pytest.mark.slow


def pipelined(editor: Editor, *requests: tuple[str, Json]) -> list[Json]:
    """The responses to requests that are written at once, before any is answered."""
    ids = [f"p{n}-{editor.process.pid}-{len(editor.received)}" for n in range(len(requests))]
    editor.send(*(request(id_, method, params) for id_, (method, params) in zip(ids, requests, strict=True)))
    return [editor.response(id_) for id_ in ids]


@pytest.fixture
def opened(start: Start, folder: Path) -> tuple[Editor, str]:
    editor = start()
    editor.begin(folder, Path("/"))
    return editor, str(editor.open()["session"]["id"])


def kinds(responses: list[Json]) -> list[str]:
    return [r["error"]["data"]["kind"] if "error" in r else "ok" for r in responses]


def test_states_follow_each_other(opened: tuple[Editor, str]) -> None:
    editor, session_id = opened
    this = {"sessionId": session_id}
    moves = [
        ("session/pause", this),
        ("session/resume", this),
        ("session/pause", this),
        ("session/get", this),
    ]
    responses = pipelined(editor, *moves)
    assert kinds(responses) == ["ok"] * 4
    assert responses[-1]["result"]["session"]["status"] == "paused"
    hello = {**this, "text": plan(texts=["ok"])}
    assert kinds(pipelined(editor, ("session/resume", this), ("chat/send", hello))) == ["ok", "ok"]


def test_what_comes_behind_an_end_is_refused(opened: tuple[Editor, str]) -> None:
    editor, session_id = opened
    this = {"sessionId": session_id}
    editor.result("chat/send", {**this, "text": plan(texts=["Half"], stall_after=1)})
    responses = pipelined(editor, ("session/end", this), ("chat/send", {**this, "text": "Too late"}))
    assert kinds(responses) == ["ok", "sessionEnded"]


def test_interruptions_follow_each_other(opened: tuple[Editor, str]) -> None:
    editor, session_id = opened
    this = {"sessionId": session_id}
    editor.result("chat/send", {**this, "text": plan("1", texts=["Half"], stall_after=1)})
    two = {**this, "text": plan("2", texts=["two"], token_delay=0.2), "whenBusy": "interrupt"}
    three = {**this, "text": plan("3", texts=["three"]), "whenBusy": "queue"}
    responses = pipelined(editor, ("chat/send", two), ("chat/send", three))
    assert kinds(responses) == ["ok", "ok"]
    editor.result("chat/wait", {**this, "turnId": responses[1]["result"]["turnId"]})
    said = [m["content"].split(" [[")[0] for m in editor.open()["messages"]]
    assert said[0::2] == ["1", "2", "3"]
    assert said[3::2] == ["two", "three"]


def test_what_is_read_shows_what_was_asked_for_before(opened: tuple[Editor, str]) -> None:
    editor, session_id = opened
    this = {"sessionId": session_id}
    said = editor.say(session_id, plan(texts=["Hello"]))["message"]["id"]
    for number in range(30):
        title = f"Title {number}"
        responses = pipelined(
            editor,
            ("session/update", {**this, "title": title}),
            ("session/list", {"filter": {"title": title}}),
            ("message/update", {"messageId": said, "note": title}),
            ("session/history", this),
            ("session/create", {"id": f"made {number}", "task": f"task {number}"}),
            ("session/get", {"sessionId": f"made {number}"}),
            ("session/current", {"task": f"task {number}"}),
            ("task/list", {}),
            ("session/get", this),
        )
        assert kinds(responses) == ["ok"] * 9
        _, listed, _, history, _, made, current, tasks, got = (r["result"] for r in responses)
        assert [each["id"] for each in listed["sessions"]] == [session_id]
        assert history["messages"][-1]["note"] == title
        assert made["session"]["id"] == current["session"]["id"] == f"made {number}"
        assert f"task {number}" in [each["task"] for each in tasks["tasks"]]
        assert got["session"]["title"] == title


def test_a_folder_that_is_not_on_this_computer_is_left_alone(start: Start, folder: Path) -> None:
    editor = start()
    folders = [{"uri": "vscode-remote://x/y", "name": "far"}, {"uri": folder.as_uri(), "name": "app"}]
    editor.initialize(workspaceFolders=folders)
    opened = editor.open()
    assert opened["session"]["repository"]["name"] == "app"
    assert editor.say(opened["session"]["id"], "Hi")["turn"]["status"] == "completed"
