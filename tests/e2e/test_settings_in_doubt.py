"""Settings that cannot be read never send words to a provider that nobody chose."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.support.product import Editor

pytestmark = pytest.mark.slow


class Gate:
    """A proxy that lets nobody through and remembers who was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_CONNECT(self) -> None:
                asked.append(self.path)
                self.send_error(403)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.environment = {
            "HTTPS_PROXY": f"http://127.0.0.1:{self._server.server_port}",
            "https_proxy": f"http://127.0.0.1:{self._server.server_port}",
            "OPENAI_API_KEY": "sk-remote",
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.close()


def begun(start: Start, folder: Path, gate: Gate, settings: str) -> Editor:
    editor = start(model=None, env=gate.environment)
    file = editor.home / "config" / "threadkeep" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text(settings, encoding="utf-8")
    editor.close()
    editor = start(model=None, env=gate.environment)
    editor.begin(folder)
    return editor


def test_an_unreadable_settings_file_sends_a_question_to_nobody_and_says_so(
    start: Start, folder: Path, gate: Gate
) -> None:
    editor = begun(start, folder, gate, 'defaultModel = "ollama:qwen3\n')
    opened = editor.open()
    assert "settings.toml: Illegal character" in opened["problems"][0]
    assert editor.result("model/list")["problems"] == opened["problems"]
    session_id = opened["session"]["id"]
    done = editor.say(session_id, "my private question")
    assert done["turn"]["provider"] == "offline"
    assert "the settings cannot be read" in done["message"]["content"]
    assert gate.asked == []

    named = editor.result("chat/send", {"sessionId": session_id, "text": "Go", "model": "openai:gpt-5"})
    editor.result("chat/wait", {"sessionId": session_id, "turnId": named["turnId"]})
    assert set(gate.asked) == {"api.openai.com:443"}


def test_a_session_that_kept_a_remote_model_asks_before_it_goes_there(
    start: Start, folder: Path, gate: Gate
) -> None:
    editor = begun(start, folder, gate, "")
    session_id = editor.open()["session"]["id"]
    editor.result("session/setModel", {"sessionId": session_id, "model": "openai:gpt-5"})
    editor.close()
    (editor.home / "config" / "threadkeep" / "settings.toml").write_text("redact = tru")
    editor = start(model=None, env=gate.environment)
    editor.begin(folder)
    refused = editor.error("chat/send", {"sessionId": session_id, "text": "private"})
    assert refused["data"]["kind"] == "settingsInvalid"
    assert gate.asked == []
    editor.result("session/setModel", {"sessionId": session_id, "model": "openai:gpt-5"})
    editor.say(session_id, "Go")
    assert set(gate.asked) == {"api.openai.com:443"}


def test_a_provider_whose_address_is_misspelt_is_not_asked_at_its_usual_one(
    start: Start, folder: Path, gate: Gate
) -> None:
    editor = begun(
        start,
        folder,
        gate,
        'defaultModel = "openai:local"\n[providers.openai]\nbaseurl = "http://127.0.0.1:9/v1"\n',
    )
    session_id = editor.open()["session"]["id"]
    for params in ({}, {"model": "openai:local"}):
        refused = editor.error("chat/send", {"sessionId": session_id, "text": "private", **params})
        assert 'Did you mean "baseUrl"?' in refused["message"]
    assert gate.asked == []
