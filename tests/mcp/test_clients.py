"""Programs of others as clients: the official TypeScript SDK, the conformance suite, and a real Claude Code."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.mcp.conftest import SECRET, Kept
from tests.support.installed import newer_node, npm_packages, npm_platform, program, run
from tests.support.wire import RawClient, python

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SDK = "@modelcontextprotocol/client@2.4.0"
CONFORMANCE = "@modelcontextprotocol/conformance@0.1.16"
SCENARIOS = ("server-initialize", "ping", "tools-list", "resources-list", "prompts-list")
"""Those that need none of the test tools which the suite wants of a server."""
CLAUDE_CODE = "2.1.332"


@pytest.mark.parametrize(("era", "version"), [("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")])
def test_the_typescript_sdk_gets_everything_in_both_eras(
    kept: Kept, tmp_path: Path, era: str, version: str
) -> None:
    (tmp_path / "node_modules").symlink_to(npm_packages(SDK))
    script = tmp_path / "sdk.mjs"
    script.write_bytes(Path(__file__).with_name("sdk.mjs").read_bytes())
    command = [program("node"), script, era, kept.session_id, kept.app, *kept.command()]
    told = json.loads(run(command, cwd=tmp_path, limit=120, env=kept.environment).splitlines()[-1])
    assert (told["version"], told["server"]) == (version, "threadkeep")
    assert told["tools"] == ["search_sessions", "open_session", "list_sessions"]
    assert "The kiwi parser, password: [redacted]" in told["found"]
    assert all("It skips tokens." in told[name] for name in ("opened", "read", "prompt"))
    assert told["resources"] == [f"threadkeep://session/{kept.session_id}"]
    assert SECRET not in json.dumps(told)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_conformance_suite_is_content(kept: Kept, scenario: str, tmp_path: Path) -> None:
    suite = npm_packages(CONFORMANCE) / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    with bridge(kept) as url:
        command = [newer_node(), suite, "server", "--url", url, "--scenario", scenario]
        said = run(command, cwd=tmp_path, limit=120)
    assert "Passed: 1/1" in said, said


def test_a_model_in_claude_code_looks_up_what_was_said(kept: Kept, tmp_path: Path) -> None:
    package = f"@anthropic-ai/claude-code-{npm_platform()}"
    claude = npm_packages(f"{package}@{CLAUDE_CODE}") / package / "claude"
    home = tmp_path / "claude"
    home.mkdir()
    installed = subprocess.run(
        [*python("-P", "-m", "threadkeep", "mcp", "--install", "claude"), "--store", str(kept.editor.store)],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "Written." in installed.stderr
    with Scripted() as model:
        ran = subprocess.run(
            [
                claude,
                "-p",
                "What did we say about the kiwi parser?",
                "--model",
                "claude-sonnet-5-5",
                "--allowedTools",
                "mcp__threadkeep__search_sessions",
            ],
            cwd=kept.app,
            env={
                **os.environ,
                **kept.environment,
                "HOME": str(home),
                "ANTHROPIC_BASE_URL": model.url,
                "ANTHROPIC_API_KEY": "sk-none",
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
                "DISABLE_AUTOUPDATER": "1",
                "ENABLE_TOOL_SEARCH": "false",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "The kiwi parser, password: [redacted]" in model.looked_up
    assert kept.session_id in model.looked_up
    assert "It was found." in ran.stdout


@contextmanager
def bridge(kept: Kept) -> Iterator[str]:
    """The server's address over HTTP: one request is one message over stdio."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                client.send(message)
                answer = client.response(message["id"]) if "id" in message else None
            send_json(self, answer, status=200 if answer else 202)

        def do_GET(self) -> None:
            send_json(self, None, status=405)

        def do_DELETE(self) -> None:
            send_json(self, None, status=405)

        def log_message(self, *_: object) -> None: ...

    client: RawClient
    with kept.raw() as client, serving(Handler) as url:
        yield f"{url}/mcp"


class Scripted:
    """A model that asks to search first, and then says that it found what it was told."""

    def __init__(self) -> None:
        self.looked_up = ""
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                send_events(self, model._answer(asked), name=str(asked.get("model")))

            def do_HEAD(self) -> None:
                send_json(self, None, status=200)

            def log_message(self, *_: object) -> None: ...

        self._serving = serving(Handler)
        self.url = ""

    def __enter__(self) -> "Scripted":
        self.url = self._serving.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._serving.__exit__(None, None, None)

    def _answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        said = [
            part for each in asked.get("messages", ()) for part in each["content"] if isinstance(part, dict)
        ]
        results = [part for part in said if part.get("type") == "tool_result"]
        name = "mcp__threadkeep__search_sessions"
        if results:
            self.looked_up = json.dumps(results, ensure_ascii=False)
            return {"type": "text", "text": "It was found."}
        if name in [tool.get("name") for tool in asked.get("tools", ())]:
            return {"type": "tool_use", "id": "toolu_1", "name": name, "input": {"query": "kiwi parser"}}
        return {"type": "text", "text": "A title"}


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def send_json(handler: BaseHTTPRequestHandler, value: Any, *, status: int) -> None:
    body = b"" if value is None else json.dumps(value).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def send_events(handler: BaseHTTPRequestHandler, block: Mapping[str, Any], *, name: str) -> None:
    """An answer of one block, as the Messages API streams it."""
    is_text = block["type"] == "text"
    begun = {**block, "text": ""} if is_text else {**block, "input": {}}
    piece = (
        {"type": "text_delta", "text": block["text"]}
        if is_text
        else {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    )
    usage = {"input_tokens": 5, "output_tokens": 5}
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": name,
        "content": [],
        "usage": usage,
    }
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}},
        {"type": "content_block_start", "index": 0, "content_block": begun},
        {"type": "content_block_delta", "index": 0, "delta": piece},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn" if is_text else "tool_use", "stop_sequence": None},
            "usage": usage,
        },
        {"type": "message_stop"},
    ]
    body = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
