"""The endpoint in this process: order, cancelling, ending."""

import asyncio
from typing import Any

import pytest

from tests.support.wire import notification, request
from tests.support.wire_endpoint import Bench
from tests.support.wire_handlers import Text, load
from threadkeep.faces.jsonrpc.endpoint import Endpoint


def ready(**options: Any) -> Bench:
    bench = Bench(load, **options)
    bench.initialize()
    return bench


def cancel(id_: Any) -> dict[str, Any]:
    return notification("$/cancelRequest", {"id": id_})


def codes(messages: list[dict[str, Any]]) -> dict[Any, Any]:
    return {message["id"]: message["error"]["code"] if "error" in message else "ok" for message in messages}


async def test_requests_begin_in_order_and_run_to_their_first_await() -> None:
    began: list[str] = []

    def load_recorder(endpoint: Endpoint) -> None:
        @endpoint.request("record", params=Text)
        async def record(params: Text) -> Text:
            began.append(f"{params.text} begins")
            began.append(f"{params.text} waits")
            await asyncio.sleep(0)
            return params

        endpoint.on_configuration(lambda settings: began.append(settings["name"]))

    bench = Bench(load_recorder)
    bench.initialize()
    configured = notification("workspace/didChangeConfiguration", {"settings": {"name": "configured"}})
    bench.put(request(1, "record", {"text": "a"}), configured, request(2, "record", {"text": "b"}))
    await bench.until_quiet()
    assert began == ["a begins", "a waits", "configured", "b begins", "b waits"]


async def test_a_slow_request_delays_no_other() -> None:
    bench = ready()
    bench.put(request(1, "wait"), request(2, "echo"), request(3, "turn"))
    assert [message["id"] for message in await bench.until_quiet()] == [2, 3, 1]


async def test_the_answer_precedes_what_a_task_made_by_the_handler_sends() -> None:
    tasks: list[asyncio.Task[None]] = []

    def load_starter(endpoint: Endpoint) -> None:
        async def stream() -> None:
            endpoint.notify("began", {})

        @endpoint.request("start", params=Text)
        async def start(params: Text) -> Text:
            await asyncio.sleep(0)
            tasks.append(asyncio.ensure_future(stream()))
            return params

    bench = Bench(load_starter)
    bench.initialize()
    bench.put(request(1, "start"))
    sent = await bench.until_quiet()
    await asyncio.wait(tasks)
    sent += bench.take()
    assert [message.get("id", message.get("method")) for message in sent] == [1, "began"]


async def test_a_cancel_right_behind_its_request_is_answered_once() -> None:  # trap 9
    bench = ready()
    bench.put(request(1, "forever"), cancel(1), cancel(1), request(2, "echo"))
    assert codes(await bench.until_quiet()) == {1: -32800, 2: "ok"}


async def test_a_request_cancelled_before_its_first_line_is_answered() -> None:  # trap 9
    bench = ready()
    bench.endpoint.dispatch.receive(_request(1, "forever"))
    bench.endpoint.dispatch.in_flight.cancel(1)
    assert codes(await bench.until_quiet()) == {1: -32800}


async def test_what_cannot_be_cancelled_runs_on() -> None:
    bench = ready()
    bench.put(request(1, "wait"), cancel(1))
    assert codes(await bench.until_quiet()) == {1: "ok"}


async def test_a_handler_that_finishes_in_spite_of_the_cancel_is_answered_with_its_result() -> None:
    bench = ready()
    bench.put(request(1, "stubborn"), cancel(1))
    assert [message["result"] for message in await bench.until_quiet()] == [{"text": "kept"}]


@pytest.mark.parametrize("id_", [None, [], {}, True, 1.5, "1", 99])
async def test_a_cancel_of_nothing_is_ignored(id_: Any) -> None:
    bench = ready()
    bench.put(request(1, "turn"), cancel(id_))
    assert codes(await bench.until_quiet()) == {1: "ok"}


async def test_an_id_in_flight_is_not_taken_twice_and_free_again_after_its_answer() -> None:  # trap 18
    bench = ready()
    bench.put(request(1, "wait"), request(1, "echo"), request("1", "echo"), request(1.0, "echo"))
    sent = await bench.until_quiet()
    assert [(message["id"], codes([message])[message["id"]]) for message in sent] == [
        (1, -32600),
        ("1", "ok"),
        (1.0, -32600),
        (1, "ok"),
    ]
    bench.put(request(1, "echo"))
    assert codes(await bench.until_quiet()) == {1: "ok"}


async def test_winding_down_finishes_cancels_and_calls_back_once() -> None:
    bench = ready()
    calls: list[str] = []

    async def stop() -> None:
        calls.append("stop")

    async def fail() -> None:
        raise RuntimeError

    bench.endpoint.on_stop(fail)
    bench.endpoint.on_stop(stop)
    bench.put(request(1, "forever"), request(2, "wait"))
    await asyncio.gather(bench.endpoint.wind_down(), bench.endpoint.wind_down())
    assert codes(await bench.until_quiet()) == {1: -32800, 2: "ok"}
    assert calls == ["stop"]


