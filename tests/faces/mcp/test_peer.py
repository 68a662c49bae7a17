"""The eras of the protocol, and that each request is answered once, without a process."""

import asyncio
import json
from collections.abc import Hashable, Mapping
from typing import Any

import pytest

from threadkeep.domain.errors import StoreUnavailable
from threadkeep.faces.jsonrpc.messages import classify
from threadkeep.faces.mcp.handshake import LEGACY, META_KEYS, MODERN, early_result
from threadkeep.faces.mcp.peer import McpPeer, Method, Refusal

META = {META_KEYS[0]: MODERN[0], META_KEYS[1]: {}}


class Outbox:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def send(self, body: bytes, *, topic: Hashable = None, replaces: Hashable = None) -> None:
        self.messages.append(json.loads(body))

    def send_piece(self, method: str, params: Mapping[str, Any], *, key: Hashable, topic: Hashable) -> None:
        raise AssertionError("nothing grows here")

    def flush(self, timeout: float) -> bool:
        return True


class Bench:
    def __init__(self, **methods: Any) -> None:
        self.loads = 0
        self.closed = 0
        self.outbox = Outbox()
        self.peer = McpPeer(lambda: self._load(methods), close=self._close)
        self.peer.outlet = self.outbox

    def _load(self, methods: Mapping[str, Any]) -> dict[str, Method]:
        self.loads += 1
        return {name: Method(answer=answer, ttl_ms=5) for name, answer in methods.items()}

    def _close(self) -> None:
        self.closed += 1

    async def ask(self, method: str, params: Any = None, id_: Any = 1) -> dict[str, Any]:
        message = classify({"jsonrpc": "2.0", "id": id_, "method": method, "params": params})
        assert message is not None
        self.peer.receive(message)
        while not self.outbox.messages:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0)
        (answer,) = self.outbox.messages
        self.outbox.messages.clear()
        return answer

    async def begin(self) -> "Bench":
        await self.ask("initialize", {"protocolVersion": LEGACY[-1], "capabilities": {}})
        return self


async def echo(params: Mapping[str, Any]) -> dict[str, Any]:
    return {"got": params.get("x")}


@pytest.mark.parametrize("version", LEGACY)
async def test_an_older_client_gets_the_version_that_it_asked_for(version: str) -> None:
    answer = await Bench().ask("initialize", {"protocolVersion": version, "capabilities": {}})
    assert answer["result"]["protocolVersion"] == version
    assert answer["result"]["instructions"]


@pytest.mark.parametrize("version", ["2023-01-01", MODERN[0], ""])
async def test_who_asks_for_another_version_is_offered_the_latest_with_a_handshake(version: str) -> None:
    answer = await Bench().ask("initialize", {"protocolVersion": version})
    assert answer["result"]["protocolVersion"] == LEGACY[-1]


@pytest.mark.parametrize(
    "params", [{}, {"protocolVersion": 1}, {"protocolVersion": "x", "capabilities": []}, []]
)
async def test_an_initialize_that_is_none_is_refused(params: Any) -> None:
    assert (await Bench().ask("initialize", params))["error"]["code"] == -32602


async def test_nothing_is_answered_before_a_version_is_known_but_a_ping() -> None:
    bench = Bench(echo=echo)
    assert (await bench.ask("echo", {}))["error"]["code"] == -32600
    assert (await bench.ask("ping"))["result"] == {}
    await bench.begin()
    assert (await bench.ask("echo", {"x": 1}))["result"] == {"got": 1}


async def test_a_request_of_the_newer_era_needs_no_handshake_and_gets_what_that_era_wants() -> None:
    answer = await Bench(echo=echo).ask("echo", {"x": 2, "_meta": META})
    result = answer["result"]
    assert (result["got"], result["resultType"], result["ttlMs"], result["cacheScope"]) == (
        2,
        "complete",
        5,
        "private",
    )
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "threadkeep"


async def test_both_eras_may_be_spoken_in_turn() -> None:
    bench = await Bench(echo=echo).begin()
    assert "resultType" in (await bench.ask("echo", {"_meta": META}))["result"]
    assert "resultType" not in (await bench.ask("echo", {}))["result"]


@pytest.mark.parametrize("version", ["2031-01-01", LEGACY[-1], 7, [], {"a": 1}, False])
async def test_a_version_that_is_not_spoken_is_refused_with_those_that_are(version: Any) -> None:
    answer = await Bench(echo=echo).ask("echo", {"_meta": {**META, META_KEYS[0]: version}})
    assert answer["error"]["code"] == -32022
    assert answer["error"]["data"]["supported"] == [*MODERN, *reversed(LEGACY)]


@pytest.mark.parametrize("capabilities", [None, [], "x"])
async def test_the_newer_era_wants_the_clients_capabilities(capabilities: Any) -> None:
    meta = {**META, META_KEYS[1]: capabilities}
    assert (await Bench(echo=echo).ask("echo", {"_meta": meta}))["error"]["code"] == -32602


async def test_an_unknown_method_gets_a_hint_and_a_failure_its_words() -> None:
    async def away(_: Mapping[str, Any]) -> dict[str, Any]:
        raise StoreUnavailable("The store is away.")

    async def refused(_: Mapping[str, Any]) -> dict[str, Any]:
        raise Refusal("Not so.", code=-32002)

    async def broken(_: Mapping[str, Any]) -> dict[str, Any]:
        raise RuntimeError("/home/me/secret")

    bench = await Bench(**{"tools/list": echo, "away": away, "refused": refused, "broken": broken}).begin()
    assert "Did you mean 'tools/list'?" in (await bench.ask("tool/list"))["error"]["message"]
    assert (await bench.ask("away"))["error"]["message"] == "The store is away."
    assert (await bench.ask("refused"))["error"]["code"] == -32002
    assert "secret" not in str(await bench.ask("broken"))


async def test_the_store_is_opened_by_the_first_request_that_needs_it() -> None:
    bench = await Bench(echo=echo).begin()
    assert bench.loads == 0
    await bench.ask("echo")
    await bench.ask("echo")
    await bench.peer.wind_down()
    assert (bench.loads, bench.closed) == (1, 1)


async def test_a_request_that_is_cancelled_is_answered_once() -> None:
    begun = asyncio.Event()

    async def waits(_: Mapping[str, Any]) -> dict[str, Any]:
        begun.set()
        await asyncio.sleep(60)
        return {}

    bench = await Bench(waits=waits).begin()
    asking = asyncio.ensure_future(bench.ask("waits", {}, id_="w"))
    await begun.wait()
    bench.peer.receive(
        classify({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "w"}})  # type: ignore[arg-type]
    )
    assert (await asking)["error"]["code"] == -32800


async def test_the_first_answer_is_not_given_twice() -> None:
    bench = Bench()
    message = classify(
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": LEGACY[0]}}
    )
    assert early_result(message) is not None  # type: ignore[arg-type]
    bench.peer.is_answered = True
    bench.peer.receive(message)  # type: ignore[arg-type]
    assert bench.outbox.messages == []
    assert (await bench.ask("ping"))["result"] == {}
