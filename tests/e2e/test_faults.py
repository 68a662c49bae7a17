"""What a disk can do: each fault is a named error or a recovery, and nothing is lost."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.soak.small_disk import made, reads_only, works
from tests.support.product import ModelProcess, plan

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


HEED_MODES = """
import ctypes, os

if os.geteuid() == 0:  # whom modes do not stop, unless it gives that right up
    libc, header = ctypes.CDLL(None, use_errno=True), (ctypes.c_uint32 * 2)(0x20080522, 0)
    rights = (ctypes.c_uint32 * 6)()
    libc.capget(header, rights)
    for half in (0, 1):
        rights[half] &= ~0b110
    if libc.capset(header, rights):
        raise OSError(ctypes.get_errno(), "capset")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="how root gives up its rights is told for Linux only")
@pytest.mark.parametrize(
    ("folder_mode", "file_mode"),
    [(0o500, 0o400), (0o700, 0o400), (0o500, 0o600)],
    ids=["both", "file", "folder"],
)
@pytest.mark.parametrize("is_killed", [False, True], ids=["closed", "with a log"])
def test_a_store_that_this_user_may_only_read_is_read(  # noqa: PLR0917 - fixtures and parameters
    start: Start, tmp_path: Path, model: ModelProcess, folder_mode: int, file_mode: int, is_killed: bool
) -> None:
    session_id = made(tmp_path, model, is_killed=is_killed)
    store = tmp_path / "store"
    (store / "threadkeep.db-shm").unlink(missing_ok=True)
    (store / "threadkeep.db").chmod(file_mode)
    store.chmod(folder_mode)
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(HEED_MODES)
    try:
        editor = start(env={"PYTHONPATH": str(site)})
        editor.begin()
        reads_only(editor, session_id, reason="readOnly")
        store.chmod(0o700)
        (store / "threadkeep.db").chmod(0o600)
        works(editor, session_id, model)
    finally:
        store.chmod(0o700)


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


ON_SIGNAL = """
import os, resource, signal

held = []

def use_up(*_):
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 4096))
    try:
        while True:
            held.append(os.dup(2))
    except OSError:
        pass

def free(*_):
    while held:
        os.close(held.pop())

signal.signal(signal.SIGUSR1, use_up)
signal.signal(signal.SIGUSR2, free)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_few_descriptors_are_named_and_all_works_when_there_are_more(start: Start, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(ON_SIGNAL)
    editor = start(env={"PYTHONPATH": str(site)})
    editor.begin()
    session_id = editor.open()["session"]["id"]
    editor.process.send_signal(signal.SIGUSR1)
    time.sleep(0.3)
    for method, params in (
        ("session/search", {"query": "x"}),  # its handlers are still to be loaded
        ("chat/send", {"sessionId": session_id, "text": "Hello?"}),
    ):
        error = editor.error(method, params)
        assert (error["data"]["kind"], error["data"]["retryable"]) == ("tooManyFiles", True), error
        assert "64" in error["message"]
        assert "ulimit -n" in error["message"]
    editor.process.send_signal(signal.SIGUSR2)
    time.sleep(0.3)
    assert editor.say(session_id, plan(texts=["Again"]))["message"]["content"] == "Again"
    assert editor.result("session/search", {"query": "again"})["hits"]
