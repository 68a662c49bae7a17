"""The frames of the fake server, and what it keeps."""

import argparse
import json
import sys
import threading
from typing import Any

AT = "2025-01-02T03:04:05.678Z"


class Refused(Exception):
    """An error answer."""

    def __init__(self, code: int, kind: str, message: str, **data: Any) -> None:
        data = {"kind": kind, "retryable": False, **data}
        self.error = {"code": code, "message": message, "data": data}


class FakeWire:
    """Reads and writes frames; answers a request with the method that is named after it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.sessions: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.turns: dict[str, dict[str, Any]] = {}
        self.cancelled = threading.Event()
        self.lock = threading.Lock()
        self.last_params: dict[str, Any] = {}
        self.initialize: dict[str, Any] = {}
        self.cancelled_requests: list[Any] = []

    def run(self) -> int:
        if self.options.say:
            sys.stderr.write(self.options.say + "\n")
            sys.stderr.flush()
        while (message := self.read()) is not None:
            method = message.get("method", "")
            if method == "exit":
                return 0
            if method == "$/cancelRequest":
                self.cancelled_requests.append(message["params"]["id"])
            if self.options.mute or "id" not in message:
                continue
            try:
                self.answer(message["id"], method, message.get("params") or {})
            except Refused as refusal:
                self.write({"id": message["id"], "error": refusal.error})
        return 0

    def read(self) -> dict[str, Any] | None:
        length = 0
        while line := sys.stdin.buffer.readline():
            if line == b"\r\n":
                message: dict[str, Any] = json.loads(sys.stdin.buffer.read(length))
                return message
            length = int(line.split(b":")[1])
        return None

    def write(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with self.lock:
            sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            sys.stdout.buffer.flush()

    def notify(self, method: str, params: dict[str, Any]) -> None:
        self.write({"method": method, "params": params})

    def start_turn(self, request_id: Any, params: dict[str, Any], *, is_retry: bool) -> None:
        """Answers, and then tells of the turn."""
        raise NotImplementedError

    def on_unknown(self, params: dict[str, Any]) -> Any:
        """The result of a method that has no function of its own."""
        raise NotImplementedError

    def answer(self, request_id: Any, method: str, params: dict[str, Any]) -> None:
        name = method.replace("/", "_")
        if method in {"chat/send", "chat/continue", "chat/retry", "chat/edit"}:
            self.start_turn(request_id, params, is_retry=method == "chat/retry")
        elif method == "chat/wait":
            pass
        else:
            result = getattr(self, f"on_{name}", self.on_unknown)(params)
            self.write({"id": request_id, "result": result})
