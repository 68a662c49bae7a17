"""A small server on the real endpoint whose handlers misbehave in every way, for tests of the wire alone."""

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from threadkeep.faces.jsonrpc.endpoint import Endpoint
from threadkeep.faces.jsonrpc.handshake import initialize_result
from threadkeep.faces.jsonrpc.process import run
from threadkeep.faces.lsp import conversion
from threadkeep.protocol.limits import MAX_MESSAGE_BYTES
from threadkeep.values import Value, field

WATCHED_MODULES = ("tinydb", "apsw", "httpx2", "sqlite3", "difflib", "threadkeep.protocol.converter")
BEFORE_LOAD: list[str] = []
ORDER: list[str] = []


class Text(Value):
    text: str = ""
    count: int = 0


class Opaque(Value):
    metadata: Mapping[str, Any] = field(factory=dict)


class Falsy(Value):
    flag: bool = False
    number: int = 0
    kind: str = "text"
    nothing: str | None = None


def load(endpoint: Endpoint) -> None:
    BEFORE_LOAD.extend(name for name in WATCHED_MODULES if name in sys.modules)
    register_plain(endpoint)
    register_unruly(endpoint)
    register_talkative(endpoint)
    register_curious(endpoint)


def register_plain(endpoint: Endpoint) -> None:
    @endpoint.request("test/echo", params=Text)
    async def echo(params: Text) -> Text:
        return params

    @endpoint.request("test/opaque", params=Opaque)
    async def opaque(params: Opaque) -> Opaque:
        return params

    @endpoint.request("test/falsy", params=Text)
    async def falsy(params: Text) -> Falsy:
        return Falsy()

    @endpoint.request("test/sleep", params=Text)
    async def sleep(params: Text) -> Text:
        await asyncio.sleep(params.count / 1000)
        return params

    @endpoint.request("test/sleepCancellable", params=Text, cancellable=True)
    async def sleep_cancellable(params: Text) -> Text:
        await asyncio.sleep(params.count / 1000)
        return params

    @endpoint.request("test/order", params=Text)
    async def order(params: Text) -> dict[str, Any]:
        ORDER.append(params.text)
        await asyncio.sleep(params.count / 1000)
        return {"order": list(ORDER)}

    @endpoint.request("test/block", params=Text)
    async def block(params: Text) -> Text:
        await asyncio.to_thread(time.sleep, params.count / 1000)
        return params


def register_unruly(endpoint: Endpoint) -> None:
    from threadkeep.domain.errors import InvalidValue, SessionBusy

    @endpoint.request("test/raise", params=Text)
    async def fail(params: Text) -> Text:
        errors: dict[str, BaseException] = {
            "exit": SystemExit(3),
            "interrupt": KeyboardInterrupt(),
            "cancelled": asyncio.CancelledError(),
            "recursion": RecursionError(),
            "busy": SessionBusy(turn_id="t1", holder={"host_name": "h"}),
            "value": InvalidValue("session_id", "must not be blank"),
        }
        raise errors.get(params.text) or RuntimeError(f"secret {params.text} in {__file__}")

    @endpoint.request("test/unserialisable", params=Text)
    async def unserialisable(params: Text) -> Any:
        loop: list[Any] = []
        loop.append(loop)
        bad: dict[str, Any] = {"set": {1}, "nan": float("nan"), "loop": loop, "bytes": b"x"}
        return {"value": bad[params.text]}

    @endpoint.request("test/print", params=Text)
    async def shout(params: Text) -> Text:
        print("a stray print", flush=True)
        os.write(1, b"a stray write\n")
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", "print(len(input() or ''))")
        await child.wait()
        return params


def register_talkative(endpoint: Endpoint) -> None:
    keep: set[asyncio.Future[Any]] = set()

    @endpoint.request("test/replyFirst", params=Text)
    async def reply_first(params: Text) -> Text:
        async def afterwards() -> None:
            endpoint.notify("test/afterwards", {})

        keep.add(asyncio.ensure_future(afterwards()))
        return params

    @endpoint.request("test/stream", params=Text)
    async def stream(params: Text) -> Text:
        async def pour() -> None:
            for index in range(params.count):
                delta = {
                    "sessionId": "s",
                    "turnId": "t",
                    "messageId": "m",
                    "kind": "text",
                    "offset": index * len(params.text),
                    "text": params.text,
                    "savedOffset": index,
                }
                endpoint.notify_piece("chat/delta", delta, key="m", topic="s")
                if index % 100 == 99:
                    await asyncio.sleep(0)
            endpoint.notify("test/poured", {"sessionId": "s"}, topic="s")

        keep.add(asyncio.ensure_future(pour()))
        return params


def register_curious(endpoint: Endpoint) -> None:
    heard: list[Any] = []

    @endpoint.request("test/ask", params=Text)
    async def ask(params: Text) -> dict[str, Any]:
        client = await endpoint.client()
        answer = await client.protocol.send_request_async("test/question", {"text": params.text})
        return {"answer": answer is not None}

    @endpoint.request("test/facts", params=Text)
    async def facts(params: Text) -> dict[str, Any]:
        return {
            "beforeLoad": BEFORE_LOAD,
            "client": endpoint.client_name,
            "options": endpoint.initialize_params.get("initializationOptions"),
            "heard": heard,
            "modules": {
                name: getattr(sys.modules.get(name), "__file__", None) for name in ("json", "lsprotocol")
            },
        }

    endpoint.on_initialized(lambda: heard.append("initialized"))
    endpoint.on_configuration(heard.append)
    endpoint.on_folders(lambda added, removed: heard.append([added, removed]))

    @endpoint.on_stop
    async def say_goodbye() -> None:
        await asyncio.sleep(0.01)
        endpoint.notify("test/stopped", {})
        print(json.dumps({"stopped": True}), file=sys.stderr, flush=True)
        if os.environ.get("TEST_STOP_HANGS"):
            await asyncio.sleep(60)


def load_nothing(endpoint: Endpoint) -> None:
    raise RuntimeError("the handlers are broken")


def main() -> NoReturn:
    if os.environ.get("TEST_LOG_EVERYTHING"):
        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
        logging.getLogger("test").info("the root logger is on")
    chosen = load_nothing if os.environ.get("TEST_BROKEN") else load
    run(
        Endpoint(
            initialize_result("test", "1.2.3", experimental={"threadkeep": {"protocolVersion": 1}}),
            load=chosen,
            conversion=conversion,
            answer_seconds=2.0,
        ),
        limit=MAX_MESSAGE_BYTES,
    )


if __name__ == "__main__":
    main()
