"""One conversation, carried on by models of different vendors and by the offline default."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.support.product import KEY, ModelProcess, plan

pytestmark = pytest.mark.slow


def test_a_conversation_goes_on_with_another_vendor_and_then_offline(
    start: Start, folder: Path, model: ModelProcess
) -> None:
    root = model.base_url.removesuffix("/v1")
    editor = start(
        settings={
            "providers": {
                "work": {"kind": "openai", "baseUrl": model.base_url, "apiKey": KEY, "models": ["gpt-a"]},
                "other": {"kind": "anthropic", "baseUrl": root, "apiKey": KEY, "models": ["claude-b"]},
            },
            "defaultModel": "work:gpt-a",
        }
    )
    editor.begin(folder)
    session_id = editor.result("session/open")["session"]["id"]
    editor.say(session_id, plan("one question of kiwis", texts=["first answer"]))
    before = len(model.requests())
    editor.result("session/setModel", {"sessionId": session_id, "model": "other:claude-b"})
    second = editor.say(session_id, plan("two", texts=["second answer"]))
    assert second["message"]["content"] == "second answer"
    (asked,) = [request for request in model.requests()[before:] if request["path"].endswith("/messages")]
    said = str(asked["body"]["messages"])
    assert asked["path"] == "/v1/messages"
    assert "one question of kiwis" in said
    assert "first answer" in said

    editor.result("session/setModel", {"sessionId": session_id, "model": "offline:offline"})
    third = editor.say(session_id, "kiwis")
    assert third["turn"]["status"] == "completed"
    history = editor.result("session/history", {"sessionId": session_id})["messages"]
    answers = [(m["provider"], m["model"]) for m in history if m["role"] == "assistant"]
    assert answers == [("work", "gpt-a"), ("other", "claude-b"), ("offline", "offline")]
    entries = [m["event"]["to"] for m in history if m["role"] == "event"]
    assert entries == ["other:claude-b", "offline:offline"]
    assert KEY not in str(editor.received)


def test_a_client_that_starts_learns_the_default_without_any_provider_being_asked(
    start: Start, folder: Path
) -> None:
    asked: list[str] = []

    class Listing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"data": [{"id": "test"}]}')

    with ThreadingHTTPServer(("127.0.0.1", 0), Listing) as provider:
        threading.Thread(target=provider.serve_forever, daemon=True).start()
        editor = start(model=f"http://127.0.0.1:{provider.server_port}/v1")
        editor.begin(folder)
        assert editor.result("model/list", {"refresh": False})["default"] == "work:test"
        assert asked == []
        assert editor.result("model/list")["default"] == "work:test"
        assert asked == ["/v1/models"]
        provider.shutdown()
