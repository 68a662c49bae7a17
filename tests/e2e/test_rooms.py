"""How many of our files run for what an editor asks most: who reads the code follows a request through that many."""

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.product import Editor, ModelProcess

COUNTED = Path(__file__).parents[1] / "support" / "counted.py"
WAY_OF_A_MESSAGE = Path(__file__).parents[2] / "server" / "docs" / "message.md"
TIMES = 4
SETTLED_SECONDS = 0.5
"""After which what a request leaves to be done has run too."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="has no signals to begin and end a count"),
]


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    folder = tmp_path_factory.mktemp("rooms")
    model = ModelProcess()
    product = Editor(folder, model=model.base_url, program=(str(COUNTED), str(folder / "ran.json")))
    product.begin(folder)
    yield product
    product.close()
    model.close()


def ran(editor: Editor, work: Callable[[], object]) -> list[str]:
    """The files that run for the work each time, once all is imported and known: what a timer does meanwhile is
    not of it."""
    return sorted(frozenset.intersection(*(_ran_once(editor, work) for _ in range(TIMES))))


def _ran_once(editor: Editor, work: Callable[[], object]) -> frozenset[str]:
    told = editor.home.parent / "ran.json"
    told.unlink(missing_ok=True)
    work()
    work()
    time.sleep(SETTLED_SECONDS)
    begun = told.with_suffix(".begun")
    begun.unlink(missing_ok=True)
    os.kill(editor.process.pid, signal.SIGUSR1)
    _wait_for(begun)  # else the request may be read before it counts
    work()
    time.sleep(SETTLED_SECONDS)
    os.kill(editor.process.pid, signal.SIGUSR2)
    _wait_for(told)
    return frozenset(json.loads(told.read_text(encoding="utf-8")))


def _wait_for(file: Path) -> None:
    until = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize(("request_", "most"), [("open", 44), ("send", 65), ("search", 35)])
def test_a_request_goes_through_no_more_files_than_before(editor: Editor, request_: str, most: int) -> None:
    session_id = editor.open()["session"]["id"]
    work: dict[str, Callable[[], object]] = {
        "open": editor.open,
        "send": lambda: editor.say(session_id, "Where is the kiwi?"),
        "search": lambda: editor.result("session/search", {"query": "kiwi"}),
    }
    files = ran(editor, work[request_])
    assert any(file.endswith("engine/storage.py") for file in files)
    assert len(files) <= most, "\n".join(files)


def test_the_rooms_drawn_on_the_way_of_a_message_are_on_it(editor: Editor) -> None:
    chart = WAY_OF_A_MESSAGE.read_text(encoding="utf-8").partition("```mermaid")[2].partition("```")[0]
    drawn = re.findall(r"[a-z_/]+\.py", chart)
    session_id = editor.open()["session"]["id"]
    files = ran(editor, lambda: editor.say(session_id, "Where is the kiwi?"))
    assert len(drawn) > 20
    assert [room for room in drawn if not any(file.endswith(f"threadkeep/{room}") for file in files)] == []
