"""A conversation that is edited, queued, branched and marked, over the real wire."""

from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.e2e.test_protocol import Talk, talk
from tests.support.product import plan
from tests.support.wire import Json

pytestmark = pytest.mark.slow

__all__ = ["talk"]


def opened(talk: Talk, *texts: str) -> str:
    """A session in which these were said and answered."""
    session_id = str(talk("session/open")["session"]["id"])
    for text in texts:
        talk.editor.say(session_id, plan(text, texts=[f"A:{text}"]))
    return session_id


def said(talk: Talk, session_id: str) -> list[str]:
    messages = talk("session/history", sessionId=session_id)["messages"]
    return [m["content"].split(" [[")[0] for m in messages if m["role"] != "event"]


def messages(talk: Talk, session_id: str) -> list[Json]:
    return list(talk("session/history", sessionId=session_id)["messages"])


def test_answers_and_questions_get_siblings(talk: Talk) -> None:
    session_id = opened(talk, "one")
    retried = talk("chat/retry", sessionId=session_id)
    talk("chat/wait", sessionId=session_id, turnId=retried["turnId"])
    question, answer = messages(talk, session_id)
    assert answer["siblings"] == {"index": 1, "count": 2}
    edited = talk("chat/edit", sessionId=session_id, messageId=question["id"], text=plan("1", texts=["A:1"]))
    talk("chat/wait", sessionId=session_id, turnId=edited["turnId"])
    assert said(talk, session_id) == ["1", "A:1"]
    branches = talk("chat/branches", sessionId=session_id)["branches"]
    assert len(branches) == 3
    talk("chat/selectBranch", sessionId=session_id, messageId=question["id"])
    assert said(talk, session_id) == ["one", "A:one"]
    talk("chat/rewind", sessionId=session_id, messageId=question["id"])
    assert said(talk, session_id) == ["one"]
    assert talk.editor.error("chat/selectBranch", {"sessionId": session_id, "messageId": "x"})["code"] == 1013


def test_messages_wait_for_their_turn(talk: Talk) -> None:
    session_id = opened(talk)
    talk("chat/send", sessionId=session_id, text=plan("1", texts=["A"], stall_after=1))
    second = talk("chat/send", sessionId=session_id, text=plan("2", texts=["A:2"]), whenBusy="queue")
    third = talk("chat/send", sessionId=session_id, text="3", whenBusy="queue")
    assert (second["isQueued"], third["isQueued"]) == (True, True)
    assert [q["turnId"] for q in talk("chat/queue", sessionId=session_id)["queued"]] == [
        second["turnId"],
        third["turnId"],
    ]
    talk("chat/queue", sessionId=session_id, clear=[third["turnId"]])
    talk("chat/cancel", sessionId=session_id)
    waited = talk("chat/wait", sessionId=session_id, turnId=second["turnId"])
    assert waited["message"]["content"] == "A:2"
    assert talk("chat/wait", sessionId=session_id, turnId=third["turnId"])["turn"]["status"] == "cancelled"


def test_a_fork_a_clear_and_marks(talk: Talk) -> None:
    session_id = opened(talk, "one", "two")
    first = messages(talk, session_id)[1]
    fork = talk("session/fork", sessionId=session_id, messageId=first["id"], makeCurrent=False)["session"]
    assert said(talk, fork["id"]) == ["one", "A:one"]
    talk("session/clear", sessionId=session_id)
    assert said(talk, session_id) == []
    marked = talk("message/update", messageId=first["id"], isFavourite=True, note="Good")["message"]
    assert (marked["isFavourite"], marked["note"]) == (True, "Good")
    assert "note" not in talk("message/update", messageId=first["id"], note=None)["message"]


def test_an_erased_secret_is_in_no_file_of_the_store(talk: Talk, tmp_path: Path) -> None:
    session_id = opened(talk, "the password is Zanzibar-4711")
    question = messages(talk, session_id)[0]
    talk("session/fork", sessionId=session_id, makeCurrent=False)
    for message in messages(talk, session_id):
        assert talk("message/erase", messageId=message["id"])["message"]["content"] == ""
    assert messages(talk, session_id)[0]["id"] == question["id"]
    assert talk.editor.shut_down() == 0
    for path in (tmp_path / "store").rglob("*"):
        if path.is_file():
            assert b"anzibar" not in path.read_bytes().lower(), path


def test_the_agent_is_switched_with_an_entry(talk: Talk) -> None:
    session_id = opened(talk, "one")
    names = [agent["name"] for agent in talk("agent/list")["agents"]]
    assert {"assistant", "coder", "architect", "reviewer", "tester", "writer"} <= set(names)
    switched = talk("session/switchAgent", sessionId=session_id, agent="reviewer", reason="Done")
    assert (switched["switch"]["from"], switched["switch"]["to"]) == ("assistant", "reviewer")
    assert switched["session"]["agentSwitchCount"] == 1
    assert "switch" not in talk("session/switchAgent", sessionId=session_id, agent="reviewer")
    talk.editor.say(session_id, plan("two", texts=["ok"]))
    *_, entry, _, answer = messages(talk, session_id)
    assert (entry["role"], entry["event"]["kind"]) == ("event", "agentSwitched")
    assert answer["agent"] == "reviewer"
    error = talk.editor.error("session/switchAgent", {"sessionId": session_id, "agent": "reviewr"})
    assert "reviewer" in error["message"]