async def test_shutdown_answers_when_all_is_stopped_and_nothing_is_taken_after_it() -> None:  # trap 4
    bench = ready()
    bench.put(request(1, "forever"), request(2, "shutdown"), request(3, "echo"), request(4, "initialize"))
    sent = await bench.until_quiet()
    assert codes(sent) == {1: -32800, 2: "ok", 3: -32600, 4: -32600}
    assert sent[-1] == {"jsonrpc": "2.0", "id": 2, "result": None}
    bench.put(request(5, "shutdown"), request(6, "nonsense"), notification("exit"))
    assert codes(await bench.until_quiet()) == {5: -32600, 6: -32600}
    assert await bench.endpoint.ended() == 0


async def test_exit_without_shutdown_is_a_failure() -> None:  # trap 12
    bench = ready()
    bench.put(notification("exit"))
    assert await bench.endpoint.ended() == 1


async def test_the_parent_is_watched_until_the_end() -> None:  # trap 13
    bench = Bench(load)
    bench.initialize(processId=4242)
    assert bench.watched == [4242]
    await bench.endpoint.wind_down()
    assert bench.watched == []


async def test_handlers_that_cannot_be_loaded_are_an_internal_error(caplog: pytest.LogCaptureFixture) -> None:
    def broken(endpoint: Endpoint) -> None:
        raise ImportError("no such module")

    bench = Bench(broken)
    bench.initialize()
    bench.put(request(1, "session/open"), request(2, "shutdown"))
    assert codes(await bench.until_quiet()) == {1: -32603, 2: "ok"}
    assert "no such module" in caplog.text


async def test_listeners_that_fail_stop_nobody(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Any] = []

    async def fail_later() -> None:
        await asyncio.sleep(0)
        raise RuntimeError("late")

    def fail_now() -> None:
        raise RuntimeError("now")

    def listen(endpoint: Endpoint) -> None:
        endpoint.on_initialized(fail_now)
        endpoint.on_initialized(fail_later)
        endpoint.on_initialized(lambda: heard.append("initialized"))
        endpoint.on_folders(lambda added, removed: heard.append((added, removed)))
        endpoint.on_configuration(heard.append)

    bench = Bench(listen)
    bench.initialize()
    folder = {"uri": "file:///a", "name": "a"}
    bench.put(
        notification("initialized", {}),
        notification("workspace/didChangeWorkspaceFolders", {"event": {"added": [folder], "removed": []}}),
        notification("workspace/didChangeWorkspaceFolders", {"event": {}}),
        notification("workspace/didChangeConfiguration", {"settings": None}),
        notification("workspace/didChangeConfiguration", {"settings": {"a": 1}}),
        notification("initialized", []),
        notification("unheard/of", {}),
        notification("$/unheardOf", {}),
    )
    await asyncio.sleep(0.01)
    assert heard == ["initialized", ([folder], []), ([], []), {"a": 1}]
    assert bench.take() == []
    assert "now" in caplog.text
    assert "late" in caplog.text


async def test_a_notification_that_cannot_be_sent_is_dropped() -> None:
    bench = ready()
    bench.endpoint.notify("x", {"a": {1}})
    bench.endpoint.notify("y", Text(text="é"))
    assert bench.take() == [{"jsonrpc": "2.0", "method": "y", "params": {"text": "é"}}]


async def test_a_method_has_one_handler() -> None:
    bench = ready()
    with pytest.raises(ValueError, match="echo"):
        load(bench.endpoint)


async def test_a_bound_method_may_be_registered_and_no_argument_is_injected() -> None:  # trap 21
    class Handlers:
        async def greet(self, ls: Text) -> Text:
            return Text(text=f"hello {ls.text}")

    bench = Bench(lambda endpoint: endpoint.request("greet", params=Text)(Handlers().greet) and None)
    bench.initialize()
    bench.put(request(1, "greet", {"text": "you"}))
    assert [m["result"] for m in await bench.until_quiet()] == [{"text": "hello you"}]


class Shouting:
    """Classes and errors that are nothing of the product's protocol."""

    def converter(self) -> "Shouting":
        return self

    def structure(self, data: Any, cls: Any) -> Any:
        return cls(data["text"])

    def unstructure(self, value: Any) -> Any:
        return {"shouted": value.upper()}

    def translate(self, error: BaseException, *, method: str) -> dict[str, Any]:
        return {"code": 7, "message": f"{method}: {type(error).__name__}"}

    def is_passing(self, error: Exception) -> bool:
        return False


async def test_another_server_may_stand_on_it_with_classes_and_errors_of_its_own() -> None:
    def load_shout(endpoint: Endpoint) -> None:
        @endpoint.request("shout", params=str)
        async def shout(params: str) -> str:
            return params

    bench = Bench(load_shout, conversion=Shouting())
    bench.initialize()
    bench.put(request(1, "shout", {"text": "hey"}), request(2, "shout", {}))
    first, second = await bench.until_quiet()
    assert first["result"] == {"shouted": "HEY"}
    assert second["error"] == {"code": 7, "message": "shout: KeyError"}
    bench.endpoint.notify("told", "it")
    assert bench.take() == [{"jsonrpc": "2.0", "method": "told", "params": {"shouted": "IT"}}]


async def test_nothing_is_received_while_held() -> None:
    bench = ready()
    bench.is_held = True
    bench.put(request(1, "echo"))
    await asyncio.sleep(0.01)
    assert bench.take() == []
    bench.is_held = False
    assert codes(await bench.until_quiet()) == {1: "ok"}


def _request(id_: Any, method: str) -> Any:
    from threadkeep.faces.jsonrpc.messages import classify

    return classify(request(id_, method))
