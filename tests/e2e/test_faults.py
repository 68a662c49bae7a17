"""What a disk can do: each fault is a named error or a recovery, and nothing is lost."""

import os
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.support.product import plan

pytestmark = pytest.mark.slow


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_store_that_cannot_be_made_is_a_named_error_and_works_once_it_can(
    start: Start, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "store"
    in_the_way.write_text("I am a file.")
    editor = start()
    editor.begin()
    warning = editor.notification("store/warning")
    assert warning["message"]
    error = editor.error("session/open")
    assert (error["data"]["kind"], error["data"]["retryable"]) == ("storeUnavailable", True)
    assert in_the_way.read_text() == "I am a file."
    in_the_way.unlink()
    assert editor.open()["created"] is True


def test_a_store_that_cannot_be_read_is_never_overwritten(start: Start, tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    (store / "threadkeep.db").write_bytes(b"not a database, but somebody's bytes" * 1000)
    before = (store / "threadkeep.db").read_bytes()
    editor = start()
    editor.begin()
    assert editor.error("session/open")["data"]["kind"] == "storeCorrupt"
    assert editor.error("session/create", {})["data"]["kind"] == "storeCorrupt"
    assert editor.shut_down() == 0
    assert (store / "threadkeep.db").read_bytes() == before


def test_a_store_of_a_newer_version_is_refused_untouched(start: Start, tmp_path: Path) -> None:
    import apsw

    editor = start()
    editor.begin()
    editor.open()
    editor.shut_down()
    database = tmp_path / "store" / "threadkeep.db"
    connection = apsw.Connection(str(database))
    connection.execute("UPDATE meta SET value = 999 WHERE name = 'oldest_reader'")
    connection.execute("PRAGMA user_version = 999")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = database.read_bytes()
    newer = start()
    newer.begin()
    assert newer.error("session/open")["data"]["kind"] == "storeNewer"
    newer.shut_down()
    assert database.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_is_a_named_error_and_what_was_said_stays(
    start: Start, tmp_path: Path, folder: Path
) -> None:
    first = start()
    first.begin(folder)
    session_id = first.open()["session"]["id"]
    first.say(session_id, plan(texts=["Kept"]))
    assert first.shut_down() == 0

    size = sum(path.stat().st_size for path in (tmp_path / "store").iterdir() if path.is_file())
    full = start(env={"PYTHONPATH": str(limit_file_size(tmp_path, size + 60_000))})
    full.begin(folder)
    big = "x" * (size + 200_000)  # more than any one file may hold
    error = full.error("chat/send", {"sessionId": session_id, "text": big})
    assert error["data"]["kind"] == "storeUnavailable"
    assert [m["content"] for m in full.open()["messages"]][-1] == "Kept"
    full.kill()

    again = start()
    again.begin(folder)
    assert [m["content"] for m in again.open()["messages"]][-1] == "Kept"
    assert again.say(session_id, plan(texts=["Again"]))["message"]["content"] == "Again"


def limit_file_size(tmp_path: Path, size: int) -> Path:
    """A folder for PYTHONPATH that makes a Python unable to write files beyond a size, as on a full disk."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
    )
    return site


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights in lists, not in modes")
def test_files_are_for_their_owner_alone(start: Start, tmp_path: Path) -> None:
    os.umask(0o022)
    editor = start()
    editor.begin()
    editor.open()
    store = tmp_path / "store"
    assert store.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in store.rglob("*") if path.is_file()}
    assert set(modes.values()) == {0o600}, modes
    log = editor.result("server/status")["log"]
    assert Path(log).stat().st_mode & 0o777 == 0o600


def test_neither_words_nor_keys_are_logged(start: Start, folder: Path) -> None:
    from tests.support.product import KEY

    editor = start()
    editor.begin(folder, capabilities={})
    session_id = editor.open()["session"]["id"]
    editor.say(session_id, plan("a-very-private-question", texts=["a-very-private-answer"]))
    editor.say(session_id, plan("a-very-private-question", status=500))
    editor.error("session/get", {"sessionId": 5})
    log = Path(editor.result("server/status")["log"])
    editor.shut_down()
    everything = log.read_text() + editor.stderr
    assert "very-private" not in everything
    assert KEY not in everything
