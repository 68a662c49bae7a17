"""Every request of the methods table over the real wire, checked against the generated schema."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.e2e.conftest import Start, a_repository
from tests.support.product import KEY, Editor, plan
from tests.support.wire import Json
from threadkeep.protocol.methods import METHODS, REQUESTS
from threadkeep.protocol.schema import json_schema

pytestmark = pytest.mark.slow

SCHEMA = json_schema()


def conforms(value: Any, cls: type) -> None:
    # `jsonschema.validate` would check the whole schema anew each time.
    Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{cls.__name__}"}).validate(value)


class Talk:
    """Asks, checks each answer against the schema, and remembers what was asked."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.asked: set[str] = set()

    def __call__(self, method: str, **params: Any) -> Json:
        self.asked.add(method)
        conforms(params, REQUESTS[method].params)
        result = self.editor.result(method, params)
        conforms(result, REQUESTS[method].result)
        return result


@pytest.fixture
def talk(start: Start, folder: Path) -> Iterator[Talk]:
    editor = start()
    editor.begin(folder)
    yield Talk(editor)
    notifications = {method.name: method.params for method in METHODS if method.direction == "notification"}
    for message in editor.received:
        if "method" in message:
            conforms(message["params"], notifications[message["method"]])


def test_a_whole_life_over_the_wire(talk: Talk, folder: Path) -> None:  # noqa: PLR0915 - a life is long
    opened = talk("session/open")
    session_id = opened["session"]["id"]
    assert opened["created"] is True
    assert opened["session"]["repository"]["name"] == "app"
    assert opened["session"]["task"] == "main"

    sent = talk("chat/send", sessionId=session_id, text=plan("Why?", texts=["Be", "cause"]))
    waited = talk("chat/wait", sessionId=session_id, turnId=sent["turnId"])
    assert (waited["turn"]["status"], waited["message"]["content"]) == ("completed", "Because")
    assert waited["message"]["id"] == sent["assistantMessageId"]

    history = talk("session/history", sessionId=session_id, limit=1)
    assert [m["content"] for m in history["messages"]] == ["Because"]
    older = talk("session/history", sessionId=session_id, before=history["beforeCursor"])
    assert [m["role"] for m in older["messages"]] == ["user"]

    events = talk("session/events", sessionId=session_id, afterSeq=opened["seq"])
    assert [e["method"] for e in events["events"]] == [
        "chat/message",
        "chat/turnStarted",
        "session/changed",
        "chat/turnCompleted",
    ]

    sent = talk("chat/send", sessionId=session_id, text=plan(texts=["Half"], hang_at_end=True, stall_after=1))
    talk.editor.wait_for(lambda m: m.get("method") == "chat/delta" and m["params"]["text"] == "Half")
    cancelled = talk("chat/cancel", sessionId=session_id)
    assert (cancelled["turn"]["id"], cancelled["turn"]["status"]) == (sent["turnId"], "cancelled")
    assert talk("chat/takeOver", sessionId=session_id, turnId=sent["turnId"]) == cancelled
    carried_on = talk("chat/continue", sessionId=session_id)
    assert carried_on["assistantMessageId"] == sent["assistantMessageId"]
    talk("chat/wait", sessionId=session_id, turnId=carried_on["turnId"])

    changed = talk("session/update", sessionId=session_id, title="Sky", tags=["b", "a"], note=None)
    assert (changed["session"]["title"], changed["session"]["tags"]) == ("Sky", ["a", "b"])
    assert talk("session/setModel", sessionId=session_id, model="work:other")["session"]["model"] == "other"
    talk("draft/set", sessionId=session_id, text="and then", scroll="12", cursor=3)
    draft = talk("session/open")["draft"]
    assert draft == {"text": "and then", "scroll": "12", "cursor": 3, "updatedAt": draft["updatedAt"]}
    assert talk("draft/get", sessionId=session_id) == {"draft": draft, "others": []}
    around = talk("session/history", sessionId=session_id, around=talk("session/open")["messages"][0]["id"])
    assert around["messages"] == talk("session/history", sessionId=session_id)["messages"]

    assert talk("session/pause", sessionId=session_id, reason="Lunch")["session"]["status"] == "paused"
    assert talk("session/resume", sessionId=session_id)["session"]["status"] == "active"
    assert "archivedAt" in talk("session/archive", sessionId=session_id)["session"]
    assert "archivedAt" not in talk("session/unarchive", sessionId=session_id)["session"]
    assert talk("session/end", sessionId=session_id)["session"]["status"] == "ended"

    other = talk("session/create", task="review", title="Other", metadata={"class": None, "_meta": [1]})
    assert other["session"]["metadata"] == {"class": None, "_meta": [1]}
    talk("session/activate", sessionId=other["session"]["id"])
    assert talk("session/current", task="review")["session"]["id"] == other["session"]["id"]
    assert talk("session/get", sessionId=session_id)["session"]["status"] == "ended"
    listed = talk("session/list", withTotal=True, sort={"by": "title", "order": "ascending"})
    assert ([s["title"] for s in listed["sessions"]], listed["total"]) == (["Other", "Sky"], 2)
    paged = talk("session/list", page=1, perPage=1, filter={"status": ["ended"]})
    assert (len(paged["sessions"]), paged["pagination"]["totalItems"]) == (1, 1)
    found = talk("session/search", query="because", sort="rank")
    assert [hit["field"] for hit in found["hits"]] == ["content"]
    talk("session/close", sessionId=session_id)

    fork = talk("session/fork", sessionId=session_id, makeCurrent=False)["session"]
    question, answer = talk("session/history", sessionId=fork["id"])["messages"][:2]
    retried = talk("chat/retry", sessionId=fork["id"], messageId=answer["id"])
    talk("chat/wait", sessionId=fork["id"], turnId=retried["turnId"])
    edited = talk("chat/edit", sessionId=fork["id"], messageId=question["id"], text=plan(texts=["x"]))
    talk("chat/wait", sessionId=fork["id"], turnId=edited["turnId"])
    assert talk("chat/queue", sessionId=fork["id"])["queued"] == []
    assert len(talk("chat/branches", sessionId=fork["id"])["branches"]) == 3
    talk("chat/selectBranch", sessionId=fork["id"], messageId=question["id"])
    talk("chat/rewind", sessionId=fork["id"], messageId=question["id"])
    talk("session/switchAgent", sessionId=fork["id"], agent="coder")
    assert talk("session/setMode", sessionId=fork["id"], mode="readOnly")["session"]["mode"] == "readOnly"
    (said,) = talk("message/parts", messageId=question["id"])["parts"]
    assert said["type"] == "text"
    talk("message/update", messageId=question["id"], isFavourite=True)
    talk("message/erase", messageId=question["id"])
    talk("session/clear", sessionId=fork["id"])
    talk("agent/list")

    here = talk("repository/resolve", uri=folder.as_uri())
    assert (here["repository"]["name"], here["matchedBy"], here["ambiguous"]) == ("app", "commonDir", False)
    assert [entry["sessionCount"] for entry in talk("repository/list")["repositories"]] == [3]
    assert [entry["task"] for entry in talk("task/list")["tasks"] if entry["isCheckedOut"]] == ["main"]
    assert (
        talk("repository/relocate", repository=here["repository"]["id"], uri=folder.as_uri())["merged"] == []
    )

    assert talk("task/relocate", task="renamed", to="main")["movedSessions"] == 0
    assert talk("repository/dismiss", task="renamed") == {}

    talk("session/delete", sessionId=fork["id"])
    talk("session/restore", sessionId=fork["id"])
    everything = {"archived": "include", "trashed": "include"}
    changed = talk(
        "session/bulkUpdate", filter=everything, allSessions=True, change={"addTags": ["seen"]}, dryRun=False
    )
    assert (changed["count"], changed["skipped"]) == (3, 0)
    assert talk("store/cleanup", olderThan="1d")["count"] == 0
    talk("session/delete", sessionId=fork["id"])
    talk("session/purge", sessionId=fork["id"])
    assert talk.editor.notification("session/removed") == {"sessionId": fork["id"]}

    assert talk("model/list")["default"] == talk("model/list", refresh=False)["default"] == "work:test"
    assert next(p for p in talk("provider/list")["providers"] if p["name"] == "work")["keyPresent"] is True
    kinds = [each["name"] for each in talk("provider/list", kinds=True)["kinds"]]
    assert kinds == ["openai", "anthropic", "pydantic-ai"]
    entered = talk("provider/setKey", provider="work", key="sk-entered", keep="window")
    assert "sk-entered" not in str(entered)
    assert talk("provider/setKey", provider="work", keep="window") == {"keySource": "the settings"}
    assert talk("provider/test", provider="work")["ok"] is False  # it lists no model
    assert talk("store/info")["sessions"] == 2
    used = talk("usage/summary", groupBy="model")
    assert [row["key"] for row in used["rows"]] == ["work:test"]
    assert used["total"]["answers"] == used["rows"][0]["answers"] > 0
    assert talk("store/doctor", repair=True) == {"isHealthy": True, "problems": []}
    assert talk("store/backup")["bytes"] > 0
    exported = talk("session/export", sessionId=other["session"]["id"], format="json")
    assert talk("session/import", content=exported["content"], onConflict="skip")["skipped"] == 1
    formats = talk("format/list")
    lossless = [each["name"] for each in formats["exporters"] if each["lossless"]]
    assert (lossless, formats["importers"][0]["label"]) == (["json", "jsonl"], "Claude Code")
    status = talk("server/status")
    assert KEY not in str(status)
    assert talk("server/schema")["meta"]["protocolVersion"] == 1
    assert talk.editor.error("blob/get", {"sessionId": session_id, "sha256": "0" * 64})["code"] == 1017
    wanted = {"sessionId": session_id, "approvalId": "nobody", "optionId": "allowOnce"}
    assert talk.editor.error("chat/approve", wanted)["code"] == 1018
    talk.asked |= {"blob/get", "chat/approve"}
    assert talk.asked == set(REQUESTS)


