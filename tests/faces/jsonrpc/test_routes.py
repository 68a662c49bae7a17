"""Handlers that are imported when one of them is asked for."""

import errno

import pytest

from tests.support.wire import request
from tests.support.wire_endpoint import Bench
from tests.support.wire_handlers import Text
from threadkeep.faces.jsonrpc.endpoint import Endpoint


class Others:
    """Registers the method `later`, and remembers that it was called."""

    def __init__(self, *, is_broken: bool = False) -> None:
        self.calls = 0
        self.lacking: Exception | None = ImportError("no such module") if is_broken else None

    def load(self, endpoint: Endpoint) -> None:
        @endpoint.request("now", params=Text)
        async def now(params: Text) -> Text:
            return params

        endpoint.request_later(["later", "latest"], lambda: self._register(endpoint))
        endpoint.request_later(["another"], self._fail)

    def _register(self, endpoint: Endpoint) -> None:
        self.calls += 1
        if self.lacking is not None:
            raise self.lacking

        @endpoint.request("later", params=Text)
        async def later(params: Text) -> Text:
            return params

        @endpoint.request("latest", params=Text)
        async def latest(params: Text) -> Text:
            return params

    def _fail(self) -> None:
        raise AssertionError("nobody has asked for these")


async def test_they_are_registered_once_and_only_when_they_are_needed() -> None:
    others = Others()
    bench = Bench(others.load)
    bench.initialize()
    bench.put(request(1, "now", {"text": "a"}))
    await bench.until_quiet()
    assert others.calls == 0
    bench.put(request(2, "later", {"text": "b"}), request(3, "latest", {"text": "c"}))
    assert [message["result"] for message in await bench.until_quiet()] == [{"text": "b"}, {"text": "c"}]
    assert others.calls == 1


async def test_a_method_that_nobody_has_is_unknown_and_the_nearest_is_named() -> None:
    bench = Bench(Others().load)
    bench.initialize()
    bench.put(request(1, "latre"))
    [answer] = await bench.until_quiet()
    assert answer["error"]["code"] == -32601
    assert "'later'" in answer["error"]["message"]


async def test_others_that_cannot_be_loaded_are_an_internal_error(caplog: pytest.LogCaptureFixture) -> None:
    others = Others(is_broken=True)
    bench = Bench(others.load)
    bench.initialize()
    bench.put(request(1, "later"), request(2, "later"), request(3, "now", {"text": "a"}))
    sent = await bench.until_quiet()
    assert {m["id"]: m.get("error", {}).get("code") for m in sent} == {1: -32603, 2: -32603, 3: None}
    assert others.calls == 1
    assert "no such module" in caplog.text


async def test_others_that_could_not_be_loaded_for_want_of_files_are_loaded_later() -> None:
    others = Others()
    others.lacking = OSError(errno.EMFILE, "too many")
    bench = Bench(others.load)
    bench.initialize()
    bench.put(request(1, "later", {"text": "a"}))
    [answer] = await bench.until_quiet()
    assert answer["error"]["data"]["kind"] == "tooManyFiles"
    others.lacking = None
    bench.put(request(2, "later", {"text": "b"}))
    assert [message["result"] for message in await bench.until_quiet()] == [{"text": "b"}]
