"""A share that hangs holds up nobody but who needs it: the real server, and a file system that never answers."""

import time
from pathlib import Path

import pytest

from tests.e2e.conftest import Start, a_repository
from tests.support.hanging_share import hanging
from tests.support.product import Editor, plan
from tests.support.wire import Json

pytestmark = pytest.mark.slow

SECONDS = 3.0
"""How long an answer may take on a busy machine; what hangs takes for ever."""


def presence(repository: Json) -> list[str]:
    return [root["presence"] for root in repository["roots"]]


def timed(editor: Editor, method: str, params: Json) -> Json:
    before = time.monotonic()
    found = dict(editor.result(method, params))
    assert time.monotonic() - before < SECONDS, method
    return found


def test_a_share_that_is_away_holds_up_nobody_but_who_needs_it(start: Start, tmp_path: Path) -> None:
    editor = start()
    here, share = a_repository(tmp_path / "here"), tmp_path / "share"
    there = [a_repository(share / f"app{number}") for number in range(12)]
    editor.begin(here)
    kept = [editor.open(repository=each.as_uri())["session"] for each in there]
    editor.say(kept[0]["id"], plan(texts=["Yes"]))
    at_home = editor.open()["session"]

    with hanging(share):
        sessions = timed(editor, "session/list", {})["sessions"]
        found = {each["id"]: presence(each["repository"]) for each in sessions}
        assert found[kept[0]["id"]] == ["unknown"]
        assert found[at_home["id"]] == ["present"]
        assert all(root["present"] for each in sessions for root in each["repository"]["roots"])

        listed = timed(editor, "repository/list", {})["repositories"]
        assert [each["isOrphan"] for each in listed] == [False] * 13
        assert timed(editor, "repository/list", {"isOrphan": True})["repositories"] == []

        # who needs the folder waits, and nobody behind it does
        opening = editor.request("session/open", {"repository": there[1].as_uri()})
        assert timed(editor, "session/open", {})["session"]["id"] == at_home["id"]
        timed(editor, "task/list", {"repository": {"id": kept[0]["repository"]["id"]}})
        timed(editor, "session/update", {"sessionId": kept[0]["id"], "title": "Still mine"})
        before = time.monotonic()
        answer = editor.say(kept[0]["id"], plan(texts=["Still here"]))
        assert answer["message"]["content"] == "Still here"
        assert time.monotonic() - before < SECONDS

    # what hung has failed by now, which tells nothing of the folder
    answer = editor.response(opening)
    assert "error" not in answer or answer["error"]["data"]["kind"] == "folderAway"
    again = timed(editor, "session/get", {"sessionId": kept[0]["id"]})
    assert presence(again["session"]["repository"]) == ["present"]
    assert editor.shut_down() == 0


def test_who_needs_a_folder_that_stays_away_is_told_so_and_the_server_can_leave(
    start: Start, tmp_path: Path
) -> None:
    editor, share = start(), tmp_path / "share"
    there = a_repository(share / "app")
    editor.begin(tmp_path)
    editor.timeout = 40
    with hanging(share):
        error = editor.error("session/open", {"repository": there.as_uri()})
        assert (error["data"]["kind"], error["data"]["retryable"]) == ("folderAway", True)
        assert str(there) in error["message"]
        assert editor.shut_down() == 0
