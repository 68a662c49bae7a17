"""What happens on a disk that is full or becomes read-only: run in a mount namespace of its own.

`python -m tests.soak.small_disk full|read-only FOLDER` mounts a file system in memory on FOLDER/store and ends
with 0 if everything was as promised; the mount goes with the namespace.
"""

import contextlib
import subprocess
import sys
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
        (full if kind == "full" else read_only)(folder, store, model)
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


def read_only(folder: Path, store: Path, model: ModelProcess) -> None:
    """Nothing can be written: a named error, and everything works again afterwards."""
    with Editor(folder, model=model.base_url, timeout=30) as editor:
        editor.begin()
        session_id = editor.open()["session"]["id"]
        editor.say(session_id, plan(texts=["Kept"]))
        assert editor.shut_down() == 0
    mount("-o", "remount,ro", str(store))
    with Editor(folder, model=model.base_url, timeout=30) as editor:
        editor.begin()
        for method, params in (
            ("session/create", {"title": "New"}),
            ("chat/send", {"sessionId": session_id, "text": "Hello?"}),
        ):
            error = editor.error(method, params)
            assert error["data"]["kind"] == "storeUnavailable", error
        mount("-o", "remount,rw", str(store))
        assert editor.result("session/create", {"title": "New"})["session"]["title"] == "New"
        assert editor.say(session_id, plan(texts=["Again"]))["message"]["content"] == "Again"
        kept = editor.result("session/history", {"sessionId": session_id})["messages"]
        assert [m["content"] for m in kept if m["role"] == "assistant"] == ["Kept", "Again"]


def mount(*arguments: str) -> None:
    """Needs a namespace in which this process is root."""
    subprocess.run(["mount", *arguments], check=True, timeout=30)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
