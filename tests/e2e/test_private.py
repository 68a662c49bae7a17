"""A private session over the real wire: no word of it in any file, as long as it lives and afterwards."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.support.product import Editor, plan

pytestmark = pytest.mark.slow

SECRET = "xqzanzibar"
"""Stands in everything that is said or set here; no other word begins like it, so that no index shortens it."""
KEPT = "xwquagga"
"""Stands in a session that is kept: who looks for words finds it."""
LONG = 100_000
"""Characters of a message that SQLite's cache does not hold many of."""


class Looker:
    """Looks for words wherever a process can have written them."""

    def __init__(self, editor: Editor, root: Path) -> None:
        """root: has the store, the home and the temporary folder of the process in it."""
        self._process = Path(f"/proc/{editor.process.pid}")
        self._root = root

    def places_of(self, word: str) -> list[str]:
        return [place for place, content in self._contents() if word.encode() in content]

    def _contents(self) -> Iterator[tuple[str, bytes]]:
        for path in self._root.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()
        if self._process.exists():  # Linux, and it lives
            yield from self._open_files()
            yield from self._mapped_files()

    def _open_files(self) -> Iterator[tuple[str, bytes]]:
        """Those that are deleted, and those that are in memory only, among them."""
        for link in (self._process / "fd").iterdir():
            if link.is_file():  # not a pipe, not a socket
                yield f"{link} {link.readlink()}", link.read_bytes()

    def _mapped_files(self) -> Iterator[tuple[str, bytes]]:
        for line in (self._process / "maps").read_text().splitlines():
            span, rights, _, _, _, *name = line.split(maxsplit=5)
            if not name or not (name[0].endswith("(deleted)") or "s" in rights):
                continue
            first, end = (int(place, 16) for place in span.split("-"))
            with (self._process / "mem").open("rb") as memory:
                memory.seek(first)
                yield line, memory.read(end - first)


def test_no_word_of_a_private_session_is_in_any_file(start: Start, folder: Path, tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("the files that a process has open are told by /proc")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    places = {name: str(temporary) for name in ("TMPDIR", "SQLITE_TMPDIR", "TEMP", "TMP")}
    editor = start(env=places)
    editor.begin(folder)
    look = Looker(editor, tmp_path)

    kept = editor.open()["session"]["id"]
    editor.say(kept, plan(KEPT, texts=[KEPT]))
    assert any("threadkeep.db" in place for place in look.places_of(KEPT))

    created = editor.result("session/create", {"isPrivate": True, "title": f"About {SECRET}"})
    session_id = created["session"]["id"]
    editor.result("session/update", {"sessionId": session_id, "tags": [SECRET], "note": f"A note, {SECRET}"})
    assert look.places_of(SECRET) == []

    for number in range(20):
        said = f"{number} {SECRET} " + "word " * (LONG // 5)
        answered = editor.say(session_id, plan(said, texts=[f"An {SECRET} ", "answer"]))
        assert SECRET in answered["message"]["content"]
    editor.result("chat/send", {"sessionId": session_id, "text": plan(SECRET, texts=[SECRET], stall_after=1)})
    editor.wait_for(lambda message: message.get("method") == "chat/delta")
    assert look.places_of(SECRET) == []
    editor.result("chat/cancel", {"sessionId": session_id})
    editor.result("draft/set", {"sessionId": session_id, "text": f"Not sent: {SECRET}"})
    editor.result("message/update", {"messageId": answered["message"]["id"], "note": SECRET})
    forked = editor.result("session/fork", {"sessionId": session_id})
    assert forked["session"]["isPrivate"] is True
    assert look.places_of(SECRET) == []

    for mode in ("text", "substring", "regex"):
        found = editor.result("session/search", {"query": SECRET, "mode": mode, "limit": 100})
        assert len(found["hits"]) > 20, mode
    for by in ("updatedAt", "createdAt", "title", "messageCount"):
        editor.result("session/list", {"sort": {"by": by}})
    assert look.places_of(SECRET) == []

    taken = tmp_path / "code" / "taken.md"
    taken.write_text("somebody else's")
    refused = editor.error(
        "session/export", {"sessionId": session_id, "format": "markdown", "path": str(taken)}
    )
    assert refused["data"]["kind"] == "exportFailed"
    assert look.places_of(SECRET) == []
    exported = tmp_path / "exported.md"
    editor.result("session/export", {"sessionId": session_id, "format": "markdown", "path": str(exported)})
    assert look.places_of(SECRET) == [str(exported)]  # where it was asked for, and nowhere else
    exported.unlink()

    assert editor.shut_down() == 0
    assert look.places_of(SECRET) == []
    again = start(env=places)
    again.begin(folder)
    opened = again.open()
    assert opened["session"]["id"] == kept
    assert again.error("session/get", {"sessionId": session_id})["data"]["kind"] == "sessionNotFound"
    assert again.result("session/search", {"query": SECRET})["hits"] == []
    assert Looker(again, tmp_path).places_of(SECRET) == []
