"""Searching over the real server and the real command line."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.conftest import Start, a_repository
from tests.support.embedding_server import EmbeddingServer
from tests.support.product import Editor, clean_environment, plan
from tests.support.wire import Json

pytestmark = pytest.mark.slow

CATASTROPHE = "(a+)+c"
"""On the text below it would take longer than the universe is old."""
LONG = "a" * 5_000 + "b"


def say(editor: Editor, session_id: str, *texts: str) -> None:
    for text in texts:
        editor.say(session_id, plan(text, texts=["ok"]))


def found(editor: Editor, query: str, **params: Any) -> list[Json]:
    return list(editor.result("session/search", {"query": query, **params})["hits"])


def test_what_was_said_is_found_at_once_and_after_a_restart(start: Start, folder: Path) -> None:
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    say(editor, session_id, "The quick my_function(x) of the Straße", "我喜欢猫咪")
    editor.result("session/update", {"sessionId": session_id, "title": "Whales", "tags": ["deep sea"]})
    queries = ('"quick my_func"*', "strasse", "喜欢", "whal*", "sea")

    def fields(editor: Editor) -> list[list[str]]:
        return [[hit["field"] for hit in found(editor, query)] for query in queries]

    assert fields(editor) == [["content"], ["content"], ["content"], ["title"], ["tags"]]
    (hit,) = found(editor, "Straße")
    (range_,) = hit["ranges"]
    units = hit["snippet"].encode("utf-16-le")
    start_, end = range_["start"] - hit["snippetStart"], range_["end"] - hit["snippetStart"]
    assert units[start_ * 2 : end * 2].decode("utf-16-le") == "Straße"
    assert (hit["session"]["id"], hit["session"]["repository"]["name"]) == (session_id, "app")

    again = start()
    again.begin(folder)
    assert fields(again) == fields(editor)


def test_pages_filters_and_the_trash(start: Start, folder: Path, tmp_path: Path) -> None:
    other_folder = a_repository(tmp_path / "code" / "other")
    editor = start()
    editor.begin(folder, other_folder)
    session_id = editor.open()["session"]["id"]
    other = editor.open(repository=other_folder.as_uri())["session"]["id"]
    say(editor, session_id, "whale one", "whale two", "whale three")
    say(editor, other, "whale four")

    whole = [hit["messageId"] for hit in found(editor, "whale")]
    assert len(whole) == 4
    seen: list[str] = []
    cursor: Json = {}
    while len(seen) < 9:
        page = editor.result("session/search", {"query": "whale", "limit": 3, **cursor})
        seen += [hit["messageId"] for hit in page["hits"]]
        if "nextCursor" not in page:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert seen == whole
    assert len(found(editor, "whale", filter={"repository": other_folder.as_uri()})) == 1
    assert len(found(editor, "whale", sessionId=session_id)) == 3
    ranked = editor.result("session/search", {"query": "whale four", "sort": "rank"})
    assert (ranked["ranked"], len(ranked["hits"])) == (True, 1)
    assert ranked["hits"][0]["score"] > 0

    editor.result("session/delete", {"sessionId": session_id})
    assert len(found(editor, "whale")) == 1
    assert len(found(editor, "whale", filter={"trashed": "only"})) == 3
    editor.result("session/purge", {"sessionId": session_id})
    assert found(editor, "whale", filter={"trashed": "only"}) == []


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"query": " "}, "invalidParams"),
        ({"query": "(", "mode": "regex"}, "invalidParams"),
        ({"query": "x", "mode": "guess"}, "invalidParams"),
        ({"query": "x", "limit": 0}, "invalidParams"),
        ({"query": "x", "cursor": "x"}, "invalidCursor"),
        ({"query": "x", "sessionId": "nobody"}, "sessionNotFound"),
        ({"query": "x", "filter": {"repository": "nobody"}}, "repositoryNotFound"),
    ],
)
def test_a_mistake_gets_a_named_error(start: Start, folder: Path, params: Json, kind: str) -> None:
    editor = start(model=None)
    editor.begin(folder)
    assert editor.error("session/search", params)["data"]["kind"] == kind


def test_a_slow_search_tells_how_far_it_is(start: Start, folder: Path) -> None:
    editor = start()
    editor.begin(folder)
    say(editor, editor.open()["session"]["id"], "The Quick fox")
    hits = found(editor, "QUICK F", mode="substring", workDoneToken="t")
    assert [hit["ranges"] for hit in hits] == [[{"start": 4, "end": 11}]]
    told = [m["params"] for m in editor.received if m.get("method") == "$/progress"]
    assert [each["value"]["kind"] for each in (told[0], told[-1])] == ["begin", "end"]
    assert {each["token"] for each in told} == {"t"}
    assert told[0]["value"]["cancellable"] is True


def test_a_slow_search_is_given_up_and_holds_nobody_up(start: Start, folder: Path) -> None:
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    say(editor, session_id, LONG)
    slow = {"query": CATASTROPHE, "mode": "regex", "sessionId": session_id}
    first = editor.request("session/search", slow)
    second = editor.request("session/search", {**slow, "workDoneToken": 7})
    third = editor.request("session/search", slow)
    editor.notify("$/cancelRequest", {"id": first})
    editor.notify("window/workDoneProgress/cancel", {"token": 7})
    editor.notify("$/cancelRequest", {"id": third})
    # in the same session, while a pattern is tried
    assert editor.result("session/get", {"sessionId": session_id})["session"]["id"] == session_id
    for request_id in (first, second, third):
        assert editor.response(request_id)["error"]["code"] == -32800
    error = editor.error("session/search", slow)
    assert (error["data"]["kind"], error["data"]["problems"][0]["field"]) == ("invalidParams", "query")


@pytest.mark.parametrize(
    "pattern",
    ["(" * 41 + "a" + "){2,3}" * 41, "(?R)", "(?i)(İ|i̇)*$", CATASTROPHE],
    ids=["to compile", "memory", "U+0130", "to match"],
)
def test_a_pattern_that_takes_all_it_may_holds_nobody_up(start: Start, folder: Path, pattern: str) -> None:
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    say(editor, session_id, LONG, "i̇" * 5_000 + "x", "a whale")
    process = psutil.Process(editor.process.pid)
    memory = process.memory_info().rss
    slow = editor.request("session/search", {"query": pattern, "mode": "regex"})
    asked = 0
    while not any(message.get("id") == slow for message in editor.received):
        began = time.monotonic()
        assert editor.result("session/get", {"sessionId": session_id})["session"]["id"] == session_id
        assert time.monotonic() - began < 2  # before, it took as long as the pattern
        assert len(found(editor, "whale", mode="substring")) == 1
        assert len(found(editor, "wh.le", mode="regex")) == 1
        asked += 1
    assert asked
    error = editor.response(slow)["error"]
    assert "the pattern took more than" in error["message"]
    assert process.memory_info().rss < memory + 60 * 1024 * 1024
    assert process.children() == []


def test_the_server_ends_although_a_pattern_is_tried(start: Start, folder: Path) -> None:
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    say(editor, session_id, LONG)
    slow = editor.request("session/search", {"query": CATASTROPHE, "mode": "regex"})
    assert editor.shut_down() == 0
    assert editor.response(slow)["error"]["data"]["kind"] in {"requestCancelled", "invalidParams"}


def test_the_command_line_shows_what_was_found(start: Start, folder: Path, tmp_path: Path) -> None:
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    say(editor, session_id, "The quick fox")

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-P", "-m", "threadkeep", "sessions", "search", *arguments]
        return subprocess.run(
            [*command, "--store", str(tmp_path / "store")],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            cwd=tmp_path,
            env={**clean_environment(tmp_path / "home")},
            timeout=60,
            check=False,
        )

    shown = run("quick", "--repo", str(folder), "--in", session_id)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert session_id in shown.stdout
    assert "The quick fox" in shown.stdout
    as_json = json.loads(run("q.*k", "--regex", "--json").stdout)
    assert [hit["field"] for hit in as_json["hits"]] == ["content"]
    assert (run("absent").returncode, run("absent").stdout) == (0, "")
    wrong = run("(", "--regex")
    assert wrong.returncode == 1
    assert "not a valid regular expression" in wrong.stderr


def test_texts_are_found_by_their_meaning(start: Start, folder: Path) -> None:
    pytest.importorskip("numpy")
    with EmbeddingServer() as server:
        providers = {"vectors": {"kind": "openai", "baseUrl": server.base_url}}
        editor = start(model=None, settings={"providers": providers, "semantic": {"model": "vectors:small"}})
        editor.begin(folder)
        session_id = editor.open()["session"]["id"]
        for text in ("a truck", "an orca"):
            sent = editor.result("chat/send", {"sessionId": session_id, "text": text})
            editor.result("chat/wait", {"sessionId": session_id, "turnId": sent["turnId"]})
        deadline = time.monotonic() + 60
        while len(hits := found(editor, "whale", mode="semantic")) < 4:
            assert time.monotonic() < deadline, hits
        assert (hits[0]["snippet"], hits[0]["ranges"]) == ("an orca", [])
        assert hits[0]["score"] > hits[1]["score"]
        assert all("authorization" not in headers for headers, _ in server.requests)


def test_finding_by_meaning_says_what_it_needs(start: Start, folder: Path) -> None:
    editor = start(model=None)
    editor.begin(folder)
    error = editor.error("session/search", {"query": "whale", "mode": "semantic"})
    assert error["data"]["kind"] == "invalidParams"
    assert "semantic.model" in error["message"]