def test_a_repositorys_agents_are_used_only_in_a_trusted_workspace(start: Start, folder: Path) -> None:
    agents = folder / ".threadkeep" / "agents"
    agents.mkdir(parents=True)
    (agents / "porter.md").write_text("---\ndescription: Knows the port.\n---\nYou know the port.\n")
    (agents / "bad.md").write_text("---\ntemperature: hot\n---\nHm.\n")

    def names(trusted: bool) -> dict[str, Json]:
        editor = start(settings={"trustedWorkspace": trusted})
        editor.begin(folder)
        editor.open()
        return {agent["name"]: agent for agent in editor.result("agent/list")["agents"]}

    assert not [name for name in names(False) if name.startswith("repo:")]
    trusted = names(True)
    assert trusted["repo:porter"]["source"] == "repository"
    assert "bad.md:2" in trusted["repo:bad"]["problems"][0]


def test_unsaved_text_of_an_open_buffer_is_what_the_model_sees(talk: Talk, folder: Path, model) -> None:
    session_id = opened(talk)
    uri = (folder / "a.py").as_uri()
    (folder / "a.py").write_text("on disk\n")
    editor = talk.editor
    document = {"uri": uri, "languageId": "python", "version": 1, "text": "in the buffer\nline two\n"}
    editor.notify("textDocument/didOpen", {"textDocument": document})
    place = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 2}}
    change = {"range": place, "text": "inside"}
    editor.notify(
        "textDocument/didChange",
        {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [change]},
    )
    text = plan("Read it, marker-77", texts=["ok"])
    sent = talk("chat/send", sessionId=session_id, text=text, attachments=[{"type": "file", "uri": uri}])
    part = sent["userMessage"]["parts"][1]
    assert (part["text"], part["languageId"]) == ("inside the buffer\nline two\n", "python")
    talk("chat/wait", sessionId=session_id, turnId=sent["turnId"])
    asked = [str(r["body"]) for r in model.requests() if "marker-77" in str(r["body"])]
    assert "inside the buffer" in asked[0]
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    talk.editor.say(session_id, plan("Again", texts=["ok"]))
    assert messages(talk, session_id)[0]["parts"][1]["stale"] == "changed"


def test_a_buffer_that_cannot_be_followed_is_read_from_its_file_and_that_is_told(
    talk: Talk, folder: Path, model
) -> None:
    session_id = opened(talk)
    uri = (folder / "a b.py").as_uri()
    (folder / "a b.py").write_text("on disk\n")
    editor = talk.editor
    editor.notify(
        "textDocument/didOpen",
        {"textDocument": {"uri": uri, "languageId": "python", "version": 0, "text": "open\n"}},
    )

    def change(version: int, text: str) -> None:
        at = {"line": 0, "character": 0}
        changes = [{"range": {"start": at, "end": at}, "text": text}]
        params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": changes}
        editor.notify("textDocument/didChange", params)

    def attached(marker: str) -> Json:
        attachments = [{"type": "file", "uri": uri}]
        text = plan(marker, texts=["ok"])
        sent = talk("chat/send", sessionId=session_id, text=text, attachments=attachments)
        talk("chat/wait", sessionId=session_id, turnId=sent["turnId"])
        return dict(sent["userMessage"]["parts"][1])

    for version in (1, 3, 2):  # as Helix sends them
        change(version, str(version))
    part = attached("in order")
    assert (part["text"], "isStandIn" in part) == ("321open\n", False)
    change(2, "a second time")
    part = attached("marker-88")
    assert (part["text"], part["isStandIn"]) == ("on disk\n", True)
    told = editor.notification("store/warning")
    assert told["kind"] == "buffer"
    assert "a b.py" in told["message"]
    asked = [str(r["body"]) for r in model.requests() if "marker-88" in str(r["body"])]
    assert "the file as it was saved" in asked[0]
    kept = messages(talk, session_id)[2]["parts"][1]
    assert kept["isStandIn"] is True


def test_an_attachment_that_cannot_be_read_is_refused_with_its_field(talk: Talk, folder: Path) -> None:
    session_id = opened(talk)
    attachments = [{"type": "text", "text": "ok"}, {"type": "file", "uri": (folder / "no.py").as_uri()}]
    params = {"sessionId": session_id, "text": "Hi", "attachments": attachments}
    error = talk.editor.error("chat/send", params)
    assert error["data"]["problems"][0]["field"] == "attachments[1].uri"
    assert said(talk, session_id) == []
