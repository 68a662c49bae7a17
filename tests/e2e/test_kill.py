"""kill -9 at any moment of a stream, again and again."""

import random
import threading
import time
from pathlib import Path

import pytest

from tests.support.product import Editor, plan

pytestmark = pytest.mark.slow

KILLS = 50
TOKENS = 2000


class Watched(Editor):
    """Remembers the text that it was told, and how much of it is said to be on the disk."""

    def listen(self) -> None:
        """Reads until the server is gone, in a thread."""
        self.heard = ""
        self.saved = 0
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def stop_listening(self) -> None:
        self._listening.join(self.timeout)

    def _listen(self) -> None:
        try:
            while True:
                message = self.next_message()
                if message.get("method") == "chat/delta":
                    self.heard += message["params"]["text"]
                    self.saved = message["params"]["savedOffset"]
        except (EOFError, TimeoutError):
            return


@pytest.mark.timeout(600)
def test_kill_9_in_mid_stream_loses_no_message_and_no_text_that_was_said_to_be_saved(
    tmp_path: Path, model, folder: Path
) -> None:
    chance = random.Random(1)
    acknowledged: list[str] = []
    saved = 0
    for kill in range(KILLS):
        with Watched(tmp_path, model=model.base_url) as editor:
            editor.begin(folder)
            opened = editor.open(limit=200)
            session_id = opened["session"]["id"]
            asked = [m["content"] for m in opened["messages"] if m["role"] == "user"]
            assert asked == acknowledged[-len(asked) :] if asked else not acknowledged
            editor.listen()
            text = plan(f"Question {kill}", tokens=TOKENS, token_delay=0.001)
            editor.request("chat/send", {"sessionId": session_id, "text": text}, id_="send")
            wait_until(lambda e=editor: e.heard)
            acknowledged.append(text)
            time.sleep(chance.uniform(0, 0.5))
            editor.kill()
            editor.stop_listening()
            saved += editor.saved > 0

        with Editor(tmp_path, model=model.base_url) as again:
            again.begin(folder)
            opened = again.open()
            answer = opened["messages"][-1]
            assert opened["session"]["id"] == session_id
            assert (answer["role"], answer["status"]) == ("assistant", "interrupted")
            assert opened["interruptedTurn"]["messageId"] == answer["id"]
            # How soon text is saved, a clock tells that does not depend on this machine: see test_journal.
            assert len(answer["content"]) >= editor.saved
            assert editor.heard.startswith(answer["content"]) or answer["content"].startswith(editor.heard)
            again.kill()
    assert saved > 0


def wait_until(is_so, *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)
