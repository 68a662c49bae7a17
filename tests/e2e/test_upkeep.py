"""Looking after the store while it is in use, over the real server and the real command line."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.e2e.conftest import Start
from tests.support.product import clean_environment, plan
from tests.support.wire import Json

pytestmark = pytest.mark.slow

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Run]:
    """The command line on the store of the editors that `start` starts."""

    def run(*arguments: str, code: int = 0, store: Path | None = None) -> "subprocess.CompletedProcess[str]":
        (tmp_path / "home").mkdir(exist_ok=True)
        done = subprocess.run(
            [
                sys.executable,
                "-P",
                "-m",
                "threadkeep",
                "store",
                *arguments,
                "--store",
                str(store or tmp_path / "store"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            cwd=tmp_path,
            env={**_inherited(), **clean_environment(tmp_path / "home")},
            timeout=60,
            check=False,
        )
        assert done.returncode == code, (done.stdout, done.stderr)
        return done

    return run


def _inherited() -> dict[str, str]:
    import os

    return dict(os.environ)


def damage(store: Path, *statements: str) -> None:
    connection = apsw.Connection(str(store / "threadkeep.db"))
    connection.set_busy_timeout(5000)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def doctor(editor: Any, *, repair: bool = False) -> Json:
    return dict(editor.result("store/doctor", {"repair": repair}))


def said(editor: Any, session_id: str) -> list[str]:
    history = editor.result("session/history", {"sessionId": session_id})
    return [message["content"] for message in history["messages"]]


def test_a_backup_while_an_answer_streams_holds_what_was_acknowledged(
    start: Start, folder: Path, tmp_path: Path, command: Run
) -> None:
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    editor.say(session_id, plan(texts=["Kept"]))
    sent = editor.result(
        "chat/send", {"sessionId": session_id, "text": plan(texts=["So ", "far"], stall_after=2)}
    )
    editor.wait_for(lambda m: m.get("method") == "chat/delta" and m["params"]["text"].endswith("far"))
    backup = editor.result("store/backup", {"path": str(tmp_path)})
    assert backup["bytes"] == Path(backup["path"]).stat().st_size
    editor.result("chat/cancel", {"sessionId": session_id, "turnId": sent["turnId"]})
    assert doctor(editor) == {"isHealthy": True, "problems": []}

    command("restore", backup["path"], store=tmp_path / "other")
    restored = start(store=tmp_path / "other")
    restored.begin(folder)
    opened = restored.open()
    assert opened["session"]["id"] == session_id
    assert "Kept" in [message["content"] for message in opened["messages"]]
    assert len(opened["messages"]) == 4
    assert opened["messages"][-1]["status"] in {"streaming", "interrupted"}


def test_a_request_to_back_up_comes_after_those_before_it(start: Start, tmp_path: Path) -> None:
    editor = start()
    editor.begin()
    created = [editor.request("session/create", {"title": f"number {n}"}) for n in range(5)]
    backing = editor.request("store/backup", {"path": str(tmp_path / "copy.db")})
    for request in created:
        assert "result" in editor.response(request)
    assert "result" in editor.response(backing)
    connection = apsw.Connection(str(tmp_path / "copy.db"))
    ((count,),) = connection.execute("SELECT count(*) FROM sessions")
    connection.close()
    assert count == 5


@pytest.mark.parametrize(
    ("path", "kind"), [("relative", "invalidParams"), ("taken", "invalidParams"), (7, "invalidParams")]
)
def test_a_wrong_place_for_a_backup_is_refused(start: Start, tmp_path: Path, path: Any, kind: str) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    editor = start()
    editor.begin()
    editor.open()
    given = str(taken) if path == "taken" else path
    assert editor.error("store/backup", {"path": given})["data"]["kind"] == kind
    assert taken.read_text() == "mine"


def test_damage_is_told_and_repaired_while_windows_are_open(
    start: Start, folder: Path, tmp_path: Path
) -> None:
    editor, other = start(), start()
    editor.begin(folder)
    other.begin(folder)
    session_id = editor.open()["session"]["id"]
    other.open()
    editor.say(session_id, plan("One", texts=["First"]))
    editor.say(session_id, plan("Two", texts=["Second"]))
    first = editor.result("session/history", {"sessionId": session_id})["messages"]
    damage(
        tmp_path / "store",
        f"UPDATE messages SET doc = 'half of an answer' WHERE id = unhex('{first[1]['id']}', '-')",
    )
    assert editor.error("session/history", {"sessionId": session_id})["data"]["kind"] == "storeCorrupt"
    found = doctor(editor)
    assert (found["isHealthy"], [p["kind"] for p in found["problems"]]) == (False, ["brokenDocuments"])
    heard = len(other.received)
    repaired = doctor(editor, repair=True)
    assert repaired["isHealthy"] is True
    assert all(problem["isRepaired"] for problem in repaired["problems"])
    assert Path(repaired["backup"]).exists()
    kept = "".join(path.read_text() for path in (tmp_path / "store" / "quarantine").iterdir())
    assert "half of an answer" in kept
    messages = editor.result("session/history", {"sessionId": session_id})["messages"]
    assert [message["content"] for message in messages][2:] == [m["content"] for m in first[2:]]
    assert messages[1]["event"]["kind"] == "damaged"
    other.wait_for(lambda m: m in other.received[heard:] and m.get("method") == "session/changed")
    assert editor.say(session_id, plan(texts=["Third"]))["message"]["content"] == "Third"


def test_links_and_counters_are_put_right(start: Start, folder: Path, tmp_path: Path) -> None:
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    editor.say(session_id, plan(texts=["First"]))
    waited = editor.say(session_id, plan(texts=["Second"]))
    lost = waited["turn"]["userMessageId"]
    damage(
        tmp_path / "store",
        f"DELETE FROM messages WHERE id = unhex('{lost}', '-')",
        "UPDATE sessions SET doc = json_set(doc, '$.message_count', 99), message_count = 99",
        "INSERT INTO journal(message_id, kind, text) VALUES ('nobody', 'text', '\"left over\"')",
    )
    assert {"tree", "counters", "leftovers"} <= {p["kind"] for p in doctor(editor)["problems"]}
    assert doctor(editor, repair=True)["isHealthy"] is True
    assert editor.result("session/get", {"sessionId": session_id})["session"]["messageCount"] == 3
    assert said(editor, session_id)[-2:] == ["First", "Second"]


def test_the_command_line_checks_repairs_and_tells_by_its_exit_code(
    start: Start, folder: Path, tmp_path: Path, command: Run
) -> None:
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    editor.say(session_id, plan(texts=["First"]))
    editor.shut_down()
    assert command("doctor").stdout == "The store is healthy.\n"
    damage(
        tmp_path / "store",
        "UPDATE sessions SET doc = json_set(doc, '$.message_count', 99), message_count = 99",
    )
    told = command("doctor", code=1)
    assert "wrong: counters (1)" in told.stdout
    assert "--repair" in told.stdout
    assert json.loads(command("doctor", "--json", code=1).stdout)["isHealthy"] is False
    repaired = command("doctor", "--repair").stdout
    assert "repaired: counters" in repaired
    assert "is kept in" in repaired
    assert json.loads(command("doctor", "--json").stdout) == {"isHealthy": True, "problems": []}


def test_the_command_line_backs_up_and_restores(
    start: Start, folder: Path, tmp_path: Path, command: Run
) -> None:
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    editor.say(session_id, plan(texts=["First"]))
    backup = Path(json.loads(command("backup", "copy.db", "--json").stdout)["path"])
    assert backup == tmp_path / "copy.db"
    editor.say(session_id, plan(texts=["Second"]))
    refused = command("restore", str(backup), code=1)
    assert "in use" in refused.stderr
    assert refused.stderr.count("\n") == 1
    editor.shut_down()
    restored = json.loads(command("restore", str(backup), "--json").stdout)
    assert Path(restored["replaced"]).is_dir()

    again = start()
    again.begin(folder)
    assert said(again, session_id)[-1] == "First"
    again.shut_down()
    command("restore", restored["replaced"])
    back = start()
    back.begin(folder)
    assert said(back, session_id)[-1] == "Second"


def test_a_store_that_is_no_database_is_told_and_left_alone(tmp_path: Path, command: Run) -> None:
    store = tmp_path / "store"
    store.mkdir()
    (store / "threadkeep.db").write_bytes(b"somebody's bytes" * 1000)
    before = (store / "threadkeep.db").read_bytes()
    told = json.loads(command("doctor", "--repair", "--json", code=1).stdout)
    assert [problem["kind"] for problem in told["problems"]] == ["unreadable"]
    assert (store / "threadkeep.db").read_bytes() == before
    assert command("backup", code=1).stderr.startswith("threadkeep: ")
    assert command("restore", "nowhere.db", code=1).stderr.count("\n") == 1


@pytest.mark.parametrize("page", [2, 5, 9])
def test_a_zeroed_page_is_a_named_error_or_repaired(
    start: Start, folder: Path, tmp_path: Path, page: int
) -> None:
    editor = start()
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    for n in range(5):
        editor.say(session_id, plan(texts=[f"Answer {n}"]))
    assert editor.shut_down() == 0
    with (tmp_path / "store" / "threadkeep.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))
    again = start()
    again.begin(folder)
    repaired = doctor(again, repair=True)
    assert "backup" in repaired or repaired["problems"][0]["kind"] == "unreadable"
    if repaired["isHealthy"]:
        assert doctor(again) == {"isHealthy": True, "problems": []}
        assert again.open()["session"]["id"]


def test_secrets_are_taken_out_of_what_is_stored(start: Start, folder: Path, tmp_path: Path) -> None:
    secret = "sk-" + "abcdefghijklmnopqrstuvwx"  # built here, so that no scanner takes this file for a leak
    editor = start(settings={"redact": True})
    editor.begin(folder)
    session_id = editor.open()["session"]["id"]
    texts = ["Use ", secret[:9], secret[9:], " there"]
    sent = editor.result(
        "chat/send", {"sessionId": session_id, "text": plan(f"My key is {secret}", texts=texts)}
    )
    assert secret not in json.dumps(sent)
    assert "[redacted]" in sent["userMessage"]["content"]
    waited = editor.result("chat/wait", {"sessionId": session_id, "turnId": sent["turnId"]})
    assert waited["message"]["content"] == "Use [redacted] there"
    deltas = [m["params"]["text"] for m in editor.received if m.get("method") == "chat/delta"]
    assert "".join(deltas) == f"Use {secret} there"
    completed = editor.wait_for(lambda m: m.get("method") == "chat/turnCompleted")
    assert completed["params"]["message"]["content"] == "Use [redacted] there"
    backup = editor.result("store/backup", {"path": str(tmp_path)})["path"]
    connection = apsw.Connection(backup)
    stored = connection.execute(
        "SELECT CAST(doc AS BLOB) FROM messages UNION ALL SELECT CAST(doc AS BLOB) FROM sessions"
    ).fetchall()
    connection.close()
    assert not any(secret.encode() in bytes(doc) for (doc,) in stored)
