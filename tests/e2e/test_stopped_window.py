"""A window whose process is stopped (SIGSTOP), and what the others can do: over real stdio, with real signals."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.support.product import Editor, plan
from tests.support.wire import Json

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that stops a process"),
]

SPOKEN = plan(texts=["Half", " more", " and more"], token_delay=1.0)
"""Stopped in the pause after its first word, the process is in no transaction."""
LONG = plan(texts=["Half", *[" more"] * 20], token_delay=1.0)
"""Not all said, nor on its way, when the process is continued: it would be right to end it as completed then."""


class Windows:
    """Three windows with one session open: one that answers and is stopped, one that acts, one that looks on."""

    def __init__(self, start: Start, folder: Path) -> None:
        self.left, self.right, self.third = start(), start(), start()
        for editor, client in ((self.left, "left"), (self.right, "right"), (self.third, "third")):
            editor.begin(folder, client=client)
            self.session_id: str = editor.open()["session"]["id"]
        self.store = self.left.store
        self.turn_id = ""

    def answer_and_stop(self, spoken: str) -> None:
        sent = self.left.result("chat/send", {"sessionId": self.session_id, "text": spoken})
        self.turn_id = sent["turnId"]
        for editor in (self.left, self.right, self.third):
            editor.notification("chat/delta")  # for the others: it is on the disk
        os.kill(self.left.process.pid, signal.SIGSTOP)

    def continue_(self) -> None:
        os.kill(self.left.process.pid, signal.SIGCONT)

    def ask(self, method: str, editor: Editor | None = None, **params: object) -> Json:
        return dict((editor or self.right).result(method, {"sessionId": self.session_id, **params}))

    def refused(self, method: str, **params: object) -> Json:
        error = self.right.error(method, {"sessionId": self.session_id, **params})
        assert error["data"]["kind"] == "sessionBusy"
        return error

    def end_in(self, editor: Editor) -> Json:
        """What a window was told of the turn's end."""
        return dict(
            editor.wait_for(
                lambda m: (
                    m.get("method") == "chat/turnCompleted" and m["params"]["turn"]["id"] == self.turn_id
                )
            )["params"]
        )

    def history(self, editor: Editor) -> list[Json]:
        return list(self.ask("session/history", editor)["messages"])


@pytest.fixture
def windows(start: Start, folder: Path, request: pytest.FixtureRequest) -> Iterator[Windows]:
    made = Windows(start, folder)
    made.answer_and_stop(getattr(request, "param", SPOKEN))
    yield made
    if made.left.process.poll() is None:
        made.continue_()


def deltas(editor: Editor, turn_id: str) -> list[Json]:
    """What was said of a turn, before and after its end."""
    ours = [m for m in editor.received if m.get("params", {}).get("turnId") == turn_id]
    return [m["params"] for m in ours if m["method"] == "chat/delta"]


def test_who_is_asked_in_vain_is_told_by_name_within_seconds(windows: Windows) -> None:
    began = time.monotonic()
    error = windows.refused("chat/cancel")
    assert time.monotonic() - began < 10  # three are promised
    data = error["data"]
    assert (data["isUnresponsive"], data["canTakeOver"], data["turnId"]) == (True, True, windows.turn_id)
    assert (data["holder"]["client"], data["holder"]["pid"]) == ("left", windows.left.process.pid)
    assert "chat/takeOver" in error["message"]
    for method, params in (
        ("session/pause", {}),
        ("session/end", {}),
        ("session/delete", {}),
        ("chat/send", {"text": "Now", "whenBusy": "interrupt"}),
    ):
        data = windows.refused(method, **params)["data"]
        assert (data["isUnresponsive"], data["unresponsiveSince"]) == (
            True,
            error["data"]["unresponsiveSince"],
        )