def test_notifications_of_a_turn_come_after_its_response_and_in_order(talk: Talk) -> None:
    session_id = talk("session/open")["session"]["id"]
    editor = talk.editor
    begun = len(editor.received)
    sent = editor.request("chat/send", {"sessionId": session_id, "text": plan(texts=["a", "b😀", "c"])})
    turn_id = editor.response(sent)["result"]["turnId"]
    waiting = editor.request("chat/wait", {"sessionId": session_id, "turnId": turn_id})
    editor.response(waiting)
    names = [
        m.get("method") or ("sent" if m["id"] == sent else "waited")
        for m in editor.received[begun:]
        if m.get("method") != "session/changed"
    ]
    assert names[:3] == ["sent", "chat/message", "chat/turnStarted"]
    assert names[-2:] == ["chat/turnCompleted", "waited"]
    assert set(names[3:-2]) == {"chat/delta"}
    deltas = [m["params"] for m in editor.received[begun:] if m.get("method") == "chat/delta"]
    text = ""
    for delta in deltas:
        assert delta["offset"] == len(text.encode("utf-16-le")) // 2
        text += delta["text"]
    assert text == "ab😀c"


def test_a_session_is_heard_until_it_is_closed(talk: Talk) -> None:
    session_id = talk("session/open")["session"]["id"]
    talk.editor.say(session_id, plan(texts=["one"]))
    talk("session/close", sessionId=session_id)
    begun = len(talk.editor.received)
    # Another session's turn ends later than this one's would have been told.
    other = talk("session/create", task="other")["session"]["id"]
    talk.editor.say(other, plan(texts=["two"]))
    told = {
        m["params"]["sessionId"] for m in talk.editor.received[begun:] if m.get("method", "")[:5] == "chat/"
    }
    assert told == {other}


