"""The yardstick of the wire: a bare pygls server, and what little it needs to answer and to stream.

Run by its path, with nothing: no feature at all. With a JSON file of results by method: each is answered
with its constant result. `bench/stream` asks a provider with httpx2 and passes each token on.
"""

import sys

from pygls.lsp.server import LanguageServer


def main(answers: str | None = None) -> None:
    """Serves stdio until its end."""
    server = LanguageServer("bare", "1")
    if answers is not None:
        _add_answers(server, answers)
        _add_stream(server)
    server.start_io()


def _add_answers(server: LanguageServer, answers: str) -> None:
    import json
    from pathlib import Path
    from typing import Any

    def add(method: str, result: object) -> None:
        @server.feature(method)
        def answer(_params: Any) -> object:
            return result

    for method, result in json.loads(Path(answers).read_text(encoding="utf-8")).items():
        add(method, result)


def _add_stream(server: LanguageServer) -> None:
    import json
    from typing import Any

    client: Any = None

    @server.feature("bench/stream")
    async def stream(ls: LanguageServer, params: Any) -> int:
        nonlocal client
        if client is None:
            import httpx2

            client = httpx2.AsyncClient(trust_env=False, verify=False)
        body = {"model": "test", "stream": True, "messages": [{"role": "user", "content": params.text}]}
        count = 0
        async with client.stream("POST", f"{params.url}/chat/completions", json=body) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    choices = json.loads(line[6:])["choices"]
                    if choices and (text := choices[0]["delta"].get("content")):
                        ls.protocol.notify("bench/delta", {"offset": count, "text": text})
                        count += len(text)
        return count


if __name__ == "__main__":
    main(*sys.argv[1:])