def test_it_is_taken_over_and_everybody_hears_it(windows: Windows) -> None:
    taken = windows.ask("chat/takeOver")["turn"]
    assert (taken["id"], taken["status"]) == (windows.turn_id, "interrupted")
    for editor in (windows.right, windows.third):
        end = windows.end_in(editor)
        assert (end["turn"], end["message"]["content"]) == (taken, "Half")
    assert windows.ask("session/pause")["session"]["status"] == "paused"
    windows.ask("session/resume")
    carried_on = windows.ask("chat/continue")
    assert carried_on["assistantMessageId"] == taken["messageId"]
    windows.ask("chat/wait", turnId=carried_on["turnId"])


def test_the_old_holder_continued_stores_nothing_and_shows_what_is_stored(windows: Windows) -> None:
    windows.ask("chat/takeOver")
    before = windows.history(windows.right)
    windows.continue_()
    end = windows.end_in(windows.left)
    assert (end["turn"]["status"], end["message"]["content"]) == ("interrupted", "Half")
    said = len(deltas(windows.left, windows.turn_id))
    time.sleep(2.5)  # the provider would have said all by now
    assert windows.history(windows.left) == windows.history(windows.right) == before
    assert len(deltas(windows.left, windows.turn_id)) == said
    again = windows.left.say(windows.session_id, plan(texts=["Mine"]))
    assert (again["turn"]["status"], again["message"]["content"]) == ("completed", "Mine")


def test_it_finds_what_was_carried_on_with_meanwhile(windows: Windows) -> None:
    windows.ask("chat/takeOver")
    carried_on = windows.ask("chat/continue")
    windows.ask("chat/wait", turnId=carried_on["turnId"])
    after = windows.history(windows.right)
    windows.continue_()
    windows.end_in(windows.left)
    assert windows.history(windows.left) == windows.history(windows.third) == after


@pytest.mark.parametrize("windows", [LONG], indirect=True, ids=["a long answer"])
def test_one_that_is_continued_in_time_does_what_it_was_asked(windows: Windows) -> None:
    windows.refused("chat/cancel")
    windows.continue_()
    end = windows.end_in(windows.right)
    assert end["turn"]["status"] == "cancelled"
    assert windows.ask("chat/takeOver", turnId=windows.turn_id)["turn"] == end["turn"]
    assert windows.end_in(windows.left) == end


def test_one_that_is_killed_while_it_is_stopped_is_dead(windows: Windows) -> None:
    windows.left.kill()
    assert windows.end_in(windows.right)["turn"]["status"] == "interrupted"
    assert windows.ask("chat/takeOver", turnId=windows.turn_id)["turn"]["status"] == "interrupted"


def test_whoever_took_over_may_be_killed_too(windows: Windows) -> None:
    windows.ask("chat/takeOver")
    windows.right.kill()
    windows.continue_()
    assert windows.end_in(windows.left)["message"]["content"] == "Half"
    history = windows.history(windows.third)
    assert [m["status"] for m in history] == ["complete", "interrupted"]


def test_what_waits_is_not_lost(windows: Windows) -> None:
    queued = windows.ask("chat/send", text=plan(texts=["Later"]), whenBusy="queue")
    windows.ask("draft/set", text="my words")
    windows.ask("chat/takeOver")
    assert [each["turnId"] for each in windows.ask("chat/queue")["queued"]] == [queued["turnId"]]
    windows.continue_()
    windows.end_in(windows.left)
    windows.ask("chat/send", text=plan(texts=["Last"]), whenBusy="queue")
    assert windows.ask("chat/wait", turnId=queued["turnId"])["message"]["content"] == "Later"
    assert windows.right.open()["draft"]["text"] == "my words"


def test_what_is_erased_under_it_stays_erased(windows: Windows) -> None:
    windows.ask("chat/takeOver")
    windows.ask("session/delete")
    windows.ask("session/purge")
    windows.continue_()
    windows.left.notification("session/removed")
    time.sleep(2.5)
    assert (
        windows.left.error("session/get", {"sessionId": windows.session_id})["data"]["kind"]
        == "sessionNotFound"
    )
    for editor in (windows.left, windows.right, windows.third):
        editor.shut_down()
    for file in windows.store.iterdir():
        assert not file.is_file() or b" more" not in file.read_bytes()