@pytest.mark.parametrize(
    ("method", "params", "kind"),
    [
        ("session/get", {"sessionId": "nobody"}, "sessionNotFound"),
        ("session/get", {}, "invalidParams"),
        ("session/get", {"sessionId": 5}, "invalidParams"),
        ("session/open", [], "invalidParams"),
        ("session/open", {"repository": "nothing"}, "repositoryNotFound"),
        ("session/open", {"repository": "untitled:1"}, "invalidParams"),
        ("session/open", {"repository": {"id": "a", "name": "b"}}, "invalidParams"),
        ("session/list", {"cursor": "x"}, "invalidCursor"),
        ("session/list", {"cursor": "x", "page": 1}, "invalidParams"),
        ("session/list", {"limit": 0}, "invalidParams"),
        ("session/list", {"filter": {"status": ["gone"]}}, "invalidParams"),
        ("session/create", {"agent": "nobody"}, "agentNotFound"),
        ("session/create", {"model": "nobody:m"}, "providerNotFound"),
        ("session/create", {"idempotencyKey": " "}, "invalidParams"),
        ("chat/wait", {"sessionId": "nobody", "turnId": "x"}, "sessionNotFound"),
        ("session/opne", {}, "methodNotFound"),
    ],
)
def test_a_mistake_gets_a_named_error(talk: Talk, method: str, params: Any, kind: str) -> None:
    error = talk.editor.error(method, params)
    assert error["data"]["kind"] == kind
    assert isinstance(error["data"]["retryable"], bool)
    assert error["message"]


