"""A provider that sends raw bytes, as they stand, by the name of the model that is asked."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

Raw = bytes | Callable[[dict[str, Any]], bytes]
"""A whole response, or what makes one of the request's body."""

SLOWLY = "@1"
"""Behind a model's name: one byte a write."""


class RawServer:
    """Answers `MODEL` with its bytes, and `MODEL@1` with one byte a write. Several for one model are for its
    requests in turn; the last is for all that follow."""

    def __init__(self, answers: Mapping[str, Raw | Sequence[Raw]]) -> None:
        self.answers = answers
        self.bodies: list[dict[str, Any]] = []
        """The bodies of the requests, oldest first."""
        self._asked: dict[str, int] = {}
        outer = self

        class Handler(StreamRequestHandler):
            def setup(self) -> None:
                super().setup()
                self.connection.setsockopt(6, 1, 1)  # TCP_NODELAY, or a byte a write is none

            def handle(self) -> None:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = self.rfile.readline()
                    if not line:
                        return
                    head += line
                lengths = [
                    line[15:] for line in head.splitlines() if line.lower().startswith(b"content-length:")
                ]
                body = json.loads(self.rfile.read(int(lengths[0])) if lengths else b"{}")
                outer.bodies.append(body)
                raw, is_slow = outer.answer(body)
                with contextlib.suppress(ConnectionError):  # who has heard enough goes away
                    for at in range(0, len(raw), 1 if is_slow else len(raw)):
                        self.connection.sendall(raw[at : at + 1] if is_slow else raw)
                        if is_slow and at % 16 == 0:
                            time.sleep(0.0005)  # so that the reader really gets them apart

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Handler, bind_and_activate=True)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def answer(self, body: dict[str, Any]) -> tuple[bytes, bool]:
        """The bytes for a request, and whether they go out one by one."""
        model = str(body.get("model", ""))
        name = model.removesuffix(SLOWLY)
        answers = self.answers.get(name, refused(404, {"error": "nothing is played back for this"}))
        if not isinstance(answers, bytes) and not callable(answers):
            turn = self._asked.get(model, 0)
            self._asked[model] = turn + 1
            answers = answers[min(turn, len(answers) - 1)]
        return answers if isinstance(answers, bytes) else answers(body), model.endswith(SLOWLY)

    def asked(self, model: str) -> list[dict[str, Any]]:
        """The bodies that came for a model."""
        return [body for body in self.bodies if body.get("model") == model]

    def __enter__(self) -> "RawServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def response(
    body: str | bytes, *, status: int = 200, kind: str = "text/event-stream", **headers: str
) -> bytes:
    """A response that ends with its connection."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + (body.encode() if isinstance(body, str) else body)


def stream(*pieces: Any, done: bool = True) -> bytes:
    """A stream of events; a string is a line as it stands."""
    lines = [piece if isinstance(piece, str) else f"data: {json.dumps(piece)}" for piece in pieces]
    return response("".join(f"{line}\n\n" for line in lines) + ("data: [DONE]\n\n" if done else ""))


def refused(status: int, body: Any, **headers: str) -> bytes:
    """A refusal with a JSON body, or with a page."""
    is_page = isinstance(body, str) and body.startswith("<")
    text = body if isinstance(body, str) else json.dumps(body)
    return response(text, status=status, kind="text/html" if is_page else "application/json", **headers)


def whole(body: Any, *, before: str = "") -> bytes:
    """A good response that does not stream."""
    return response(before + json.dumps(body), kind="application/json")


def said(text: str | None = None, reason: str | None = None, **more: Any) -> dict[str, Any]:
    """A chunk of chat completions; more: further members of its delta."""
    delta = {**({} if text is None else {"content": text}), **more}
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def block(kind: str, text: str, *, index: int = 0) -> list[dict[str, Any]]:
    """A block of the Messages API, of `text` or `thinking`."""
    return [
        {"type": "content_block_start", "index": index, "content_block": {"type": kind, kind: ""}},
        {"type": "content_block_delta", "index": index, "delta": {"type": f"{kind}_delta", kind: text}},
        {"type": "content_block_stop", "index": index},
    ]


START = {
    "type": "message_start",
    "message": {"role": "assistant", "content": [], "usage": {"input_tokens": 7}},
}


def ended(reason: str, **details: Any) -> list[dict[str, Any]]:
    """How an answer of the Messages API ends."""
    delta = {"stop_reason": reason, **details}
    return [
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 3}},
        {"type": "message_stop"},
    ]
