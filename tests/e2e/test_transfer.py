"""Exporting and importing over the real server and the real command line."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start
from tests.support.product import KEY, Editor, clean_environment, plan
from tests.support.transcripts import a_conversation
from tests.support.wire import Json, notification, request
from threadkeep.adapters.plugins import exporters

pytestmark = pytest.mark.slow

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command(tmp_path: Path) -> Run:
    """The command line, in the folder of the test."""

    def run(*arguments: str, code: int = 0, store: str = "store") -> "subprocess.CompletedProcess[str]":
        (tmp_path / "home").mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-P", "-m", "threadkeep", *arguments, "--store", str(tmp_path / store)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            cwd=tmp_path,
            env={**os.environ, **clean_environment(tmp_path / "home")},
            timeout=90,
            check=False,
        )
        assert done.returncode == code, (done.stdout, done.stderr)
        return done

    return run


def a_session_with_branches(editor: Editor, folder: Path) -> str:
    """A session that was talked in, with two answers to one question, marks, and an entry of the history."""
    editor.begin(folder)
    session_id = str(editor.open()["session"]["id"])
    editor.say(session_id, plan("One 😀 ```", texts=["# First\n", "| a |\n|---|\n| b |"]))
    again = editor.result("chat/retry", {"sessionId": session_id})
    editor.result("chat/wait", {"sessionId": session_id, "turnId": again["turnId"]})
    editor.say(session_id, plan("=1+1", texts=["<script>alert(1)</script>"]))
    editor.result(
        "session/update", {"sessionId": session_id, "title": "Mine", "tags": ["b", "a"], "note": "n"}
    )
    editor.result("session/pause", {"sessionId": session_id, "reason": "lunch"})
    return session_id


def many(count: int) -> str:
    """An export of so many sessions."""
    transcripts = [a_conversation(*["Some words. " * 50] * 6, session_id=f"s{n}") for n in range(count)]
    return b"".join(exporters()["jsonl"].pieces(transcripts, is_single=False)).decode()


@pytest.mark.parametrize("format_", ["json", "jsonl"])
def test_what_one_store_exports_another_one_holds_after_the_import(
    start: Start, folder: Path, tmp_path: Path, format_: str
) -> None:
    editor = start()
    session_id = a_session_with_branches(editor, folder)
    file = tmp_path / f"all.{format_}"
    exported = editor.result("session/export", {"filter": {}, "format": format_, "path": str(file)})
    assert exported == {"path": str(file), "count": 1}
    assert KEY not in file.read_text()

    other = start(store=tmp_path / "other")
    other.begin(folder)
    imported = other.result("session/import", {"path": str(file)})
    assert imported == {
        "source": "threadkeep",
        "imported": 1,
        "skipped": 0,
        "sessionIds": [session_id],
        "problems": [],
        "problemCount": 0,
    }
    again = tmp_path / f"again.{format_}"
    other.result("session/export", {"filter": {}, "format": format_, "path": str(again)})
    assert again.read_bytes() == file.read_bytes()
    assert other.result("store/doctor", {"repair": False}) == {"isHealthy": True, "problems": []}
    before, after = (
        each.result("session/history", {"sessionId": session_id})["messages"] for each in (editor, other)
    )
    assert after == before
    found = other.result("session/open", {})
    assert found["session"]["id"] == session_id
    other.result("session/resume", {"sessionId": session_id})
    assert other.say(session_id, plan("Go on", texts=["Here"]))["message"]["content"] == "Here"


def test_every_format_holds_what_was_said(start: Start, folder: Path, tmp_path: Path) -> None:
    editor = start()
    session_id = a_session_with_branches(editor, folder)

    def content(format_: str) -> str:
        exported = editor.result("session/export", {"sessionId": session_id, "format": format_})
        assert exported["count"] == 1
        return str(exported["content"])

    assert json.loads(content("json"))["sessions"][0]["session"]["title"] == "Mine"
    cells = [row["content"] for row in csv.DictReader(content("csv").split("\r\n"))]
    assert any(cell.startswith("'=1+1") for cell in cells)
    assert content("markdown").startswith('---\ntitle: "Mine"\n')
    assert "One 😀 ```" in content("text")
    page = content("html")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    pytest.importorskip("fpdf")
    file = tmp_path / "one.pdf"
    assert (
        editor.error("session/export", {"sessionId": session_id, "format": "pdf"})["data"]["kind"]
        == "invalidParams"
    )
    editor.result("session/export", {"sessionId": session_id, "format": "pdf", "path": str(file)})
    assert file.read_bytes().startswith(b"%PDF")


def test_a_file_is_written_only_where_it_may_be(start: Start, folder: Path, tmp_path: Path) -> None:
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    taken = tmp_path / "taken.json"
    taken.write_text("mine")

    def refused(path: object, **more: Any) -> str:
        params = {"sessionId": session_id, "format": "json", "path": path, **more}
        return str(editor.error("session/export", params)["data"]["kind"])

    assert refused(str(taken)) == "exportFailed"
    assert refused("relative.json") == "invalidParams"
    assert refused(str(tmp_path / "no" / "folder.json")) == "exportFailed"
    assert refused(str(tmp_path / "store" / "threadkeep.db"), overwrite=True) == "exportFailed"
    assert refused(7) == "invalidParams"
    assert taken.read_text() == "mine"
    editor.result(
        "session/export", {"sessionId": session_id, "format": "json", "path": str(taken), "overwrite": True}
    )
    assert json.loads(taken.read_text())["format"] == "threadkeep"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    both = {"sessionId": session_id, "filter": {}, "format": "json"}
    assert editor.error("session/export", both)["data"]["kind"] == "invalidParams"
    assert editor.error("session/export", {"format": "json"})["data"]["kind"] == "invalidParams"
    gone = {"sessionId": "nobody", "format": "json"}
    assert editor.error("session/export", gone)["data"]["kind"] == "sessionNotFound"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("", "importInvalid"),
        ("{}", "importInvalid"),
        ("[" * 100_000, "importInvalid"),
        ('{"format":"threadkeep","version":2,"sessions":[]}', "importInvalid"),
        (5, "invalidParams"),
    ],
)
def test_a_text_that_is_no_export_is_refused(start: Start, content: object, kind: str) -> None:
    editor = start(model=None)
    editor.begin()
    assert editor.error("session/import", {"content": content})["data"]["kind"] == kind
    assert editor.result("store/info", {})["sessions"] == 0


def test_hostile_sessions_are_told_and_change_nothing_that_is_here(start: Start, folder: Path) -> None:
    editor = start()
    editor.begin(folder)
    mine = editor.open()["session"]["id"]
    editor.say(mine, plan("Mine", texts=["Yours"]))
    exported = editor.result("session/export", {"sessionId": mine, "format": "json"})["content"]
    before = editor.result("session/history", {"sessionId": mine})
    document = json.loads(exported)
    thief = json.loads(json.dumps(document["sessions"][0]).replace(mine, "another"))
    looped = json.loads(json.dumps(thief).replace("another", "looped"))
    for number, message in enumerate(looped["messages"]):
        message |= {"id": f"l{number}", "parentId": f"l{1 - number % 2}"}
    unknown = json.loads(json.dumps(thief).replace("another", "unknown"))
    unknown["session"]["headId"] = "u0"
    error = {"kind": "neverHeardOf", "message": "x", "data": {"status": 5}}
    unknown["messages"] = [
        {**thief["messages"][0], "id": "u0", "sessionId": "unknown", "status": "failed", "error": error}
    ]
    document["sessions"] = [thief, looped, "x", {}, unknown]
    imported = editor.result("session/import", {"content": json.dumps(document), "onConflict": "replace"})
    assert imported["sessionIds"] == ["unknown"]
    assert (len(imported["problems"]), imported["problemCount"]) == (4, 4)
    assert editor.result("session/history", {"sessionId": mine}) == before
    (message,) = editor.result("session/history", {"sessionId": "unknown"})["messages"]
    assert message["error"]["kind"] == "neverHeardOf"


def test_a_misspelt_filter_exports_nothing(start: Start, folder: Path, tmp_path: Path) -> None:
    editor = start(model=None)
    editor.begin(folder)
    editor.open()
    file = tmp_path / "all.json"
    params = {"filter": {"reposiotry": "x"}, "format": "json", "path": str(file)}
    refused = editor.error("session/export", params)
    assert refused["code"] == -32602
    assert "reposiotry" in refused["message"]
    assert "repository, idPrefix" in refused["message"]
    assert not file.exists()
    assert editor.result("session/export", {**params, "filter": {}})["count"] == 1


def test_what_is_redacted_is_not_in_the_answer_that_repeats_it(tmp_path: Path, command: Run) -> None:
    secret = "sk-" + "ABCDEFGHijkl1234-mnop_qrst9999"
    command("chat", f"My key is {secret}, and password=Hunter2-Gold.Fish, why?")
    for name in ("json", "jsonl", "csv", "markdown", "text", "html"):
        command("sessions", "export", "--all", "--format", name, "--output", f"all.{name}", "--redact")
        exported = (tmp_path / f"all.{name}").read_text(encoding="utf-8").lower()
        words = ("abcdefgh", "qrst9999", "mnop", "hunter2", "`gold`", "`fish`")
        assert [word for word in words if word in exported] == []
        assert "redacted" in exported


def test_an_import_is_heard_in_other_windows(start: Start, folder: Path) -> None:
    editor, other = start(model=None), start(model=None)
    editor.begin(folder)
    other.begin(folder)
    other.result("session/list", {})
    editor.result("session/import", {"content": many(1)})
    for window in (editor, other):
        changed = window.wait_for(lambda m: m.get("method") == "session/changed")
        assert changed["params"]["session"]["id"] == "s0"


def progress_of(editor: Editor, token: object) -> list[Json]:
    return [
        message["params"]["value"]
        for message in editor.received
        if message.get("method") == "$/progress" and message["params"]["token"] == token
    ]


def test_long_work_tells_how_far_it_is(start: Start, tmp_path: Path) -> None:
    editor = start(model=None)
    editor.begin()
    imported = editor.result("session/import", {"content": many(60), "workDoneToken": "in"})
    assert imported["imported"] == 60
    file = str(tmp_path / "out.json")
    editor.result("session/export", {"filter": {}, "format": "json", "path": file, "workDoneToken": 7})
    for token, title in (("in", "Importing sessions"), (7, "Exporting sessions")):
        begin, *reports, end = progress_of(editor, token)
        assert begin == {"kind": "begin", "title": title, "cancellable": True}
        assert {report["kind"] for report in reports} == {"report"}
        assert end == {"kind": "end"}


@pytest.mark.parametrize("way", ["$/cancelRequest", "window/workDoneProgress/cancel"])
def test_a_cancelled_export_leaves_no_file(start: Start, tmp_path: Path, way: str) -> None:
    editor = start(model=None)
    editor.begin()
    editor.result("session/import", {"content": many(150)})
    folder = tmp_path / "out"
    folder.mkdir()
    params = {"filter": {}, "format": "html", "path": str(folder / "all.html"), "workDoneToken": "t"}
    cancel = {"id": "x"} if way == "$/cancelRequest" else {"token": "t"}
    editor.send(request("x", "session/export", params), notification(way, cancel))
    assert editor.response("x")["error"]["code"] == -32800
    assert list(folder.iterdir()) == []
    assert progress_of(editor, "t")[-1] == {"kind": "end"}


def test_the_command_line_exports_and_imports(
    start: Start, folder: Path, tmp_path: Path, command: Run
) -> None:
    editor = start()
    session_id = a_session_with_branches(editor, folder)
    assert "1 session in" in command("sessions", "export", session_id, "--output", "one.html").stdout
    assert (tmp_path / "one.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert command("sessions", "export", session_id).stdout.startswith('---\ntitle: "Mine"')
    told = json.loads(command("sessions", "export", "--tag", "a", "--output", "all.jsonl", "--json").stdout)
    assert told == {"path": str(tmp_path / "all.jsonl"), "count": 1}
    refused = command("sessions", "export", "--all", "--output", "all.jsonl", code=1)
    assert "--overwrite" in refused.stderr
    assert "--output" in command("sessions", "export", session_id, "--format", "pdf", code=1).stderr
    assert "which sessions" in command("sessions", "export", code=1).stderr
    assert "--format" in command("sessions", "export", session_id, "--output", "x.docx", code=1).stderr

    assert command("import", "all.jsonl", store="new").stdout == "1 session imported from threadkeep\n"
    again = command("sessions", "import", "all.jsonl", "--on-conflict", "newer", store="new").stdout
    assert again == "0 sessions imported from threadkeep, 1 skipped\n"
    assert session_id in command("sessions", "list", store="new").stdout

    (tmp_path / "talk.md").write_text(
        "# A talk\n\n## User\n\nWhy?\n\n## Assistant\n\nBecause.\n", encoding="utf-8"
    )
    dry = command("import", "--from", "auto", "talk.md", "--dry-run", store="new").stdout
    assert dry == "1 session would be imported from markdown\n"
    brought = json.loads(command("import", "--from", "auto", "talk.md", "--json", store="new").stdout)
    assert (brought["source"], brought["imported"]) == ("markdown", 1)
    assert "Because." in command("sessions", "show", brought["sessionIds"][0], store="new").stdout
    (tmp_path / "noise.bin").write_bytes(b"\x00\x01")
    assert "noise.bin" in command("import", "noise.bin", store="new", code=1).stderr


def test_a_server_that_ends_gives_up_its_export_and_leaves_no_file(start: Start, tmp_path: Path) -> None:
    editor = start(model=None)
    editor.begin()
    editor.result("session/import", {"content": many(150)})
    folder = tmp_path / "out"
    folder.mkdir()
    params = {"filter": {}, "format": "html", "path": str(folder / "all.html")}
    editor.send(request("x", "session/export", params), request("y", "shutdown"), notification("exit"))
    ended = editor.response("x")
    assert editor.wait() == 0
    assert [path.name for path in folder.iterdir()] == (["all.html"] if "result" in ended else [])


def test_who_pipes_requests_in_and_closes_gets_every_answer(start: Start, folder: Path) -> None:
    editor = start()
    session_id = a_session_with_branches(editor, folder)
    editor.request("session/search", {"query": "One"}, id_="search")
    editor.request("session/export", {"sessionId": session_id, "format": "markdown"}, id_="export")
    editor.close_input()
    answers = {message["id"]: message for message in editor.rest() if "id" in message}
    assert answers["search"]["result"]["hits"]
    assert "```" in answers["export"]["result"]["content"]
    assert editor.wait() == 0


def test_what_was_purged_can_be_brought_back_and_the_store_is_healthy(start: Start, folder: Path) -> None:
    editor = start()
    session_id = a_session_with_branches(editor, folder)
    before = editor.result("session/history", {"sessionId": session_id})["messages"]
    exported = editor.result("session/export", {"sessionId": session_id, "format": "json"})["content"]
    editor.result("session/delete", {"sessionId": session_id})
    last = editor.result("session/get", {"sessionId": session_id})["session"]["seq"]
    editor.result("session/purge", {"sessionId": session_id})
    assert editor.result("session/import", {"content": exported})["imported"] == 1
    brought = editor.result("session/get", {"sessionId": session_id})["session"]
    assert brought["seq"] > last
    assert editor.result("session/history", {"sessionId": session_id})["messages"] == before
    assert editor.result("session/events", {"sessionId": session_id, "afterSeq": last})["reset"] is True
    assert editor.result("store/doctor", {})["isHealthy"] is True