def test_states_forbid_what_they_forbid(talk: Talk) -> None:
    session_id = talk("session/open")["session"]["id"]
    editor = talk.editor
    message = {"sessionId": session_id, "text": "Hi"}
    talk("session/pause", sessionId=session_id)
    assert editor.error("chat/send", message)["data"]["kind"] == "sessionPaused"
    error = editor.error("session/pause", {"sessionId": session_id})
    assert (error["data"]["from"], error["data"]["to"]) == ("paused", "paused")
    talk("session/end", sessionId=session_id)
    assert editor.error("chat/send", message)["data"]["kind"] == "sessionEnded"
    assert editor.error("session/resume", {"sessionId": session_id})["data"]["kind"] == "invalidTransition"
    assert (
        editor.error("session/update", {"sessionId": session_id, "title": "x"})["data"]["kind"]
        == "sessionEnded"
    )
    assert talk("session/history", sessionId=session_id)["messages"][-1]["event"]["kind"] == "ended"


def test_the_same_request_twice_is_answered_alike_and_takes_effect_once(
    talk: Talk, start: Start, folder: Path
) -> None:
    first = talk("session/create", title="Once", idempotencyKey="k")
    again = talk("session/create", title="Once", idempotencyKey="k")
    assert again == first
    session_id = first["session"]["id"]
    sent = talk("chat/send", sessionId=session_id, text=plan(texts=["Yes"]), idempotencyKey="s")
    talk("chat/wait", sessionId=session_id, turnId=sent["turnId"])
    assert (
        talk.editor.error("session/create", {"idempotencyKey": "k"})["data"]["kind"] == "idempotencyConflict"
    )
    assert talk.editor.shut_down() == 0

    restarted = start()
    restarted.begin(folder)
    params = {"sessionId": session_id, "text": plan(texts=["Yes"]), "idempotencyKey": "s"}
    assert restarted.result("chat/send", params) == sent
    assert restarted.result("session/get", {"sessionId": session_id})["session"]["messageCount"] == 2


def test_a_stale_revision_is_refused(talk: Talk) -> None:
    session = talk("session/open")["session"]
    changed = {"sessionId": session["id"], "note": "x", "expectedRevision": session["revision"]}
    talk("session/update", **changed)
    error = talk.editor.error("session/update", changed)
    assert (error["data"]["kind"], error["data"]["actual"]) == ("revisionConflict", session["revision"] + 1)


def test_a_slow_answer_delays_no_other_request(talk: Talk) -> None:
    slow, quick = (talk("session/create", task=task)["session"]["id"] for task in ("slow", "quick"))
    sent = talk("chat/send", sessionId=slow, text=plan(stall_after=0))
    waiting = talk.editor.request("chat/wait", {"sessionId": slow, "turnId": sent["turnId"]})
    assert talk.editor.say(quick, plan(texts=["quick"]))["message"]["content"] == "quick"
    talk.editor.notify("$/cancelRequest", {"id": waiting})
    assert talk.editor.response(waiting)["error"]["code"] == -32800
    assert talk("session/get", sessionId=slow)["session"]["activity"] == "running"
    assert talk("chat/cancel", sessionId=slow)["turn"]["status"] == "cancelled"


def test_a_provider_that_fails_ends_the_turn_not_the_request(talk: Talk) -> None:
    session_id = talk("session/open")["session"]["id"]
    waited = talk.editor.say(session_id, plan(texts=["Half"] * 3, cut_after=2))
    assert (waited["turn"]["status"], waited["message"]["content"]) == ("failed", "HalfHalf")
    assert (waited["turn"]["error"]["kind"], waited["turn"]["error"]["code"]) == ("providerNetwork", 1107)
    refused = talk.editor.say(session_id, plan(status=401))
    assert refused["turn"]["error"]["kind"] == "providerAuth"
    assert KEY not in str(refused)


def test_a_new_branch_is_told(talk: Talk, folder: Path) -> None:
    talk("session/open")
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/feature/x\n")
    told = talk.editor.notification("task/changed")
    assert (told["task"], told["repository"]["name"]) == ("feature/x", "app")
    assert talk("session/open")["session"]["task"] == "feature/x"


def test_a_new_branch_of_a_folder_opened_later_is_told(talk: Talk, tmp_path: Path) -> None:
    later = a_repository(tmp_path / "code" / "later")
    added = {"uri": later.as_uri(), "name": "later"}
    talk.editor.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [added], "removed": []}})
    talk("session/open", repository=later.as_uri())
    (later / ".git" / "HEAD").write_text("ref: refs/heads/feature/x\n")
    told = talk.editor.notification("task/changed")
    assert (told["task"], told["repository"]["name"]) == ("feature/x", "later")
