"""A loopback provider of embeddings that knows a few words."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.support.fake_embeddings import MEANINGS


class EmbeddingServer:
    """Answers `POST /v1/embeddings`; `requests` holds (headers, body) of all that came."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], Any]] = []
        self.status = 200
        self.answer: bytes | None = None
        """Sent instead of vectors."""
        own = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                own.requests.append((dict(self.headers), {"path": self.path, **body}))
                answer = own.answer if own.answer is not None else own.vectors(body["input"])
                self.send_response(own.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                """Nothing is written to the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def vectors(self, texts: list[str]) -> bytes:
        """The answer, out of order as some providers send it."""
        data = []
        for index, text in enumerate(texts):
            found = [MEANINGS.get(word.strip(".,").lower(), (0, 0, 0.1)) for word in text.split()]
            vector = [sum(values) for values in zip(*found, strict=True)]
            data.append({"object": "embedding", "index": index, "embedding": vector})
        return json.dumps({"object": "list", "data": data[::-1], "model": "m"}).encode()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)
