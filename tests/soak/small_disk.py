"""What happens on a disk that is full or becomes read-only: run in a mount namespace of its own.

`python -m tests.soak.small_disk KIND FOLDER` (one of `KINDS`) mounts a file system in memory on FOLDER/store and ends
with 0 if everything was as promised; the mount goes with the namespace.
"""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from tests.soak.audit import problems
from tests.support.product import Editor, ModelProcess, plan

SIZE: Final = "6m"
NAMESPACE: Final = ("unshare", "--user", "--map-root-user", "--mount")


def main(kind: str, folder: Path) -> None:
    """Raises AssertionError where a promise is broken."""
    store = folder / "store"
    store.mkdir()
    mount("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(store))
    model = ModelProcess()
    try:
        KINDS[kind](folder, store, model)
    finally:
        model.close()
    assert problems(store) == []


def full(folder: Path, store: Path, model: ModelProcess) -> None:
    """A named error for what is asked, a warning for what runs, and nothing lost once there is room again."""
    with Editor(folder, model=model.base_url, timeout=30) as editor:
        editor.begin()
        session_id = editor.open()["session"]["id"]
        editor.say(session_id, plan(texts=["Kept"]))
        text = plan("Stream", tokens=400, token_delay=0.005)
        sent = editor.result("chat/send", {"sessionId": session_id, "text": text})
        editor.notification("chat/delta")
        filler = store / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        big = {"title": "Big", "metadata": {"big": "y" * 300_000}}
        error = editor.error("session/create", big)
        assert (error["data"]["kind"], error["data"]["retryable"]) == ("storeUnavailable", True), error
        # what was said can still be read
        history = editor.result("session/history", {"sessionId": session_id})["messages"]
        assert history[1]["content"] == "Kept"
        filler.unlink()
        waited = editor.result("chat/wait", {"sessionId": session_id, "turnId": sent["turnId"]})
        assert waited["turn"]["status"] == "completed", waited
        whole = waited["message"]["content"]
        assert len(whole) == 400 * 7
        assert editor.result("session/create", big)["session"]["title"] == "Big"
        editor.kill()
    with Editor(folder, model=model.base_url, timeout=30) as again:
        again.begin()
        kept = again.result("session/history", {"sessionId": session_id})["messages"]
        assert [m["content"] for m in kept if m["role"] == "assistant"] == ["Kept", whole]


def filled(store: Path) -> Path:
    """Fills the disk to the last byte; the file to remove afterwards."""
    filler = store / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(b"x")
    return filler


def made(folder: Path, model: ModelProcess, *, is_killed: bool) -> str:
    """A store with one answer, which is still in the log if the process was killed; the session's id."""
    with Editor(folder, model=model.base_url, timeout=30) as editor:
        editor.begin()
        session_id = str(editor.open()["session"]["id"])
        editor.say(session_id, plan("Where?", texts=["Kept"]))
        if is_killed:
            editor.kill()
        else:
            assert editor.shut_down() == 0
    return session_id


def reads_only(editor: Editor, session_id: str, *, reason: str) -> None:
    """Everything that reads works, everything that writes is refused by name, and a warning tells it."""
    opened = editor.open()
    assert (opened["session"]["id"], opened["created"]) == (session_id, False)
    assert opened["messages"][-1]["content"] == "Kept"
    warning = editor.notification("store/warning")
    assert warning["kind"] == "readOnly", warning
    listed = editor.result("session/list")["sessions"]
    assert [each["id"] for each in listed] == [session_id]
    assert editor.result("session/history", {"sessionId": session_id})["messages"][-1]["content"] == "Kept"
    assert editor.result("session/search", {"query": "kept"})["hits"]
    assert (
        "Kept" in editor.result("session/export", {"sessionId": session_id, "format": "markdown"})["content"]
    )
    assert editor.result("session/events", {"sessionId": session_id, "afterSeq": 0})["events"]
    assert editor.result("session/get", {"sessionId": session_id})["session"]["activity"] == "idle"
    info = editor.result("store/info")
    assert (info["sessions"], info["messages"]) == (1, 2)
    for method in ("repository/list", "task/list", "session/current", "usage/summary", "server/status"):
        params = {"groupBy": "day"} if method == "usage/summary" else {}
        editor.result(method, params)
    for method, params in (
        ("session/create", {"title": "New"}),
        ("session/open", {"task": "another"}),
        ("chat/send", {"sessionId": session_id, "text": "Hello?"}),
        ("draft/set", {"sessionId": session_id, "text": "Hel"}),
        ("session/update", {"sessionId": session_id, "title": "New"}),
    ):
        error = editor.error(method, params)
        told = (error["data"]["kind"], error["data"]["reason"], error["data"]["retryable"])
        assert told == ("storeUnavailable", reason, True), error
        assert str(editor.store) in error["message"]


def works(editor: Editor, session_id: str, model: ModelProcess) -> None:
    """Without a restart, everything can be written again."""
    assert (
        editor.result("session/create", {"title": "New", "makeCurrent": False})["session"]["title"] == "New"
    )
    assert editor.say(session_id, plan(texts=["Again"]))["message"]["content"] == "Again"
    kept = editor.result("session/history", {"sessionId": session_id})["messages"]
    assert [m["content"] for m in kept if m["role"] == "assistant"] == ["Kept", "Again"]
    assert editor.notification("store/warning")["kind"] == "writable"


def read_only_at_the_start(
    folder: Path, store: Path, model: ModelProcess, *, is_killed: bool = False
) -> None:
    """A window starts on a disk that is mounted read-only."""
    session_id = made(folder, model, is_killed=is_killed)
    if is_killed:
        (
            store / "threadkeep.db-shm"
        ).unlink()  # the log alone has the answer, and nothing can be made beside it
        assert (store / "threadkeep.db-wal").stat().st_size
    mount("-o", "remount,ro", str(store))
    with Editor(folder, model=model.base_url, timeout=30) as editor:
        editor.begin()
        reads_only(editor, session_id, reason="readOnly")
        mount("-o", "remount,rw", str(store))
        works(editor, session_id, model)


def full_at_the_start(folder: Path, store: Path, model: ModelProcess, *, is_killed: bool = False) -> None:
    """Windows start on a disk without a free byte."""
    session_id = made(folder, model, is_killed=is_killed)
    if is_killed:
        (store / "threadkeep.db-shm").unlink()
    filler = filled(store)
    with Editor(folder, model=model.base_url, timeout=30) as editor:
        editor.begin()
        reads_only(editor, session_id, reason="noRoom")
        with Editor(folder, model=model.base_url, timeout=30) as another:
            another.begin()
            reads_only(another, session_id, reason="noRoom")
        filler.unlink()
        works(editor, session_id, model)


def full_beside_a_window(folder: Path, store: Path, model: ModelProcess) -> None:
    """A window starts on a full disk where another one has the store open already."""
    session_id = made(folder, model, is_killed=False)
    with Editor(folder, model=model.base_url, timeout=30) as first:
        first.begin()
        first.open()
        filler = filled(store)
        assert first.open()["session"]["id"] == session_id
        with Editor(folder, model=model.base_url, timeout=30) as second:
            second.begin()
            assert second.open()["messages"][-1]["content"] == "Kept"
            error = second.error("session/create", {"title": "New", "metadata": {"big": "y" * 300_000}})
            assert (error["data"]["kind"], error["data"]["reason"]) == ("storeUnavailable", "noRoom"), error
            filler.unlink()
            assert second.say(session_id, plan(texts=["Again"]))["message"]["content"] == "Again"
        assert first.say(session_id, plan(texts=["Once more"]))["message"]["content"] == "Once more"


def full_everywhere(folder: Path, store: Path, model: ModelProcess) -> None:
    """Nor is there room for the log file."""
    session_id = made(folder, model, is_killed=False)
    home = folder / "home"
    mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", str(home))
    filled(home)
    filler = filled(store)
    with Editor(folder, model=model.base_url, timeout=30) as editor:
        editor.begin()
        reads_only(editor, session_id, reason="noRoom")
        filler.unlink()
        works(editor, session_id, model)


def full_in_mid_turn(folder: Path, store: Path, model: ModelProcess) -> None:
    """While the end of an answer cannot be stored all say so alike; the first write that succeeds stores it."""
    with Editor(folder, model=model.base_url, timeout=30) as editor:
        editor.begin()
        session_id = editor.open()["session"]["id"]
        text = plan("Stream", tokens=100, token_delay=0.005)
        sent = editor.result("chat/send", {"sessionId": session_id, "text": text})
        editor.notification("chat/delta")
        filler = filled(store)
        completed = editor.notification("chat/turnCompleted")
        waited = editor.result("chat/wait", {"sessionId": session_id, "turnId": sent["turnId"]})
        whole = waited["message"]["content"]
        assert len(whole) == 100 * 7
        seen = states(editor, session_id)
        assert seen == ("failed", "failed", whole, "failed", "failed", None), seen
        for turn in (completed["turn"], waited["turn"]):
            assert (turn["status"], turn["error"]["kind"]) == ("failed", "storeUnavailable"), turn
            assert "first write that succeeds" in turn["error"]["message"]
        assert (
            editor.result("chat/cancel", {"sessionId": session_id, "turnId": sent["turnId"]})["turn"]
            == waited["turn"]
        )
        assert editor.notification("store/warning")["kind"] == "unavailable"
        filler.unlink()
        editor.result("session/create", {"title": "Another", "makeCurrent": False})  # the first write
        seen = states(editor, session_id)
        assert seen == ("idle", "complete", whole, "idle", "completed", None), seen
        assert editor.notification("chat/turnCompleted")["turn"]["status"] == "completed"
        assert editor.say(session_id, plan(texts=["Again"]))["message"]["content"] == "Again"


def states(editor: Editor, session_id: str) -> tuple[str | None, ...]:
    """What `session/get`, history, list and events say of a session and its newest answer."""
    this = {"sessionId": session_id}
    newest = editor.result("session/history", this)["messages"][-1]
    listed = [each for each in editor.result("session/list")["sessions"] if each["id"] == session_id]
    gap = editor.result("session/events", {**this, "afterSeq": 0})
    turns = [event["params"]["turn"]["status"] for event in gap["events"] if "turn" in event["params"]]
    activity = editor.result("session/get", this)["session"]["activity"]
    return activity, newest["status"], newest["content"], listed[0]["activity"], turns[-1], gap.get("running")


KINDS: Final[Mapping[str, Callable[[Path, Path, ModelProcess], None]]] = {
    "full": full,
    "full-in-mid-turn": full_in_mid_turn,
    "full-at-the-start": full_at_the_start,
    "full-with-a-log": partial(full_at_the_start, is_killed=True),
    "full-everywhere": full_everywhere,
    "full-beside-a-window": full_beside_a_window,
    "read-only": read_only_at_the_start,
    "read-only-with-a-log": partial(read_only_at_the_start, is_killed=True),
}
"""What can be tried, by name."""


def mount(*arguments: str) -> None:
    """Needs a namespace in which this process is root."""
    subprocess.run(["mount", *arguments], check=True, timeout=30)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
