"""Deleting, restoring and erasing, over real processes."""

from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.support.product import Editor, plan
from threadkeep.adapters.runtime import SystemClock
from threadkeep.adapters.store import open_store
from threadkeep.values import evolve

pytestmark = pytest.mark.slow

SECRET = "zyxwvutsrq"


def session_with_secret(editor: Editor) -> str:
    session_id = str(
        editor.result("session/create", {"title": f"About {SECRET}", "tags": [SECRET]})["session"]["id"]
    )
    editor.say(session_id, plan(f"The word is {SECRET}", texts=[f"I keep {SECRET}"]))
    return session_id


def store_files(folder: Path) -> bytes:
    return b"".join(
        file.read_bytes() for file in folder.rglob("*") if file.is_file() and "threadkeep.db" in file.name
    )


def test_an_erased_session_leaves_no_trace_and_other_windows_hear_of_it(
    start: Start, folder: Path, tmp_path: Path
) -> None:
    editor, other = start(), start()
    editor.begin(folder)
    other.begin(folder)
    session_id = session_with_secret(editor)
    other.result("session/get", {"sessionId": session_id})
    refused = editor.error("session/purge", {"sessionId": session_id})
    assert refused["data"]["kind"] == "notInTrash"
    trashed = editor.result("session/delete", {"sessionId": session_id})["session"]
    assert trashed["trashedAt"] is not None
    assert editor.error("chat/send", {"sessionId": session_id, "text": "Hi"})["data"]["from"] == "trashed"
    other.wait_for(
        lambda m: m.get("method") == "session/changed" and m["params"]["session"].get("trashedAt") is not None
    )
    assert editor.result("session/purge", {"sessionId": session_id}) == {}
    assert editor.notification("session/removed") == {"sessionId": session_id}
    assert other.notification("session/removed") == {"sessionId": session_id}
    assert other.error("session/get", {"sessionId": session_id})["data"]["kind"] == "sessionNotFound"
    other.close()
    assert editor.result("store/doctor")["isHealthy"] is True
    editor.close()
    assert SECRET.encode() not in store_files(tmp_path)


def test_a_deleted_session_survives_a_restart_in_the_trash(start: Start, folder: Path) -> None:
    editor = start()
    editor.begin(folder)
    session_id = session_with_secret(editor)
    editor.result("session/delete", {"sessionId": session_id})
    editor.process.kill()
    again = start()
    again.begin(folder)
    assert again.result("session/list")["sessions"] == []
    listed = again.result("session/list", {"filter": {"trashed": "only"}})["sessions"]
    assert [session["id"] for session in listed] == [session_id]
    again.result("session/restore", {"sessionId": session_id})
    texts = [m["content"] for m in again.result("session/history", {"sessionId": session_id})["messages"]]
    assert texts[1] == f"I keep {SECRET}"


def test_many_sessions_are_changed_at_once(start: Start, folder: Path) -> None:
    editor = start()
    editor.begin(folder)
    ids = {editor.result("session/create", {"task": "sweep"})["session"]["id"] for _ in range(3)}
    params = {"filter": {"task": "sweep"}, "change": {"addTags": ["done"], "archive": True}}
    rehearsed = editor.result("session/bulkUpdate", params)
    assert (rehearsed["count"], rehearsed["skipped"]) == (3, 0)
    done = editor.result("session/bulkUpdate", {**params, "dryRun": False})
    assert {session["id"] for session in done["sample"] if session["tags"] == ["done"]} == ids
    assert editor.result("session/list", {"filter": {"task": "sweep"}})["sessions"] == []


def test_a_misspelt_filter_changes_nothing(start: Start, folder: Path) -> None:
    editor = start()
    editor.begin(folder)
    editor.result("session/create")
    change = {"change": {"delete": True}, "dryRun": False}
    for method, params in (("session/bulkUpdate", change), ("store/cleanup", {"olderThan": "1h"})):
        told = editor.error(method, {**params, "filter": {"Task": "sweep"}})["message"]
        assert told.startswith(
            'Invalid params: filter: has no member "Task"; its members are repository, idPrefix,'
        )
    told = editor.error("session/bulkUpdate", {**change, "filter": {"tags": [], "task": None}})["message"]
    assert "allSessions: true" in told
    assert len(editor.result("session/list")["sessions"]) == 1


def test_a_clean_up_says_what_an_age_looks_like(start: Start, folder: Path) -> None:
    editor = start()
    editor.begin(folder)
    editor.result("session/create")
    for wrong in ("90", "0d", "soon", "-1d"):
        problems = editor.error("store/cleanup", {"olderThan": wrong})["data"]["problems"]
        assert "90d" in problems[0]["message"]
    told = editor.result("store/cleanup", {"olderThan": "1h"})
    assert (told["count"], told["purged"], told["bytes"] > 0) == (0, 0, True)


def test_the_setting_puts_old_sessions_into_the_trash_and_says_so(
    start: Start, folder: Path, tmp_path: Path
) -> None:
    editor = start()
    editor.begin(folder)
    old, loved = (editor.result("session/create")["session"]["id"] for _ in range(2))
    editor.result("session/update", {"sessionId": loved, "isFavourite": True})
    editor.close()
    _age(tmp_path / "store", old, loved)
    again = start(settings={"retentionDays": 30})
    again.begin(folder)
    told = again.notification("store/warning")
    assert (told["kind"], "1 session." in told["message"]) == ("retention", True)
    listed = again.result("session/list", {"filter": {"trashed": "only"}})["sessions"]
    assert [session["id"] for session in listed] == [old]


def _age(store: Path, *session_ids: str) -> None:
    """Makes it as if nothing had happened in the sessions for years."""
    opened = open_store(store, clock=SystemClock())
    with opened.writing() as changes:
        for session_id in session_ids:
            session = changes.session(session_id)
            assert session is not None
            long_ago = "2020-01-01T00:00:00.000Z"
            changes.put_session(evolve(session, last_activity_at=long_ago, updated_at=long_ago))
    opened.close()
