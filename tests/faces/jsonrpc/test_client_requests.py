"""The server asks its client something, by pygls."""

import asyncio
import logging
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.support.wire import notification
from tests.support.wire_endpoint import Bench
from threadkeep.faces.jsonrpc.client_requests import ClientRequests, to_json
from threadkeep.faces.jsonrpc.endpoint import Endpoint

CHANGED = notification("workspace/didChangeConfiguration", {"settings": None})


class Settings:
    """Takes the settings that reach a handler."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    def load(self, endpoint: Endpoint) -> None:
        async def take(settings: dict[str, Any]) -> None:
            self.taken.append(settings)

        endpoint.on_configuration(take)


async def asked(bench: Bench) -> dict[str, Any]:
    """The next question to the client."""
    async with asyncio.timeout(30):
        while not bench.outbox.messages:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.001)
    [question] = bench.take()
    return question


async def until(bench: Bench) -> None:
    async with asyncio.timeout(30):
        while bench.endpoint._tasks:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0)


async def test_a_client_that_only_tells_of_a_change_is_asked_for_its_settings() -> None:
    settings = Settings()
    bench = Bench(settings.load)
    bench.initialize(capabilities={"workspace": {"configuration": True}})
    bench.put(CHANGED)
    question = await asked(bench)
    assert question["method"] == "workspace/configuration"
    assert question["params"] == {"items": [{"section": "bench"}]}
    told = {"logLevel": "debug", "providers": {"a-b": {"kind": "openai", "jsonrpc": "2.0"}}, "none": None}
    bench.put({"jsonrpc": "2.0", "id": question["id"], "result": [told]})
    await until(bench)
    assert settings.taken == [told]


@pytest.mark.parametrize(
    "answer",
    [
        {"result": [None]},
        {"result": []},
        {"result": None},
        {"result": ["x"]},
        {"error": {"code": -32601, "message": "no"}},
        {"error": {}},
        {"result": "nonsense"},
    ],
)
async def test_a_client_without_settings_changes_nothing(answer: dict[str, Any]) -> None:
    settings = Settings()
    bench = Bench(settings.load)
    bench.initialize(capabilities={"workspace": {"configuration": True}})
    bench.put(CHANGED)
    question = await asked(bench)
    bench.put({"jsonrpc": "2.0", "id": question["id"], **answer})
    await until(bench)
    assert settings.taken == []


@pytest.mark.parametrize(
    "capabilities", [{}, {"workspace": {}}, {"workspace": {"configuration": 1}}, {"workspace": []}]
)
async def test_a_client_that_cannot_be_asked_is_not_asked(capabilities: dict[str, Any]) -> None:
    settings = Settings()
    bench = Bench(settings.load)
    bench.initialize(capabilities=capabilities)
    bench.put(CHANGED)
    assert await bench.until_quiet() == []
    assert settings.taken == []


@pytest.mark.parametrize("id_", ["unknown", 1, 1.5, ""])
async def test_an_answer_that_nobody_waits_for_is_ignored(id_: Any, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(lambda _: None)
    bench.initialize()
    bench.put({"jsonrpc": "2.0", "id": id_, "result": "private"})
    await bench.endpoint.client()
    bench.put({"jsonrpc": "2.0", "id": id_, "result": "private"})
    assert await bench.until_quiet() == []
    assert "private" not in caplog.text


async def test_everybody_asks_by_the_same_pygls() -> None:
    bench = Bench(lambda _: None)
    bench.initialize()
    first, second = await asyncio.gather(bench.endpoint.client(), bench.endpoint.client())
    assert first is second


async def test_a_refusal_reaches_who_asked() -> None:
    bench = Bench(lambda _: None)
    bench.initialize()
    client = await bench.endpoint.client()
    answer = asyncio.ensure_future(
        client.window_show_document_async(types.ShowDocumentParams(uri="file:///a"))
    )
    question = await asked(bench)
    assert question["params"] == {"uri": "file:///a"}
    bench.put({"jsonrpc": "2.0", "id": question["id"], "error": {"code": -32803, "message": "not now"}})
    with pytest.raises(JsonRpcException, match="not now"):
        await answer


async def test_no_body_is_logged(caplog: pytest.LogCaptureFixture) -> None:  # trap 17
    caplog.set_level(logging.DEBUG)
    logging.getLogger("pygls").setLevel(logging.NOTSET)
    bench = Bench(lambda _: None)
    bench.initialize()
    client = await bench.endpoint.client()
    client.protocol.notify(
        "window/logMessage", types.LogMessageParams(type=types.MessageType.Log, message="private")
    )
    answer = client.protocol.send_request_async("test/question", {"text": "private"})
    sent = bench.take()
    assert [message["params"] for message in sent] == [{"type": 4, "message": "private"}, {"text": "private"}]
    bench.put({"jsonrpc": "2.0", "id": sent[1]["id"], "result": {"text": "private"}})
    assert await answer == {"text": "private"}
    assert "private" not in caplog.text


def test_pygls_own_registration_is_not_offered() -> None:  # trap 21
    pygls = ClientRequests(name="bench", version="0", send=lambda _: None)
    for register in (pygls.feature, pygls.command):
        with pytest.raises(NotImplementedError):
            register("x")


def test_falsy_members_are_kept_and_none_is_left_out() -> None:  # trap 7
    options = types.SaveOptions(include_text=False)
    assert to_json([options, types.SaveOptions(), {"a_b": None}]) == [
        {"includeText": False},
        {},
        {"a_b": None},
    ]
