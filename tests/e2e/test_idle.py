"""A window in which nothing happens costs next to nothing, and still sees what others do."""

import sys
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.support.product import Editor, plan
from threadkeep.faces.lsp.tick import REST_SECONDS, SETTLING_SECONDS

pytestmark = pytest.mark.slow

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's counters are Linux's")


def wake_ups(editor: Editor) -> int:
    """How often a thread of the server has gone to sleep, so far."""
    total = 0
    for status in Path(f"/proc/{editor.process.pid}/task").glob("*/status"):
        for line in status.read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                total += int(line.split()[1])
    return total


def rested(editor: Editor, folder: Path) -> str:
    """Begins and waits until the window rests; its session."""
    editor.begin(folder)
    session_id: str = editor.open()["session"]["id"]
    time.sleep(SETTLING_SECONDS + REST_SECONDS)
    return session_id


@LINUX
def test_an_idle_window_hardly_wakes(start: Start, folder: Path) -> None:
    editor = start()
    rested(editor, folder)
    before, began = wake_ups(editor), time.monotonic()
    time.sleep(4 * REST_SECONDS)
    # 0.2 a second are meant, 0.3 promised; once a second, or one hop of each, would be three times as many
    assert (wake_ups(editor) - before) / (time.monotonic() - began) <= 0.5


def test_a_checkout_is_seen_by_a_window_that_rests(start: Start, folder: Path) -> None:
    editor = start()
    rested(editor, folder)
    for branch in ("feature", "main"):
        head = folder / ".git" / "HEAD"
        lock = head.with_suffix(".lock")
        lock.write_text(f"ref: refs/heads/{branch}\n")
        began = time.monotonic()
        lock.rename(head)
        editor.wait_for(
            lambda m, branch=branch: m.get("method") == "task/changed" and m["params"]["task"] == branch  # type: ignore[misc]
        )
        assert time.monotonic() - began < 3  # one second is promised
        time.sleep(REST_SECONDS)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes of this kind")
def test_what_another_window_writes_is_seen_by_a_window_that_rests(start: Start, folder: Path) -> None:
    left, right = start(), start()
    session_id = rested(left, folder)
    rested(right, folder)
    for title in ("One", "Two"):
        right.result("session/update", {"sessionId": session_id, "title": title})
        began = time.monotonic()
        left.wait_for(
            lambda m, title=title: (  # type: ignore[misc]
                m.get("method") == "session/changed" and m["params"]["session"]["title"] == title
            )
        )
        assert time.monotonic() - began < 2  # 0.3 are promised
        time.sleep(REST_SECONDS)


def test_a_window_that_rests_ends_the_turn_of_one_that_dies(start: Start, folder: Path) -> None:
    left, right = start(), start()
    rested(right, folder)
    left.begin(folder)
    session_id = left.open()["session"]["id"]
    left.result("chat/send", {"sessionId": session_id, "text": plan(texts=["Half"], stall_after=1)})
    left.notification("chat/delta")
    time.sleep(2 * REST_SECONDS)  # it does not rest now
    killed_at = left.kill()
    right.wait_for(
        lambda m: m.get("method") == "session/changed" and m["params"]["session"]["activity"] == "interrupted"
    )
    assert time.monotonic() - killed_at < 4  # two are promised
